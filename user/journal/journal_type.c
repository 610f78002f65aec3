// SPDX-License-Identifier: Apache-2.0
/*
 * journal_type.c: see journal_type.h. This is asked of each line of a journal that is verified, so
 * it costs a fraction of the line's hash.
 */
#include "journal_type.h"

#include <string.h>

/* Behind @start and digits; NULL: something else stands there. */
static const char *skip_number(const char *p, const char *end, const char *start, size_t size)
{
	if (!p || (size_t)(end - p) < size || memcmp(p, start, size) != 0)
		return NULL;
	p += size;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Its end tells types apart best. */
uint32_t journal_type_hash(const char *text, size_t size)
{
	uint64_t tail = 0;

	if (size >= sizeof(tail))
		memcpy(&tail, text + size - sizeof(tail), sizeof(tail));
	else
		memcpy(&tail, text, size);
	return (uint32_t)(((tail ^ size) * 0x9e3779b97f4a7c15ULL) >> 32);
}

struct journal_type journal_type_behind(const char *line, const char *cursor, const char *end)
{
	static const char boot[] = ",\"boottime_us\":", start[] = ",\"type\":\"";
	const char *p = skip_number(cursor, end, boot, sizeof(boot) - 1), *text, *quote;

	if (!p || (size_t)(end - p) < sizeof(start) + JOURNAL_TYPE_MAX ||
	    memcmp(p, start, sizeof(start) - 1) != 0)
		return (struct journal_type){ 0 };
	text = p + sizeof(start) - 1;
	quote = memchr(text, '"', JOURNAL_TYPE_MAX);
	if (!quote || memchr(text, '\\', (size_t)(quote - text)))
		return (struct journal_type){ 0 };
	return (struct journal_type){ .hash = journal_type_hash(text, (size_t)(quote - text)),
				      .at = (uint16_t)(text - line),
				      .size = (uint16_t)(quote - text) };
}

struct journal_type journal_type_find(const char *line, size_t size)
{
	static const char seq[] = "{\"seq\":", time[] = ",\"time\":";
	const char *end = line + size, *p;

	p = skip_number(line, end, seq, sizeof(seq) - 1);
	p = skip_number(p, end, time, sizeof(time) - 1);
	return p ? journal_type_behind(line, p, end) : (struct journal_type){ 0 };
}

bool journal_type_is(const struct journal_type *type, const char *line, const char *text)
{
	size_t size = strlen(text);

	return type->size == size && memcmp(line + type->at, text, size) == 0;
}
