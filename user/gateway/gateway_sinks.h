/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_sinks.h: the journal from sluiced to all the places that gateway.conf names.
 *
 * Owns: what is wired to what. Must not own: the journal (gateway_journal.h), a place (sink.h).
 */
#ifndef SLUICE_GATEWAY_SINKS_H
#define SLUICE_GATEWAY_SINKS_H

#include "base/sandbox.h"
#include "gateway_config.h"
#include "gateway_link.h"
#include "sink/sink.h"

/**
 * struct gateway_sinks: all zero in the beginning.
 * @link: set by the owner when there is one; before, nothing is reported
 */
struct gateway_sinks {
	const struct gateway_config *config;
	struct gateway_link *link;
	struct gateway_journal journal;
	struct sink_context context;
	struct sink_run *runs[SLUICE_MAX_SINKS];
};

/* What the sandbox must leave open. Return: how many of @paths there are then, from @n on. */
size_t gateway_sinks_paths(const struct gateway_config *config, struct sandbox_path *paths,
			   size_t n);

/* All are borrowed. Return: 0 or -ENOMEM; gateway_sinks_stop() also after a failure. */
int gateway_sinks_start(struct gateway_sinks *sinks, const struct gateway_config *config,
			struct event_base *base, struct http *http, const char *state);
void gateway_sinks_stop(struct gateway_sinks *sinks);

/* As on_journal and on_connected of the link call it. */
void gateway_sinks_journal(struct gateway_sinks *sinks, const struct ipc_journal *news, int fd);
void gateway_sinks_again(struct gateway_sinks *sinks);

#endif
