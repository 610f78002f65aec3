// SPDX-License-Identifier: Apache-2.0
/*
 * syslog_frame.c: see syslog_frame.h.
 */
#include "syslog_frame.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/when.h"
#include "journal/journal_keys.h"

/* Facility 13 (log audit), severity 6 (informational). The number in the SD-ID is the one that RFC
 * 5612 leaves to everybody. */
#define PRIORITY  (13 * 8 + 6)
#define SD_ID	  "sluice@32473"
#define NIL	  "-"
#define MSGID_MAX 32
#define HEAD_MAX  768

/* Printable and without spaces, as the fields of a header are. */
static bool is_field(const char *text, size_t max)
{
	size_t n = 0;

	for (; text[n]; n++)
		if (text[n] < 33 || text[n] > 126)
			return false;
	return n > 0 && n <= max;
}

void syslog_origin_init(struct syslog_origin *origin, const char *name, const char *journal)
{
	snprintf(origin->host, sizeof(origin->host), "%s",
		 is_field(name, sizeof(origin->host) - 1) ? name : NIL);
	snprintf(origin->journal, sizeof(origin->journal), "%s", journal);
}

/* What cannot be read is sent as well: it is not ours to judge. */
static void name_entry(const char *line, size_t size, char time[WHEN_TEXT],
		       char type[MSGID_MAX + 1])
{
	json_auto_t *entry = json_loadb(line, size, 0, NULL);
	const json_t *ms = json_object_get(entry, "time");
	const char *name = json_string_value(json_object_get(entry, "type"));

	if (json_is_integer(ms) && json_integer_value(ms) >= 0)
		when_iso((uint64_t)json_integer_value(ms), time);
	if (name && is_field(name, MSGID_MAX))
		snprintf(type, MSGID_MAX + 1, "%s", name);
}

void syslog_frame_write(FILE *out, const struct syslog_origin *origin, uint64_t offset,
			const char *line, size_t size)
{
	static const char start[] = JOURNAL_CHECKPOINT_START;
	char head[HEAD_MAX], time[WHEN_TEXT] = NIL, type[MSGID_MAX + 1] = NIL;
	int n;

	if (size > sizeof(start) && memcmp(line, start, sizeof(start) - 1) == 0)
		snprintf(type, sizeof(type), "checkpoint");
	else
		name_entry(line, size, time, type);
	n = snprintf(head, sizeof(head),
		     "<%d>1 %s %s sluice " NIL " %s [" SD_ID " journal=\"%s\" offset=\"%" PRIu64
		     "\" size=\"%zu\"] ",
		     PRIORITY, time, origin->host, type, origin->journal, offset, size);
	fprintf(out, "%zu %s", (size_t)n + size, head);
	fwrite(line, 1, size, out);
}
