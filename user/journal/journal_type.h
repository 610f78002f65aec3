/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_type.h: the type of an entry, found in its line without parsing it.
 *
 * Owns: where the writer puts it. Must not own: what types mean (journal_keys.h, record.h).
 */
#ifndef SLUICE_JOURNAL_TYPE_H
#define SLUICE_JOURNAL_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_TYPE_MAX 64 /* bytes, with the NUL; a longer one is not found */

/* A place in a line. @size 0: the type does not stand behind "boottime_us", or is spelled oddly. */
struct journal_type {
	uint32_t hash; /* of the text */
	uint16_t at, size;
};

struct journal_type journal_type_find(const char *line, size_t size);
/* The same for who knows already where "time" ends, which is @cursor. */
struct journal_type journal_type_behind(const char *line, const char *cursor, const char *end);
uint32_t journal_type_hash(const char *text, size_t size);

/* Whether it is this text. */
bool journal_type_is(const struct journal_type *type, const char *line, const char *text);

#endif
