// SPDX-License-Identifier: Apache-2.0
/*
 * slack_place.c: see slack_place.h. Owns no state.
 */
#include "slack_place.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DIGITS "0123456789"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool copy(const char *text, const char *set, char ret[static SLACK_ID_MAX])
{
	if (!text || strlen(text) >= SLACK_ID_MAX || !text_is_made_of(text, set))
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

bool slack_place_set(const char *channel, const char *ts, struct slack_place *ret)
{
	return copy(channel, UPPER DIGITS, ret->channel) && strchr("CG", channel[0]) &&
	       copy(ts, DIGITS ".", ret->ts);
}

bool slack_place_read(const char *text, struct slack_place *ret)
{
	const char *slash = strchr(text, '/');
	char channel[SLACK_ID_MAX];

	if (!slash || (size_t)(slash - text) >= sizeof(channel))
		return false;
	snprintf(channel, sizeof(channel), "%.*s", (int)(slash - text), text);
	return slack_place_set(channel, slash + 1, ret);
}

void slack_place_write(const struct slack_place *place, char *ret, size_t size)
{
	snprintf(ret, size, "%s/%s", place->channel, place->ts);
}

bool slack_place_equal(const struct slack_place *a, const struct slack_place *b)
{
	return strcmp(a->channel, b->channel) == 0 && strcmp(a->ts, b->ts) == 0;
}
