// SPDX-License-Identifier: Apache-2.0
/*
 * journal_look.c: see journal_look.h. Only what the writer writes is taken: "seq" and "time" in
 * front and "prev" at the end, where other tools find them with head and tail, and numbers in their
 * one spelling.
 */
#include "journal_look.h"

#include "limits.h"

#include <errno.h>
#include <string.h>

#define PREV_START ",\"prev\":\""
#define PREV_SIZE                                                                                  \
	(sizeof(PREV_START) - 1 + 2 * MERKLE_HASH + 2) /* with the closing quote and brace */

/* For the problem that names a capacity. */
#define TEXT_OF(number)	    #number
#define NUMBER_TEXT(number) TEXT_OF(number)

/* The text @start and a decimal number as the writer spells it; moves the cursor behind both. */
static bool take_number(const char **cursor, const char *end, const char *start, size_t size,
			uint64_t *ret_number)
{
	const char *p = *cursor;
	size_t digits = 0;
	uint64_t number = 0;

	if ((size_t)(end - p) < size || memcmp(p, start, size) != 0)
		return false;
	p += size;
	for (; p + digits < end && digits < 19 && p[digits] >= '0' && p[digits] <= '9'; digits++)
		number = number * 10 + (uint64_t)(p[digits] - '0');
	if (digits == 0 || (digits > 1 && p[0] == '0') || number > INT64_MAX)
		return false;
	*cursor = p + digits;
	*ret_number = number;
	return true;
}

/* The members that the writer adds, at their places. */
static int look_at_frame(const char *line, size_t size, struct journal_look *look,
			 const char **ret_problem)
{
	static const char seq_start[] = "{\"seq\":", time_start[] = ",\"time\":";
	const char *end = line + size, *cursor = line;
	uint64_t time;

	if (!take_number(&cursor, end, seq_start, sizeof(seq_start) - 1, &look->entry.seq)) {
		*ret_problem = "the line is neither an entry nor a checkpoint";
		return -EBADMSG;
	}
	if (!take_number(&cursor, end, time_start, sizeof(time_start) - 1, &time)) {
		*ret_problem = "\"time\" does not follow \"seq\"";
		return -EBADMSG;
	}
	look->entry.time = (int64_t)time;
	if ((size_t)(end - cursor) < PREV_SIZE ||
	    memcmp(end - PREV_SIZE, PREV_START, sizeof(PREV_START) - 1) != 0 ||
	    memcmp(end - 2, "\"}", 2) != 0 ||
	    !merkle_unhex(end - 2 - 2 * MERKLE_HASH, look->entry.prev)) {
		*ret_problem = "the last member is not \"prev\"";
		return -EBADMSG;
	}
	look->entry.type = journal_type_behind(line, cursor, end);
	look->entry.kind = journal_kind_found(&look->entry.type, line);
	return 0;
}

int journal_look(struct merkle *hasher, const struct journal_keys *keys, const char *line,
		 size_t size, struct journal_look *ret, const char **ret_problem)
{
	static const char start[] = JOURNAL_CHECKPOINT_START;
	int r;

	ret->is_checkpoint = false;
	if (size > SLUICE_JOURNAL_ENTRY_MAX) {
		*ret_problem =
			"the line is longer than " NUMBER_TEXT(SLUICE_JOURNAL_ENTRY_MAX) " bytes";
		return -EBADMSG;
	}
	if (memchr(line, '\0', size)) {
		*ret_problem = "the line has NUL bytes";
		return -EBADMSG;
	}
	ret->is_checkpoint =
		size >= sizeof(start) - 1 && memcmp(line, start, sizeof(start) - 1) == 0;
	if (ret->is_checkpoint && !keys->origin) {
		*ret_problem = "a checkpoint stands before entry 0";
		return -EBADMSG;
	}
	r = ret->is_checkpoint
		    ? journal_checkpoint_read(keys, line, size, &ret->checkpoint, ret_problem)
		    : look_at_frame(line, size, ret, ret_problem);
	return r < 0 ? r : merkle_leaf(hasher, line, size, ret->hash);
}
