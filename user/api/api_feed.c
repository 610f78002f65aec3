// SPDX-License-Identifier: Apache-2.0
/*
 * api_feed.c: see api_feed.h. The oldest goes when there are too many, or they are too large.
 */
#include "api_feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/text.h"

struct kept {
	char *text;
	size_t size;
};

/* @events: number N is at N % API_FEED_EVENTS, from @first to before @end. @mark: of this start */
struct api_feed {
	uint32_t mark;
	uint64_t first;
	uint64_t end;
	size_t bytes;
	struct kept events[API_FEED_EVENTS];
};

int api_feed_new(struct api_feed **ret)
{
	struct api_feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return -ENOMEM;
	if (getrandom(&feed->mark, sizeof(feed->mark), 0) != sizeof(feed->mark)) {
		free(feed);
		return -EIO;
	}
	*ret = feed;
	return 0;
}

static struct kept *slot(struct api_feed *feed, uint64_t number)
{
	return &feed->events[number % API_FEED_EVENTS];
}

static void drop_oldest(struct api_feed *feed)
{
	struct kept *oldest = slot(feed, feed->first++);

	feed->bytes -= oldest->size;
	free(oldest->text);
	*oldest = (struct kept){};
}

static void drop_all(struct api_feed *feed)
{
	while (feed->first < feed->end)
		drop_oldest(feed);
}

struct api_feed *api_feed_free(struct api_feed *feed)
{
	if (feed)
		drop_all(feed);
	free(feed);
	return NULL;
}

static int keep(struct api_feed *feed, const char *type, const char *data)
{
	struct kept event = {};
	char id[API_EVENT_ID];
	int n;

	api_feed_id(feed, feed->end + 1, id);
	n = !data ? -1 : asprintf(&event.text, "id: %s\nevent: %s\ndata: %s\n\n", id, type, data);
	if (n < 0)
		return -ENOMEM;
	if (n > API_EVENT_MAX) {
		free(event.text);
		return -EMSGSIZE;
	}
	event.size = (size_t)n;
	feed->bytes += event.size;
	while (feed->first < feed->end &&
	       (feed->end - feed->first == API_FEED_EVENTS || feed->bytes > API_FEED_BYTES))
		drop_oldest(feed);
	*slot(feed, feed->end++) = event;
	return 0;
}

int api_feed_add(struct api_feed *feed, const char *type, const char *data)
{
	int r = keep(feed, type, data);

	if (r < 0) { /* whoever has not heard all before it has missed something, and is told */
		drop_all(feed);
		feed->first = ++feed->end;
	}
	return r;
}

uint64_t api_feed_end(const struct api_feed *feed)
{
	return feed->end;
}

void api_feed_id(const struct api_feed *feed, uint64_t place, char ret[API_EVENT_ID])
{
	snprintf(ret, API_EVENT_ID, "%08x-%llu", feed->mark, (unsigned long long)place);
}

int api_feed_after(const struct api_feed *feed, const char *id, uint64_t *ret_place)
{
	char known[API_EVENT_ID];
	uint64_t place;

	if (strlen(id) < 10 || text_to_number(id + 9, UINT64_MAX, &place) < 0)
		return -ESTALE;
	api_feed_id(feed, place, known);
	if (strcmp(known, id) != 0 || place < feed->first || place > feed->end)
		return -ESTALE;
	*ret_place = place;
	return 0;
}

int api_feed_at(const struct api_feed *feed, uint64_t place, const char **ret, size_t *ret_size)
{
	const struct kept *event = &feed->events[place % API_FEED_EVENTS];

	if (place >= feed->end)
		return -EAGAIN;
	if (place < feed->first)
		return -ESTALE;
	*ret = event->text;
	*ret_size = event->size;
	return 0;
}
