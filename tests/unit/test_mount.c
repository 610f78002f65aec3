// SPDX-License-Identifier: Apache-2.0
/*
 * test_mount.c: the list of mounts, and which path lies below which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mount.h"

static char path[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(path, "/tmp/mountinfo.XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static int read_text(const char *text, struct mounts *ret)
{
	FILE *file = fopen(path, "we");

	fputs(text, file);
	fclose(file);
	return mounts_read(path, ret);
}

static const char lines[] =
	"25 1 8:17 / / rw,relatime shared:1 master:2 - ext4 /dev/sdb1 rw\n"
	"26 25 0:5 / /proc rw - proc proc rw\n"
	"40 25 0:44 /sub /srv/with\\040blank\\134n rw shared:9 - btrfs /dev/sdc rw\n";

static void test_lines(void **state)
{
	struct mounts mounts;

	(void)state;
	assert_int_equal(read_text(lines, &mounts), 0);
	assert_int_equal(mounts.n, 3);
	assert_int_equal(mounts.list[0].id, 25);
	assert_int_equal(mounts.list[0].dev, 8 << 20 | 17);
	assert_string_equal(mounts.list[0].point, "/");
	assert_true(mounts.list[0].local);
	assert_string_equal(mounts.list[1].point, "/proc");
	assert_false(mounts.list[1].local);
	assert_string_equal(mounts.list[2].point, "/srv/with blank\\n");
	assert_true(mounts.list[2].local); /* its devices have no number of their own */
	mounts_free(&mounts);
	assert_int_equal(mounts.n, 0);
}

static void test_what_is_no_line(void **state)
{
	struct mounts mounts;

	(void)state;
	assert_int_equal(read_text("25 1 8:17 / / rw ext4\n", &mounts), -EBADMSG);
	assert_int_equal(read_text("what - is this\n", &mounts), -EBADMSG);
	assert_int_equal(mounts_read("/nowhere/at/all", &mounts), -ENOENT);
}

static void test_find(void **state)
{
	struct mounts mounts, other;

	(void)state;
	assert_int_equal(read_text(lines, &mounts), 0);
	assert_int_equal(read_text("26 25 0:5 / /elsewhere rw - proc proc rw\n"
				   "40 25 0:44 /sub /srv/with\\040blank\\134n rw - btrfs x rw\n",
				   &other),
			 0);
	assert_null(mounts_find(&mounts, &other.list[0]));
	assert_ptr_equal(mounts_find(&mounts, &other.list[1]), &mounts.list[2]);
	mounts_free(&mounts);
	mounts_free(&other);
}

static void test_below(void **state)
{
	(void)state;
	assert_true(mount_is_below("/srv/data", "/srv/data"));
	assert_true(mount_is_below("/srv/data/more", "/srv/data"));
	assert_true(mount_is_below("/srv/data/more", "/srv/data/"));
	assert_true(mount_is_below("/srv", "/"));
	assert_true(mount_is_below("/", "/"));
	assert_false(mount_is_below("/srv/database", "/srv/data"));
	assert_false(mount_is_below("/srv", "/srv/data"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
		TEST(test_what_is_no_line),
		TEST(test_find),
		TEST(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
