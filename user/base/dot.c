// SPDX-License-Identifier: Apache-2.0
/*
 * dot.c: see dot.h.
 *
 * A label is a quoted string, in which Graphviz gives a meaning to backslashes (\N is the name of
 * the node, \l ends a line), to the quote and to HTML entities: these are doubled, escaped and
 * spelled out. Control characters and line feeds are gone after escape_text().
 */
#include "dot.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "escape.h"

static int print_text(FILE *out, const char *text)
{
	_cleanup_free_ char *safe = escape_text(text);

	if (!safe)
		return -ENOMEM;
	for (const char *c = safe; *c; c++) {
		if (*c == '&')
			fputs("&amp;", out);
		else if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else
			fputc(*c, out);
	}
	return 0;
}

/* A line of a label; nothing for a member that is null. */
static int print_line(FILE *out, const char *text, bool first)
{
	if (!text || !*text)
		return 0;
	if (!first)
		fputs("\\n", out);
	return print_text(out, text);
}

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text ? text : "";
}

static json_int_t number_of(const json_t *row, const char *name)
{
	return json_integer_value(json_object_get(row, name));
}

/* Which end of a step is the process that did it, and what the other one is. */
static const struct form {
	const char *verb;
	bool inward;
	const char *shape;
} forms[] = {
	{ "read", true, "note" },	  { "received", true, "cylinder" },
	{ "declassified", true, "note" }, { "wrote", false, "note" },
	{ "logged", false, "note" },	  { "started", false, "box" },
	{ "became", false, "box" },
	{ "got data of", true, "box" },
	{ "put data into", false, "box" },
};

static const struct form *form_of(const json_t *row)
{
	const char *verb = text_of(row, "verb");

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (!strcmp(forms[i].verb, verb))
			return &forms[i];
	return &forms[0];
}

/* Each node once: @seen has the numbers of those that were written. */
static int print_node(FILE *out, json_t *seen, json_int_t number, const char *shape,
		      const char *label, const char *second)
{
	char key[32];
	int r;

	snprintf(key, sizeof(key), "n%lld", (long long)number);
	if (json_object_get(seen, key))
		return 0;
	if (json_object_set_new(seen, key, json_true()))
		return -ENOMEM;
	fprintf(out, "\t%s [shape=%s, label=\"", key, shape);
	r = print_line(out, label, true);
	if (!r)
		r = print_line(out, second, false);
	fputs("\"];\n", out);
	return r;
}

static int print_nodes(FILE *out, json_t *seen, const json_t *row)
{
	const struct form *form = form_of(row);
	json_int_t source = number_of(row, "source"), target = number_of(row, "target");
	int r = print_node(out, seen, form->inward ? target : source, "box",
			   text_of(row, "subject"), text_of(row, "executable"));

	return r ? r
		 : print_node(out, seen, form->inward ? source : target, form->shape,
			      text_of(row, "object"), NULL);
}

static int print_labels(FILE *out, const json_t *row)
{
	const json_t *label;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(row, "labels"), i,
			   label) if (!r && json_is_string(label)) r =
		print_line(out, json_string_value(label), false);
	return r;
}

static int print_edge(FILE *out, const json_t *row)
{
	bool former = json_is_true(json_object_get(row, "former"));
	int r;

	fprintf(out, "\tn%lld -> n%lld [%slabel=\"", (long long)number_of(row, "source"),
		(long long)number_of(row, "target"), former ? "style=dashed, " : "");
	r = print_line(out, text_of(row, "verb"), true);
	if (!r && !strcmp(text_of(row, "verb"), "became"))
		r = print_line(out, text_of(row, "object"), false);
	if (!r && former)
		r = print_line(out, "(former contents)", false);
	if (!r)
		r = print_line(out, text_of(row, "time"), false);
	if (!r)
		r = print_line(out, text_of(row, "user"), false);
	if (!r)
		r = print_labels(out, row);
	if (!r)
		r = print_line(out, text_of(row, "request"), false);
	fputs("\"];\n", out);
	return r;
}

int dot_print(FILE *out, const json_t *rows, const char *note)
{
	json_auto_t *seen = json_object();
	const json_t *row;
	size_t i;
	int r = seen ? 0 : -ENOMEM;

	fputs("digraph lineage {\n\trankdir=LR;\n", out);
	json_array_foreach(rows, i, row)
	{
		if (!r)
			r = print_nodes(out, seen, row);
		if (!r)
			r = print_edge(out, row);
	}
	if (!r && note && *note) {
		fputs("\tnote [shape=plaintext, label=\"", out);
		r = print_text(out, note);
		fputs("\"];\n", out);
	}
	fputs("}\n", out);
	return r;
}
