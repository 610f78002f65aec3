/* SPDX-License-Identifier: Apache-2.0 */
/*
 * review.h: each break-glass is looked at afterwards by a person who took no part in it.
 *
 * Owns: which ones nobody has looked at yet, and who may say to have done so. Must not own: how the
 * glass is broken (glass.h).
 *
 * The entry glass.broken is what is remembered, and glass.reviewed what ends that, so that a restart
 * finds the same in the journal. Who took part are the people who stand behind the sessions that
 * asked, agreed or typed the code, and their uids: while the glass is broken the policy may be
 * changed, and what people are called with it.
 */
#ifndef SLUICE_REVIEW_H
#define SLUICE_REVIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "decision.h"
#include "event/person.h"
#include "sluiced/agent.h"

#define REVIEW_ID 16 /* bytes: "b-" and hexadecimal digits */

struct reviews;

struct reviews *reviews_new(void);
struct reviews *reviews_free(struct reviews *reviews); /* returns NULL; accepts NULL */

/**
 * review_body() - what an entry glass.broken needs to be reviewed by: "id", "people", "uids".
 * @session: number of the break-glass on this boot
 * @sessions: those that took part, @n of them
 * Return: @body (stolen), or NULL when memory ran out.
 */
json_t *review_body(const struct agent *agent, uint32_t session, const struct identity *sessions,
		    size_t n, json_t *body);

/* The glass was broken as @entry (which has an id) says, and somebody has to look at that. */
void review_owe(struct agent *agent, const json_t *entry);

/**
 * review_give() - @reviewer has looked at what was done, and says so.
 * @comment: what was found; not empty
 * @text: always written
 * Return: 0; -ENOENT no such break-glass waits for it; -EAGAIN it is not over; -EINVAL no comment;
 * -EPERM nobody of the policy, carries labels, or took part; -EIO the journal cannot be written.
 */
int review_give(struct agent *agent, const char *id, const char *comment,
		const struct decider *reviewer, char *text, size_t size);

/* How many are over and wait. @ids: of the oldest ones, ", " between; @size 0: not asked for */
size_t review_waiting(const struct agent *agent, char *ids, size_t size);

/* One sentence for status, else empty. */
void review_describe(const struct agent *agent, char *text, size_t size);

/* As the journal says at the next start; of glass.broken that is review_owe(). */
/* Whether the entry is of a break-glass that has to be reviewed. */
bool review_stands(struct agent *agent, const json_t *entry);
void review_replay_reviewed(struct agent *agent, const json_t *entry);

#endif
