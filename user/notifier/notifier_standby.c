// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_standby.c: a channel that posts only what the one before it does not get posted: see
 * notifier_queue.h. Its messages stand in its queue and are due when the other has had its time.
 */
#include <string.h>

#include "notifier_private.h"

static void report(struct notifier_queue *queue, const struct delivered_request *request,
		   const char *what, const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %s", what, name);
	notifier_report(queue, request, IPC_STANDBY, 0, text);
}

bool standby_spares(struct notifier_queue *queue, enum delivered_kind kind,
		    const struct delivered_request *request)
{
	const struct notifier *before = queue->notifier->before;

	while (before && !delivered_find(queue->context->delivered, before->name, kind, request))
		before = before->before;
	if (before)
		report(queue, request, "not needed, posted by", before->name);
	return before;
}

void standby_begin(struct delivery *delivery)
{
	const struct notifier *notifier = delivery->queue->notifier;

	if (!notifier->before)
		return;
	report(delivery->queue, &delivery->request, IPC_STANDBY_WAITS, notifier->before->name);
	delivery->standby = true;
	for (; notifier->before; notifier = notifier->before)
		delivery->due_ms += notifier->hand_over_s * 1000;
}

static void take_over(struct delivery *delivery)
{
	delivery->standby = false;
	delivery->due_ms = notifier_now_ms();
}

void notifier_queue_heard(struct notifier_queue *queue, const struct ipc_delivery *report)
{
	const struct notifier *before = queue->notifier->before;
	bool failed = before && report->state == IPC_FAILED &&
		      strcmp(report->notifier, before->name) == 0;
	struct delivery *delivery;
	struct delivery *next;
	bool changed = false;

	if (strcmp(report->notifier, queue->notifier->name) == 0)
		return; /* it is in the middle of something */
	if (!before || (report->state != IPC_DELIVERED && !failed))
		return;
	for (delivery = queue->first; delivery; delivery = next) {
		next = delivery->next;
		if (!delivery->standby || strcmp(delivery->request.id, report->id) != 0)
			continue;
		changed = true;
		if (failed)
			take_over(delivery);
		else if (standby_spares(queue, delivery->kind, &delivery->request))
			delivery_drop(delivery);
	}
	if (changed)
		notifier_pump(queue);
}
