// SPDX-License-Identifier: Apache-2.0
/*
 * sink.c: see sink.h. Owns the table of kinds.
 */
#include "sink.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "base/when.h"

#define MAX_DELAY_S 300
/* While much is sent, how far it is is told so often. */
#define TELL_MS 1000

static const struct sink_ops *const kinds[] = {
	&sink_folder,
	&sink_collector,
	&sink_syslog,
	&sink_witness,
};

const struct sink_ops *sink_find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i]->kind, kind) == 0)
			return kinds[i];
	return NULL;
}

int sink_init(struct sink *sink, const struct sink_ops *ops, const char *name)
{
	struct sink fresh = { .ops = ops };
	int n = snprintf(fresh.name, sizeof(fresh.name), "%s%s%s", ops->kind, *name ? "-" : "",
			 name);

	if (n < 0 || (size_t)n >= sizeof(fresh.name))
		return -EINVAL;
	for (char *c = fresh.name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (!text_is_name(fresh.name, ""))
		return -EINVAL;
	fresh.settings = calloc(1, ops->settings_size);
	if (!fresh.settings)
		return -ENOMEM;
	ops->defaults(fresh.settings);
	*sink = fresh;
	return 0;
}

void sink_clear(struct sink *sink)
{
	if (sink->settings)
		sink->ops->clear(sink->settings);
	free(sink->settings);
	sink->settings = NULL;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	sink_wake(arg);
}

int sink_run_new(const struct sink *sink, const struct sink_context *context, struct sink_run **ret)
{
	struct sink_run *run = calloc(1, sink->ops->run_size);

	if (!run)
		return -ENOMEM;
	run->sink = sink;
	run->context = context;
	run->timer = evtimer_new(context->base, on_timer, run);
	if (!run->timer) {
		free(run);
		return -ENOMEM;
	}
	memcpy(run->told.name, sink->name, sizeof(run->told.name));
	run->told.receipt = sink->ops->receipt;
	*ret = run;
	return 0;
}

struct sink_run *sink_run_free(struct sink_run *run)
{
	if (!run)
		return NULL;
	run->sink->ops->close(run);
	event_free(run->timer);
	free(run);
	return NULL;
}

void sink_wake(struct sink_run *run)
{
	if (!run->busy && run->context->journal->bytes > 0 && !evtimer_pending(run->timer, NULL))
		run->sink->ops->go(run);
}

void sink_tell_again(struct sink_run *run)
{
	if (run->told.state)
		run->context->report(run->context->arg, &run->told);
}

static void tell(struct sink_run *run, const struct ipc_sink *news)
{
	run->told = *news;
	run->told_ms = when_now();
	run->context->report(run->context->arg, news);
}

static void go_on_after(struct sink_run *run, uint64_t wait_s)
{
	const struct timeval wait = { .tv_sec = (time_t)wait_s };

	run->busy = false;
	evtimer_add(run->timer, &wait);
}

void sink_again(struct sink_run *run, uint64_t wait_s)
{
	go_on_after(run, wait_s);
}

void sink_under_way(struct sink_run *run, uint64_t held, uint64_t wait_s)
{
	struct ipc_sink news = run->told;

	news.state = IPC_SINK_SENT;
	news.held = held;
	memset(news.text, 0, sizeof(news.text));
	if (run->failures == 0 && run->told.state != IPC_SINK_SENT)
		tell(run, &news);
	go_on_after(run, wait_s);
}

void sink_wait(struct sink_run *run, uint64_t at)
{
	run->busy = false;
	run->context->wanted(run->context->arg, at);
}

void sink_sent(struct sink_run *run, uint64_t held, uint64_t wait_s)
{
	struct ipc_sink news = run->told;

	news.state = IPC_SINK_SENT;
	news.held = held;
	memset(news.text, 0, sizeof(news.text));
	if (run->failures > 0)
		log_notice("%s: the journal is sent again", run->sink->name);
	run->failures = 0;
	if (news.state != run->told.state ||
	    (held != run->told.held && (wait_s > 0 || run->told_ms + TELL_MS < when_now())))
		tell(run, &news);
	go_on_after(run, wait_s);
}

void sink_failed(struct sink_run *run, enum ipc_sink_state state, uint64_t wait_s,
		 const char *format, ...)
{
	uint64_t delay_s = run->failures < 9 ? 1ULL << run->failures : MAX_DELAY_S;
	struct ipc_sink news = run->told;
	va_list ap;

	news.state = state;
	memset(news.text, 0, sizeof(news.text));
	va_start(ap, format);
	vsnprintf(news.text, sizeof(news.text), format, ap);
	va_end(ap);
	text_scrub(news.text);
	run->failures++;
	if (memcmp(&news, &run->told, sizeof(news)) != 0) {
		log_message(state == IPC_SINK_RETRYING ? LOG_WARNING : LOG_ERR,
			    "%s: the journal is not sent: %s", run->sink->name, news.text);
		tell(run, &news);
	}
	delay_s = delay_s < MAX_DELAY_S ? delay_s : MAX_DELAY_S;
	go_on_after(run, wait_s > delay_s ? wait_s : delay_s);
}
