// SPDX-License-Identifier: Apache-2.0
/*
 * api_answer.c: see api_answer.h. Owns the table of members.
 */
#include "api_answer.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/complaint.h"
#include "base/scope.h"
#include "base/text.h"

#define HEX "0123456789abcdef"

/* One being read. @ret_seen: bits of the members that are there, by their places in the table. */
struct reading {
	struct api_answer *ret;
	unsigned int seen;
	const struct complaint *complaint;
};

typedef int (*take_fn)(struct reading *reading, const json_t *value);

/* @value: text that fits into @size bytes with its NUL */
static bool take_text(const json_t *value, char *ret, size_t size)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) >= size)
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

static bool take_hex(const json_t *value, char *ret, size_t size)
{
	return take_text(value, ret, size) && strlen(ret) == size - 1 && text_is_made_of(ret, HEX);
}

static int take_verdict(struct reading *reading, const json_t *value)
{
	const char *text = json_string_value(value) ?: "";

	reading->ret->answer.approve = strcmp(text, "approve") == 0;
	reading->ret->revoke = strcmp(text, "revoke") == 0;
	if (reading->ret->answer.approve || reading->ret->revoke || strcmp(text, "deny") == 0)
		return 0;
	return complain(reading->complaint, -EINVAL,
			"verdict must be \"approve\", \"deny\" or \"revoke\"");
}

static int take_digest(struct reading *reading, const json_t *value)
{
	struct ipc_decide *answer = &reading->ret->answer;

	if (take_hex(value, answer->digest, sizeof(answer->digest)))
		return 0;
	return complain(reading->complaint, -EINVAL,
			"digest must be the 64 hex digits of the request as it was seen");
}

static int take_nonce(struct reading *reading, const json_t *value)
{
	if (take_hex(value, reading->ret->nonce, sizeof(reading->ret->nonce)))
		return 0;
	return complain(reading->complaint, -EINVAL,
			"nonce must be 32 hex digits, random ones, and the same when this very "
			"decision is sent again");
}

static int take_reason(struct reading *reading, const json_t *value)
{
	char *reason = reading->ret->answer.reason;

	if (take_text(value, reason, sizeof(reading->ret->answer.reason)) &&
	    text_find_bad(reason, strlen(reason)) == strlen(reason))
		return 0;
	return complain(reading->complaint, -EINVAL,
			"reason must be one line of at most %zu bytes without control characters",
			sizeof(reading->ret->answer.reason) - 1);
}

static int take_scope(struct reading *reading, const json_t *value)
{
	reading->ret->answer.scope = scope_from(json_string_value(value) ?: "");
	if (reading->ret->answer.scope)
		return 0;
	return complain(reading->complaint, -EINVAL,
			"scope must be \"once\", \"process\" or \"executable\"");
}

static int take_duration(struct reading *reading, const json_t *value)
{
	json_int_t seconds = json_integer_value(value); /* 0 for what is none */

	if (seconds < 1 || seconds > SLUICE_MAX_DURATION_S)
		return complain(reading->complaint, -EINVAL,
				"duration_s must be a whole number of seconds from 1 to %d",
				SLUICE_MAX_DURATION_S);
	reading->ret->answer.duration_s = (uint32_t)seconds;
	return 0;
}

static int take_statement(struct reading *reading, const json_t *value)
{
	struct ipc_signed *message = &reading->ret->message;

	if (take_text(value, message->statement, sizeof(message->statement)))
		return 0;
	return complain(reading->complaint, -EINVAL,
			"statement must be the text that was signed, at most %zu bytes",
			sizeof(message->statement) - 1);
}

static int take_signature(struct reading *reading, const json_t *value)
{
	struct ipc_signed *message = &reading->ret->message;

	if (take_text(value, message->signature, sizeof(message->signature)))
		return 0;
	return complain(reading->complaint, -EINVAL,
			"signature must be the text that ssh-keygen -Y sign made, at most %zu "
			"bytes",
			sizeof(message->signature) - 1);
}

enum kind { OWN = 1, APPROVAL = 2, SIGNED = 4 };

/* @kinds: of decisions that may have it; @required: of those that must */
static const struct member {
	const char *name;
	unsigned int kinds;
	unsigned int required;
	take_fn take;
} members[] = {
	{ "verdict", OWN | APPROVAL, OWN | APPROVAL, take_verdict },
	{ "digest", OWN | APPROVAL, OWN | APPROVAL, take_digest },
	{ "nonce", OWN | APPROVAL, OWN | APPROVAL, take_nonce },
	{ "reason", OWN | APPROVAL, 0, take_reason },
	{ "scope", APPROVAL, 0, take_scope },
	{ "duration_s", APPROVAL, 0, take_duration },
	{ "statement", SIGNED, SIGNED, take_statement },
	{ "signature", SIGNED, SIGNED, take_signature },
};

static int take_member(struct reading *reading, const char *name, const json_t *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (strcmp(members[i].name, name) != 0)
			continue;
		reading->seen |= 1U << i;
		return members[i].take(reading, value);
	}
	return complain(reading->complaint, -EINVAL,
			"a member is none of: verdict digest nonce reason scope duration_s "
			"statement signature; leave it out");
}

static enum kind kind_of(const struct reading *reading)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (reading->seen & 1U << i && members[i].kinds == SIGNED)
			return SIGNED;
	return reading->ret->answer.approve ? APPROVAL : OWN;
}

static int check_members(struct reading *reading)
{
	enum kind kind = kind_of(reading);

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		bool there = reading->seen & 1U << i;

		if (!there && members[i].required & kind)
			return complain(reading->complaint, -EINVAL, "%s is missing",
					members[i].name);
		if (there && !(members[i].kinds & kind))
			return complain(reading->complaint, -EINVAL, "%s does not belong to %s",
					members[i].name,
					kind == SIGNED
						? "an answer that is signed: all of it is in "
						  "the statement"
						: "a denial or revocation");
	}
	reading->ret->is_signed = kind == SIGNED;
	return 0;
}

/* What the gateway must know of it; the whole is sluiced's to check. */
static int read_statement(struct reading *reading)
{
	struct api_answer *ret = reading->ret;
	struct statement statement;
	unsigned int line;

	if (statement_parse(ret->message.statement, &statement, &line) < 0)
		return complain(reading->complaint, -EINVAL,
				"line %u of the statement is not as sluice approve --print writes "
				"it; sign and send it without a change",
				line);
	ret->answer = statement.answer;
	ret->revoke = statement.revoke;
	memcpy(ret->nonce, statement.nonce, sizeof(ret->nonce));
	return 0;
}

int api_answer_parse(const char *body, size_t body_size, struct api_answer *ret, char *text,
		     size_t size)
{
	const struct complaint complaint = { text, size };
	struct reading reading = { .ret = ret, .complaint = &complaint };
	json_error_t error;
	json_auto_t *root = json_loadb(body, body_size, JSON_REJECT_DUPLICATES, &error);
	const char *name;
	json_t *value;
	int r = 0;

	memset(ret, 0, sizeof(*ret));
	if (!root)
		return complain(&complaint, -EBADMSG,
				"the body is no JSON (RFC 8259, UTF-8, each "
				"member once): line %d, column %d",
				error.line, error.column);
	if (!json_is_object(root))
		return complain(&complaint, -EINVAL, "the body must be a JSON object");
	json_object_foreach(root, name, value) {
		r = take_member(&reading, name, value);
		if (r < 0)
			return r;
	}
	r = check_members(&reading);
	return r == 0 && ret->is_signed ? read_statement(&reading) : r;
}
