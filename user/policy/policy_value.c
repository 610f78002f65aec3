/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_value.c: values that several keys share: choices, times, paths, users, units, subjects,
 * names.
 *
 * Owns: their forms and the messages about them. Must not own: addresses (policy_endpoint.c), or
 * where a value goes.
 */
#include <errno.h>
#include <linux/limits.h>
#include <pwd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

int policy_value_words(struct policy_build *build, const char *value, char ***ret)
{
	int r = text_to_words(value, ret);

	if (r == -ENOMEM)
		return policy_fail_memory(build);
	return r < 0 ? policy_fail(build,
				   "%s= has an open quote or an empty word; write \"...\" around "
				   "spaces only",
				   build->key)
		     : 0;
}

int policy_value_bool(struct policy_build *build, const char *value, bool *ret)
{
	if (text_to_bool(value, ret) < 0)
		return policy_fail(build, "%s=%.100s is neither yes nor no; write one of them",
				   build->key, value);
	return 0;
}

/* Seconds by their largest unit that leaves no rest, as a policy would have them. */
static const char *in_words(unsigned int seconds, char *buffer, size_t size)
{
	static const struct {
		unsigned int seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (i < ARRAY_SIZE(units) - 1 && seconds % units[i].seconds)
		i++;
	snprintf(buffer, size, "%u%s", seconds / units[i].seconds, units[i].unit);
	return buffer;
}

int policy_value_seconds(struct policy_build *build, const char *value, unsigned int min,
			 unsigned int max, unsigned int *ret)
{
	char least[16], most[16];
	uint64_t seconds = 0;
	int r = text_to_seconds(value, max, &seconds);

	if (r == -EINVAL)
		return policy_fail(
			build, "%s=%.100s is no time; write it like 30s, 5min, 2h, 1d or 1h 30min",
			build->key, value);
	if (r < 0 || seconds < min)
		return policy_fail(build, "%s=%.100s is out of range; write %s to %s", build->key,
				   value, in_words(min, least, sizeof(least)),
				   in_words(max, most, sizeof(most)));
	*ret = (unsigned int)seconds;
	return 0;
}

int policy_value_bytes(struct policy_build *build, const char *value, uint64_t min, uint64_t max,
		       uint64_t *ret)
{
	static const char units[] = "KMG";
	size_t length = strlen(value);
	const char *unit = length ? strchr(units, value[length - 1]) : NULL;
	unsigned int shift = unit ? 10 * (unsigned int)(unit - units + 1) : 0;
	char digits[24];
	uint64_t number;

	snprintf(digits, sizeof(digits), "%.*s", (int)(length - (unit != NULL)), value);
	if (length >= sizeof(digits) || text_to_number(digits, max >> shift, &number) < 0 ||
	    number << shift < min)
		return policy_fail(build,
				   "%s=%.100s is no size that is possible; write it like 64M, from "
				   "%lluM to %lluM",
				   build->key, value, (unsigned long long)(min >> 20),
				   (unsigned long long)(max >> 20));
	*ret = number << shift;
	return 0;
}

int policy_value_choice(struct policy_build *build, const char *value, const char *const *names,
			unsigned int *ret)
{
	char known[128] = "";
	size_t used = 0;

	for (unsigned int i = 0; names[i]; i++) {
		if (!strcmp(names[i], value)) {
			*ret = i;
			return 0;
		}
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
						 i ? ", " : "", names[i]);
	}
	return policy_fail(build, "%s=%.100s is not known; write one of: %s", build->key, value,
			   known);
}

int policy_value_text(struct policy_build *build, const char *value, char **ret)
{
	char *copy = strdup(value);

	if (!copy)
		return policy_fail_memory(build);
	*ret = copy;
	return 0;
}

/* Whether a component of @path is "." or "..", which would make one folder have many names. */
static bool has_dots(const char *path)
{
	for (const char *part = path; part; part = strchr(part, '/')) {
		size_t length;

		part += *part == '/';
		length = strcspn(part, "/");
		if ((length == 1 && *part == '.') || (length == 2 && !strncmp(part, "..", 2)))
			return true;
	}
	return false;
}

int policy_value_path(struct policy_build *build, const char *word, char **ret)
{
	char *path, *out;

	if (*word != '/')
		return policy_fail(build, "%s=%.200s is not absolute; start it with '/'",
				   build->key, word);
	if (strlen(word) >= SLUICE_PATH_TEXT)
		return policy_fail(
			build,
			"%s= has a path of %zu bytes, at most %d are possible; name a folder above",
			build->key, strlen(word), SLUICE_PATH_TEXT - 1);
	if (has_dots(word))
		return policy_fail(
			build, "%s=%.200s has a component \".\" or \"..\"; write the path without",
			build->key, word);
	path = out = strdup(word);
	if (!path)
		return policy_fail_memory(build);
	for (const char *in = word; *in; in++)
		if (*in != '/' || (in[1] != '/' && in[1]))
			*out++ = *in;
	if (out == path)
		*out++ = '/';
	*out = '\0';
	*ret = path;
	return 0;
}

int policy_value_user(struct policy_build *build, const char *word, uid_t *ret)
{
	const struct passwd *entry;
	uint64_t number;
	int r = text_to_number(word, UINT32_MAX - 1,
			       &number); /* the last means "none" to the kernel */

	if (r == 0) {
		*ret = (uid_t)number;
		return 0;
	}
	if (r == -ERANGE)
		return policy_fail(build, "%s=%.100s is no user number; the largest is %u",
				   build->key, word, UINT32_MAX - 1);
	errno = 0;
	entry = getpwnam(word);
	if (!entry && errno && errno != ENOENT)
		return policy_fail(build, "user %.100s cannot be looked up: %s; write the number",
				   word, strerror(errno));
	if (!entry)
		return policy_fail(
			build,
			"user %.100s is not known on this host; create it or write the number",
			word);
	*ret = entry->pw_uid;
	return 0;
}

int policy_value_unit(struct policy_build *build, const char *word, char **ret)
{
	static const char *const endings[] = { ".service", ".scope", ".slice" };
	size_t length = strlen(word);
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t ending = strlen(endings[i]);

		known |= length > ending && !strcmp(word + length - ending, endings[i]);
	}
	if (!known || length > NAME_MAX ||
	    !text_is_made_of(
		    word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@"))
		return policy_fail(build,
				   "\"%.100s\" is no unit; write a name that ends in .service, "
				   ".scope or .slice",
				   word);
	return policy_value_text(build, word, ret);
}

int policy_value_references(struct policy_build *build, const char *value,
			    enum policy_reference_kind kind, size_t index)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	struct policy_reference *reference;
	int r = policy_value_words(build, value, &words);

	if (r < 0)
		return r;
	reference = ARRAY_APPEND(build->references, build->n_references);
	if (!reference)
		return policy_fail_memory(build);
	reference->kind = kind;
	reference->index = index;
	reference->origin = build->here;
	reference->names = TAKE_PTR(words);
	return 0;
}

static int set_user(struct policy_build *build, const char *word, struct policy_subject *subject)
{
	subject->has_user = true;
	return policy_value_user(build, word, &subject->uid);
}

static int set_executable(struct policy_build *build, const char *word,
			  struct policy_subject *subject)
{
	return policy_value_path(build, word, &subject->executable);
}

static int set_unit(struct policy_build *build, const char *word, struct policy_subject *subject)
{
	return policy_value_unit(build, word, &subject->unit);
}

static int set_subject_word(struct policy_build *build, const char *word,
			    struct policy_subject *subject, unsigned int *seen)
{
	static const struct {
		const char *prefix;
		int (*set)(struct policy_build *build, const char *word,
			   struct policy_subject *subject);
	} forms[] = { { "user:", set_user }, { "exe:", set_executable }, { "unit:", set_unit } };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t length = strlen(forms[i].prefix);

		if (strncmp(word, forms[i].prefix, length) != 0)
			continue;
		if (*seen & 1U << i)
			return policy_fail(build,
					   "%s stands twice in one line, where all must match; "
					   "write one line for "
					   "each alternative",
					   forms[i].prefix);
		*seen |= 1U << i;
		return forms[i].set(build, word + length, subject);
	}
	return policy_fail(
		build, "\"%.100s\" names nobody; write user:NAME, exe:/path or unit:NAME.service",
		word);
}

int policy_value_subject(struct policy_build *build, const char *value,
			 struct policy_subject *subject)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = policy_value_words(build, value, &words);
	unsigned int seen = 0;

	subject->origin = build->here;
	for (size_t i = 0; r == 0 && words[i]; i++)
		r = set_subject_word(build, words[i], subject, &seen);
	return r;
}

/*
 * A name without a namespace does not exist; one in "trusted." looks absent without CAP_SYS_ADMIN,
 * which sluiced gives up, and those in "system." are no labels. Their files would be left out
 * without a word.
 */
static int check_xattr_name(struct policy_build *build, const char *name)
{
	static const char *const namespaces[] = { "user.", "security." };

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		size_t length = strlen(namespaces[i]);

		if (!strncmp(name, namespaces[i], length) && name[length] &&
		    strlen(name) <= XATTR_NAME_MAX)
			return 0;
	}
	return policy_fail(
		build,
		"\"%.100s\" is no extended attribute that sluiced can read; write one whose "
		"name starts with user. or security., like user.class",
		name);
}

/* NAME=VALUE below /folder */
int policy_value_xattr(struct policy_build *build, const char *value, struct policy_xattr *xattr)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = policy_value_words(build, value, &words);
	char *equals;

	xattr->origin = build->here;
	if (r < 0)
		return r;
	equals = strchr(words[0], '=');
	if (!equals || !equals[1] || !words[1] || strcmp(words[1], "below") != 0 || !words[2] ||
	    words[3])
		return policy_fail(build,
				   "Xattr= is not understood; write NAME=VALUE below /folder");
	*equals = '\0';
	r = check_xattr_name(build, words[0]);
	if (r == 0)
		r = policy_value_text(build, words[0], &xattr->name);
	if (r == 0)
		r = policy_value_text(build, equals + 1, &xattr->value);
	return r < 0 ? r : policy_value_path(build, words[2], &xattr->below);
}
