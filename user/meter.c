/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meter.c: see meter.h.
 */
#include "meter.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

void meter_wait(struct meter *meter, uint64_t ms)
{
	static const uint32_t bounds_s[IPC_WAITS] = IPC_WAIT_BOUNDS_S;
	size_t i = 0;

	while (i < IPC_WAITS && ms > bounds_s[i] * UINT64_C(1000))
		i++;
	meter->waits[i]++;
	meter->waited_ms += ms;
}

/* As notifier.h makes them. Others would be two of one name, or none, where they are shown. */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

/* NULL when it is no name, or too many came. */
static struct ipc_posts *posts_of(struct meter *meter, const char *notifier)
{
	struct ipc_posts *posts = meter->posts;

	for (size_t i = 0; i < meter->n_posts; i++, posts++)
		if (strcmp(posts->notifier, notifier) == 0)
			return posts;
	if (meter->n_posts == SLUICE_MAX_NOTIFIERS || !text_is_made_of(notifier, NAME_CHARS))
		return NULL;
	meter->n_posts++;
	snprintf(posts->notifier, sizeof(posts->notifier), "%s", notifier);
	return posts;
}

void meter_post(struct meter *meter, const struct ipc_delivery *delivery)
{
	struct ipc_posts *posts = posts_of(meter, delivery->notifier);

	if (!posts)
		return;
	/* attempt 0: it was posted before, and is only said again */
	posts->posted += delivery->state == IPC_DELIVERED && delivery->attempt > 0;
	posts->retried += delivery->state == IPC_RETRYING;
	posts->failed += delivery->state == IPC_FAILED;
}
