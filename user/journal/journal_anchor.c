// SPDX-License-Identifier: Apache-2.0
/*
 * journal_anchor.c: see journal_anchor.h.
 */
#include "journal_anchor.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/when.h"

/* A witness signs within seconds; so many checkpoints are some hours. */
#define RING	    65536
#define DIGITS_MIN  8
#define TYPE_WITHIN 160

static bool same_root(const struct journal_noted *noted, const char *root)
{
	return strncmp(noted->root, root, noted->digits) == 0;
}

/* Size and root of a checkpoint's text. */
static int read_note(const char *note, struct journal_noted *ret)
{
	size_t origin = strcspn(note, "\n");
	uint8_t root[MERKLE_HASH];
	char *end;

	if (!note[origin] || origin >= sizeof(ret->origin))
		return -EBADMSG;
	memcpy(ret->origin, note, origin);
	ret->origin[origin] = '\0';
	ret->size = strtoull(note + origin + 1, &end, 10);
	if (*end != '\n' ||
	    base64_decode(end + 1, strcspn(end + 1, "\n"), root, sizeof(root)) != sizeof(root))
		return -EBADMSG;
	merkle_hex(root, ret->root);
	ret->digits = sizeof(ret->root) - 1;
	return 0;
}

static int read_cosigned(const struct journal_anchors *anchors, const char *note,
			 struct journal_noted *ret)
{
	struct note_info info;
	int r = note_verify_witness(note, strlen(note), anchors->witness, &ret->time_s, &info);

	return r < 0 ? r : read_note(note, ret);
}

int journal_anchors_add_note(struct journal_anchors *anchors, const char *note)
{
	struct journal_noted noted = { 0 };
	int r;

	if (anchors->n == ARRAY_SIZE(anchors->noted))
		return -ENOSPC;
	r = read_cosigned(anchors, note, &noted);
	if (r == 0)
		anchors->noted[anchors->n++] = noted;
	return r;
}

int journal_anchors_add_text(struct journal_anchors *anchors, const char *text)
{
	struct journal_noted noted = { 0 };
	char *hex;

	if (anchors->n == ARRAY_SIZE(anchors->noted))
		return -ENOSPC;
	noted.size = strtoull(text, &hex, 10);
	if (hex == text || *hex++ != ':')
		return -EINVAL;
	for (; *hex; hex++) {
		if (isspace((unsigned char)*hex))
			continue;
		if (!isxdigit((unsigned char)*hex) || noted.digits == sizeof(noted.root) - 1)
			return -EINVAL;
		noted.root[noted.digits++] = (char)tolower((unsigned char)*hex);
	}
	if (noted.digits < DIGITS_MIN || noted.size == 0)
		return -EINVAL;
	anchors->noted[anchors->n++] = noted;
	return 0;
}

/* Keeps the first problem. */
__attribute__((format(printf, 2, 3))) static void complain(struct journal_anchors *anchors,
							   const char *format, ...)
{
	va_list ap;

	if (*anchors->problem)
		return;
	va_start(ap, format);
	vsnprintf(anchors->problem, sizeof(anchors->problem), format, ap);
	va_end(ap);
}

static int take_checkpoint(struct journal_anchors *anchors, const struct journal_line *line)
{
	struct journal_noted *place;

	if (!anchors->ring)
		anchors->ring = calloc(RING, sizeof(*anchors->ring));
	if (!anchors->ring)
		return -ENOMEM;
	place = &anchors->ring[anchors->n_ring++ % RING];
	place->size = line->signed_entries;
	memcpy(place->root, line->root, sizeof(place->root));
	for (size_t i = 0; i < anchors->n; i++) {
		struct journal_noted *noted = &anchors->noted[i];

		if (noted->size != line->signed_entries)
			continue;
		noted->seen = true;
		if (!same_root(noted, line->root))
			complain(anchors,
				 "of its first %" PRIu64 " entries others have noted another root: "
				 "it is not the journal that they have seen",
				 noted->size);
	}
	return 0;
}

/* NULL: there is none of that size, or it is too long ago. */
static const struct journal_noted *find_checkpoint(const struct journal_anchors *anchors,
						   uint64_t size)
{
	uint64_t oldest = anchors->n_ring > RING ? anchors->n_ring - RING : 0;

	for (uint64_t i = anchors->n_ring; i > oldest; i--) {
		const struct journal_noted *place = &anchors->ring[(i - 1) % RING];

		if (place->size <= size)
			return place->size == size ? place : NULL;
	}
	return NULL;
}

static void compare_cosigned(struct journal_anchors *anchors, uint64_t seq,
			     const struct journal_noted *noted)
{
	const struct journal_noted *place = find_checkpoint(anchors, noted->size);

	if (!place || !same_root(noted, place->root)) {
		complain(anchors,
			 "entry %" PRIu64 ": the witness has signed a journal whose first %" PRIu64
			 " entries are not those of this one",
			 seq, noted->size);
	} else if (noted->size >= anchors->size) {
		anchors->size = noted->size;
		anchors->time_s = noted->time_s;
	}
}

static bool is_witness(const struct journal_line *line)
{
	static const char type[] = ",\"type\":\"journal.witness\",";

	return memmem(line->text, line->size < TYPE_WITHIN ? line->size : TYPE_WITHIN, type,
		      sizeof(type) - 1);
}

static int take_cosigned(struct journal_anchors *anchors, const struct journal_line *line)
{
	json_auto_t *json = json_loadb(line->text, line->size, 0, NULL);
	const char *note = json_string_value(json_object_get(json, "note"));
	struct journal_noted noted = { 0 };
	int r = note ? read_cosigned(anchors, note, &noted) : -EBADMSG;

	if (r == 0)
		compare_cosigned(anchors, line->seq, &noted);
	else if (r != -ENOKEY) /* the gateway writes these, which is trusted with nothing */
		anchors->wrong++;
	return r == -ENOMEM ? r : 0;
}

int journal_anchors_line(void *ctx, const struct journal_line *line)
{
	struct journal_anchors *anchors = ctx;

	if (line->is_checkpoint)
		return take_checkpoint(anchors, line);
	return anchors->witness && is_witness(line) ? take_cosigned(anchors, line) : 0;
}

static void conclude_noted(struct journal_anchors *anchors, const struct journal_noted *noted,
			   const struct journal_verify_result *result)
{
	uint64_t have = result->entries - result->unsigned_entries;
	char time[WHEN_TEXT + 4] = "", iso[WHEN_TEXT];

	if (noted->time_s)
		snprintf(time, sizeof(time), " at %s", when_iso(noted->time_s * 1000, iso));
	if (*noted->origin && strcmp(noted->origin, result->origin) != 0)
		complain(anchors, "it is %.80s, and what was noted is about %.80s", result->origin,
			 noted->origin);
	else if (noted->size > have)
		complain(anchors,
			 "ROLLBACK: others have seen %" PRIu64
			 " entries%s, and here are only %" PRIu64
			 ": the end was cut off, or an old copy was put in place",
			 noted->size, time, have);
	else if (!noted->seen)
		complain(anchors,
			 "others have seen it with %" PRIu64 " entries%s, and no checkpoint here "
			 "signs so many",
			 noted->size, time);
	else if (noted->time_s && noted->size >= anchors->size) {
		anchors->size = noted->size;
		anchors->time_s = noted->time_s;
	}
}

void journal_anchors_conclude(struct journal_anchors *anchors, struct journal_verify_result *result)
{
	for (size_t i = 0; i < anchors->n; i++)
		conclude_noted(anchors, &anchors->noted[i], result);
	result->witnessed = anchors->size;
	result->witnessed_time = (int64_t)anchors->time_s * 1000;
	result->witnessed_wrong = anchors->wrong;
	if (result->status == JOURNAL_TAMPERED)
		return;
	if (*anchors->problem) {
		result->status = JOURNAL_TAMPERED;
		snprintf(result->problem, sizeof(result->problem), "%s", anchors->problem);
	} else if (anchors->witness && anchors->size == 0) {
		result->status = JOURNAL_UNWITNESSED;
		snprintf(result->problem, sizeof(result->problem),
			 "nothing in it is signed by the witness %s",
			 note_key_name(anchors->witness));
	}
}

void journal_anchors_done(struct journal_anchors *anchors)
{
	free(anchors->ring);
}
