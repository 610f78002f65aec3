/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_seal.c: see record_seal.h.
 *
 * Two passes. First the members that are paths: private ones are replaced, and all are kept in mind.
 * Then everything else that may be a sentence: where it spells one of these, that is replaced, or
 * left if it is not private; any other private path takes the rest of the sentence with it, since
 * nobody can tell where in a sentence a path ends.
 */
#include "record_seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "policy/policy.h"
#include "sluiced/agent.h"
#include "vault/match.h"
#include "vault/vault.h"

/* A path of the entry; not private: @sealed is empty. */
struct known {
	char *plain;
	char sealed[VAULT_TEXT];
};

/**
 * struct sealing: one entry.
 * @by_label: it is about a private label: any path in its sentences is
 */
struct sealing {
	struct vault *vault;
	const struct policy *policy;
	struct vault_scope scope;
	bool by_label;
	struct known *known;
	size_t n_known;
	int error;
};

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Of a closed list of words, of numbers, or checked by others to the byte: never a path. */
static bool is_plain_member(const char *name)
{
	static const char *const names[] = {
		"type",	     "request", "grant",     "standing",   "digest", "key",
		"boot",	     "exe_id",	"root",	     "state",	   "labels", "rule",
		"signed",    "action",	"signature", "note",	   "policy", "report",
		"namespace", "account", "journal",   "public_key",
	};

	return is_one_of(name, names, ARRAY_SIZE(names));
}

/* @kind: of the target whose member it is, or NULL */
static bool is_path_member(const char *name, const char *kind)
{
	static const char *const names[] = { "exe", "path", "mount" };

	return kind ? !strcmp(name, "text") && !strcmp(kind, "file")
		    : is_one_of(name, names, ARRAY_SIZE(names));
}

/*
 * A part of it says little without the rest, or gives it away; or a signature is over all of it,
 * which holds for the text again that the vault has.
 */
static bool is_whole_member(const char *name)
{
	static const char *const names[] = { "command", "subject_text", "statement", "evidence" };

	return is_one_of(name, names, ARRAY_SIZE(names));
}

static void fail(struct sealing *s, int error)
{
	if (!s->error)
		s->error = error;
}

static void seal(struct sealing *s, bool nonce, const char *plain, char ret[VAULT_TEXT])
{
	int r = vault_put(s->vault, &s->scope, nonce, plain, ret);

	if (r < 0)
		fail(s, r);
	if (r < 0)
		ret[0] = '\0';
}

static bool is_cut(const char *path)
{
	return !strncmp(path, MATCH_CUT, strlen(MATCH_CUT));
}

/* And not the number of a pipe or socket. */
static bool is_path(const char *text)
{
	return (*text == '/' && text[1]) || is_cut(text);
}

static void remember(struct sealing *s, const char *plain, const char *sealed)
{
	struct known *known;

	if (!is_path(plain))
		return;
	known = ARRAY_APPEND(s->known, s->n_known);
	if (known)
		known->plain = strdup(plain);
	if (!known || !known->plain)
		fail(s, -ENOMEM);
	else
		memcpy(known->sealed, sealed, strlen(sealed) + 1);
}

static bool names_private_label(const struct policy *policy, const json_t *object)
{
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(object, "labels"), i, name) {
		const struct policy_label *label =
			json_is_string(name) ? policy_find_label(policy, json_string_value(name))
					     : NULL;

		if (label && label->is_private)
			return true;
	}
	return false;
}

/* A path whose upper part is missing may be anywhere. */
static bool is_private_path(const struct sealing *s, const char *path)
{
	const struct policy_privacy *privacy = &s->policy->privacy;

	if (privacy->n_paths && is_cut(path))
		return true;
	for (size_t i = 0; i < privacy->n_paths; i++)
		if (match_path(privacy->paths[i].path, path))
			return true;
	return false;
}

/* Whether a path that is private begins at @at, in a sentence. */
static bool is_private_here(const struct sealing *s, const char *text, const char *at)
{
	const struct policy_privacy *privacy = &s->policy->privacy;
	bool cut = is_cut(at);

	if ((*at != '/' && !cut) || !match_begins(text, at))
		return false;
	if (s->by_label || (cut && privacy->n_paths))
		return true;
	for (size_t i = 0; i < privacy->n_paths; i++)
		if (match_here(privacy->paths[i].path, at))
			return true;
	return false;
}

static bool has_commitment(const char *text)
{
	for (; (text = strstr(text, VAULT_PREFIX)); text++)
		if (vault_commitment_end(text))
			return true;
	return false;
}

static void set(struct sealing *s, json_t *string, const char *text)
{
	if (json_string_set(string, text))
		fail(s, -ENOMEM);
}

/* @labeled: a file with a private label */
static void seal_path(struct sealing *s, json_t *string, bool labeled)
{
	const char *path = json_string_value(string);
	char sealed[VAULT_TEXT] = "";

	if ((labeled && is_path(path)) || is_private_path(s, path) || has_commitment(path))
		seal(s, false, path, sealed);
	remember(s, path, sealed);
	if (sealed[0])
		set(s, string, sealed); /* lint: path was the string's */
}

/* The longest known path that is spelled at @at and does not go on behind it. */
static const struct known *known_at(const struct sealing *s, const char *text, const char *at)
{
	const struct known *best = NULL;
	size_t longest = 0;

	if (!match_begins(text, at))
		return NULL;
	for (size_t i = 0; i < s->n_known; i++) {
		size_t n = strlen(s->known[i].plain);

		if (n <= longest || strncmp(s->known[i].plain, at, n) != 0 ||
		    (at[n] && !strchr(" \t\n\"'`()[]{},;:|", at[n])))
			continue;
		best = &s->known[i];
		longest = n;
	}
	return best;
}

/* Writes @text with what is private replaced. Return: whether anything was. */
static bool write_sentence(struct sealing *s, const char *text, FILE *out)
{
	char sealed[VAULT_TEXT];
	bool any = false;

	for (const char *at = text; *at; at++) {
		const struct known *known = known_at(s, text, at);

		if (known) {
			fputs(known->sealed[0] ? known->sealed : known->plain, out);
			any |= known->sealed[0];
			at += strlen(known->plain) - 1;
		} else if (is_private_here(s, text, at)) {
			seal(s, false, at, sealed);
			fputs(sealed, out);
			return true;
		} else {
			fputc(*at, out);
		}
	}
	return any;
}

static void seal_whole(struct sealing *s, json_t *string, bool nonce)
{
	char sealed[VAULT_TEXT];

	seal(s, nonce, json_string_value(string), sealed);
	set(s, string, sealed);
}

/* @whole: all of it, if any of it */
static void seal_sentence(struct sealing *s, json_t *string, bool whole)
{
	const char *text = json_string_value(string);
	_cleanup_free_ char *sealed = NULL;
	size_t size;
	FILE *out;
	bool any;

	if (has_commitment(text)) {
		seal_whole(s, string, false);
		return;
	}
	if (!strchr(text, '/'))
		return;
	out = open_memstream(&sealed, &size);
	if (!out) {
		fail(s, -ENOMEM);
		return;
	}
	any = write_sentence(s, text, out);
	any |= ferror(out);
	if (fclose(out))
		fail(s, -ENOMEM);
	else if (any && whole)
		seal_whole(s, string, false);
	else if (any)
		set(s, string, sealed);
}

/* First pass. @labeled: the object names a private label itself */
static void seal_paths(struct sealing *s, json_t *object, bool labeled)
{
	const char *kind = json_string_value(json_object_get(object, "kind")), *name;
	json_t *member;
	size_t i;

	json_array_foreach(object, i, member)
		seal_paths(s, member, labeled);
	json_object_foreach(object, name, member) {
		if (is_plain_member(name))
			continue;
		if (json_is_string(member) && is_path_member(name, kind))
			seal_path(s, member, labeled && strcmp(name, "exe") != 0);
		else
			seal_paths(s, member, labeled || names_private_label(s->policy, member));
	}
}

static void seal_text_member(struct sealing *s, const char *name, json_t *string)
{
	if (!strcmp(name, RECORD_NONCE))
		seal_whole(s, string, true);
	else if (!strcmp(name, "command") && s->policy->privacy.commands &&
		 json_string_length(string))
		seal_whole(s, string, false);
	else
		seal_sentence(s, string, is_whole_member(name));
}

/* By the first pass, and not what only looks so. */
static bool is_sealed(const struct sealing *s, const json_t *string)
{
	for (size_t i = 0; i < s->n_known; i++)
		if (!strcmp(s->known[i].sealed, json_string_value(string)))
			return json_string_length(string);
	return false;
}

/* Second pass: all that the first has not replaced. */
static void seal_texts(struct sealing *s, const char *name, json_t *value)
{
	const char *inner;
	json_t *member;
	size_t i;

	if (json_is_string(value) && !is_sealed(s, value))
		seal_text_member(s, name, value);
	json_array_foreach(value, i, member)
		seal_texts(s, name, member);
	json_object_foreach(value, inner, member)
		if (!is_plain_member(inner))
			seal_texts(s, inner, member);
}

struct texts {
	char **list;
	size_t n;
	bool bad;
};

static void collect(void *ctx, const char *plain)
{
	struct texts *texts = ctx;
	char **text = ARRAY_APPEND(texts->list, texts->n);

	if (text)
		*text = strdup(plain);
	texts->bad |= !text || !*text;
}

/* Entries about a request spell what its first one has named, without its labels. */
static void remember_request(struct sealing *s)
{
	struct texts texts = { 0 };
	char sealed[VAULT_TEXT];

	if (!*s->scope.request)
		return;
	/* a file that cannot be read: the commit will tell */
	vault_each_of(s->vault, s->scope.request, collect, &texts);
	if (texts.bad)
		fail(s, -ENOMEM);
	for (size_t i = 0; i < texts.n; i++) {
		if (texts.list[i] && *texts.list[i] == '/') {
			seal(s, false, texts.list[i], sealed);
			remember(s, texts.list[i], sealed);
		}
		free(texts.list[i]);
	}
	free(texts.list);
}

static void find_scope(struct sealing *s, const json_t *entry)
{
	const json_t *uid = json_object_get(json_object_get(entry, "subject"), "uid");
	const char *request = json_string_value(json_object_get(entry, "request"));
	const char *type = json_string_value(json_object_get(entry, "type"));
	bool runs = type && (!strcmp(type, "event.exec") || !strcmp(type, "event.fork"));

	s->scope = (struct vault_scope){
		.uid = json_is_integer(uid) ? json_integer_value(uid) : VAULT_NOBODY,
		.request = request && !strncmp(request, "r-", 2) ? request : "",
		.time_ms = agent_time_ms(),
	};
	/* a program is not data because of who runs it */
	s->by_label = !runs && names_private_label(s->policy, entry);
}

int record_seal(const struct agent *agent, json_t *entry)
{
	struct sealing s = { .vault = agent->vault, .policy = agent->privacy };

	if (!s.vault || !s.policy)
		return 0;
	find_scope(&s, entry);
	remember_request(&s);
	seal_paths(&s, entry, s.by_label);
	seal_texts(&s, "", entry);
	for (size_t i = 0; i < s.n_known; i++)
		free(s.known[i].plain);
	free(s.known);
	return s.error;
}
