// SPDX-License-Identifier: Apache-2.0
/*
 * request_limit.c: see request_limit.h. Owns the times that are shorter than the rule's.
 */
#include "request_limit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/scope.h"
#include "base/when.h"
#include "request_words.h"

static const uint32_t shorter_s[] = { 5 * 60, 60 * 60, 8 * 60 * 60 };

/* A choice with what it means. */
struct choice {
	uint8_t scope;
	uint32_t duration_s;
};

/* What is done once is done soon: shorter times are for what may be done again. */
static size_t list_choices(const struct ipc_request *request, struct choice ret[REQUEST_LIMITS])
{
	uint8_t widest = scope_from(request->scope);
	size_t n = 0;

	for (uint8_t scope = IPC_SCOPE_ONCE; scope <= widest; scope++) {
		for (size_t i = 0; scope > IPC_SCOPE_ONCE && i < ARRAY_SIZE(shorter_s); i++)
			if (shorter_s[i] < request->duration_s)
				ret[n++] = (struct choice){ scope, shorter_s[i] };
		ret[n++] = (struct choice){ scope, request->duration_s };
	}
	return n;
}

static void spell(const struct choice *choice, char value[32])
{
	snprintf(value, 32, "%s %u", scope_name(choice->scope), choice->duration_s);
}

size_t request_limits(const struct ipc_request *request, struct request_limit ret[REQUEST_LIMITS])
{
	struct choice choices[REQUEST_LIMITS];
	size_t n = list_choices(request, choices);
	char time[WHEN_TEXT];

	for (size_t i = 0; i < n; i++) {
		spell(&choices[i], ret[i].value);
		snprintf(ret[i].words, sizeof(ret[i].words), "%s, for at most %s",
			 scope_words(scope_name(choices[i].scope)),
			 when_duration(choices[i].duration_s, time));
	}
	return n;
}

int request_limit_take(const struct ipc_request *request, const char *value,
		       struct ipc_decide *decide)
{
	struct choice choices[REQUEST_LIMITS];
	size_t n = list_choices(request, choices);
	char known[32];

	for (size_t i = 0; i < n; i++) {
		spell(&choices[i], known);
		if (*value && strcmp(known, value) != 0)
			continue;
		decide->scope = choices[i].scope;
		decide->duration_s = choices[i].duration_s;
		return 0;
	}
	return -ERANGE;
}
