// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_queue.c: see notifier_queue.h. Owns what a request that comes in, changes or is closed
 * leads to. Messages are rendered when they come in, so that a long queue holds texts of some
 * kilobytes and not whole requests.
 */
#include "notifier_queue.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/when.h"
#include "notifier_private.h"

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	notifier_pump(arg);
}

unsigned int notifier_queue_length(const struct notifier_queue *queue)
{
	return queue->length;
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
		delivery_free(delivery);
	}
	if (queue->preparing)
		queue->notifier->ops->cancel(queue->notifier->settings);
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

static struct delivery *find_question(struct notifier_queue *queue,
				      const struct delivered_request *request)
{
	struct delivery *question = find(queue, DELIVERED_OPEN, request);

	return question ? question : find(queue, DELIVERED_ESCALATED, request);
}

/* How it ended, on its way. */
static struct delivery *find_ending(struct notifier_queue *queue,
				    const struct delivered_request *request)
{
	struct delivery *ending = find(queue, DELIVERED_CLOSED, request);

	return ending ? ending : find(queue, DELIVERED_REVOKED, request);
}

static bool was_ended(const struct notifier_queue *queue, const struct delivered_request *request)
{
	return delivery_posted(queue, DELIVERED_CLOSED, request) ||
	       delivery_posted(queue, DELIVERED_REVOKED, request);
}

/* What was refused at once, or a broken glass, asks nobody. */
static enum delivered_kind kind_of(const struct ipc_request *request)
{
	if (request->state != IPC_PENDING)
		return DELIVERED_NOTICE;
	return request->escalated_s ? DELIVERED_ESCALATED : DELIVERED_OPEN;
}

/* NULL with errno. */
static char *render(const struct notifier_queue *queue, const struct ipc_request *request)
{
	const struct notifier *notifier = queue->notifier;

	return notifier->ops->render(notifier->settings, request, notifier->page);
}

static uint64_t life_ms(const struct ipc_request *request)
{
	uint64_t now_ms = when_now();

	return request->expires_ms > now_ms ? request->expires_ms - now_ms : 0;
}

/* A question that waits to be posted, or is being posted, is to be put to more people, or reads
 * otherwise now. Takes over @message. */
static void revise(struct delivery *question, enum delivered_kind kind, char *message)
{
	free(question->later);
	question->later = message;
	question->later_kind = kind;
	if (!question->transfer)
		delivery_replace(question);
}

static void escalate(struct notifier_queue *queue, struct delivery *question,
		     const struct ipc_request *request)
{
	char *message = render(queue, request);

	if (message)
		revise(question, kind_of(request), message);
	else
		log_warning_errno(-errno, "%s: cannot write a question for more people",
				  queue->notifier->name);
	notifier_pump(queue);
}

/* Whether anybody may have seen the question; who saw an answer has. */
static bool was_posted(const struct notifier_queue *queue, const struct delivered_request *key)
{
	return delivery_posted(queue, DELIVERED_CLOSED, key) ||
	       delivery_posted(queue, DELIVERED_OPEN, key) ||
	       delivery_posted(queue, DELIVERED_ESCALATED, key) ||
	       delivery_posted(queue, DELIVERED_TRIED, key);
}

/* Return: NULL, or why the question cannot be posted. */
static const char *take_in(struct notifier_queue *queue, const struct ipc_request *request)
{
	const struct delivered_request key = delivered_request(request);
	struct delivery *delivery;
	char *message;

	if (!life_ms(request))
		return "the request had expired before it came to the gateway";
	if (standby_spares(queue, kind_of(request), &key))
		return NULL;
	if (queue->length >= SLUICE_MAX_REQUESTS)
		return "too many messages are waiting for this channel";
	message = render(queue, request);
	if (!message)
		return errno == EINVAL ? "the request has no well-formed id or digest"
				       : "no memory for the message";
	delivery = delivery_new(queue, kind_of(request), &key, message, life_ms(request));
	if (!delivery)
		return "no memory for the message";
	delivery->maybe_seen = was_posted(queue, &key);
	standby_begin(delivery);
	return NULL;
}

/* Whether what stands in the queue or in the channel reads otherwise than the request would now. */
static bool reads_otherwise(const struct delivery *question, const struct delivered_post *post,
			    const char *message)
{
	if (question)
		return strcmp(question->later ? question->later : question->message, message) != 0;
	return post->shown != notifier_number(message);
}

void notifier_queue_changed(struct notifier_queue *queue, const struct ipc_request *request)
{
	const struct delivered_request key = delivered_request(request);
	struct delivery *question = find(queue, kind_of(request), &key);
	const struct delivered_post *post = delivery_posted(queue, kind_of(request), &key);
	_cleanup_free_ char *message = NULL;

	if ((question && delivery_is_decided(question)) || find_ending(queue, &key) ||
	    was_ended(queue, &key))
		return;
	if (question
		    ? question->transfer && !queue->notifier->ops->edits
		    : !post || !queue->notifier->ops->edits || queue->length >= SLUICE_MAX_REQUESTS)
		return;
	message = render(queue, request);
	if (!message || !reads_otherwise(question, post, message))
		return;
	if (question)
		revise(question, question->kind, TAKE_PTR(message));
	else
		delivery_edit(queue, kind_of(request), &key, TAKE_PTR(message), life_ms(request));
	notifier_pump(queue);
}

void notifier_queue_open(struct notifier_queue *queue, const struct ipc_request *request)
{
	const struct delivered_request key = delivered_request(request);
	struct delivery *question = find_question(queue, &key);
	const char *problem;

	if (kind_of(request) == DELIVERED_NOTICE)
		question = find(queue, DELIVERED_NOTICE, &key);
	if (delivery_posted(queue, kind_of(request), &key)) {
		notifier_report(queue, &key, IPC_DELIVERED, 0, "");
		notifier_queue_changed(queue, request);
		return;
	}
	if (question) {
		if (question->kind == kind_of(request))
			notifier_queue_changed(queue, request);
		else if (!delivery_is_decided(question))
			escalate(queue, question, request);
		return;
	}
	problem = take_in(queue, request);
	if (problem)
		notifier_report(queue, &key, IPC_FAILED, 0, problem);
	else
		notifier_pump(queue);
}

/* The answer goes after the question, at once when that is not being posted. */
static void answer(struct delivery *question, enum delivered_kind kind, char *message,
		   uint32_t revision)
{
	/* posted before, it has been seen whatever becomes of this one */
	question->maybe_seen |= was_posted(question->queue, &question->request);
	free(question->later);
	question->later = message;
	question->later_kind = kind;
	question->later_revision = revision;
	if (!question->transfer)
		delivery_end(question);
}

/* The outcome, after the message that is on its way, if any. */
static void end(struct notifier_queue *queue, struct delivery *before,
		const struct ipc_request *request, uint32_t revision)
{
	enum delivered_kind kind = revision ? DELIVERED_REVOKED : DELIVERED_CLOSED;
	const struct delivered_request key = delivered_request(request);
	char *message = render(queue, request);

	if (!message) {
		log_warning_errno(-errno, "%s: cannot write the outcome of a request",
				  queue->notifier->name);
		return;
	}
	if (before)
		answer(before, kind, message, revision);
	else
		delivery_close(queue, kind, &key, message, revision);
	notifier_pump(queue);
}

/*
 * People who saw the question, or what became of it, hear of each revocation once; one that comes
 * while something else is on its way takes the place of all that waits.
 */
static void take_back(struct notifier_queue *queue, const struct ipc_request *request)
{
	const struct delivered_request key = delivered_request(request);
	const struct delivered_post *told = delivery_posted(queue, DELIVERED_REVOKED, &key);
	const uint32_t revision = (uint32_t)request->revoked.time_ms | 1; /* which; 0 is of none */
	struct delivery *before = find_ending(queue, &key);

	if (!before)
		before = find_question(queue, &key);
	if ((told && told->shown == revision) ||
	    (before && (before->revision == revision ||
			(delivery_is_decided(before) && before->later_revision == revision))))
		return;
	if (before || told || was_posted(queue, &key))
		end(queue, before, request, revision);
}

void notifier_queue_closed(struct notifier_queue *queue, const struct ipc_request *request)
{
	const struct delivered_request key = delivered_request(request);
	struct delivery *question = find_question(queue, &key);

	if (request->revoked.time_ms) {
		take_back(queue, request);
		return;
	}
	if (find_ending(queue, &key) || was_ended(queue, &key) ||
	    (question && delivery_is_decided(question)))
		return;
	if (question || was_posted(queue, &key)) /* else nobody was told of the question */
		end(queue, question, request, 0);
}

struct settling {
	struct notifier_queue *queue;
	bool (*is_open)(void *arg, const struct delivered_request *request);
	void *arg;
	struct ipc_request *gone;
};

static void settle(void *arg, const struct delivered_request *request)
{
	const struct settling *settling = arg;
	struct ipc_request *gone = settling->gone;

	if (settling->is_open(settling->arg, request))
		return;
	memcpy(gone->id, request->id, sizeof(gone->id));
	memcpy(gone->digest, request->digest, sizeof(request->digest));
	gone->expires_ms = request->expires_ms;
	snprintf(gone->outcome, sizeof(gone->outcome),
		 "it was closed while the gateway was away; see sluice show %s", gone->id);
	notifier_queue_closed(settling->queue, gone);
}

void notifier_queue_settle(struct notifier_queue *queue,
			   bool (*is_open)(void *arg, const struct delivered_request *request),
			   void *arg)
{
	_cleanup_free_ struct ipc_request *gone = calloc(1, sizeof(*gone));
	struct settling settling = { queue, is_open, arg, gone };
	int r = -ENOMEM;

	if (gone) {
		gone->state = IPC_GONE;
		gone->closed_ms = when_now();
		r = delivered_unanswered(queue->context->delivered, queue->notifier->name, settle,
					 &settling);
	}
	if (r < 0)
		log_warning("%s: no memory to see what was closed while the gateway was away",
			    queue->notifier->name);
}
