// SPDX-License-Identifier: Apache-2.0
/*
 * journal_print.c: see journal_print.h.
 */
#include "journal_print.h"

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/when.h"

#include <inttypes.h>
#include <stdlib.h>
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

	fprintf(out, "%s.%03d  #%-6" PRIu64 "  ", when_local((uint64_t)time, when),
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
	json_dumpf(entry->json, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', out);
}

void journal_print_raw(FILE *out, const struct journal_entry *entry)
{
	fwrite(entry->line, 1, entry->size, out);
	fputc('\n', out);
}

/* One value in quotes, its own doubled. */
static void print_quoted(FILE *out, const char *safe)
{
	fputc('"', out);
	if (*safe && strchr("=+-@", *safe))
		fputc('\'', out);
	for (; *safe; safe++) {
		if (*safe == '"')
			fputc('"', out);
		fputc(*safe, out);
	}
	fputc('"', out);
}

/*
 * Strings as they are, lists with spaces between, everything else as JSON, what is not there as
 * nothing.
 */
static void print_value(FILE *out, json_t *value)
{
	char *text = NULL;
	size_t size, i;
	FILE *safe = value ? open_memstream(&text, &size) : NULL;
	json_t *item;

	if (!safe)
		return;
	if (json_is_array(value)) {
		json_array_foreach(value, i, item) {
			fputs(i ? " " : "", safe);
			print_safe(safe, item);
		}
	} else if (json_is_string(value)) {
		print_safe(safe, value);
	} else {
		json_dumpf(value, safe, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	}
	fclose(safe);
	if (text)
		print_quoted(out, text);
	free(text);
}

/* A dot leads into an object. */
static const char *const csv_columns[] = {
	"type",	       "request",      "action",      "labels",	     "person",
	"subject.pid", "subject.user", "subject.exe", "target.text", "message",
};

void journal_print_csv_header(FILE *out)
{
	fputs("seq,time", out);
	for (size_t i = 0; i < ARRAY_SIZE(csv_columns); i++)
		fprintf(out, ",%s", csv_columns[i]);
	fputs(",signed\n", out);
}

void journal_print_csv(FILE *out, const struct journal_entry *entry)
{
	int64_t time = json_integer_value(json_object_get(entry->json, "time"));
	char when[WHEN_TEXT], object[32];
	const char *dot;

	fprintf(out, "%" PRIu64 ",%s", entry->seq, when_iso((uint64_t)time, when));
	for (size_t i = 0; i < ARRAY_SIZE(csv_columns); i++) {
		const json_t *in = entry->json;

		fputc(',', out);
		dot = strchr(csv_columns[i], '.');
		snprintf(object, sizeof(object), "%.*s", dot ? (int)(dot - csv_columns[i]) : 0,
			 csv_columns[i]);
		if (dot)
			in = json_object_get(in, object);
		print_value(out, json_object_get(in, dot ? dot + 1 : csv_columns[i]));
	}
	fputs(entry->is_signed ? ",yes\n" : ",no\n", out);
}
