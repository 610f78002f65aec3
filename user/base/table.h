/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h: JSON records as columns, or as named fields, fitted to the terminal.
 *
 * Owns: layout. Must not own: what the records say (view.h), or which characters are safe
 * (escape.h). Nothing is cut: what is too wide is wrapped, and when even that does not fit each
 * record is printed as a block of fields.
 */
#ifndef SLUICE_TABLE_H
#define SLUICE_TABLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

enum table_flags {
	TABLE_RIGHT = 1,      /* numbers */
	TABLE_WRAP = 2,       /* may be narrowed to fit the terminal */
	TABLE_TIME = 4,       /* the value is a time of view.h: shown in local time */
	TABLE_HIDE_EMPTY = 8, /* in a block of fields: no line when there is nothing to say */
	TABLE_SECONDS = 16,   /* the value is a number of seconds: shown as "5 min" */
};

/* @key: member of the record, dots lead into objects ("policy.digest"); @heading: shown. */
struct table_column {
	const char *key;
	const char *heading;
	unsigned int flags;
};

/* Columns of the terminal behind @out, or $COLUMNS; 0: not a terminal, no limit. */
unsigned int table_width(FILE *out);

/**
 * table_print() - an array of objects as a table with headings.
 * @width: columns to fit into, 0 for no limit
 * Values: strings are escaped, true and false are yes and no, arrays are joined by ", ", null and
 * absent are "-". Return: 0 or -ENOMEM.
 */
int table_print(FILE *out, const struct table_column *columns, size_t n, const json_t *rows,
		unsigned int width);

/* table_fields() - one object as lines "Heading:  value", values aligned and wrapped. Return: 0 or
 * -ENOMEM. */
int table_fields(FILE *out, const struct table_column *columns, size_t n, const json_t *row,
		 unsigned int width);

#endif
