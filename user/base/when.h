/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when.h: points in time as people write and read them. Milliseconds since the epoch inside. Spans
 * that people write are read by text.h.
 */
#ifndef SLUICE_WHEN_H
#define SLUICE_WHEN_H

#include <stddef.h>
#include <stdint.h>

#define WHEN_TEXT 64 /* enough for each text written here */

/**
 * when_parse() - a point in time.
 * @text: "now", "today", "yesterday", "this-week" (Monday), "this-month", "this-year", "-10min"
 *	(before @now_ms; "recent" is that), "2026-11-22", "2026-11-22 14:00",
 *	"2026-11-22T14:00:05.250" with "Z", "+01:00" or local time
 * Return: 0; -EINVAL for anything else, trailing text included; -ERANGE before the epoch.
 */
int when_parse(const char *text, uint64_t now_ms, uint64_t *ret_ms);

uint64_t when_now(void);

/* "2026-11-22T14:00:00.250Z" into @buffer of WHEN_TEXT bytes. */
const char *when_iso(uint64_t ms, char *buffer);

/* "2026-11-22 14:00:00" in local time into @buffer of WHEN_TEXT bytes. */
const char *when_local(uint64_t ms, char *buffer);

/* "5 min", "1 h 30 min", "45 s", at most two units, rounded down, into @buffer of WHEN_TEXT bytes.
 */
const char *when_duration(uint64_t seconds, char *buffer);

#endif
