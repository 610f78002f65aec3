/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.c: see match.h. A name may hold spaces and more, so that nobody can tell where in a text a
 * path ends: each place where one could is tried, and what is private rather too often than not.
 */
#include "match.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Ends a word in a text that people or shells have written. */
#define BREAKS " \t\n\r\"'`()[]{}<>,;:=|&"

static size_t count_slashes(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '/';
	return n;
}

/* Up to the first wildcard both are the same: most paths end here. */
static bool may_match(const char *pattern, const char *path)
{
	return !strncmp(pattern, path, strcspn(pattern, "*?"));
}

/* @words: the path stands in a text; else only a note may follow it: "/mnt/x (fs:nfs)". */
static bool is_end(const char *at, bool words)
{
	return *at == '\0' || *at == '/' || (words ? !!strchr(BREAKS, *at) : !strncmp(at, " (", 2));
}

/* Whether something from the begin of @path up to where it may end fits. */
static bool match_until(const char *pattern, const char *path, bool words)
{
	size_t slashes = count_slashes(pattern), seen = 0;
	_cleanup_free_ char *copy = NULL;
	bool fits = false;

	if (!may_match(pattern, path))
		return false;
	copy = strdup(path);
	if (!copy)
		return true; /* private rather too often */
	for (size_t at = 0; !fits && seen <= slashes; at++) {
		if (at && seen == slashes && is_end(path + at, words)) {
			copy[at] = '\0';
			fits = !fnmatch(pattern, copy, FNM_PATHNAME | FNM_NOESCAPE);
			copy[at] = path[at];
		}
		if (!path[at])
			break;
		seen += path[at] == '/';
	}
	return fits;
}

bool match_path(const char *pattern, const char *path)
{
	return match_until(pattern, path, false);
}

bool match_here(const char *pattern, const char *at)
{
	return match_until(pattern, at, true);
}

/* Where the word that @at lies in begins. */
static const char *word_of(const char *text, const char *at)
{
	while (at > text && !strchr(BREAKS, at[-1]))
		at--;
	return at;
}

bool match_begins(const char *text, const char *at)
{
	const char *word = word_of(text, at);

	if (!strncmp(at, MATCH_CUT, strlen(MATCH_CUT)))
		return word == at;
	if (*at != '/' || at[1] == '/' || !at[1] || strchr(BREAKS, at[1]))
		return false;
	/* "//srv" is "/srv", but not in "https://srv" */
	if (word + strspn(word, "/") > at)
		return !(at == word + 1 && word > text && word[-1] == ':');
	return *word == '-' && !memchr(word, '/', (size_t)(at - word));
}

bool match_text(const char *pattern, const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at == '/' && match_begins(text, at) && match_here(pattern, at))
			return true;
	return false;
}
