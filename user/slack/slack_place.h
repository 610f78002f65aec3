/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slack_place.h: where a message of Slack stands: in which channel, and its time, which is its name
 * there.
 *
 * Owns: the form, and its text "CHANNEL/TS" in the gateway's state. Must not own: whose it is.
 */
#ifndef SLUICE_SLACK_PLACE_H
#define SLUICE_SLACK_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define SLACK_ID_MAX 32 /* of a channel or time, with the NUL */

struct slack_place {
	char channel[SLACK_ID_MAX];
	char ts[SLACK_ID_MAX];
};

/* Each: false for another form. @channel, @ts: NULL is none */
bool slack_place_set(const char *channel, const char *ts, struct slack_place *ret);
bool slack_place_read(const char *text, struct slack_place *ret);

void slack_place_write(const struct slack_place *place, char *ret, size_t size);
bool slack_place_equal(const struct slack_place *a, const struct slack_place *b);

#endif
