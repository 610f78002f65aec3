// SPDX-License-Identifier: Apache-2.0
/*
 * test_label_attribute.c: files with an attribute of the policy are labeled, others are not, and
 * one whose attribute cannot be read makes the policy fail. The kernel's maps and the file system's
 * answer are played.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "kernel/kernel.h"
#include "label/label.h"

static char folder[64];
static const char *answer;	/* of lgetxattr(), for the file in the folder */
static int answer_errno;
static unsigned int labeled;
static unsigned int cleared;

ssize_t __wrap_lgetxattr(const char *path, const char *name, void *value, size_t size);
ssize_t __wrap_lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	assert_string_equal(name, "user.class");
	if (!strcmp(path, folder)) {
		errno = ENODATA;
		return -1;
	}
	if (answer_errno || strlen(answer) > size) {
		errno = answer_errno ? answer_errno : ERANGE;
		return -1;
	}
	memcpy(value, answer, strlen(answer));
	return (ssize_t)strlen(answer);
}

int kernel_identify_fs(struct kernel *kernel, int fd, struct sluice_identify *ret)
{
	(void)kernel;
	(void)fd;
	ret->mode = 0100600;
	return 0;
}

int kernel_object_policy(struct kernel *kernel, const struct sluice_object_id *id,
			 unsigned int slot, uint64_t labels)
{
	(void)kernel;
	(void)id;
	assert_int_equal(slot, 1);
	assert_int_equal(labels, 1ULL << 5);
	labeled++;
	return 0;
}

void kernel_object_clear_slot(struct kernel *kernel, unsigned int slot)
{
	(void)kernel;
	(void)slot;
	cleared++;
}

int kernel_object_each(struct kernel *kernel, kernel_object_fn fn, void *ctx)
{
	(void)kernel;
	(void)fn;
	(void)ctx;
	return 0;
}

int kernel_attribute_put(struct kernel *kernel, const char *name)
{
	(void)kernel;
	return *name ? 0 : -EINVAL;
}

void kernel_set_folders(struct kernel *kernel, bool any)
{
	(void)kernel;
	(void)any;
}

static int setup(void **state)
{
	char path[96];
	FILE *file;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_label_attribute.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	file = fopen(path, "we");
	return file ? fclose(file) : -1;
}

static int teardown(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/file", folder);
	return unlink(path) | rmdir(folder);
}

static int apply(const char *value, int err, struct policy_error *error)
{
	char name[] = "user.class", wanted[] = "top", file[] = "p.conf";
	struct policy_xattr xattr = { .name = name, .value = wanted, .below = folder };
	struct policy_label label = { .xattrs = &xattr, .n_xattrs = 1 };
	struct policy policy = { .labels = &label, .n_labels = 1 };
	const unsigned int numbers[] = { 5 };
	struct agent agent = { 0 };
	int status;

	xattr.origin.file = file;
	xattr.origin.line = 7;
	answer = value;
	answer_errno = err;
	labeled = cleared = 0;
	status = label_apply(&agent, &policy, numbers, 1, error);
	assert_int_equal(agent.places[1].n, labeled); /* what the line led to is noted */
	label_places_clear(&agent.places[1]);
	return status;
}

static void test_value(void **state)
{
	struct policy_error error = { 0 };
	_cleanup_free_ char *huge = calloc(1, 9000);

	(void)state;
	assert_int_equal(apply("top", 0, &error), 0);
	assert_int_equal(labeled, 1);
	assert_int_equal(apply("topmost", 0, &error), 0);
	assert_int_equal(labeled, 0);
	assert_int_equal(apply("to", 0, &error), 0);
	assert_int_equal(labeled, 0);
	memset(huge, 't', 8999);
	assert_int_equal(apply(huge, 0, &error), 0);
	assert_int_equal(labeled, 0);
}

static void test_absent(void **state)
{
	const int errors[] = { ENODATA, ENOTSUP, ENOENT };
	struct policy_error error = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		assert_int_equal(apply("top", errors[i], &error), 0);
		assert_int_equal(labeled, 0);
	}
}

static void test_unreadable(void **state)
{
	const int errors[] = { EACCES, EPERM, EIO };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct policy_error error = {};

		assert_int_equal(apply("top", errors[i], &error), -errors[i]);
		assert_int_equal(labeled, 0);
		assert_int_equal(cleared, 2);
		assert_non_null(strstr(error.text, "p.conf:7: cannot label "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_value, setup, teardown),
		cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
