/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.c: see table.h.
 */
#include "table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cleanup.h"
#include "escape.h"
#include "when.h"

#define GAP	   2 /* columns between two cells */
#define WRAP_LEAST 8 /* a cell is not narrowed below this */
#define WIDTH_MOST 10000

/* Cells of a table, safe text, row by row; the first row holds the headings. */
struct grid {
	const struct table_column *columns;
	size_t n; /* columns */
	size_t rows;
	char **cells;
	const char **rest; /* what is left to print of each cell of a row */
	size_t *widths;
};

static void grid_clear(struct grid *grid)
{
	for (size_t i = 0; grid->cells && i < grid->rows * grid->n; i++)
		free(grid->cells[i]);
	free(grid->cells);
	free(grid->rest);
	free(grid->widths);
}

unsigned int table_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = { 0 };
	unsigned long width;
	char *end;

	if (!isatty(fileno(out)))
		return 0;
	if (columns && *columns) {
		width = strtoul(columns, &end, 10);
		if (!*end && width <= WIDTH_MOST)
			return (unsigned int)width;
	}
	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void print_string(FILE *out, const char *text, unsigned int flags)
{
	char local[WHEN_TEXT];
	uint64_t ms;

	if ((flags & TABLE_TIME) && when_parse(text, 0, &ms) == 0)
		text = when_local(ms, local);
	escape_print(out, *text ? text : "-");
}

static void print_value(FILE *out, const json_t *value, unsigned int flags)
{
	char duration[WHEN_TEXT];

	if (json_is_string(value))
		print_string(out, json_string_value(value), flags);
	else if (json_is_integer(value) && (flags & TABLE_SECONDS))
		fputs(when_duration((uint64_t)json_integer_value(value), duration), out);
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", out);
	else if (!json_is_array(value) || json_array_size(value) == 0)
		fputc('-', out);
	for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
		if (i)
			fputs(", ", out);
		print_value(out, json_array_get(value, i), flags);
	}
}

/* Member of @row, or of an object inside it: "policy.digest". Return: borrowed, NULL when absent.
 */
static const json_t *member(const json_t *row, const char *key)
{
	const char *dot;

	while ((dot = strchr(key, '.'))) {
		row = json_object_getn(row, key, (size_t)(dot - key));
		key = dot + 1;
	}
	return json_object_get(row, key);
}

/* Return: safe text, owned by the caller; NULL when memory ran out. */
static char *cell_text(const json_t *value, unsigned int flags)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out;

	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	print_value(out, value, flags);
	if (fclose(out))
		return NULL;
	return TAKE_PTR(text);
}

static int grid_allocate(struct grid *grid)
{
	grid->cells = calloc(grid->rows * grid->n, sizeof(*grid->cells));
	grid->rest = calloc(grid->n, sizeof(*grid->rest));
	grid->widths = calloc(grid->n, sizeof(*grid->widths));
	return grid->cells && grid->rest && grid->widths ? 0 : -ENOMEM;
}

static int grid_fill(struct grid *grid, const json_t *rows)
{
	const struct table_column *column;
	size_t width;
	char *cell;

	for (size_t row = 0; row < grid->rows; row++) {
		for (size_t i = 0; i < grid->n; i++) {
			column = &grid->columns[i];
			cell = row ? cell_text(member(json_array_get(rows, row - 1), column->key),
					       column->flags)
				   : strdup(column->heading);
			if (!cell)
				return -ENOMEM;
			grid->cells[row * grid->n + i] = cell;
			width = escape_width(cell);
			if (width > grid->widths[i])
				grid->widths[i] = width;
		}
	}
	return 0;
}

static size_t wrap_least(const struct table_column *column)
{
	size_t heading = escape_width(column->heading);

	return heading > WRAP_LEAST ? heading : WRAP_LEAST;
}

/* Takes @excess columns away from the cells that may be wrapped, always from the widest. Return: it
 * fits. */
static bool grid_narrow(struct grid *grid, size_t excess)
{
	size_t widest;

	for (; excess; excess--) {
		widest = grid->n;
		for (size_t i = 0; i < grid->n; i++) {
			if (!(grid->columns[i].flags & TABLE_WRAP) ||
			    grid->widths[i] <= wrap_least(&grid->columns[i]))
				continue;
			if (widest == grid->n || grid->widths[i] > grid->widths[widest])
				widest = i;
		}
		if (widest == grid->n)
			return false;
		grid->widths[widest]--;
	}
	return true;
}

static bool grid_fit(struct grid *grid, unsigned int width)
{
	size_t total = 0;

	for (size_t i = 0; i < grid->n; i++)
		total += grid->widths[i] + (i ? GAP : 0);
	return !width || total <= width || grid_narrow(grid, total - width);
}

/*
 * Bytes of the next line of @text in @width columns: up to the last space, comma or slash that
 * leaves it more than half full, else as many characters as fit; at least one.
 */
static size_t line_length(const char *text, size_t width)
{
	size_t used = 0, bytes = 0, stop = 0, n;
	uint32_t c;

	while ((n = escape_decode(text + bytes, &c))) {
		used += escape_char_width(c);
		if (used > width && bytes)
			return stop ? stop : bytes;
		bytes += n;
		if (strchr(" ,/", (int)c) && c < 0x80 && used > width / 2)
			stop = bytes;
	}
	return bytes;
}

static void pad(FILE *out, size_t n)
{
	fprintf(out, "%*s", (int)n, "");
}

/* Writes the next line of a cell and moves @text behind it. Return: columns written. */
static size_t print_line(FILE *out, const char **text, size_t width, bool right)
{
	size_t length = line_length(*text, width), shown = length, used = 0, n;
	uint32_t c;

	while (shown && shown < strlen(*text) && (*text)[shown - 1] == ' ')
		shown--; /* a space at a fold would only widen the line */
	for (size_t i = 0; i < shown; i += n) {
		n = escape_decode(*text + i, &c);
		used += escape_char_width(c);
	}
	if (right && used < width)
		pad(out, width - used);
	fwrite(*text, 1, shown, out);
	*text += length;
	return right && used < width ? width : used;
}

static void grid_print_row(FILE *out, const struct grid *grid, size_t row)
{
	const char **rest = grid->rest;
	bool more = true;
	size_t missing;

	for (size_t i = 0; i < grid->n; i++)
		rest[i] = grid->cells[row * grid->n + i];
	while (more) {
		more = false;
		missing = 0;
		for (size_t i = 0; i < grid->n; i++) {
			if (*rest[i]) {
				pad(out, missing);
				missing = grid->widths[i] + GAP -
					  print_line(out, &rest[i], grid->widths[i],
						     grid->columns[i].flags & TABLE_RIGHT);
			} else {
				missing += grid->widths[i] + GAP;
			}
			more |= *rest[i] != 0;
		}
		fputc('\n', out);
	}
}

static int print_blocks(FILE *out, const struct grid *grid, const json_t *rows, unsigned int width)
{
	int r = 0;

	for (size_t i = 0; i + 1 < grid->rows && r == 0; i++) {
		if (i)
			fputc('\n', out);
		r = table_fields(out, grid->columns, grid->n, json_array_get(rows, i), width);
	}
	return r;
}

int table_print(FILE *out, const struct table_column *columns, size_t n, const json_t *rows,
		unsigned int width)
{
	_cleanup_(grid_clear) struct grid grid = { .columns = columns,
						   .n = n,
						   .rows = json_array_size(rows) + 1 };
	int r;

	r = grid_allocate(&grid);
	if (r == 0)
		r = grid_fill(&grid, rows);
	if (r < 0)
		return r;
	if (!grid_fit(&grid, width))
		return print_blocks(out, &grid, rows, width);
	for (size_t row = 0; row < grid.rows; row++)
		grid_print_row(out, &grid, row);
	return 0;
}

/* A time of no seconds is none. */
static bool is_empty(const json_t *value, unsigned int flags)
{
	return !value || json_is_null(value) ||
	       (flags & TABLE_SECONDS && json_integer_value(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_string(value) && !*json_string_value(value));
}

static int print_field(FILE *out, const struct table_column *column, const json_t *value,
		       size_t indent, size_t width)
{
	_cleanup_free_ char *text = cell_text(value, column->flags);
	const char *rest = text;

	if (!text)
		return -ENOMEM;
	fprintf(out, "%s:", column->heading);
	pad(out, indent - escape_width(column->heading) - 1);
	while (*rest) {
		print_line(out, &rest, width, false);
		fputc('\n', out);
		if (*rest)
			pad(out, indent);
	}
	return 0;
}

int table_fields(FILE *out, const struct table_column *columns, size_t n, const json_t *row,
		 unsigned int width)
{
	size_t indent = 0, room = SIZE_MAX, heading;
	const json_t *value;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		heading = escape_width(columns[i].heading) + 1 + GAP;
		indent = heading > indent ? heading : indent;
	}
	if (width)
		room = width > indent + WRAP_LEAST ? width - indent : WRAP_LEAST;
	for (size_t i = 0; i < n && r == 0; i++) {
		value = member(row, columns[i].key);
		if (!(columns[i].flags & TABLE_HIDE_EMPTY) || !is_empty(value, columns[i].flags))
			r = print_field(out, &columns[i], value, indent, room);
	}
	return r;
}
