// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_delivery.c: one message from its rendering to its end: see notifier_private.h.
 *
 * Owns: what follows a message, and which messages of a request an edit replaces. Must not own:
 * posts and what their answers mean for it (notifier_attempt.c).
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <uthash.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "notifier_private.h"

/* gcc's analyzer loses what lists, tables and settings by offset hold on to; the leak sanitizer
 * watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* How long an answer is tried: nobody waits for it, but it tells people to stop looking. */
#define CLOSED_LIFE_MS (15 * 60 * 1000ULL)

uint64_t notifier_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void notifier_report(struct notifier_queue *queue, const struct delivered_request *request,
		     enum ipc_delivery_state state, unsigned int attempt, const char *text)
{
	struct ipc_delivery delivery = { .state = state, .attempt = attempt };

	memcpy(delivery.id, request->id, sizeof(delivery.id));
	snprintf(delivery.notifier, sizeof(delivery.notifier), "%s", queue->notifier->name);
	snprintf(delivery.text, sizeof(delivery.text), "%s", text);
	queue->context->report(queue->context->arg, &delivery);
}

uint32_t notifier_number(const char *message)
{
	uint32_t number;

	HASH_VALUE(message, strlen(message), number);
	return number ? number : 1;
}

void delivery_free(struct delivery *delivery)
{
	if (!delivery)
		return;
	http_cancel(delivery->transfer);
	free(delivery->message);
	free(delivery->later);
	free(delivery);
}

void delivery_drop(struct delivery *delivery)
{
	struct notifier_queue *queue = delivery->queue;

	DL_DELETE(queue->first, delivery);
	queue->length--;
	if (delivery->transfer)
		queue->in_flight--;
	delivery_free(delivery);
}

struct delivery *delivery_new(struct notifier_queue *queue, enum delivered_kind kind,
			      const struct delivered_request *request, char *message,
			      uint64_t life_ms)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	if (!delivery) {
		free(message);
		return NULL;
	}
	delivery->queue = queue;
	delivery->kind = kind;
	delivery->request = *request;
	delivery->message = message;
	delivery->due_ms = notifier_now_ms();
	delivery->deadline_ms = delivery->due_ms + (life_ms < MAX_LIFE_MS ? life_ms : MAX_LIFE_MS);
	DL_APPEND(queue->first, delivery);
	queue->length++;
	return delivery;
}

bool delivered_ends(enum delivered_kind kind)
{
	return kind == DELIVERED_CLOSED || kind == DELIVERED_REVOKED;
}

void delivery_close(struct notifier_queue *queue, enum delivered_kind kind,
		    const struct delivered_request *request, char *message, uint32_t revision)
{
	struct delivery *delivery = delivery_new(queue, kind, request, message, CLOSED_LIFE_MS);

	if (delivery)
		delivery->revision = revision;
	else
		log_warning("%s: no memory to post the outcome of %s", queue->notifier->name,
			    request->id);
}

struct delivered_post *delivery_posted(const struct notifier_queue *queue, enum delivered_kind kind,
				       const struct delivered_request *request)
{
	return delivered_find(queue->context->delivered, queue->notifier->name, kind, request);
}

/* Where the question was gone, how it ended was posted anew: that message stands for all then. */
static const char *ending_place(const struct notifier_queue *queue,
				const struct delivered_request *request, enum delivered_kind *kind)
{
	static const enum delivered_kind endings[] = { DELIVERED_REVOKED, DELIVERED_CLOSED };

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		const struct delivered_post *post = delivery_posted(queue, endings[i], request);

		if (!post || !*post->place)
			continue;
		*kind = endings[i];
		return post->place;
	}
	return NULL;
}

/* The @n-th message about the request that can be replaced, the question before the one to more
 * people, or NULL; @kind is of that message. */
static const char *nth_place(const struct notifier_queue *queue,
			     const struct delivered_request *request, unsigned int n,
			     enum delivered_kind *kind)
{
	static const enum delivered_kind questions[] = { DELIVERED_OPEN, DELIVERED_ESCALATED };
	const char *ending = ending_place(queue, request, kind);

	if (ending)
		return n > 0 ? NULL : ending;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const struct delivered_post *post = delivery_posted(queue, questions[i], request);

		if (!post || !*post->place || n-- > 0)
			continue;
		*kind = questions[i];
		return post->place;
	}
	return NULL;
}

void delivery_edit(struct notifier_queue *queue, enum delivered_kind kind,
		   const struct delivered_request *request, char *message, uint64_t life_ms)
{
	const struct delivered_post *post = delivery_posted(queue, kind, request);
	struct delivery *delivery;
	enum delivered_kind first;
	uint64_t earliest_ms;

	if (!nth_place(queue, request, 0, &first)) {
		free(message);
		return;
	}
	delivery = delivery_new(queue, kind, request, message, life_ms);
	if (!delivery) {
		log_warning("%s: no memory to edit the question of %s", queue->notifier->name,
			    request->id);
		return;
	}
	delivery->edit = true;
	delivery->maybe_seen = true;
	earliest_ms = post && post->edited_ms ? post->edited_ms + queue->context->edit_gap_ms : 0;
	if (delivery->due_ms < earliest_ms)
		delivery->due_ms = earliest_ms;
}

bool delivery_is_decided(const struct delivery *delivery)
{
	return delivery->later && delivered_ends(delivery->later_kind);
}

/* What was not posted yet is not worth to be: more people are asked, or more is known. */
void delivery_replace(struct delivery *delivery)
{
	free(delivery->message);
	delivery->message = TAKE_PTR(delivery->later);
	delivery->revision = delivery->later_revision;
	delivery->place = 0;
	if (delivery->kind == delivery->later_kind)
		return;
	if (delivery->edit)
		delivery->due_ms = notifier_now_ms();
	delivery->edit = false;
	delivery->kind = delivery->later_kind;
}

static void follow(struct delivery *delivery)
{
	struct notifier_queue *queue = delivery->queue;
	uint64_t now_ms = notifier_now_ms();
	uint64_t life_ms = delivery->deadline_ms > now_ms ? delivery->deadline_ms - now_ms : 0;
	struct delivery *next;

	if (delivery->later_kind == delivery->kind) {
		delivery_edit(queue, delivery->kind, &delivery->request, TAKE_PTR(delivery->later),
			      life_ms);
		return;
	}
	next = delivery_new(queue, delivery->later_kind, &delivery->request,
			    TAKE_PTR(delivery->later), life_ms);
	if (next)
		next->maybe_seen = delivery->maybe_seen;
	else
		log_warning("%s: no memory to post %s for more people", queue->notifier->name,
			    delivery->request.id);
}

/* The answer, if one waits behind it, follows when the question was or may be seen; the question
 * once more in any case. */
void delivery_end(struct delivery *delivery)
{
	if (!delivery_is_decided(delivery) && delivery->later)
		follow(delivery);
	else if (delivery->later && delivery->maybe_seen)
		delivery_close(delivery->queue, delivery->later_kind, &delivery->request,
			       TAKE_PTR(delivery->later), delivery->later_revision);
	delivery_drop(delivery);
}

static bool replaces(const struct delivery *delivery)
{
	const struct notifier_ops *ops = delivery->queue->notifier->ops;

	if (!ops->edits || delivery->anew)
		return false;
	if (delivery->edit || delivered_ends(delivery->kind))
		return true;
	return delivery->kind == DELIVERED_ESCALATED && !ops->more_anew;
}

const char *delivery_place(const struct delivery *delivery)
{
	enum delivered_kind kind;

	return replaces(delivery)
		       ? nth_place(delivery->queue, &delivery->request, delivery->place, &kind)
		       : NULL;
}

static void note(const struct delivery *delivery, enum delivered_kind kind, const char *place,
		 uint32_t shown)
{
	const struct notifier_queue *queue = delivery->queue;
	int r = delivered_add(queue->context->delivered, queue->notifier->name, kind,
			      &delivery->request, place, shown);

	if (r < 0)
		log_warning_errno(r,
				  "%s: cannot note that %s was posted; a restart would post it "
				  "again",
				  queue->notifier->name, delivery->request.id);
}

void delivery_note_try(const struct delivery *delivery, bool begins)
{
	const struct notifier_queue *queue = delivery->queue;
	struct delivered *delivered = queue->context->delivered;
	int r;

	if (delivery->kind != DELIVERED_OPEN && delivery->kind != DELIVERED_ESCALATED)
		return;
	r = begins ? delivered_add(delivered, queue->notifier->name, DELIVERED_TRIED,
				   &delivery->request, NULL, 0)
		   : delivered_remove(delivered, queue->notifier->name, DELIVERED_TRIED,
				      &delivery->request);
	if (r < 0)
		log_warning_errno(r, "%s: cannot note that %s is being posted",
				  queue->notifier->name, delivery->request.id);
}

/* @place: where the message that was replaced is now, "" for where it was */
static bool note_edit(struct delivery *delivery, enum delivered_kind kind, const char *place,
		      uint32_t shown)
{
	struct delivered_post *post = delivery_posted(delivery->queue, kind, &delivery->request);
	enum delivered_kind next;

	if (post) {
		post->edited_ms = notifier_now_ms();
		note(delivery, kind, *place ? place : NULL,
		     delivered_ends(delivery->kind) && kind != delivery->kind ? post->shown
										: shown);
	}
	delivery->place++;
	return nth_place(delivery->queue, &delivery->request, delivery->place, &next);
}

bool delivery_note(struct delivery *delivery, const char *place)
{
	uint32_t shown = delivery->revision;
	enum delivered_kind kind;
	bool edited = replaces(delivery) &&
		      nth_place(delivery->queue, &delivery->request, delivery->place, &kind);

	if (delivery->queue->notifier->ops->edits && !delivered_ends(delivery->kind))
		shown = notifier_number(delivery->message);
	if (edited && note_edit(delivery, kind, place, shown))
		return true;
	if (!edited || kind != delivery->kind)
		note(delivery, delivery->kind, edited ? "" : place, shown);
	return false;
}
