// SPDX-License-Identifier: Apache-2.0
/*
 * test_label_keep.c: the kernel's labels and the table, brought together at a start, while running,
 * after losses, and when the disk does not take them. The kernel's maps are played here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "event/record.h"
#include "kernel/kernel.h"
#include "label/label_keep.h"

#define SECRET (1ULL << 0)
#define TEAM   (1ULL << 1)
#define MAX    4096

struct entry {
	struct sluice_object_id id;
	struct sluice_object object;
};

/* What the kernel side has. */
struct kernel {
	struct entry objects[MAX];
	size_t n_objects;
	struct sluice_object_id changed[MAX];
	size_t n_changed;
	struct sluice_filesystem fs;
	bool has_fs;
	uint64_t unnoted;
	bool folders;
};

static struct {
	struct kernel kernel;
	struct agent agent;
	char folder[64];
	char text[1024];
	char said[256];
} world;

static const uint64_t disk[2] = { 0x1111, 0x2222 };

static struct sluice_object_id object_called(uint64_t ino)
{
	return (struct sluice_object_id){ .dev = sluice_fs_number(disk[0], disk[1]),
					  .gen = 7,
					  .ino = ino };
}

/* ---- the false kernel ---- */

static struct entry *find(struct kernel *kernel, const struct sluice_object_id *id)
{
	for (size_t i = 0; i < kernel->n_objects; i++)
		if (!memcmp(&kernel->objects[i].id, id, sizeof(*id)))
			return &kernel->objects[i];
	return NULL;
}

int kernel_object_get(struct kernel *kernel, const struct sluice_object_id *id,
		      struct sluice_object *ret)
{
	const struct entry *entry = find(kernel, id);

	if (!entry)
		return -ENOENT;
	*ret = entry->object;
	return 0;
}

int kernel_object_acquire(struct kernel *kernel, const struct sluice_object_id *id, uint64_t add,
			  uint64_t remove)
{
	struct entry *entry = find(kernel, id);

	if (!entry) {
		entry = &kernel->objects[kernel->n_objects++];
		*entry = (struct entry){ .id = *id };
	}
	entry->object.acquired = (entry->object.acquired & ~remove) | add;
	return 0;
}

int kernel_object_each(struct kernel *kernel, kernel_object_fn fn, void *ctx)
{
	int err = 0;

	for (size_t i = 0; !err && i < kernel->n_objects; i++)
		err = fn(ctx, &kernel->objects[i].id, &kernel->objects[i].object);
	return err;
}

int kernel_changed_note(struct kernel *kernel, const struct sluice_object_id *id)
{
	kernel->changed[kernel->n_changed++] = *id;
	return 0;
}

ssize_t kernel_changed_take(struct kernel *kernel, struct sluice_object_id *ret, size_t max)
{
	size_t n = 0;

	while (n < max && kernel->n_changed)
		ret[n++] = kernel->changed[--kernel->n_changed];
	return (ssize_t)n;
}

int kernel_filesystem_get(struct kernel *kernel, uint32_t number, struct sluice_filesystem *ret)
{
	if (!kernel->has_fs || number != sluice_fs_number(disk[0], disk[1]))
		return -ENOENT;
	*ret = kernel->fs;
	return 0;
}

int kernel_filesystem_put(struct kernel *kernel, uint32_t number,
			  const struct sluice_filesystem *fs)
{
	assert_int_equal(number, sluice_fs_number(fs->uuid[0], fs->uuid[1]));
	kernel->fs = *fs;
	kernel->has_fs = true;
	return 0;
}

int kernel_identify_fs(struct kernel *kernel, int fd, struct sluice_identify *ret)
{
	(void)kernel;
	ret->durable = fd != 0; /* 0 stands for a file on tmpfs */
	ret->object = object_called((uint64_t)fd);
	memcpy(ret->uuid, disk, sizeof(disk));
	return 0;
}

int kernel_count(const struct kernel *kernel, uint64_t ret[SLUICE_COUNTERS])
{
	memset(ret, 0, SLUICE_COUNTERS * sizeof(*ret));
	ret[SLUICE_COUNT_UNNOTED] = kernel->unnoted;
	return 0;
}

void kernel_set_folders(struct kernel *kernel, bool any)
{
	kernel->folders = any;
}

void kernel_forget_caches(struct kernel *kernel)
{
	(void)kernel;
}

/* ---- the false journal ---- */

int record_add(struct agent *agent, uint64_t *ret_seq, json_t *body, const char *type,
	       const char *format, ...)
{
	size_t used = strlen(world.said);

	(void)agent;
	(void)ret_seq;
	(void)format;
	json_decref(body);
	snprintf(world.said + used, sizeof(world.said) - used, "%s%s", used ? " " : "", type);
	return 0;
}

int record_commit(struct agent *agent)
{
	(void)agent;
	return 0;
}

json_t *record_text(const char *bytes)
{
	return json_string(bytes);
}

/* ---- helpers ---- */

/* Data brought @labels to it, or it is gone; the kernel notes that. */
static void change(uint64_t ino, uint64_t labels)
{
	struct sluice_object_id id = object_called(ino);
	struct entry *entry = find(&world.kernel, &id);

	if (labels)
		kernel_object_acquire(&world.kernel, &id, labels, 0);
	else if (entry)
		*entry = world.kernel.objects[--world.kernel.n_objects];
	if (world.kernel.n_changed < MAX / 2)
		kernel_changed_note(&world.kernel, &id);
	else
		world.kernel.unnoted++;
}

static uint64_t labels_of(uint64_t ino)
{
	struct sluice_object_id id = object_called(ino);
	const struct entry *entry = find(&world.kernel, &id);

	return entry ? entry->object.acquired : 0;
}

/* A kernel that has nothing. */
static void forget(void)
{
	memset(&world.kernel, 0, sizeof(world.kernel));
}

static void open_keep(bool adopted)
{
	assert_int_equal(
		label_keep_new(world.folder, &world.agent.keep, world.text, sizeof(world.text)), 0);
	assert_int_equal(label_keep_start(&world.agent, world.folder, adopted, world.text,
					  sizeof(world.text)),
			 0);
}

/* The host starts again. */
static void reboot(void)
{
	world.agent.keep = label_keep_free(world.agent.keep);
	forget();
	open_keep(false);
}

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	strcpy(world.folder, "/tmp/label-keep.XXXXXX");
	assert_non_null(mkdtemp(world.folder));
	strcpy(world.agent.names.name[0], "secret");
	strcpy(world.agent.names.name[1], "team");
	world.agent.kernel = &world.kernel;
	open_keep(false);
	kernel_filesystem_put(&world.kernel, sluice_fs_number(disk[0], disk[1]),
			      &(struct sluice_filesystem){ .uuid = { disk[0], disk[1] } });
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	label_keep_free(world.agent.keep);
	snprintf(command, sizeof(command), "rm -r %s", world.folder);
	return system(command);
}

/* ---- tests ---- */

static void test_labels_outlive_a_reboot(void **state)
{
	(void)state;
	change(5, SECRET);
	change(6, TEAM | SECRET);
	label_keep_tick(&world.agent);
	assert_int_equal(world.kernel.n_changed, 0);
	reboot();
	assert_true(labels_of(5) == SECRET);
	assert_true(labels_of(6) == (TEAM | SECRET));
	assert_true(labels_of(7) == 0);
	assert_true(world.kernel.folders);
	assert_true(world.kernel.has_fs);
	assert_string_equal(world.said, "labels.loaded");
}

static void test_what_is_gone_is_forgotten(void **state)
{
	(void)state;
	change(5, SECRET);
	label_keep_tick(&world.agent);
	change(5, 0);
	label_keep_tick(&world.agent);
	reboot();
	assert_int_equal(world.kernel.n_objects, 0);
	assert_false(world.kernel.folders);
}

static void test_numbers_of_labels_may_change(void **state)
{
	(void)state;
	change(5, TEAM);
	label_keep_tick(&world.agent);
	memset(&world.agent.names, 0, sizeof(world.agent.names));
	strcpy(world.agent.names.name[0], "new");
	reboot();
	assert_string_equal(world.agent.names.name[1], "team"); /* given again, and kept */
	assert_true(labels_of(5) == 1ULL << 1);
}

static void test_a_killed_daemon_loses_nothing(void **state)
{
	struct sluice_object_id ids[4];

	(void)state;
	change(5, SECRET);
	label_keep_tick(&world.agent);
	change(6, SECRET);
	kernel_changed_take(&world.kernel, ids, 4); /* taken, and killed before the commit */
	world.agent.keep = label_keep_free(world.agent.keep);
	change(5, 0); /* while nobody looks */
	open_keep(true);
	assert_true(labels_of(5) == 0);
	reboot();
	assert_true(labels_of(5) == 0);
	assert_true(labels_of(6) == SECRET);
}

static void test_a_table_from_a_backup_counts(void **state)
{
	(void)state;
	change(5, SECRET);
	label_keep_tick(&world.agent);
	world.agent.keep = label_keep_free(world.agent.keep);
	world.kernel.n_objects = 0; /* the kernel has never known it */
	open_keep(true);
	assert_true(labels_of(5) == SECRET);
}

static void test_more_changes_than_can_be_noted(void **state)
{
	uint64_t ino;

	(void)state;
	change(4, SECRET);
	label_keep_tick(&world.agent);
	for (ino = 100; ino < 100 + MAX / 2 + 100; ino++)
		change(ino, SECRET);
	change(4, 0);
	assert_int_equal(world.kernel.unnoted, 101);
	label_keep_tick(&world.agent);
	reboot();
	assert_true(labels_of(100 + MAX / 2 + 99) == SECRET);
	assert_true(labels_of(4) == 0);
}

/* No file may grow: what SQLite sees is a full disk. */
static void fill_disk(bool full)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = full ? 1 : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_a_full_disk_is_told_once_and_made_good(void **state)
{
	int i;

	(void)state;
	fill_disk(true);
	change(5, SECRET);
	for (i = 0; i < 20; i++)
		label_keep_tick(&world.agent);
	assert_string_equal(world.said, "labels.unsaved");
	assert_int_equal(world.kernel.n_changed, 1); /* waits in the kernel */
	assert_int_equal(label_keep_object(&world.agent, 6) < 0, true);
	fill_disk(false);
	for (i = 0; i < 10; i++)
		label_keep_tick(&world.agent);
	assert_string_equal(world.said, "labels.unsaved labels.saved");
	reboot();
	assert_true(labels_of(5) == SECRET);
}

static void test_an_operators_label_is_durable_at_once(void **state)
{
	struct sluice_object_id id = object_called(9);

	(void)state;
	kernel_object_acquire(&world.kernel, &id, SECRET, 0);
	assert_int_equal(label_keep_object(&world.agent, 9), 1);
	assert_int_equal(label_keep_object(&world.agent, 0), 0);
	reboot();
	assert_true(labels_of(9) == SECRET);
}

static void test_what_has_no_lasting_identity_is_left_out(void **state)
{
	struct sluice_object_id id = { .dev = sluice_fs_number(7, 7), .ino = 5 };

	(void)state;
	kernel_object_acquire(&world.kernel, &id, SECRET, 0);
	kernel_changed_note(&world.kernel, &id);
	label_keep_tick(&world.agent);
	assert_int_equal(world.kernel.n_changed, 0);
	reboot();
	assert_int_equal(world.kernel.n_objects, 0);
	assert_string_equal(world.said, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_labels_outlive_a_reboot),
		TEST(test_what_is_gone_is_forgotten),
		TEST(test_numbers_of_labels_may_change),
		TEST(test_a_killed_daemon_loses_nothing),
		TEST(test_a_table_from_a_backup_counts),
		TEST(test_more_changes_than_can_be_noted),
		TEST(test_a_full_disk_is_told_once_and_made_good),
		TEST(test_an_operators_label_is_durable_at_once),
		TEST(test_what_has_no_lasting_identity_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
