/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_parse.c: lines of a file, and nothing lenient about them.
 *
 * Owns: the form of a line and the only calls of the INI library. Must not own: which sections and
 * keys there are (policy_keys.c). Left to its defaults that library cuts long lines and long
 * headings, glues continuation lines, skips marks and trailing comments, and goes on after errors.
 * So lines come from a reader of ours that hands over only what fits, headings are taken by the
 * reader itself, and each value is compared with the line it came from: whatever way the shared
 * library was built, it cannot change a policy's meaning.
 */
#include <errno.h>
#include <ini.h>

#include "base/text.h"
#include "policy_build.h"

/**
 * struct line_reader: the file being handed to the library.
 * @line: the current line without its end and trailing white space
 * @result: first error, which also ends the file for the library
 */
struct line_reader {
	struct policy_build *build;
	const char *bytes;
	size_t length;
	size_t offset;
	char line[SLUICE_POLICY_LINE + 1];
	int result;
};

static int check_bytes(struct policy_build *build, const char *line, size_t length)
{
	size_t bad = text_find_bad(line, length);

	if (bad == length)
		return 0;
	if (build->here.line == 1 && bad == 0 && length >= 3 && !memcmp(line, "\xef\xbb\xbf", 3))
		return policy_fail(build,
				   "starts with a byte order mark; save it as UTF-8 without one");
	if (line[bad] == '\r')
		return policy_fail(build,
				   "carriage return; end lines with a line feed only (dos2unix)");
	if (line[bad] == '\0')
		return policy_fail(build, "NUL byte; this is not a text file");
	return policy_fail(build, "byte 0x%02x at column %zu is not printable UTF-8; remove it",
			   (unsigned char)line[bad], bad + 1);
}

static int check_form(struct policy_build *build, const char *line)
{
	size_t blank = strspn(line, " \t"), length = strlen(line);
	const char *equals = strchr(line, '=');
	const char *colon = strchr(line, ':');

	if (!line[blank] || strchr("#;", line[blank]))
		return 0;
	if (blank)
		return policy_fail(
			build,
			"starts with white space; lines cannot be continued, repeat the key");
	if (line[length - 1] == '\\')
		return policy_fail(
			build, "ends with a backslash; lines cannot be continued, repeat the key");
	if (*line != '[' && (!equals || (colon && colon < equals)))
		return policy_fail(
			build,
			"is neither [Section name], Key=value nor # comment; write one of these");
	return 0;
}

/* @line: from its '[' on; loses its ']' */
static int take_heading(struct policy_build *build, char *line)
{
	size_t length = strlen(line);

	if (length < 2 || line[length - 1] != ']')
		return policy_fail(build, "heading does not end with ']'; write [Section name] and "
					  "nothing else");
	line[length - 1] = '\0';
	return policy_open_section(build, line + 1);
}

/* Brings the next line into reader->line, checked; 0 at the end of the file, 1 for a line. */
static int next_line(struct line_reader *reader)
{
	const char *line = reader->bytes + reader->offset;
	size_t left = reader->length - reader->offset;
	const char *end = left ? memchr(line, '\n', left) : NULL;
	size_t length = end ? (size_t)(end - line) : left;
	int r;

	if (!left)
		return 0;
	reader->build->here.line++;
	reader->offset += length + (end ? 1 : 0);
	r = check_bytes(reader->build, line, length);
	if (r < 0)
		return r;
	if (length > SLUICE_POLICY_LINE)
		return policy_fail(
			reader->build,
			"line has %zu bytes, at most %d are read; split it, repeat the key", length,
			SLUICE_POLICY_LINE);
	while (length && strchr(" \t", line[length - 1]))
		length--;
	memcpy(reader->line, line, length);
	reader->line[length] = '\0';
	r = check_form(reader->build, reader->line);
	return r < 0 ? r : 1;
}

/* The library's fgets: @num is the room in @str. Headings reach it as blank lines. */
static char *read_line(char *str, int num, void *stream)
{
	struct line_reader *reader = stream;
	bool is_heading;
	size_t length;
	int r = reader->result;

	if (r == 0)
		r = next_line(reader);
	is_heading = r > 0 && reader->line[0] == '[';
	if (is_heading) {
		int opened = take_heading(reader->build, reader->line);

		r = opened < 0 ? opened : r;
	}
	if (r <= 0) {
		reader->result = r;
		return NULL;
	}
	length = is_heading ? 0 : strlen(reader->line);
	if (num < 2 || length > (size_t)num - 2) {
		reader->result = policy_fail(reader->build,
					     "the INI library has room for %d bytes of this line; "
					     "install one whose limits can be set",
					     num);
		return NULL;
	}
	memcpy(str, reader->line, length);
	memcpy(str + length, "\n", 2);
	return str;
}

/* Whether @part is what stands in @line from @offset to the end or the '='. */
static bool is_whole(const char *line, const char *name, const char *value)
{
	const char *equals = strchr(line, '=');
	const char *rest = equals ? equals + 1 : "";

	rest += strspn(rest, " \t");
	return equals && !strncmp(line, name, strlen(name)) &&
	       strspn(line + strlen(name), " \t") == (size_t)(equals - line) - strlen(name) &&
	       !strcmp(rest, value);
}

/* The library's callback; 0 means an error to it. */
static int take_key(void *user, const char *section, const char *name, const char *value)
{
	struct line_reader *reader = user;

	(void)section;
	if (reader->result < 0)
		return 0;
	if (!value || strlen(name) > strlen(reader->line) || !is_whole(reader->line, name, value))
		reader->result = policy_fail(
			reader->build,
			"the INI library changed this line; install one "
			"whose multiline values and inline comments can be switched off");
	else
		reader->result = policy_assign(reader->build, name, value);
	return reader->result == 0;
}

static void set_library_strict(void)
{
	ini_allow_multiline = false;
	ini_allow_bom = false;
	ini_allow_inline_comments = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = true;
	ini_use_stack = false;
	ini_allow_realloc = false;
	ini_max_line = SLUICE_POLICY_LINE + 3;
	ini_initial_alloc = SLUICE_POLICY_LINE + 3;
}

int policy_parse(struct policy_build *build, const char *file, const char *bytes, size_t length)
{
	struct line_reader *reader = calloc(1, sizeof(*reader));
	int r;

	build->here = (struct policy_origin){ .file = file };
	build->open = false;
	if (!reader)
		return policy_fail_memory(build);
	*reader = (struct line_reader){ .build = build, .bytes = bytes, .length = length };
	set_library_strict();
	r = ini_parse_stream(read_line, reader, take_key, reader);
	if (reader->result < 0)
		r = reader->result;
	else if (r > 0)
		r = policy_fail(build, "cannot be read as [Section name], Key=value or # comment; "
				       "write one of these");
	else if (r < 0)
		r = policy_fail_memory(build);
	free(reader);
	return r;
}
