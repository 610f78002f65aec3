// SPDX-License-Identifier: Apache-2.0
/*
 * api_problem.c: see api_problem.h. Owns the table of statuses.
 */
#include "api_problem.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/escape.h"

#define TYPE "application/problem+json"

/* In the order of decision.h; what may be another way when it is tried again is 503, or 504. */
static const struct {
	int error;
	unsigned int status;
} statuses[] = {
	{ ENOENT, MHD_HTTP_NOT_FOUND },
	{ EALREADY, MHD_HTTP_CONFLICT },
	{ ETIMEDOUT, MHD_HTTP_CONFLICT },
	{ EINVAL, MHD_HTTP_UNPROCESSABLE_CONTENT },
	{ ESTALE, MHD_HTTP_CONFLICT },
	{ EPERM, MHD_HTTP_FORBIDDEN },
	{ EACCES, MHD_HTTP_FORBIDDEN },
	{ EEXIST, MHD_HTTP_CONFLICT },
	{ ENOKEY, MHD_HTTP_UNPROCESSABLE_CONTENT },
	{ ERANGE, MHD_HTTP_UNPROCESSABLE_CONTENT },
	{ EKEYREJECTED, MHD_HTTP_FORBIDDEN },
	{ EKEYEXPIRED, MHD_HTTP_UNPROCESSABLE_CONTENT },
	{ EBADMSG, MHD_HTTP_UNPROCESSABLE_CONTENT },
	{ ECONNRESET, MHD_HTTP_GATEWAY_TIMEOUT },
	{ ETIME, MHD_HTTP_GATEWAY_TIMEOUT },
};

unsigned int api_problem_status(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].error == error)
			return statuses[i].status;
	return MHD_HTTP_SERVICE_UNAVAILABLE;
}

static void set_problem(struct exchange *exchange, unsigned int status, const char *detail)
{
	_cleanup_free_ char *safe = escape_text(detail);
	json_auto_t *problem = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title",
					 MHD_get_reason_phrase_for(status), "status", (int)status,
					 "detail", safe ? safe : "not enough memory");

	exchange_text(exchange, status, TYPE, problem ? json_dumps(problem, JSON_COMPACT) : NULL);
}

void api_problem(struct exchange *exchange, unsigned int status, const char *format, ...)
{
	char detail[1200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	set_problem(exchange, status, detail);
}

void api_problem_later(struct exchange *exchange, unsigned int status, unsigned int after_s,
		       const char *format, ...)
{
	char detail[1200], after[16];
	va_list ap;

	va_start(ap, format);
	vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	set_problem(exchange, status, detail);
	snprintf(after, sizeof(after), "%u", after_s);
	exchange_add_header(exchange, "Retry-After", after);
}
