/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_feed.h: the events of the last while, each told once to whoever listens, from any of them on.
 *
 * Owns: the ring, its bounds, and how an event is written for an event stream (HTML standard,
 * "Server-sent events"). Must not own: who listens (api_stream.h), or what an event is about.
 *
 * Numbers begin anew with each start of the gateway, so an event's id holds a mark of that start
 * too: "5f0c2a91-17".
 */
#ifndef SLUICE_API_FEED_H
#define SLUICE_API_FEED_H

#include <stddef.h>
#include <stdint.h>

#define API_FEED_EVENTS 1024
#define API_FEED_BYTES	(2U << 20)
#define API_EVENT_MAX	32768 /* bytes of one, as it is sent */
#define API_EVENT_ID	32

struct api_feed;

int api_feed_new(struct api_feed **ret);	       /* 0, -ENOMEM, -EIO */
struct api_feed *api_feed_free(struct api_feed *feed); /* returns NULL; accepts NULL */

/*
 * The newest. @type, @data: of one line each; no @data: memory ran out before. Return: 0;
 * -EMSGSIZE: longer than API_EVENT_MAX; -ENOMEM. Where it was not kept, listeners find that they
 * have missed one.
 */
int api_feed_add(struct api_feed *feed, const char *type, const char *data);

/* Where what is yet to come begins. */
uint64_t api_feed_end(const struct api_feed *feed);

/* The id of what was last before @place, as it is sent. */
void api_feed_id(const struct api_feed *feed, uint64_t place, char ret[API_EVENT_ID]);

/* What follows the event of that id. Return: 0; -ESTALE: not known, or too long ago. */
int api_feed_after(const struct api_feed *feed, const char *id, uint64_t *ret_place);

/*
 * The event at @place, lent until the next api_feed_add(). Return: 0; -EAGAIN: it is yet to come;
 * -ESTALE: it is not kept any more.
 */
int api_feed_at(const struct api_feed *feed, uint64_t place, const char **ret, size_t *ret_size);

#endif
