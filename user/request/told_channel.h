/* SPDX-License-Identifier: Apache-2.0 */
/*
 * told_channel.h: how each channel of the gateway does, by what the gateway reports.
 *
 * Owns: what is counted of a channel over all requests. Must not own: the last report on one
 * request (request_told.h), or the reports' journal (control_gateway.c). The gateway is not trusted:
 * its words are shown, and nothing else follows from them.
 */
#ifndef SLUICE_TOLD_CHANNEL_H
#define SLUICE_TOLD_CHANNEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc.h"

struct request;
struct requests;

/**
 * struct told_channels: all that there are; the first @n count.
 * @named: the gateway that is connected has it, or the last one had
 * @failed: the failures after which a message was given up
 * Counts go over the journal, but for @handed_over, which begins with the daemon. Times are
 * milliseconds since the epoch, 0: never.
 */
struct told_channels {
	struct told_channel {
		char name[32];
		bool named;
		uint64_t delivered;
		uint64_t failures;
		uint64_t failed;
		uint64_t handed_over;
		uint64_t delivered_ms;
		uint64_t problem_ms;
		char problem[112];
	} list[SLUICE_MAX_NOTIFIERS];
	size_t n;
};

/*
 * The gateway has these, ", " between; others are kept as long as there is room. What is no name of a
 * channel (notifier.h) is none: it would be another one, or nothing, where it is shown.
 */
void told_channels_named(struct told_channels *channels, const char *names);

/*
 * One report, before request_told_note() keeps it. @request: which it is about, NULL: it is not
 * known any more. A channel that there is no room for is not counted.
 */
void told_channels_note(struct told_channels *channels, const struct request *request,
			const struct ipc_delivery *delivery, uint64_t time_ms);

/* The counts as JSON, a new reference; and back: then there are no others. */
json_t *told_channels_facts(const struct told_channels *channels);
void told_channels_recall(struct told_channels *channels, const json_t *facts);

/*
 * For status. @connected: the gateway is there. A channel waits with each open request that it has
 * neither posted nor given up, nor leaves to another one.
 */
void told_channels_describe(const struct requests *requests, bool connected,
			    struct ipc_status *status);

#endif
