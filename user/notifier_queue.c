// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_queue.c: see notifier_queue.h. Owns struct delivery: one message from its rendering to
 * its report. Messages are rendered when they come in, so that a long queue holds texts of some
 * kilobytes and not whole requests.
 */
#include "notifier_queue.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <utlist.h>

#include "cleanup.h"
#include "log.h"

/* gcc's analyzer loses what lists, tables and settings by offset hold on to; the leak sanitizer
 * watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define MAX_IN_FLIGHT 4
#define MAX_DELAY_MS 60000
/* How long an answer is tried: nobody waits for it, but it tells people to stop looking. */
#define CLOSED_LIFE_MS (15 * 60 * 1000ULL)
#define MAX_LIFE_MS (SLUICE_MAX_LIMIT_S * 1000ULL)
/* One answer must not silence a channel for good, whatever time it asks for. */
#define MAX_SILENCE_MS (5 * 60 * 1000ULL)

/**
 * struct delivery: one message on its way.
 * @later, @later_kind: what came while it was being posted: the answer, or the question once more
 * @maybe_seen: an attempt without a clear refusal may have arrived
 * @due_ms, @deadline_ms: on CLOCK_BOOTTIME
 */
struct delivery {
	struct delivery *prev;
	struct delivery *next;
	struct notifier_queue *queue;
	enum delivered_kind kind;
	struct delivered_request request;
	char *message;
	char *later;
	enum delivered_kind later_kind;
	struct http_transfer *transfer;
	unsigned int attempts;
	bool maybe_seen;
	uint64_t due_ms;
	uint64_t deadline_ms;
};

/* @not_before_ms: the channel asked for silence until then. */
struct notifier_queue {
	const struct notifier_context *context;
	const struct notifier *notifier;
	struct event *timer;
	struct delivery *first;
	unsigned int length;
	unsigned int in_flight;
	uint64_t not_before_ms;
};

static void pump(struct notifier_queue *queue);

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void free_delivery(struct delivery *delivery)
{
	if (!delivery)
		return;
	http_cancel(delivery->transfer);
	free(delivery->message);
	free(delivery->later);
	free(delivery);
}

static void drop(struct delivery *delivery)
{
	struct notifier_queue *queue = delivery->queue;

	DL_DELETE(queue->first, delivery);
	queue->length--;
	if (delivery->transfer)
		queue->in_flight--;
	free_delivery(delivery);
}

static void report(struct notifier_queue *queue, const struct delivered_request *request,
		   enum ipc_delivery_state state, unsigned int attempt, const char *text)
{
	struct ipc_delivery delivery = { .state = state, .attempt = attempt };

	memcpy(delivery.id, request->id, sizeof(delivery.id));
	snprintf(delivery.notifier, sizeof(delivery.notifier), "%s", queue->notifier->name);
	snprintf(delivery.text, sizeof(delivery.text), "%s", text);
	queue->context->report(queue->context->arg, &delivery);
}

/* Reports on a question; of an answer only the loss is worth a line. */
static void report_delivery(const struct delivery *delivery, enum ipc_delivery_state state,
			    const char *text)
{
	if (delivery->kind != DELIVERED_CLOSED)
		report(delivery->queue, &delivery->request, state, delivery->attempts, text);
	else if (state == IPC_FAILED)
		log_warning("%s: the outcome of %s could not be posted: %s",
			    delivery->queue->notifier->name, delivery->request.id, text);
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
		chance = (uint32_t)clock_ms(CLOCK_BOOTTIME);
	return delay / 2 + chance % (delay / 2 + 1);
}

/* Takes over @message. */
static int enqueue(struct notifier_queue *queue, enum delivered_kind kind,
		   const struct delivered_request *request, char *message, uint64_t life_ms)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	if (!delivery) {
		free(message);
		return -ENOMEM;
	}
	delivery->queue = queue;
	delivery->kind = kind;
	delivery->request = *request;
	delivery->message = message;
	delivery->due_ms = clock_ms(CLOCK_BOOTTIME);
	delivery->deadline_ms = delivery->due_ms + (life_ms < MAX_LIFE_MS ? life_ms : MAX_LIFE_MS);
	DL_APPEND(queue->first, delivery);
	queue->length++;
	return 0;
}

static void enqueue_again(struct delivery *delivery)
{
	uint64_t now_ms = clock_ms(CLOCK_BOOTTIME);
	uint64_t life_ms = delivery->deadline_ms > now_ms ? delivery->deadline_ms - now_ms : 0;

	if (enqueue(delivery->queue, delivery->later_kind, &delivery->request,
		    TAKE_PTR(delivery->later), life_ms) < 0)
		log_warning("%s: no memory to post %s for more people",
			    delivery->queue->notifier->name, delivery->request.id);
}

static void enqueue_closing(struct notifier_queue *queue, const struct delivered_request *request,
			    char *message)
{
	if (enqueue(queue, DELIVERED_CLOSED, request, message, CLOSED_LIFE_MS) < 0)
		log_warning("%s: no memory to post the outcome of %s", queue->notifier->name,
			    request->id);
}

static bool is_decided(const struct delivery *delivery)
{
	return delivery->later && delivery->later_kind == DELIVERED_CLOSED;
}

/* More people are asked: what was not posted yet is not worth to be. */
static void replace_message(struct delivery *delivery)
{
	free(delivery->message);
	delivery->message = TAKE_PTR(delivery->later);
	delivery->kind = delivery->later_kind;
}

/* The question needs no further attempt. The answer, if one waits behind it, follows when it was or
 * may be seen; the question once more in any case. */
static void end(struct delivery *delivery)
{
	if (is_decided(delivery)) {
		if (delivery->maybe_seen)
			enqueue_closing(delivery->queue, &delivery->request,
					TAKE_PTR(delivery->later));
	} else if (delivery->later) {
		enqueue_again(delivery);
	}
	drop(delivery);
}

static void succeed(struct delivery *delivery)
{
	struct notifier_queue *queue = delivery->queue;
	int r = delivered_add(queue->context->delivered, queue->notifier->name, delivery->kind,
			      &delivery->request);

	if (r < 0)
		log_warning_errno(
			r, "%s: cannot note that %s was posted; a restart would post it again",
			queue->notifier->name, delivery->request.id);
	delivery->maybe_seen = true;
	report_delivery(delivery, IPC_DELIVERED, "");
	end(delivery);
}

static void fail(struct delivery *delivery, const char *text)
{
	report_delivery(delivery, IPC_FAILED, text);
	end(delivery);
}

static uint64_t min_ms(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void try_again(struct delivery *delivery, const struct notifier_result *result)
{
	struct notifier_queue *queue = delivery->queue;
	uint64_t now_ms = clock_ms(CLOCK_BOOTTIME);
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
		report_delivery(delivery, IPC_RETRYING, result->text);
	}
}

static void on_result(struct delivery *delivery, const struct notifier_result *result)
{
	delivery->attempts++;
	if (result->outcome == NOTIFIER_UNKNOWN)
		delivery->maybe_seen = true;
	if (delivery->later && !is_decided(delivery) && result->outcome != NOTIFIER_DONE)
		replace_message(delivery);
	if (result->outcome == NOTIFIER_DONE)
		succeed(delivery);
	else if (is_decided(delivery))
		end(delivery);
	else if (result->outcome == NOTIFIER_REFUSED)
		fail(delivery, result->text);
	else
		try_again(delivery, result);
}

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct delivery *delivery = arg;
	struct notifier_queue *queue = delivery->queue;
	struct notifier_result result;

	delivery->transfer = NULL; /* gone after this call */
	queue->in_flight--;
	queue->notifier->ops->judge(answer, &result);
	on_result(delivery, &result);
	pump(queue);
}

static void start(struct delivery *delivery)
{
	struct notifier_queue *queue = delivery->queue;
	const struct notifier *notifier = queue->notifier;
	struct notifier_result result = { .outcome = NOTIFIER_AGAIN };
	int r;

	r = notifier->ops->post(notifier->settings, queue->context->http, delivery->message,
				on_answer, delivery, &delivery->transfer);
	if (r == 0) {
		queue->in_flight++;
		return;
	}
	snprintf(result.text, sizeof(result.text), "cannot post: %s", strerror(-r));
	on_result(delivery, &result);
}

static void set_timer(struct notifier_queue *queue, uint64_t now_ms)
{
	struct delivery *delivery;
	uint64_t next_ms = UINT64_MAX;
	struct timeval tv;

	for (delivery = queue->first; delivery; delivery = delivery->next)
		if (!delivery->transfer && delivery->due_ms < next_ms)
			next_ms = delivery->due_ms;
	if (next_ms == UINT64_MAX || queue->in_flight >= MAX_IN_FLIGHT) {
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

/* Starts what is due and may start, then sets the timer for the rest. */
static void pump(struct notifier_queue *queue)
{
	uint64_t now_ms = clock_ms(CLOCK_BOOTTIME);
	struct delivery *delivery;
	struct delivery *next;

	for (delivery = queue->first; delivery; delivery = next) {
		next = delivery->next; /* lint: the one in hand may go, no other does */
		if (queue->in_flight >= MAX_IN_FLIGHT || now_ms < queue->not_before_ms)
			break;
		if (delivery->transfer || delivery->due_ms > now_ms)
			continue;
		if (now_ms >= delivery->deadline_ms)
			fail(delivery, "the request expired before it could be posted");
		else
			start(delivery);
	}
	set_timer(queue, now_ms);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pump(arg);
}

int notifier_queue_new(const struct notifier_context *context, const struct notifier *notifier,
		       struct notifier_queue **ret)
{
	struct notifier_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return -ENOMEM;
	queue->context = context;
	queue->notifier = notifier;
	queue->timer = evtimer_new(context->base, on_timer, queue);
	if (!queue->timer) {
		free(queue);
		return -ENOMEM;
	}
	*ret = queue;
	return 0;
}

struct notifier_queue *notifier_queue_free(struct notifier_queue *queue)
{
	struct delivery *delivery;
	struct delivery *next;

	if (!queue)
		return NULL;
	for (delivery = queue->first; delivery; delivery = next) {
		next = delivery->next;
		free_delivery(delivery);
	}
	event_free(queue->timer);
	free(queue);
	return NULL;
}

static struct delivery *find(struct notifier_queue *queue, enum delivered_kind kind,
			     const struct delivered_request *request)
{
	struct delivery *delivery;

	for (delivery = queue->first; delivery; delivery = delivery->next)
		if (delivery->kind == kind && strcmp(delivery->request.id, request->id) == 0 &&
		    strcmp(delivery->request.digest, request->digest) == 0)
			return delivery;
	return NULL;
}

static bool is_delivered(const struct notifier_queue *queue, enum delivered_kind kind,
			 const struct delivered_request *request)
{
	return delivered_has(queue->context->delivered, queue->notifier->name, kind, request);
}

static struct delivery *find_question(struct notifier_queue *queue,
				      const struct delivered_request *request)
{
	struct delivery *question = find(queue, DELIVERED_OPEN, request);

	return question ? question : find(queue, DELIVERED_ESCALATED, request);
}

static enum delivered_kind kind_of(const struct ipc_request *request)
{
	return request->escalated_s ? DELIVERED_ESCALATED : DELIVERED_OPEN;
}

/* A question that waits to be posted, or is being posted, is to be put to more people. */
static void revise(struct notifier_queue *queue, struct delivery *question,
		   const struct ipc_request *request)
{
	char *message = queue->notifier->ops->render(request, queue->notifier->page);

	if (!message) {
		log_warning_errno(-errno, "%s: cannot write a question for more people",
				  queue->notifier->name);
		return;
	}
	free(question->later);
	question->later = message;
	question->later_kind = kind_of(request);
	if (!question->transfer)
		replace_message(question);
}

/* Return: NULL, or why the question cannot be posted. */
static const char *take_in(struct notifier_queue *queue, const struct ipc_request *request)
{
	const struct delivered_request key = delivered_request(request);
	uint64_t now_ms = clock_ms(CLOCK_REALTIME);
	char *message;

	if (request->expires_ms <= now_ms)
		return "the request had expired before it came to the gateway";
	if (queue->length >= SLUICE_MAX_REQUESTS)
		return "too many messages are waiting for this channel";
	message = queue->notifier->ops->render(request, queue->notifier->page);
	if (!message)
		return errno == EINVAL ? "the request has no well-formed id or digest"
				       : "no memory for the message";
	if (enqueue(queue, kind_of(request), &key, message, request->expires_ms - now_ms) < 0)
		return "no memory for the message";
	return NULL;
}

void notifier_queue_open(struct notifier_queue *queue, const struct ipc_request *request)
{
	const struct delivered_request key = delivered_request(request);
	struct delivery *question = find_question(queue, &key);
	const char *problem;

	if (is_delivered(queue, kind_of(request), &key)) {
		report(queue, &key, IPC_DELIVERED, 0, "");
		return;
	}
	if (question) {
		if (question->kind != kind_of(request) && !is_decided(question))
			revise(queue, question, request);
		return;
	}
	problem = take_in(queue, request);
	if (problem)
		report(queue, &key, IPC_FAILED, 0, problem);
	else
		pump(queue);
}

void notifier_queue_closed(struct notifier_queue *queue, const struct ipc_request *request)
{
	const struct delivered_request key = delivered_request(request);
	struct delivery *question = find_question(queue, &key);
	char *message;

	if (find(queue, DELIVERED_CLOSED, &key) || is_delivered(queue, DELIVERED_CLOSED, &key) ||
	    (question && is_decided(question)))
		return;
	if (!question && !is_delivered(queue, DELIVERED_OPEN, &key) &&
	    !is_delivered(queue, DELIVERED_ESCALATED, &key))
		return; /* nobody was told of the question */
	message = queue->notifier->ops->render(request, queue->notifier->page);
	if (!message) {
		log_warning_errno(-errno, "%s: cannot write the outcome of a request",
				  queue->notifier->name);
		return;
	}
	if (question) {
		/* posted before, it has been seen whatever becomes of this one */
		question->maybe_seen |= is_delivered(queue, DELIVERED_OPEN, &key);
		free(question->later);
		question->later = message;
		question->later_kind = DELIVERED_CLOSED;
		if (!question->transfer)
			end(question);
	} else {
		enqueue_closing(queue, &key, message);
	}
	pump(queue);
}
