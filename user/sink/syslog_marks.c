// SPDX-License-Identifier: Apache-2.0
/*
 * syslog_marks.c: see syslog_marks.h.
 */
#include "syslog_marks.h"

#include <string.h>

/* Two marks that lie closer together than this part of the time become the later one, which errs to
 * the safe side; so those that wait always fit. */
#define PARTS (SYSLOG_MARKS / 2)

void syslog_marks_add(struct syslog_marks *marks, const struct syslog_mark *mark)
{
	const struct syslog_mark *before = marks->n > 1 ? &marks->list[marks->n - 2] : NULL;

	if (marks->n == SYSLOG_MARKS ||
	    (before && mark->time_ms - before->time_ms < marks->wait_ms / PARTS))
		marks->n--;
	marks->list[marks->n++] = *mark;
}

bool syslog_marks_settle(struct syslog_marks *marks, uint64_t now_ms, uint64_t acked,
			 uint64_t *ret_offset)
{
	size_t n = 0;

	while (n < marks->n && now_ms - marks->list[n].time_ms >= marks->wait_ms &&
	       marks->list[n].wire <= acked)
		n++;
	if (n == 0)
		return false;
	*ret_offset = marks->list[n - 1].offset;
	marks->n -= n;
	memmove(marks->list, marks->list + n, marks->n * sizeof(*marks->list));
	return true;
}
