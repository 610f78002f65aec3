/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.c: see metrics.h. Owns the table of names.
 */
#include "metrics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "abi.h"
#include "base/cleanup.h"

/**
 * struct metric: a number of the answers.
 * @label: the metric's labels without braces, or NULL; those of one name stand together
 * @help: NULL for all but the first of a name
 * @status: a member of ipc_status, not of ipc_metrics
 * @per_s: the number is of this part of a second, 0: it is no time
 */
static const struct metric {
	const char *name;
	const char *type;
	const char *help;
	const char *label;
	size_t offset;
	size_t size;
	bool status;
	double per_s;
} metrics[] = {
#define MEMBER(s, f) .offset = offsetof(struct s, f), .size = sizeof(((struct s *)NULL)->f)
#define STATUS(n, t, h, f, ...)                                                                    \
	{                                                                                          \
		n, t, h, .status = true, MEMBER(ipc_status, f), ##__VA_ARGS__                      \
	}
#define METRIC(n, t, h, f, ...)                                                                    \
	{                                                                                          \
		n, t, h, MEMBER(ipc_metrics, f), ##__VA_ARGS__                                     \
	}
	STATUS("sluice_enforcing", "gauge",
	       "1 when a policy is in force and every program attached.", enforcing),
	STATUS("sluice_monitor", "gauge", "1 when nothing is stopped, only journaled.", monitor),
	STATUS("sluice_glass_broken", "gauge", "1 while root may touch the agent itself.",
	       glass_broken),
	STATUS("sluice_glass_unreviewed", "gauge",
	       "Times that the glass was broken, and nobody has reviewed it yet.",
	       glass_unreviewed),
	STATUS("sluice_start_time_seconds", "gauge", "When sluiced was started.", started_ms,
	       .per_s = 1e3),
	STATUS("sluice_policy_load_time_seconds", "gauge", "When the policy in force was loaded.",
	       policy_ms, .per_s = 1e3),
	METRIC("sluice_heartbeat_age_seconds", "gauge",
	       "Age of the daemon's newest sign of life; the kernel holds nobody when it is old.",
	       heartbeat_ms, .per_s = 1e3),
	STATUS("sluice_requests_pending", "gauge", "Requests that wait for a person.", pending),
	STATUS("sluice_processes_held", "gauge", "Requests behind which a process is stopped.",
	       held),
	STATUS("sluice_grants", "gauge", "Grants in force.", grants),
	METRIC("sluice_requests_opened_total", "counter", "Requests, since sluiced was started.",
	       opened),
#define CLOSED(h, o, s)                                                                            \
	METRIC("sluice_requests_closed_total", "counter", h, closed[s],                            \
	       .label = "outcome=\"" o "\"")
	CLOSED("Requests that ended, by how.", "approved", IPC_APPROVED),
	CLOSED(NULL, "denied", IPC_DENIED),
	CLOSED(NULL, "expired", IPC_EXPIRED),
	CLOSED(NULL, "gone", IPC_GONE),
	METRIC("sluice_decisions_total", "counter", "Answers that people gave.", answers[1],
	       .label = "answer=\"approve\""),
	METRIC("sluice_decisions_total", "counter", NULL, answers[0], .label = "answer=\"deny\""),
#define COUNTER(n, h, c) STATUS(n, "counter", h, counters[c])
	COUNTER("sluice_actions_stopped_total", "Actions that missed a clearance.",
		SLUICE_COUNT_STOPPED),
	COUNTER("sluice_actions_held_total", "Times that a process was stopped.",
		SLUICE_COUNT_HELD),
	COUNTER("sluice_actions_refused_total", "Actions that failed at once.",
		SLUICE_COUNT_FAILED),
	COUNTER("sluice_actions_audited_total", "Actions that went on and would have been stopped.",
		SLUICE_COUNT_AUDITED),
	COUNTER("sluice_grants_used_total", "Actions that a grant allowed.", SLUICE_COUNT_GRANTED),
	COUNTER("sluice_fallbacks_total", "Actions refused because they could not be held.",
		SLUICE_COUNT_FALLBACK),
	COUNTER("sluice_map_full_total", "Actions refused because a map had no room.",
		SLUICE_COUNT_MAP_FULL),
	COUNTER("sluice_ring_full_total", "Actions refused because the event ring had no room.",
		SLUICE_COUNT_REFUSED),
	COUNTER("sluice_guard_attempts_total", "Attempts on the agent itself that were refused.",
		SLUICE_COUNT_GUARDED),
	COUNTER("sluice_packets_dropped_total", "Packets that were leaving past the hooks.",
		SLUICE_COUNT_PACKETS),
	COUNTER("sluice_events_total", "Events of the kernel, those that were lost included.",
		SLUICE_COUNT_SEQ),
	COUNTER("sluice_events_dropped_total", "Events that found no room in the ring.",
		SLUICE_COUNT_DROPPED),
	STATUS("sluice_events_lost_total", "counter", "Events that the journal does not have.",
	       gaps),
	STATUS("sluice_programs_missed_total", "counter",
	       "Times that the kernel left a program out: labels may not have moved.", missed),
	STATUS("sluice_journal_entries_total", "counter", "Entries of the journal.",
	       journal_entries),
	STATUS("sluice_gateway_connected", "gauge", "1 when the gateway is connected.",
	       gateway_connected),
	STATUS("sluice_requests_delivered_total", "counter", "Times that people were told.",
	       delivered),
	STATUS("sluice_requests_undelivered", "gauge", "Open requests that nobody was told of.",
	       undelivered),
};

void metrics_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_metric(FILE *out, const struct metric *metric, const struct ipc_status *status,
			 const struct ipc_metrics *answer)
{
	const char *from = metric->status ? (const char *)status : (const char *)answer;
	uint64_t value = 0;

	/* little endian, as the host is */
	memcpy(&value, from + metric->offset, metric->size);
	if (metric->help)
		metrics_head(out, metric->name, metric->type, metric->help);
	if (metric->label)
		fprintf(out, "%s{%s} ", metric->name, metric->label);
	else
		fprintf(out, "%s ", metric->name);
	if (metric->per_s > 0)
		fprintf(out, "%.3f\n", (double)value / metric->per_s);
	else
		fprintf(out, "%" PRIu64 "\n", value);
}

void metrics_quoted(FILE *out, const char *text)
{
	for (; *text; text++)
		putc(strchr("\"\\", *text) || *text < ' ' || *text > '~' ? '?' : *text, out);
}

static void print_state(FILE *out, const struct ipc_status *status)
{
	metrics_head(out, "sluice_up", "gauge", "1 when sluiced answers.");
	fprintf(out, "sluice_up %d\n", status != NULL);
	if (!status)
		return;
	metrics_head(out, "sluice_build_info", "gauge", "Always 1; the versions are labels.");
	fputs("sluice_build_info{version=\"", out);
	metrics_quoted(out, status->version);
	fputs("\",kernel=\"", out);
	metrics_quoted(out, status->kernel);
	fputs("\"} 1\n", out);
}

static void print_waits(FILE *out, const struct ipc_metrics *answer)
{
	static const uint32_t bounds_s[IPC_WAITS] = IPC_WAIT_BOUNDS_S;
	uint64_t n = 0;

	metrics_head(out, "sluice_hold_seconds", "histogram",
		     "How long processes were stopped until they went on.");
	for (size_t i = 0; i < IPC_WAITS; i++) {
		n += answer->waits[i];
		fprintf(out, "sluice_hold_seconds_bucket{le=\"%u\"} %" PRIu64 "\n", bounds_s[i], n);
	}
	n += answer->waits[IPC_WAITS];
	fprintf(out, "sluice_hold_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", n);
	fprintf(out, "sluice_hold_seconds_sum %.3f\n", (double)answer->waited_ms / 1e3);
	fprintf(out, "sluice_hold_seconds_count %" PRIu64 "\n", n);
}

static void print_maps(FILE *out, const char *name, const char *help,
		       const struct ipc_metrics *answer, bool room)
{
	metrics_head(out, name, "gauge", help);
	for (size_t i = 0; i < answer->n_maps; i++) {
		fprintf(out, "%s{map=\"", name);
		metrics_quoted(out, answer->maps[i].name);
		fprintf(out, "\"} %u\n", room ? answer->maps[i].room : answer->maps[i].used);
	}
}

static void print_post(FILE *out, const char *notifier, const char *outcome, uint64_t n)
{
	fputs("sluice_posts_total{notifier=\"", out);
	metrics_quoted(out, notifier);
	fprintf(out, "\",outcome=\"%s\"} %" PRIu64 "\n", outcome, n);
}

static void print_posts(FILE *out, const struct ipc_status *status)
{
	if (!status->n_notifiers)
		return;
	metrics_head(out, "sluice_posts_total", "counter",
		     "Messages of the gateway's channels: posted, tried again, or given up.");
	for (size_t i = 0; i < status->n_notifiers; i++) {
		const struct ipc_notifier *notifier = &status->notifiers[i];

		print_post(out, notifier->name, "posted", notifier->delivered);
		print_post(out, notifier->name, "retried", notifier->failures - notifier->failed);
		print_post(out, notifier->name, "failed", notifier->failed);
	}
}

void metrics_print(FILE *out, const struct ipc_status *status, const struct ipc_metrics *answer)
{
	print_state(out, status);
	if (!status)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		print_metric(out, &metrics[i], status, answer);
	print_waits(out, answer);
	print_posts(out, status);
	print_maps(out, "sluice_map_entries", "Entries of the kernel's maps.", answer, false);
	print_maps(out, "sluice_map_capacity", "How many each can have.", answer, true);
}
