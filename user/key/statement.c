/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement.c: see statement.h. Owns no state. Reading takes the values out of their lines, and
 * then compares the whole with what writing makes of them: what has another spelling is refused
 * there.
 */
#include "statement.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/scope.h"
#include "base/text.h"
#include "base/when.h"

#define FORMAT "sluice-decision-v1"
#define HEX    "0123456789abcdef"

#define NO_SCOPE "none" /* of what is no approval */

static const char *verdict_of(const struct statement *statement)
{
	if (statement->revoke)
		return "revoke";
	if (!statement->answer.approve)
		return "deny";
	return statement->standing ? "approve-standing" : "approve";
}

static bool fits_verdict(const struct statement *statement)
{
	const struct ipc_decide *answer = &statement->answer;

	if (statement->revoke)
		return !answer->approve && !statement->standing;
	if (statement->standing)
		return answer->approve && answer->scope == IPC_SCOPE_ONCE;
	return answer->duration_s <= SLUICE_MAX_DURATION_S;
}

static bool is_hex(const char *text, size_t digits)
{
	return strlen(text) == digits && text_is_made_of(text, HEX);
}

/* What is written between the lines must not look like one. */
static bool can_be_stated(const struct statement *statement)
{
	const struct ipc_decide *answer = &statement->answer;
	const char *reason = answer->reason;

	return text_is_made_of(statement->host, HEX "ghijklmnopqrstuvwxyz"
						    "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-") &&
	       strlen(statement->boot) == sizeof(statement->boot) - 1 &&
	       text_is_made_of(statement->boot, HEX "-") && !strncmp(answer->id, "r-", 2) &&
	       text_is_made_of(answer->id + 2, HEX) && is_hex(answer->digest, 64) &&
	       answer->approve <= 1 && answer->scope < SCOPES &&
	       (answer->scope == IPC_SCOPE_RULE) == !answer->approve &&
	       (answer->duration_s == 0) == !answer->approve && fits_verdict(statement) &&
	       text_find_bad(reason, strlen(reason)) == strlen(reason) &&
	       is_hex(statement->nonce, STATEMENT_NONCE - 1);
}

int statement_write(const struct statement *statement, char *ret, size_t size)
{
	const struct ipc_decide *answer = &statement->answer;
	char when[WHEN_TEXT];
	int n;

	if (!can_be_stated(statement))
		return -EINVAL;
	n = snprintf(ret, size,
		     FORMAT "\nhost %s\nboot %s\nrequest %s\ndigest %s\nverdict %s\nscope %s\n"
			    "duration_s %u\nreason %s\ntime %s\nnonce %s\n",
		     statement->host, statement->boot, answer->id, answer->digest,
		     verdict_of(statement), scope_name(answer->scope) ?: NO_SCOPE,
		     answer->duration_s, answer->reason, when_iso(statement->time_ms, when),
		     statement->nonce);
	return n < 0 || (size_t)n >= size ? -ENOSPC : 0;
}

static bool take_verdict(const char *value, struct statement *ret)
{
	ret->standing = !strcmp(value, "approve-standing");
	ret->revoke = !strcmp(value, "revoke");
	ret->answer.approve = ret->standing || !strcmp(value, "approve");
	return ret->answer.approve || ret->revoke || !strcmp(value, "deny");
}

static bool take_scope(const char *value, struct statement *ret)
{
	ret->answer.scope = scope_from(value);
	return ret->answer.scope != IPC_SCOPE_RULE || strcmp(value, NO_SCOPE) == 0;
}

static bool take_duration(const char *value, struct statement *ret)
{
	uint64_t seconds, most = ret->standing ? SLUICE_MAX_STANDING_S : SLUICE_MAX_DURATION_S;

	if (text_to_number(value, most, &seconds) < 0)
		return false;
	ret->answer.duration_s = (uint32_t)seconds;
	return true;
}

static bool take_time(const char *value, struct statement *ret)
{
	return !when_parse(value, 0, &ret->time_ms);
}

/* One line: a text that is copied, or a value that is understood. */
static const struct field {
	const char *name;
	size_t offset, size;
	bool (*take)(const char *value, struct statement *ret);
} fields[] = {
	{ "host", offsetof(struct statement, host), 65, NULL },
	{ "boot", offsetof(struct statement, boot), 37, NULL },
	{ "request", offsetof(struct statement, answer.id), 16, NULL },
	{ "digest", offsetof(struct statement, answer.digest), 65, NULL },
	{ "verdict", 0, 0, take_verdict },
	{ "scope", 0, 0, take_scope },
	{ "duration_s", 0, 0, take_duration },
	{ "reason", offsetof(struct statement, answer.reason), SLUICE_REASON_MAX, NULL },
	{ "time", 0, 0, take_time },
	{ "nonce", offsetof(struct statement, nonce), STATEMENT_NONCE, NULL },
};

/* The value of @line when it is that of @field. */
static bool take_field(const struct field *field, const char *line, struct statement *ret)
{
	size_t name = strlen(field->name);
	const char *value = line + name + 1;

	if (strncmp(line, field->name, name) != 0 || line[name] != ' ')
		return false;
	if (field->take)
		return field->take(value, ret);
	if (strlen(value) >= field->size)
		return false;
	memcpy((char *)ret + field->offset, value, strlen(value) + 1);
	return true;
}

static bool take_line(unsigned int number, const char *line, struct statement *ret)
{
	if (number == 1)
		return !strcmp(line, FORMAT);
	return number <= ARRAY_SIZE(fields) + 1 && take_field(&fields[number - 2], line, ret);
}

int statement_parse(const char *text, struct statement *ret, unsigned int *ret_line)
{
	char line[SLUICE_REASON_MAX + 16], again[sizeof(((struct ipc_signed *)NULL)->statement)];
	struct statement statement = { .time_ms = 0 };
	const char *at = text;
	unsigned int number = 0;

	while (number++ <= ARRAY_SIZE(fields)) {
		size_t length = strcspn(at, "\n");

		*ret_line = number;
		if (!at[length] || length >= sizeof(line))
			return -EBADMSG;
		memcpy(line, at, length);
		line[length] = '\0';
		if (!take_line(number, line, &statement))
			return -EBADMSG;
		at += length + 1;
	}
	*ret_line = number;
	if (statement_write(&statement, again, sizeof(again)) < 0 || strcmp(again, text) != 0)
		return -EBADMSG;
	*ret = statement;
	return 0;
}
