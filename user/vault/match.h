/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.h: which paths a pattern names, alone or within a text.
 *
 * Owns: the rule. Must not own: where patterns come from (policy.h, the command line).
 *
 * A pattern is an absolute path; "*" and "?" stand for any characters of one component. It names
 * what fits it and all that lies below. Paths may be spelled as wording.h says: a backslash is two
 * characters.
 */
#ifndef SLUICE_MATCH_H
#define SLUICE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/* What a path begins with whose upper part is missing (wording_path()). */
#define MATCH_CUT "\xe2\x80\xa6/"

/* @path: the path and nothing else, or with a note in round brackets behind it. */
bool match_path(const char *pattern, const char *path);

/*
 * Whether a path begins at @at in @text: not in the middle of a word, a path or a URL, but also
 * right behind the letter of an option ("-o/srv/x").
 */
bool match_begins(const char *text, const char *at);

/* Whether the path that begins at @at is one of @pattern's, wherever it may end. */
bool match_here(const char *pattern, const char *at);

/* Whether @text has one anywhere. */
bool match_text(const char *pattern, const char *text);

#endif
