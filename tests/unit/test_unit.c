// SPDX-License-Identifier: Apache-2.0
/*
 * test_unit.c: control groups of a unit are found at any depth, by their whole name.
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "label/unit.h"

static char root[64];

static void make(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	assert_int_equal(mkdir(full, 0700), 0);
}

static uint64_t inode(const char *path)
{
	char full[512];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	assert_int_equal(stat(full, &st), 0);
	return st.st_ino;
}

static int setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/test_unit.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	unit_cgroup_root = root;
	make("system.slice");
	make("system.slice/etl.service");
	make("system.slice/etl.service.d");
	make("system.slice/my-etl.service");
	make("user.slice");
	make("user.slice/user@1000.service");
	make("user.slice/user@1000.service/etl.service");
	return 0;
}

static int teardown(void **state)
{
	static const char *const folders[] = {
		"user.slice/user@1000.service/etl.service",
		"user.slice/user@1000.service",
		"user.slice",
		"system.slice/my-etl.service",
		"system.slice/etl.service.d",
		"system.slice/etl.service",
		"system.slice",
	};
	char full[512];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(full, sizeof(full), "%s/%s", root, folders[i]);
		rmdir(full);
	}
	return rmdir(root);
}

static bool among(uint64_t id, const uint64_t *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void test_any_depth(void **state)
{
	_cleanup_free_ uint64_t *ids = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(unit_cgroups("etl.service", &ids, &n), 0);
	assert_int_equal(n, 2);
	assert_true(among(inode("system.slice/etl.service"), ids, n));
	assert_true(among(inode("user.slice/user@1000.service/etl.service"), ids, n));
}

static void test_whole_name(void **state)
{
	_cleanup_free_ uint64_t *ids = NULL;
	size_t n = 7;

	(void)state;
	assert_int_equal(unit_cgroups("service", &ids, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(unit_cgroups("system.slice", &ids, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(ids[0], inode("system.slice"));
}

static void test_files_and_links_are_none(void **state)
{
	_cleanup_free_ uint64_t *ids = NULL;
	char file[512], link[512];
	size_t n = 7;

	(void)state;
	snprintf(file, sizeof(file), "%s/file.service", root);
	snprintf(link, sizeof(link), "%s/link.service", root);
	fclose(fopen(file, "we"));
	assert_int_equal(symlink("system.slice", link), 0);
	assert_int_equal(unit_cgroups("file.service", &ids, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(unit_cgroups("link.service", &ids, &n), 0);
	assert_int_equal(n, 0);
	unlink(file);
	unlink(link);
}

static void test_no_root(void **state)
{
	_cleanup_free_ uint64_t *ids = NULL;
	size_t n = 7;

	(void)state;
	unit_cgroup_root = "/nowhere/at/all";
	assert_int_equal(unit_cgroups("etl.service", &ids, &n), -ENOENT);
	assert_int_equal(n, 7);
	assert_null(ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_any_depth, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whole_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files_and_links_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_root, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
