// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_loop.c: see gateway_loop.h.
 */
#include "gateway_loop.h"

#include <errno.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/notify.h"

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	const struct gateway_loop *loop = arg;

	(void)number;
	(void)what;
	event_base_loopexit(loop->base, NULL);
}

/* The timer fires only when the loop turns, so a stuck loop is not excused. */
static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	notify_send("WATCHDOG=1");
}

static int start_watchdog(struct gateway_loop *loop)
{
	uint64_t half_us = notify_watchdog_us() / 2;
	struct timeval tv = { .tv_sec = (time_t)(half_us / 1000000),
			      .tv_usec = (suseconds_t)(half_us % 1000000) };

	if (half_us == 0)
		return 0;
	loop->watchdog = event_new(loop->base, -1, EV_PERSIST, on_watchdog, loop);
	return loop->watchdog && event_add(loop->watchdog, &tv) == 0 ? 0 : -ENOMEM;
}

static int catch_signals(struct gateway_loop *loop)
{
	static const int numbers[] = { SIGTERM, SIGINT };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		loop->signals[i] = evsignal_new(loop->base, numbers[i], on_signal, loop);
		if (!loop->signals[i] || event_add(loop->signals[i], NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

int gateway_loop_start(struct gateway_loop *loop)
{
	signal(SIGPIPE, SIG_IGN);
	loop->base = event_base_new();
	if (!loop->base)
		return log_error_errno(-ENOMEM, "cannot start the event loop");
	if (catch_signals(loop) < 0 || start_watchdog(loop) < 0)
		return log_error_errno(-ENOMEM, "cannot start");
	return 0;
}

void gateway_loop_stop(struct gateway_loop *loop)
{
	for (size_t i = 0; i < ARRAY_SIZE(loop->signals); i++)
		if (loop->signals[i])
			event_free(loop->signals[i]);
	if (loop->watchdog)
		event_free(loop->watchdog);
	if (loop->base)
		event_base_free(loop->base);
	libevent_global_shutdown();
}
