/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_fixture.h: policies from strings, in a folder of the test's own. Owns no test.
 */
#ifndef SLUICE_TEST_POLICY_FIXTURE_H
#define SLUICE_TEST_POLICY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "policy/policy.h"

/* Sections that most policies need. */
#define PEOPLE                     \
	"[Person ann]\nUid=1001\n" \
	"[Person bob]\nUid=1002\n" \
	"[Group leads]\nMember=ann bob\n"

static char fixture_folder[64];

static int fixture_setup(void **state)
{
	(void)state;
	snprintf(fixture_folder, sizeof(fixture_folder), "/tmp/sluice-policy-XXXXXX");
	return mkdtemp(fixture_folder) ? 0 : -1;
}

static void fixture_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[512];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (unlink(path) < 0) {
			fixture_empty(path);
			rmdir(path);
		}
	}
	if (dir)
		closedir(dir);
}

static int fixture_teardown(void **state)
{
	(void)state;
	fixture_empty(fixture_folder);
	return rmdir(fixture_folder);
}

/* Path of @name in the fixture's folder; the caller frees it. */
static char *fixture_path(const char *name)
{
	char *path = malloc(512);

	assert_non_null(path);
	snprintf(path, 512, "%s/%s", fixture_folder, name);
	return path;
}

static inline void fixture_write_bytes(const char *name, const char *bytes, size_t length)
{
	_cleanup_free_ char *path = fixture_path(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
}

static inline void fixture_write(const char *name, const char *text)
{
	fixture_write_bytes(name, text, strlen(text));
}

/* Loads the files named a, b, … of the fixture, as many as @n. */
static inline int fixture_load(size_t n, struct policy **ret, struct policy_error *error)
{
	char *files[4] = { NULL };
	int r;

	for (size_t i = 0; i < n; i++)
		files[i] = fixture_path((const char[]){ (char)('a' + i), '\0' });
	r = policy_load(files, n, ret, error);
	for (size_t i = 0; i < n; i++)
		free(files[i]);
	return r;
}

/* The policy that @text makes; fails the test with the message otherwise. */
static inline struct policy *fixture_policy(const char *text)
{
	struct policy *policy = NULL;
	struct policy_error error;

	fixture_write("a", text);
	if (fixture_load(1, &policy, &error) < 0)
		fail_msg("%s\n%s", error.text, text);
	assert_string_equal(error.text, "");
	return policy;
}

/* @expected: "LINE: text" that the message must start with, behind the file's name */
static inline void fixture_refuse_bytes(const char *bytes, size_t length, const char *expected)
{
	struct policy *policy = NULL;
	struct policy_error error;
	char start[1024];

	fixture_write_bytes("a", bytes, length);
	snprintf(start, sizeof(start), "%s/a:%s", fixture_folder, expected);
	if (fixture_load(1, &policy, &error) != -EINVAL)
		fail_msg("not refused: %.*s", (int)length, bytes);
	assert_null(policy);
	if (strncmp(error.text, start, strlen(start)) != 0)
		fail_msg("expected %s\n     got %s\nfor %.*s", start, error.text, (int)length,
			 bytes);
	assert_int_equal(text_find_bad(error.text, strlen(error.text)), strlen(error.text));
	assert_non_null(strchr(error.text, ';'));
}

static inline void fixture_refuse(const char *text, const char *expected)
{
	fixture_refuse_bytes(text, strlen(text), expected);
}

#endif
