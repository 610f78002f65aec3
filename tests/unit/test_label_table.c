// SPDX-License-Identifier: Apache-2.0
/*
 * test_label_table.c: the table of labeled objects as a file: what was committed is there, what was
 * not is not, and a file that is not whole is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "label/label_table.h"

#define SECRET (1ULL << 0)
#define TEAM   (1ULL << 63)

static const uint64_t disk[2] = { 0x1111, 0x2222 }, other_disk[2] = { 0x3333, 0x4444 };

static struct {
	char folder[64];
	char file[96];
	char text[1024];
	struct label_names names;
	struct label_table *table;
} world;

static void open_table(void)
{
	assert_int_equal(
		label_table_open(world.folder, &world.table, world.text, sizeof(world.text)), 0);
}

static void reopen(void)
{
	world.table = label_table_free(world.table);
	open_table();
}

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	strcpy(world.folder, "/tmp/label-table.XXXXXX");
	assert_non_null(mkdtemp(world.folder));
	snprintf(world.file, sizeof(world.file), "%s/objects.db", world.folder);
	strcpy(world.names.name[0], "secret");
	strcpy(world.names.name[63], "team");
	open_table();
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	label_table_free(world.table);
	snprintf(command, sizeof(command), "rm -r %s", world.folder);
	return system(command);
}

static int put(const uint64_t uuid[2], uint64_t ino, uint32_t gen, uint64_t labels)
{
	struct label_row row = { .id = { .ino = ino, .gen = gen },
				 .uuid = { uuid[0], uuid[1] },
				 .labels = labels };

	return label_table_put(world.table, &world.names, &row);
}

struct found {
	size_t n;
	struct label_row row[8];
};

static int find_row(void *ctx, const struct label_row *row)
{
	struct found *found = ctx;

	if (found->n < 8)
		found->row[found->n] = *row;
	found->n++;
	return 0;
}

static struct found all(void)
{
	struct found found = { 0 };

	assert_int_equal(label_table_each(world.table, &world.names, find_row, &found), 0);
	return found;
}

static void test_committed_rows_come_back(void **state)
{
	struct found found;

	(void)state;
	assert_int_equal(label_table_begin(world.table), 0);
	assert_int_equal(put(disk, UINT64_MAX, UINT32_MAX, SECRET | TEAM), 0);
	assert_int_equal(put(other_disk, 12, 0, TEAM), 0);
	assert_int_equal(label_table_commit(world.table), 0);
	reopen();
	found = all();
	assert_int_equal(found.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct label_row *row = &found.row[i];
		bool first = row->uuid[0] == disk[0];

		assert_memory_equal(row->uuid, first ? disk : other_disk, sizeof(disk));
		assert_int_equal(row->id.dev, sluice_fs_number(row->uuid[0], row->uuid[1]));
		assert_true(row->id.ino == (first ? UINT64_MAX : 12));
		assert_int_equal(row->id.gen, first ? UINT32_MAX : 0);
		assert_true(row->labels == (first ? SECRET | TEAM : TEAM));
	}
}

static void test_what_was_not_committed_is_not_there(void **state)
{
	const char *names[SLUICE_MAX_LABELS];

	(void)state;
	assert_int_equal(label_table_begin(world.table), 0);
	assert_int_equal(put(disk, 1, 1, SECRET), 0);
	reopen(); /* as after a crash */
	assert_int_equal(all().n, 0);
	assert_int_equal(label_table_begin(world.table), 0);
	assert_int_equal(put(disk, 1, 1, SECRET), 0);
	label_table_rollback(world.table);
	assert_int_equal(all().n, 0);
	assert_int_equal(label_table_names(world.table, names), 0);
	/* the numbers that were given and taken back are given again */
	assert_int_equal(label_table_begin(world.table), 0);
	assert_int_equal(put(other_disk, 2, 1, TEAM), 0);
	assert_int_equal(label_table_commit(world.table), 0);
	reopen();
	assert_int_equal(all().n, 1);
	assert_memory_equal(all().row[0].uuid, other_disk, sizeof(disk));
}

static void test_labels_are_replaced_and_taken_out(void **state)
{
	(void)state;
	assert_int_equal(put(disk, 5, 1, SECRET), 0);
	assert_int_equal(put(disk, 5, 2, SECRET), 0); /* another generation: another object */
	assert_int_equal(put(disk, 5, 1, TEAM), 0);
	assert_int_equal(all().n, 2);
	assert_true(all().row[0].labels == TEAM);
	assert_int_equal(put(disk, 5, 2, 0), 0);
	assert_int_equal(put(disk, 6, 2, 0), 0); /* was never there */
	assert_int_equal(all().n, 1);
}

static void test_labels_go_by_name(void **state)
{
	(void)state;
	assert_int_equal(put(disk, 1, 1, SECRET | TEAM), 0);
	memset(&world.names, 0, sizeof(world.names));
	strcpy(world.names.name[7], "secret");
	reopen();
	assert_true(all().row[0].labels == 1ULL << 7); /* "team" has no number now */
	strcpy(world.names.name[8], "team");
	assert_true(all().row[0].labels == (1ULL << 7 | 1ULL << 8));
}

static void test_a_label_without_a_name_is_refused(void **state)
{
	(void)state;
	assert_int_equal(put(disk, 1, 1, SECRET), 0);
	assert_int_equal(put(disk, 1, 1, SECRET | 1ULL << 5), -EINVAL);
	assert_true(all().row[0].labels == SECRET);
}

static void test_uuid_by_number(void **state)
{
	uint64_t uuid[2];

	(void)state;
	assert_int_equal(label_table_uuid(world.table, sluice_fs_number(disk[0], disk[1]), uuid),
			 -ENOENT);
	assert_int_equal(put(disk, 1, 1, SECRET), 0);
	reopen();
	assert_int_equal(label_table_uuid(world.table, sluice_fs_number(disk[0], disk[1]), uuid),
			 0);
	assert_memory_equal(uuid, disk, sizeof(disk));
}

static void refused_as_damaged(void)
{
	struct label_table *table = NULL;

	assert_int_equal(label_table_open(world.folder, &table, world.text, sizeof(world.text)),
			 -EUCLEAN);
	assert_null(table);
	assert_non_null(strstr(world.text, world.file));
	assert_non_null(strstr(world.text, "backup"));
}

static void write_at(off_t offset, const void *bytes, size_t size)
{
	int fd = open(world.file, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, bytes, size, offset), size);
	close(fd);
}

static void test_a_damaged_file_is_refused(void **state)
{
	char junk[4096];

	(void)state;
	for (uint64_t i = 0; i < 2000; i++)
		assert_int_equal(put(disk, i, 1, SECRET), 0);
	world.table = label_table_free(world.table);
	memset(junk, 0xa5, sizeof(junk));
	write_at(4 * 4096, junk, sizeof(junk)); /* inside the tree of objects */
	refused_as_damaged();
	write_at(0, junk, sizeof(junk)); /* no database at all */
	refused_as_damaged();
}

static void test_another_format_is_refused(void **state)
{
	(void)state;
	world.table = label_table_free(world.table);
	write_at(60, "\0\0\0\2", 4); /* user_version: sqlite.org/fileformat2.html, 1.3 */
	refused_as_damaged();
}

static void test_one_process_at_a_time(void **state)
{
	struct label_table *table = NULL;

	(void)state;
	assert_int_equal(put(disk, 1, 1, SECRET), 0);
	assert_int_equal(label_table_open(world.folder, &table, world.text, sizeof(world.text)),
			 -EBUSY);
	assert_null(table);
}

static void test_a_folder_that_is_not_there(void **state)
{
	struct label_table *table = NULL;

	(void)state;
	assert_int_equal(label_table_open("/nowhere", &table, world.text, sizeof(world.text)),
			 -ENOENT);
	assert_non_null(strstr(world.text, "/nowhere/objects.db"));
}

static void test_only_the_owner_may_read(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(world.file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* The promise is 200 bytes a labeled file, of which the kernel's map takes 96. */
static void test_bytes_of_an_object(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(label_table_begin(world.table), 0);
	for (uint64_t i = 0; i < 100000; i++)
		assert_int_equal(put(disk, 0x100000000ULL + i * 7919 % 1000003,
				     (uint32_t)i * 2654435761U, SECRET | TEAM),
				 0);
	assert_int_equal(label_table_commit(world.table), 0);
	world.table = label_table_free(world.table);
	assert_int_equal(stat(world.file, &st), 0);
	assert_true(st.st_size < 100 * 100000);
	open_table();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_committed_rows_come_back),
		TEST(test_what_was_not_committed_is_not_there),
		TEST(test_labels_are_replaced_and_taken_out),
		TEST(test_labels_go_by_name),
		TEST(test_a_label_without_a_name_is_refused),
		TEST(test_uuid_by_number),
		TEST(test_a_damaged_file_is_refused),
		TEST(test_another_format_is_refused),
		TEST(test_one_process_at_a_time),
		TEST(test_a_folder_that_is_not_there),
		TEST(test_only_the_owner_may_read),
		TEST(test_bytes_of_an_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
