/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_load.c: files become one policy: see policy.h.
 *
 * Owns: the order of a load, defaults, the digest, and lines that stand in no file. Must not own:
 * files (policy_file.c), lines (policy_parse.c), keys (policy_keys.c), values (policy_value.c) or
 * checks (policy_check.c).
 */
#include <errno.h>
#include <openssl/evp.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

#define DEFAULT_JOURNAL "/var/log/sluice/journal.jsonl"
#define DEFAULT_CONSOLE "/dev/console"
#define DEFAULT_STATE	"/var/lib/sluice"

static void free_build(struct policy_build *build)
{
	for (size_t i = 0; i < build->n_references; i++)
		text_free_words(build->references[i].names);
	free(build->references);
	free(build->sections);
	policy_free(build->policy);
}

static struct policy *new_policy(void)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->settings.stale_ms = SLUICE_STALE_MS;
	policy->settings.files_per_user = SLUICE_FILES_PER_USER;
	policy->settings.journal_file_bytes = SLUICE_JOURNAL_FILE_BYTES;
	policy->settings.journal_file_s = SLUICE_JOURNAL_FILE_S;
	policy->settings.journal = strdup(DEFAULT_JOURNAL);
	policy->settings.state = strdup(DEFAULT_STATE);
	policy->guard.mode = SLUICE_GUARD_ENFORCE;
	policy->guard.policy = true;
	policy->guard.libraries = true;
	policy->guard.limit_s = SLUICE_DEFAULT_GLASS_S;
	policy->guard.console = strdup(DEFAULT_CONSOLE);
	policy->requests.terminal = true;
	policy->requests.max_pending = SLUICE_MAX_REQUESTS_PER_UID;
	policy->requests.unknown = SLUICE_UNKNOWN_REVIEWERS;
	if (!policy->settings.journal || !policy->settings.state || !policy->guard.console)
		return policy_free(policy);
	return policy;
}

/* Name, NUL, bytes, NUL. */
static int add_to_digest(EVP_MD_CTX *digest, const char *name, const char *bytes, size_t length)
{
	if (EVP_DigestUpdate(digest, name, strlen(name) + 1) != 1 ||
	    EVP_DigestUpdate(digest, bytes, length) != 1 || EVP_DigestUpdate(digest, "", 1) != 1)
		return -ENOMEM;
	return 0;
}

/* What @extra puts behind line @line of @file, into @out. */
static void put_extra(const struct policy_build *build, const char *file, unsigned int line,
		      FILE *out)
{
	for (size_t i = 0; i < build->n_extra; i++)
		if (build->extra[i].line == line && !strcmp(build->extra[i].file, file))
			fputs(build->extra[i].text, out);
}

/* Replaces the @bytes of @file by the same with what is put between its lines. */
static int add_extra(struct policy_build *build, const char *file, char **bytes, size_t *length)
{
	const char *line = *bytes, *end = line + *length, *next;
	char *whole = NULL;
	size_t size = 0;
	unsigned int n = 0;
	FILE *out;

	if (!build->n_extra)
		return 0;
	out = open_memstream(&whole, &size);
	if (!out)
		return policy_fail_memory(build);
	for (; line < end; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next + 1 : end;
		fwrite(line, 1, (size_t)(next - line), out);
		if (next[-1] != '\n')
			fputc('\n', out);
		put_extra(build, file, ++n, out);
	}
	if (fclose(out)) {
		free(whole);
		return policy_fail_memory(build);
	}
	free(*bytes);
	*bytes = whole;
	*length = size;
	return 0;
}

/* @name: the policy's own copy of the path */
static int read_file(struct policy_build *build, const char *name, EVP_MD_CTX *digest)
{
	char *bytes = NULL;
	size_t length = 0;
	int r = policy_file_read(build, name, &bytes, &length);

	if (r == 0 && add_to_digest(digest, name, bytes, length) < 0)
		r = policy_fail_memory(build);
	if (r == 0)
		r = add_extra(build, name, &bytes, &length);
	if (r == 0)
		r = policy_parse(build, name, bytes, length);
	free(bytes);
	return r;
}

/* The policy's own copy of the name of a file, which it keeps for its messages; NULL: no memory. */
static const char *keep_name(struct policy *policy, const char *path)
{
	char **name = ARRAY_APPEND(policy->files, policy->n_files);

	if (name)
		*name = strdup(path);
	return name ? *name : NULL;
}

static int load_file(struct policy_build *build, const char *path, EVP_MD_CTX *digest)
{
	const char *name = keep_name(build->policy, path);

	return name ? read_file(build, name, digest) : policy_fail_memory(build);
}

/* The extra lines that are a file of their own. */
static int load_extra(struct policy_build *build)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < build->n_extra; i++) {
		const struct policy_extra *extra = &build->extra[i];
		const char *name;

		if (extra->line)
			continue;
		name = keep_name(build->policy, extra->file);
		r = name ? policy_parse(build, name, extra->text, strlen(extra->text))
			 : policy_fail_memory(build);
	}
	return r;
}

static int finish_digest(struct policy_build *build, EVP_MD_CTX *digest)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	char *out = build->policy->digest;

	if (EVP_DigestFinal_ex(digest, hash, &length) != 1 ||
	    2 * length + 1 != sizeof(build->policy->digest))
		return policy_fail_memory(build);
	for (unsigned int i = 0; i < length; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

static int load_files(struct policy_build *build, char *const *files, size_t n_files)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	int r = 0;

	if (!digest || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
		r = policy_fail_memory(build);
	for (size_t i = 0; r == 0 && i < n_files; i++)
		r = load_file(build, files[i], digest);
	if (r == 0)
		r = finish_digest(build, digest);
	EVP_MD_CTX_free(digest);
	return r;
}

int policy_load(char *const *files, size_t n_files, struct policy **ret, struct policy_error *error)
{
	return policy_load_with(files, n_files, NULL, 0, ret, error);
}

int policy_load_with(char *const *files, size_t n_files, const struct policy_extra *extra,
		     size_t n_extra, struct policy **ret, struct policy_error *error)
{
	struct policy_build build = {
		.policy = new_policy(), .error = error, .extra = extra, .n_extra = n_extra
	};
	int r;

	error->text[0] = '\0';
	if (!build.policy)
		return policy_fail_memory(&build);
	r = load_files(&build, files, n_files);
	if (r == 0)
		r = load_extra(&build);
	if (r == 0)
		r = policy_check(&build);
	if (r == 0)
		*ret = TAKE_PTR(build.policy);
	free_build(&build);
	return r;
}

int policy_read(const char *conf, struct policy **ret, struct policy_error *error)
{
	char **files = NULL;
	size_t n = 0;
	int err = policy_files(conf, &files, &n, error);

	if (!err)
		err = policy_load(files, n, ret, error);
	policy_files_free(files);
	return err;
}
