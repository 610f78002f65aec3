/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_delivered.h: which messages have been posted, and where, so that none is posted again
 * after a restart, and each can still be edited.
 *
 * Owns: the file "delivered" in the gateway's state folder. Must not own: when something counts as
 * posted (notifier_queue.c). Losing the file costs nothing but a message that people see twice.
 */
#ifndef SLUICE_GATEWAY_DELIVERED_H
#define SLUICE_GATEWAY_DELIVERED_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc.h"

/**
 * enum delivered_kind: what a message says.
 * @DELIVERED_ESCALATED: the question once more, as more people are asked
 * @DELIVERED_NOTICE: what is no question and gets no answer
 * @DELIVERED_REVOKED: what was approved is taken back; after the answer, or instead of it
 * @DELIVERED_TRIED: no message: an attempt to post the question began; it may have arrived
 */
enum delivered_kind {
	DELIVERED_OPEN,
	DELIVERED_CLOSED,
	DELIVERED_ESCALATED,
	DELIVERED_NOTICE,
	DELIVERED_REVOKED,
	DELIVERED_TRIED,
};

struct delivered;

/*
 * What identifies a request here: its id and the first 16 hex digits of its digest. @expires_ms: no
 * message about it is expected later: what is in force may be revoked until it ends.
 */
struct delivered_request {
	char id[16];
	char digest[17];
	uint64_t expires_ms;
};

/**
 * struct delivered_post: a message as it stands.
 * @shown: a number of its text, to see whether it would read otherwise now; 0: not known; of a
 * DELIVERED_REVOKED: of which revocation
 * @edited_ms: when it was last edited, on a clock of the queue's; not kept on disk
 * @place: where it is, as notifier_result has it; "" when it cannot be edited
 */
struct delivered_post {
	uint32_t shown;
	uint64_t edited_ms;
	char *place;
};

struct delivered_request delivered_request(const struct ipc_request *request);

/* @folder: must exist and be writable. Return: 0 or a negative errno. */
int delivered_load(const char *folder, struct delivered **ret);
struct delivered *delivered_free(struct delivered *delivered); /* returns NULL; accepts NULL */

/* What the channel @notifier has posted about @request, lent until the next delivered_add(); NULL:
 * nothing. */
struct delivered_post *delivered_find(const struct delivered *delivered, const char *notifier,
				      enum delivered_kind kind,
				      const struct delivered_request *request);

#define DELIVERED_PLACES 4

/*
 * Where messages of @notifier about @request stand on which people may press: the question, also
 * that to more people, and how it ended where that was posted anew. @ret: lent as above; "" or
 * NULL: none
 */
void delivered_places(const struct delivered *delivered, const char *notifier,
		      const struct delivered_request *request, const char *ret[DELIVERED_PLACES]);

/*
 * Remembered at once, on disk when it returns 0; negative errno when the file could not be written.
 * @place: NULL: as it is known, else of at most NOTIFIER_PLACE_MAX; one that is no word is dropped
 */
int delivered_add(struct delivered *delivered, const char *notifier, enum delivered_kind kind,
		  const struct delivered_request *request, const char *place, uint32_t shown);

/* It was not posted after all; nothing when it is not known. Return: as delivered_add(). */
int delivered_remove(struct delivered *delivered, const char *notifier, enum delivered_kind kind,
		     const struct delivered_request *request);

/*
 * Calls @fn for each request of which people have, or may have, seen a question of this channel and
 * no answer; perhaps twice for one. @fn may add and remove. Return: 0; -ENOMEM: it was not called.
 */
int delivered_unanswered(const struct delivered *delivered, const char *notifier,
			 void (*fn)(void *arg, const struct delivered_request *request), void *arg);

#endif
