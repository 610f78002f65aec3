/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_marks.h: how much of the journal counts as held by a receiver that never says so.
 *
 * Syslog has no receipts. Bytes count as held when the receiver's host has acknowledged them (TCP)
 * and the connection still stood a while after: long enough for the receiver to have read them, and
 * put them to its disk. What does not count yet when a connection ends is sent once more.
 *
 * Owns: what was handed over when, in memory that does not grow. Must not own: the connection, the
 * clock.
 */
#ifndef SLUICE_SYSLOG_MARKS_H
#define SLUICE_SYSLOG_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSLOG_MARKS 64

/* Up to @offset of the journal was handed over at @time_ms, by then @wire bytes of the connection. */
struct syslog_mark {
	uint64_t time_ms;
	uint64_t offset;
	uint64_t wire;
};

/* All zero but @wait_ms in the beginning, and when a connection ends. @list: the oldest first. */
struct syslog_marks {
	uint64_t wait_ms;
	size_t n;
	struct syslog_mark list[SYSLOG_MARKS];
};

void syslog_marks_add(struct syslog_marks *marks, const struct syslog_mark *mark);

/*
 * @acked: bytes of the connection that are acknowledged. Return: whether more is held; then
 * @ret_offset is how much.
 */
bool syslog_marks_settle(struct syslog_marks *marks, uint64_t now_ms, uint64_t acked,
			 uint64_t *ret_offset);

#endif
