/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notifier_private.h: what the files of the queue share: notifier_queue.c (what comes in),
 * notifier_delivery.c (one message), notifier_attempt.c (its posts) and notifier_standby.c (those
 * of the channel before). For no one else.
 */
#ifndef SLUICE_NOTIFIER_PRIVATE_H
#define SLUICE_NOTIFIER_PRIVATE_H

#include "notifier_queue.h"

#define MAX_LIFE_MS (SLUICE_MAX_LIMIT_S * 1000ULL)

/**
 * struct delivery: one message on its way.
 * @standby: until it is due the channel before this one may post it
 * @edit: of a question that was posted: its text is brought up to date, which nobody is told of
 * @place: how many of the request's messages this one has replaced already
 * @anew: what should be replaced is gone
 * @later, @later_kind: what came while it was being posted: the answer, or the question once more
 * @revision: of DELIVERED_REVOKED: of which revocation, as delivered_post.shown; else 0
 * @later_revision: that of @later
 * @maybe_seen: an attempt without a clear refusal may have arrived
 * @due_ms, @deadline_ms: on CLOCK_BOOTTIME
 */
struct delivery {
	struct delivery *prev;
	struct delivery *next;
	struct notifier_queue *queue;
	enum delivered_kind kind;
	bool standby;
	bool edit;
	unsigned int place;
	bool anew;
	struct delivered_request request;
	char *message;
	char *later;
	enum delivered_kind later_kind;
	uint32_t revision;
	uint32_t later_revision;
	struct http_transfer *transfer;
	unsigned int attempts;
	bool maybe_seen;
	uint64_t due_ms;
	uint64_t deadline_ms;
};

/**
 * struct notifier_queue: a channel and its deliveries, in the order they came.
 * @preparing: the channel gets what it needs before a post
 * @not_before_ms: the channel asked for silence until then
 */
struct notifier_queue {
	const struct notifier_context *context;
	const struct notifier *notifier;
	struct event *timer;
	struct delivery *first;
	unsigned int length;
	unsigned int in_flight;
	bool preparing;
	uint64_t not_before_ms;
};

uint64_t notifier_now_ms(void); /* CLOCK_BOOTTIME */

void notifier_report(struct notifier_queue *queue, const struct delivered_request *request,
		     enum ipc_delivery_state state, unsigned int attempt, const char *text);

/* A number of a text, for delivered_post; never 0. */
uint32_t notifier_number(const char *message);

/* At the end of the queue, due at once. Takes over @message. NULL when memory ran out. */
struct delivery *delivery_new(struct notifier_queue *queue, enum delivered_kind kind,
			      const struct delivered_request *request, char *message,
			      uint64_t life_ms);
/*
 * How it ended: DELIVERED_CLOSED, or DELIVERED_REVOKED with its @revision; tried for a while only.
 * Takes over @message.
 */
void delivery_close(struct notifier_queue *queue, enum delivered_kind kind,
		    const struct delivered_request *request, char *message, uint32_t revision);
/* New text for the question that was posted, not before the last such is long enough ago. Takes
 * over @message. */
void delivery_edit(struct notifier_queue *queue, enum delivered_kind kind,
		   const struct delivered_request *request, char *message, uint64_t life_ms);
void delivery_drop(struct delivery *delivery);
void delivery_free(struct delivery *delivery); /* one that is on no list any more */

struct delivered_post *delivery_posted(const struct notifier_queue *queue, enum delivered_kind kind,
				       const struct delivered_request *request);
bool delivery_is_decided(const struct delivery *delivery);
/* Whether messages of this kind say how it ended. */
bool delivered_ends(enum delivered_kind kind);

/* What came later is posted in its place. */
void delivery_replace(struct delivery *delivery);
/* It needs no further attempt; what waits behind it follows as far as it is worth it. */
void delivery_end(struct delivery *delivery);

/* The message to be replaced now, or NULL: a new one is to be posted. */
const char *delivery_place(const struct delivery *delivery);
/* The channel has taken it. Return: whether another message of the request is to be replaced. */
bool delivery_note(struct delivery *delivery, const char *place);

/* An attempt begins, or has ended and was not seen. A restart in between finds out here that people
 * may have seen the question, and that an answer is due. */
void delivery_note_try(const struct delivery *delivery, bool begins);

/* Whether a channel before this one has posted the same; then that is reported. */
bool standby_spares(struct notifier_queue *queue, enum delivered_kind kind,
		    const struct delivered_request *request);
/* Of a new message: the channels before this one have their time first. */
void standby_begin(struct delivery *delivery);

/* Starts what is due and may start, then sets the timer for the rest. */
void notifier_pump(struct notifier_queue *queue);

#endif
