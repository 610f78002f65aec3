// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_sinks.c: see gateway_sinks.h.
 */
#include "gateway_sinks.h"

#include <errno.h>

#include "base/log.h"

size_t gateway_sinks_paths(const struct gateway_config *config, struct sandbox_path *paths,
			   size_t n)
{
	for (size_t i = 0; i < config->n_sinks; i++) {
		const struct sink *sink = &config->sinks[i];
		const char *readable = sink->ops->readable(sink->settings);
		const char *writable = sink->ops->writable(sink->settings);

		if (readable)
			paths[n++] = (struct sandbox_path){ readable, 0 };
		if (writable)
			paths[n++] = (struct sandbox_path){ writable, 1 };
	}
	return n;
}

static void on_report(void *arg, const struct ipc_sink *sink)
{
	const struct gateway_sinks *sinks = arg;

	if (sinks->link)
		gateway_link_sink(sinks->link, sink);
}

static void on_wanted(void *arg, uint64_t at)
{
	const struct gateway_sinks *sinks = arg;

	if (sinks->link)
		gateway_link_part(sinks->link, at);
}

static int on_cosigned(void *arg, const struct ipc_cosigned *cosigned)
{
	const struct gateway_sinks *sinks = arg;

	return sinks->link ? gateway_link_cosigned(sinks->link, cosigned) : -ENOTCONN;
}

int gateway_sinks_start(struct gateway_sinks *sinks, const struct gateway_config *config,
			struct event_base *base, struct http *http, const char *state)
{
	int r = 0;

	*sinks = (struct gateway_sinks){ .config = config };
	gateway_journal_init(&sinks->journal);
	sinks->context = (struct sink_context){
		.base = base,
		.http = http,
		.journal = &sinks->journal,
		.state = state,
		.report = on_report,
		.wanted = on_wanted,
		.cosigned = on_cosigned,
		.arg = sinks,
	};
	for (size_t i = 0; r == 0 && i < config->n_sinks; i++)
		r = sink_run_new(&config->sinks[i], &sinks->context, &sinks->runs[i]);
	return r;
}

void gateway_sinks_stop(struct gateway_sinks *sinks)
{
	if (!sinks->config)
		return;
	for (size_t i = 0; i < sinks->config->n_sinks; i++)
		sink_run_free(sinks->runs[i]);
	gateway_journal_clear(&sinks->journal);
}

void gateway_sinks_journal(struct gateway_sinks *sinks, const struct ipc_journal *news, int fd)
{
	int r = gateway_journal_take(&sinks->journal, news, fd);

	if (r == -EACCES)
		log_error("sluiced does not give the journal away, so it is sent nowhere: set "
			  "JournalToGateway=yes in [Agent] of sluice.conf, and reload sluiced");
	else if (r < 0)
		log_error_errno(r, "cannot read the journal that sluiced gives");
	for (size_t i = 0; r == 0 && i < sinks->config->n_sinks; i++)
		sink_wake(sinks->runs[i]);
}

void gateway_sinks_again(struct gateway_sinks *sinks)
{
	for (size_t i = 0; i < sinks->config->n_sinks; i++)
		sink_tell_again(sinks->runs[i]);
}
