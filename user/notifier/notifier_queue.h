/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notifier_queue.h: the messages of one channel on their way.
 *
 * Owns: order, retries with exponential back-off, the life of a message, edits, and what is
 * reported. Must not own: a channel's protocol (notifier.h) or the connection to sluiced
 * (gateway_link.h).
 */
#ifndef SLUICE_NOTIFIER_QUEUE_H
#define SLUICE_NOTIFIER_QUEUE_H

#include "gateway/gateway_delivered.h"
#include "notifier.h"

struct notifier_queue;

/**
 * struct notifier_context: what all queues share; borrowed for their life.
 * @delay_ms: before the second attempt, doubled for each further one up to a minute
 * @edit_gap_ms: between two edits of an open request's message
 * @report: called for each change of a question's delivery; an answer's delivery is only logged
 */
struct notifier_context {
	struct event_base *base;
	struct http *http;
	struct delivered *delivered;
	unsigned int delay_ms;
	unsigned int edit_gap_ms;
	void (*report)(void *arg, const struct ipc_delivery *delivery);
	void *arg;
};

int notifier_queue_new(const struct notifier_context *context, const struct notifier *notifier,
		       struct notifier_queue **ret);
struct notifier_queue *
notifier_queue_free(struct notifier_queue *queue); /* returns NULL; accepts NULL */

/* Messages that are not posted yet. */
unsigned int notifier_queue_length(const struct notifier_queue *queue);

/**
 * notifier_queue_open() - tell people about an open request.
 * Safe to repeat: what is under way is left alone, what was posted (in an earlier life too) is
 * reported again as IPC_DELIVERED with attempt 0 and not posted. Tried until the request expires or
 * the channel's attempts are used up.
 */
void notifier_queue_open(struct notifier_queue *queue, const struct ipc_request *request);

/**
 * notifier_queue_changed() - an open request reads otherwise now: it was tried more often, or some
 * of those who must agree have.
 * One message with a counter, not one a try: the message that was posted is edited, at most once
 * each edit_gap_ms, if the channel edits and the text differs; one that waits is written anew.
 * notifier_queue_open() does the same for what was posted already.
 */
void notifier_queue_changed(struct notifier_queue *queue, const struct ipc_request *request);

/**
 * notifier_queue_heard() - another channel has reported.
 * Of a channel that comes after others (struct notifier: before): what one of them has posted it
 * does not post; what the one before it could not post, or did not within its time, it does.
 * Must be told of a request before those.
 */
void notifier_queue_heard(struct notifier_queue *queue, const struct ipc_delivery *report);

/* Tell people how it ended, if they may have seen the question; a question still waiting is
 * dropped. In a channel that edits, it replaces the question. Once more when what was approved is
 * revoked, with who did so and when: that is told too, each revocation once. */
void notifier_queue_closed(struct notifier_queue *queue, const struct ipc_request *request);

/**
 * notifier_queue_settle() - all that is open has been told: what people were asked and is not open
 * any more was closed while nobody listened, and gets its answer, too.
 * @is_open: whether a request of which people may have seen the question is among them
 */
void notifier_queue_settle(struct notifier_queue *queue,
			   bool (*is_open)(void *arg, const struct delivered_request *request),
			   void *arg);

#endif
