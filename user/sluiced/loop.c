/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.c: see loop.h.
 */
#include "loop.h"

#include <errno.h>
#include <signal.h>

#include "base/log.h"
#include "base/notify.h"
#include "control/control.h"
#include "event/event.h"
#include "event/missed.h"
#include "event/packet.h"
#include "event/record.h"
#include "event/record_vault.h"
#include "guard/guard.h"
#include "journal/journal.h"
#include "kernel/enforcement.h"
#include "kernel/kernel.h"
#include "label/label_keep.h"
#include "lineage/lineage_follow.h"
#include "pulse.h"
#include "request/request.h"

void loop_consume(struct agent *agent, unsigned int most)
{
	kernel_consume(agent->kernel, most, event_handle, agent);
	/*
	 * While the journal cannot be written they wait in memory, too, and there is room for more
	 * than in the ring.
	 */
	if (!event_flush(agent) || kernel_crowded(agent->kernel))
		kernel_release(agent->kernel);
}

/*
 * Of what is kept epoll would tell again and again: until it is let go of the ticks look. Of what
 * came while a tick looked nobody may have told: epoll looks itself when the ring is added to it.
 * Nothing here makes its own event active: libevent would serve that before all others, in a flood
 * for ever.
 */
static void listen_again(struct loop *loop)
{
	bool kept = kernel_kept(loop->agent->kernel);

	if (kept || kernel_waits(loop->agent->kernel))
		event_del(loop->events[0]);
	if (!kept)
		event_add(loop->events[0], NULL);
}

static void on_ring(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *loop = ctx;

	(void)fd;
	(void)what;
	loop_consume(loop->agent, SLUICE_TURN_EVENTS);
	listen_again(loop);
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
	listen_again(loop);
	enforcement_look(loop->agent);
	label_keep_tick(loop->agent);
	lineage_follow_tick(loop->agent->follow);
	guard_tick(loop->agent);
	packet_tick(loop->agent);
	record_vault_tick(loop->agent);
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
