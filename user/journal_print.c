// SPDX-License-Identifier: Apache-2.0
/*
 * journal_print.c: see journal_print.h.
 */
#include "journal_print.h"

#include "escape.h"
#include "when.h"

#include <inttypes.h>
#include <string.h>

/* A string of an entry; a NUL in it is shown, and does not hide what follows. */
static void print_safe(FILE *out, json_t *string)
{
	const char *text = json_string_value(string), *end = text + json_string_length(string);

	for (; text; text += strlen(text) + 1) {
		escape_print(out, text);
		if (text + strlen(text) == end)
			return;
		fputs("\\x00", out);
	}
}

/* The same, filled up with spaces: nearly all types are plain ASCII, others just shift the rest. */
static void print_column(FILE *out, json_t *string, int width)
{
	print_safe(out, string);
	for (int used = (int)json_string_length(string); used < width; used++)
		fputc(' ', out);
}

void journal_print_text(FILE *out, const struct journal_entry *entry)
{
	int64_t time = json_integer_value(json_object_get(entry->json, "time"));
	json_t *request = json_object_get(entry->json, "request");
	char when[WHEN_TEXT];

	fprintf(out, "%s.%03d  #%" PRIu64 "  ", when_local((uint64_t)time, when),
		(int)(time % 1000), entry->seq);
	print_column(out, json_object_get(entry->json, "type"), 16);
	if (json_is_string(request)) {
		fputs("  ", out);
		print_safe(out, request);
	}
	fputs("  ", out);
	print_safe(out, json_object_get(entry->json, "message"));
	if (!entry->is_signed)
		fputs("  (not signed)", out);
	fputc('\n', out);
}

void journal_print_json(FILE *out, const struct journal_entry *entry)
{
	fwrite(entry->line, 1, entry->size, out);
	fputc('\n', out);
}
