// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_attempt.c: the posts of a message: see notifier_private.h.
 *
 * Owns: when a post is made, and what becomes of the message by its outcome: retries with
 * exponential back-off, the channel's wish for silence. Must not own: a channel's protocol
 * (notifier.h), or what comes in (notifier_queue.c).
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "notifier_private.h"

#define MAX_IN_FLIGHT 4
#define MAX_DELAY_MS  60000
/* One answer must not silence a channel for good, whatever time it asks for. */
#define MAX_SILENCE_MS (5 * 60 * 1000ULL)

/* Reports on a question; of an answer and an edit only the loss is worth a line. */
static void report(const struct delivery *delivery, enum ipc_delivery_state state, const char *text)
{
	if (!delivered_ends(delivery->kind) && !delivery->edit)
		notifier_report(delivery->queue, &delivery->request, state, delivery->attempts,
				text);
	else if (state == IPC_FAILED)
		log_warning("%s: the %s of %s could not be posted: %s",
			    delivery->queue->notifier->name, delivery->edit ? "change" : "outcome",
			    delivery->request.id, text);
}

/* Half of the delay is fixed, half is chance, so that many hosts do not come back together. */
static uint64_t back_off_ms(const struct notifier_queue *queue, unsigned int attempts)
{
	uint64_t delay = queue->context->delay_ms;
	uint32_t chance = 0;

	for (unsigned int i = 1; i < attempts && delay < MAX_DELAY_MS; i++)
		delay *= 2;
	if (delay > MAX_DELAY_MS)
		delay = MAX_DELAY_MS;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (uint32_t)notifier_now_ms();
	return delay / 2 + chance % (delay / 2 + 1);
}

static void succeed(struct delivery *delivery, const char *place)
{
	delivery->maybe_seen = true;
	if (delivery_note(delivery, place) && !delivery->later) {
		delivery->attempts = 0;
		return;
	}
	report(delivery, IPC_DELIVERED, "");
	delivery_end(delivery);
}

static void fail(struct delivery *delivery, const char *text)
{
	report(delivery, IPC_FAILED, text);
	delivery_end(delivery);
}

/* A message that is gone cannot be replaced, but people are to hear. */
static void refuse(struct delivery *delivery, const char *text)
{
	if (delivery->edit || !delivery_place(delivery)) {
		fail(delivery, text);
		return;
	}
	delivery->anew = true;
	log_info("%s: a message of %s cannot be replaced (%s): a new one is posted",
		 delivery->queue->notifier->name, delivery->request.id, text);
}

static uint64_t min_ms(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void try_again(struct delivery *delivery, const struct notifier_result *result)
{
	struct notifier_queue *queue = delivery->queue;
	uint64_t now_ms = notifier_now_ms();
	uint64_t wait_ms = back_off_ms(queue, delivery->attempts);
	uint64_t asked_ms = min_ms(result->wait_s, MAX_LIFE_MS / 1000 + 1) * 1000;
	uint64_t silence_ms = now_ms + min_ms(asked_ms, MAX_SILENCE_MS);
	char text[320];

	if (asked_ms > wait_ms)
		wait_ms = asked_ms;
	if (asked_ms > 0 && queue->not_before_ms < silence_ms)
		queue->not_before_ms = silence_ms;
	if (delivery->attempts >= queue->notifier->max_attempts) {
		snprintf(text, sizeof(text), "%s; gave up after %u attempts", result->text,
			 delivery->attempts);
		fail(delivery, text);
	} else if (now_ms + wait_ms > delivery->deadline_ms) {
		snprintf(text, sizeof(text), "%s; the request expires before the next attempt",
			 result->text);
		fail(delivery, text);
	} else {
		delivery->due_ms = now_ms + wait_ms;
		report(delivery, IPC_RETRYING, result->text);
	}
}

static void on_result(struct delivery *delivery, const struct notifier_result *result)
{
	delivery->attempts++;
	if (result->outcome == NOTIFIER_UNKNOWN)
		delivery->maybe_seen = true;
	else if (result->outcome != NOTIFIER_DONE && !delivery->maybe_seen)
		delivery_note_try(delivery, false);
	if (delivery->later && !delivery_is_decided(delivery) && result->outcome != NOTIFIER_DONE)
		delivery_replace(delivery);
	if (result->outcome == NOTIFIER_DONE)
		succeed(delivery, result->place);
	else if (delivery_is_decided(delivery))
		delivery_end(delivery);
	else if (result->outcome == NOTIFIER_REFUSED)
		refuse(delivery, result->text);
	else
		try_again(delivery, result);
}

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct delivery *delivery = arg;
	struct notifier_queue *queue = delivery->queue;
	struct notifier_result result = {};

	delivery->transfer = NULL; /* gone after this call */
	queue->in_flight--;
	queue->notifier->ops->judge(queue->notifier->settings, answer, &result);
	on_result(delivery, &result);
	notifier_pump(queue);
}

static void post(struct delivery *delivery)
{
	struct notifier_queue *queue = delivery->queue;
	const struct notifier *notifier = queue->notifier;
	struct notifier_result result = { .outcome = NOTIFIER_AGAIN };
	int r;

	if (!delivery->maybe_seen)
		delivery_note_try(delivery, true);
	r = notifier->ops->post(notifier->settings, queue->context->http, delivery_place(delivery),
				delivery->message, on_answer, delivery, &delivery->transfer);
	if (r == 0) {
		queue->in_flight++;
		return;
	}
	snprintf(result.text, sizeof(result.text), "cannot post: %s", strerror(-r));
	on_result(delivery, &result);
}

static void fail_to_prepare(struct delivery *delivery, int r, const char *why)
{
	struct notifier_result result = { .outcome = NOTIFIER_AGAIN };

	snprintf(result.text, sizeof(result.text), "%s", *why ? why : strerror(-r));
	on_result(delivery, &result);
}

/* The message that is due next, or NULL. */
static struct delivery *next_due(const struct notifier_queue *queue, uint64_t now_ms)
{
	struct delivery *delivery = queue->first;

	while (delivery && (delivery->transfer || delivery->due_ms > now_ms))
		delivery = delivery->next;
	return delivery;
}

/* Only the message that would have been posted has lost an attempt; the next one asks anew. */
static void on_ready(void *arg, int r, const char *why)
{
	struct notifier_queue *queue = arg;
	struct delivery *delivery;

	queue->preparing = false;
	delivery = r < 0 ? next_due(queue, notifier_now_ms()) : NULL;
	if (delivery)
		fail_to_prepare(delivery, r, why);
	notifier_pump(queue);
}

static void start(struct delivery *delivery)
{
	struct notifier_queue *queue = delivery->queue;
	const struct notifier_ops *ops = queue->notifier->ops;
	int r = 0;

	if (ops->prepare)
		r = ops->prepare(queue->notifier->settings, queue->context->http, on_ready, queue);
	if (r == -EINPROGRESS)
		queue->preparing = true;
	else if (r < 0)
		fail_to_prepare(delivery, r, "");
	else
		post(delivery);
}

static void set_timer(struct notifier_queue *queue, uint64_t now_ms)
{
	struct delivery *delivery;
	uint64_t next_ms = UINT64_MAX;
	struct timeval tv;

	for (delivery = queue->first; delivery; delivery = delivery->next)
		if (!delivery->transfer && delivery->due_ms < next_ms)
			next_ms = delivery->due_ms;
	if (next_ms == UINT64_MAX || queue->in_flight >= MAX_IN_FLIGHT || queue->preparing) {
		evtimer_del(queue->timer);
		return;
	}
	if (next_ms < queue->not_before_ms)
		next_ms = queue->not_before_ms;
	next_ms = next_ms > now_ms ? next_ms - now_ms : 1;
	tv = (struct timeval){ .tv_sec = (time_t)(next_ms / 1000),
			       .tv_usec = (suseconds_t)(next_ms % 1000 * 1000) };
	evtimer_add(queue->timer, &tv);
}

void notifier_pump(struct notifier_queue *queue)
{
	uint64_t now_ms = notifier_now_ms();
	struct delivery *delivery;
	struct delivery *next;

	for (delivery = queue->first; delivery; delivery = next) {
		next = delivery->next; /* lint: the one in hand may go, no other does */
		if (queue->in_flight >= MAX_IN_FLIGHT || queue->preparing ||
		    now_ms < queue->not_before_ms)
			break;
		if (delivery->transfer || delivery->due_ms > now_ms)
			continue;
		delivery->standby = false;
		if (now_ms >= delivery->deadline_ms)
			fail(delivery, "the request expired before it could be posted");
		else
			start(delivery);
	}
	set_timer(queue, now_ms);
}
