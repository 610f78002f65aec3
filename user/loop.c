/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.c: see loop.h.
 */
#include "loop.h"

#include <errno.h>
#include <signal.h>

#include "control.h"
#include "enforcement.h"
#include "event.h"
#include "guard.h"
#include "journal.h"
#include "kernel.h"
#include "label_keep.h"
#include "lineage_follow.h"
#include "log.h"
#include "missed.h"
#include "notify.h"
#include "packet.h"
#include "pulse.h"
#include "record.h"
#include "request.h"

void loop_consume(struct agent *agent, unsigned int most)
{
	int n = kernel_consume(agent->kernel, most, event_handle, agent);

	if (n < 0)
		log_error_errno(n, "Cannot read events from the kernel");
	event_flush(agent);
}

static void on_ring(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *loop = ctx;

	(void)fd;
	(void)what;
	loop_consume(loop->agent, SLUICE_TURN_EVENTS);
}

/* What could not be written (a full disk) is tried again until it can: nothing else would. */
static void repair_journal(struct agent *agent)
{
	const char *broken = record_broken(agent);
	json_t *body = broken ? json_pack("{s:o}", "error", record_text(broken)) : NULL;

	if (!broken || journal_repair(agent->journal)) {
		json_decref(body);
		return;
	}
	log_notice("the journal can be written again");
	record_add(
		agent, NULL, body, "journal.repaired",
		"the journal can be written again; what waited for it follows or came just before");
	record_commit(agent);
}

/* The heartbeat beats only when a whole turn went through: a daemon that hangs holds nobody. */
static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *loop = ctx;

	(void)fd;
	(void)what;
	repair_journal(loop->agent);
	loop_consume(loop->agent, SLUICE_TURN_EVENTS);
	enforcement_look(loop->agent);
	label_keep_tick(loop->agent);
	lineage_follow_tick(loop->agent->follow);
	guard_tick(loop->agent);
	packet_tick(loop->agent);
	missed_tick(loop->agent);
	request_tell_repeats(loop->agent);
	pulse_tick(loop->agent); /* last: what the others added ends with this second's epoch */
	control_notify_journal(loop->agent);
	kernel_heartbeat(loop->agent->kernel, agent_boot_ns());
	if (notify_watchdog_us())
		notify_send("WATCHDOG=1");
}

static void on_hangup(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *loop = ctx;

	(void)fd;
	(void)what;
	deploy_reload(loop->deploy);
}

static void on_stop(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *loop = ctx;

	(void)fd;
	(void)what;
	event_base_loopbreak(loop->agent->base);
}

static int add_event(struct loop *loop, int fd, short what, event_callback_fn fn,
		     const struct timeval *interval)
{
	struct event *event = event_new(loop->agent->base, fd, what | EV_PERSIST, fn, loop);

	if (!event || event_add(event, interval))
		return -ENOMEM;
	loop->events[loop->n_events++] = event;
	return 0;
}

int loop_start(struct loop *loop)
{
	struct timeval beat = { .tv_sec = SLUICE_HEARTBEAT_MS / 1000,
				.tv_usec = SLUICE_HEARTBEAT_MS % 1000 * 1000 };
	struct agent *agent = loop->agent;
	int err;

	signal(SIGPIPE, SIG_IGN);
	err = add_event(loop, kernel_event_fd(agent->kernel), EV_READ, on_ring, NULL);
	if (!err)
		err = add_event(loop, -1, 0, on_tick, &beat);
	if (!err)
		err = add_event(loop, SIGHUP, EV_SIGNAL, on_hangup, NULL);
	if (!err)
		err = add_event(loop, SIGTERM, EV_SIGNAL, on_stop, NULL);
	if (!err)
		err = add_event(loop, SIGINT, EV_SIGNAL, on_stop, NULL);
	if (!err)
		err = deploy_start(loop->deploy);
	return err ? log_error_errno(err, "Cannot start the event loop") : 0;
}

void loop_end(struct loop *loop)
{
	for (size_t i = 0; i < loop->n_events; i++)
		event_free(loop->events[i]);
	loop->n_events = 0;
}
