/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_tell.c: who hears of a request besides people's first notice: the terminal of the process
 * that waits, and people again when it was tried much more often.
 *
 * Owns: these words and their times. Must not own: how a terminal is found (terminal.h), or what a
 * channel makes of a second notice (the gateway): one card with a counter, not one a try.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/log.h"
#include "event/record.h"
#include "event/wording.h"
#include "request.h"
#include "terminal.h"

#define TEXT_MOST 200 /* bytes of what others have chosen: the line is a hint, `show` has it all */

static bool is_wanted(const struct agent *agent)
{
	return agent->policy && agent->policy->requests.terminal;
}

/* Nothing in it moves the cursor but its ends, which also hold where the terminal is raw. */
static void write_line(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void write_line(const struct request *request, const char *format, ...)
{
	char line[1024], whole[sizeof(line) + 16];
	va_list ap;
	int r;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	snprintf(whole, sizeof(whole), "\r\nsluice: %s\r\n", line);
	r = terminal_write(request->pid, request->start_ns, whole);
	if (r < 0 && r != -ENOTTY && r != -ESRCH)
		log_debug("The terminal of process %d takes no line about %s: %s", request->pid,
			  request->id, strerror(-r));
}

static void format_time(uint64_t ms, char *ret, size_t size)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(ret, size, "%F %T UTC", &tm))
		snprintf(ret, size, "an unknown time");
}

void request_tell_waiting(const struct agent *agent, struct request *request)
{
	struct ipc_request *shown = request->told ? NULL : malloc(sizeof(*shown));
	_cleanup_free_ char *comm = NULL, *target = NULL;
	char until[48];

	request->told = true;
	if (!shown || !is_wanted(agent)) {
		free(shown);
		return;
	}
	request_describe(agent, request, shown);
	comm = escape_text(shown->comm);
	target = escape_text(shown->target);
	format_time(shown->expires_ms, until, sizeof(until));
	if (comm && target)
		write_line(request, "%s[%d] %s: it asks to %s%.*s; request %s, asked: %s, until %s",
			   comm, request->pid,
			   request->held ? "is stopped until somebody approves"
					 : "was refused, and may try again once somebody approves",
			   wording_verb(request->key.action), TEXT_MOST, target, shown->id,
			   *shown->reviewers ? shown->reviewers : "nobody", until);
	free(shown);
}

void request_tell_end(const struct agent *agent, const struct request *request)
{
	_cleanup_free_ char *outcome = NULL;

	if ((!request->told && !request->notice) || !is_wanted(agent))
		return;
	outcome = escape_text(request->outcome);
	if (outcome)
		write_line(request, "request %s is %s: %.*s", request->id,
			   request_state_names[request->state], TEXT_MOST, outcome);
}

/* The kernel only counts: nobody would hear that one question is asked a thousand times. */
void request_tell_repeats(struct agent *agent)
{
	struct requests *requests = agent->requests;
	struct request *request, *next;
	bool changed = false;

	if (agent_boot_ns() < requests->look_ns)
		return;
	requests->look_ns = agent_boot_ns() + SLUICE_TRIES_LOOK_S * 1000000000ULL;
	HASH_ITER(by_key, requests->by_key, request, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		request_count_tries(request);
		if (request->tries < 2 * (request->told_tries ? request->told_tries : 1))
			continue;
		request->told_tries = request->tries;
		request->changed = changed = true;
	}
	if (changed)
		request_committed(agent, record_commit(agent));
}
