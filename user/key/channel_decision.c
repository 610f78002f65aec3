// SPDX-License-Identifier: Apache-2.0
/*
 * channel_decision.c: see channel_decision.h. Owns no state. As in statement.c, what was read is
 * written again and must come out the same: what has another spelling is refused there.
 */
#include "channel_decision.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/scope.h"
#include "base/text.h"

#define FORMAT "sluice-channel-v1"
#define LINES  7 /* before those of the answer */

void channel_decision_begin(const struct ipc_request *request, struct channel_decision *ret)
{
	struct channel_decision decision = { .tier = 0 };
	struct ipc_decide *answer = &decision.statement.answer;

	memcpy(decision.statement.host, request->host, sizeof(decision.statement.host));
	memcpy(decision.statement.boot, request->boot, sizeof(decision.statement.boot));
	memcpy(answer->id, request->id, sizeof(answer->id));
	answer->scope = scope_from(request->scope);
	answer->duration_s = request->duration_s;
	*ret = decision;
}

int channel_evidence_digest(const char *text, char ret[65])
{
	uint8_t hash[32];

	if (EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

/* In the one spelling that account_set() gives it. */
static bool account_can_be_stated(const struct account *account)
{
	struct account again;
	const char *why;

	return account->kind < ACCOUNT_KINDS &&
	       account_set(account->kind, account->issuer, account->subject, &again, &why) == 0 &&
	       account_equal(account, &again);
}

static bool can_be_stated(const struct channel_decision *decision)
{
	return text_is_name(decision->channel, "") && decision->tier >= 1 && decision->tier <= 3 &&
	       account_can_be_stated(&decision->account) && strlen(decision->evidence) == 64 &&
	       text_is_made_of(decision->evidence, "0123456789abcdef");
}

int channel_decision_write(const struct channel_decision *decision, char *ret, size_t size)
{
	int n;

	if (!can_be_stated(decision))
		return -EINVAL;
	n = snprintf(ret, size,
		     FORMAT "\nchannel %s\ntier A%u\naccount %s\nissuer %s\nsubject %s\n"
			    "evidence %s\n",
		     decision->channel, decision->tier, account_kind_names[decision->account.kind],
		     decision->account.issuer, decision->account.subject, decision->evidence);
	if (n < 0 || (size_t)n >= size)
		return -ENOSPC;
	return statement_write(&decision->statement, ret + n, size - (size_t)n);
}

static bool copy(const char *value, char *ret, size_t size)
{
	size_t length = strlen(value);

	if (length >= size)
		return false;
	memcpy(ret, value, length + 1);
	return true;
}

static bool take_format(const char *value, struct channel_decision *ret)
{
	(void)ret;
	return !*value;
}

static bool take_channel(const char *value, struct channel_decision *ret)
{
	return copy(value, ret->channel, sizeof(ret->channel));
}

static bool take_tier(const char *value, struct channel_decision *ret)
{
	ret->tier = value[0] == 'A' && value[1] ? (unsigned int)(value[1] - '0') : 0;
	return ret->tier >= 1 && ret->tier <= 3 && !value[2];
}

static bool take_account(const char *value, struct channel_decision *ret)
{
	for (unsigned int i = 0; i < ACCOUNT_KINDS; i++) {
		if (strcmp(account_kind_names[i], value) != 0)
			continue;
		ret->account.kind = (enum account_kind)i;
		return true;
	}
	return false;
}

static bool take_issuer(const char *value, struct channel_decision *ret)
{
	return copy(value, ret->account.issuer, sizeof(ret->account.issuer));
}

static bool take_subject(const char *value, struct channel_decision *ret)
{
	return copy(value, ret->account.subject, sizeof(ret->account.subject));
}

static bool take_evidence(const char *value, struct channel_decision *ret)
{
	return copy(value, ret->evidence, sizeof(ret->evidence));
}

/* @start: what the line begins with, before the value */
static const struct {
	const char *start;
	bool (*take)(const char *value, struct channel_decision *ret);
} fields[LINES] = {
	{ FORMAT, take_format },	 { "channel ", take_channel }, { "tier ", take_tier },
	{ "account ", take_account },	 { "issuer ", take_issuer },   { "subject ", take_subject },
	{ "evidence ", take_evidence },
};

/* Takes one line from @text. Return: what follows it, or NULL. */
static const char *take_line(size_t number, const char *text, struct channel_decision *ret)
{
	size_t length = strcspn(text, "\n"), start = strlen(fields[number].start);
	char line[ACCOUNT_TEXT + 16];

	if (!text[length] || length >= sizeof(line) || length < start ||
	    strncmp(text, fields[number].start, start) != 0)
		return NULL;
	memcpy(line, text, length);
	line[length] = '\0';
	return fields[number].take(line + start, ret) ? text + length + 1 : NULL;
}

int channel_decision_parse(const char *text, struct channel_decision *ret, unsigned int *ret_line)
{
	char again[sizeof(((struct ipc_channel *)NULL)->statement)];
	struct channel_decision decision = { .tier = 0 };
	const char *at = text;
	int r;

	for (unsigned int i = 0; i < LINES; i++) {
		*ret_line = i + 1;
		at = take_line(i, at, &decision);
		if (!at)
			return -EBADMSG;
	}
	r = statement_parse(at, &decision.statement, ret_line);
	*ret_line += LINES;
	if (r < 0)
		return r;
	*ret_line = 1;
	if (channel_decision_write(&decision, again, sizeof(again)) < 0 ||
	    strcmp(again, text) != 0)
		return -EBADMSG;
	*ret = decision;
	return 0;
}

const char *channel_decision_unsent(int r)
{
	switch (r) {
	case -ENOTCONN:
		return "Nothing was decided: the agent does not answer. Try again in a while.";
	case -EBUSY:
		return "Nothing was decided: too much is under way. Try again in a while.";
	case -EINVAL:
		return "Nothing was decided: the reason must be one line of at most 500 letters, "
		       "without control characters.";
	case -ERANGE:
		return "Nothing was decided: this approval was not among those to choose from.";
	default:
		return "Nothing was decided: the gateway has no key for this channel, or no "
		       "memory; its log says more.";
	}
}
