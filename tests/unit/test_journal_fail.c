// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_fail.c: disks that are full, read-only, broken or lying. The linker puts the
 * functions below between the writer and the C library (--wrap=pwrite --wrap=fdatasync
 * --wrap=ftruncate).
 */
#include "journal/journal_verify.h"
#include "journal_fixture.h"
#include "limits.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

/* What the next calls do: each number counts calls that fail, or -1 for all. */
static struct {
	int pwrite_fails, pwrite_errno;
	ssize_t pwrite_room; /* bytes that still fit, -1: any */
	ssize_t pwrite_most; /* bytes per call, 0: any */
	int sync_fails, sync_errno;
	int truncate_fails, truncate_errno;
	bool lose; /* a failing sync also loses what was written since the last good one */
	int syncs, last_fd;
} disk;

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t offset);
int __real_fdatasync(int fd);
int __real_ftruncate(int fd, off_t size);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset);
int __wrap_fdatasync(int fd);
int __wrap_ftruncate(int fd, off_t size);

static bool fails(int *count, int error)
{
	if (*count == 0)
		return false;
	if (*count > 0)
		*count -= 1;
	errno = error;
	return true;
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	ssize_t n;

	if (fails(&disk.pwrite_fails, disk.pwrite_errno))
		return -1;
	if (disk.pwrite_room == 0) {
		errno = ENOSPC;
		return -1;
	}
	if (disk.pwrite_room > 0 && size > (size_t)disk.pwrite_room)
		size = (size_t)disk.pwrite_room;
	if (disk.pwrite_most > 0 && size > (size_t)disk.pwrite_most)
		size = (size_t)disk.pwrite_most;
	n = __real_pwrite(fd, bytes, size, offset);
	if (n > 0 && disk.pwrite_room > 0)
		disk.pwrite_room -= n;
	return n;
}

int __wrap_fdatasync(int fd)
{
	static off_t good;
	struct stat st;

	disk.syncs++;
	disk.last_fd = fd;
	if (!fails(&disk.sync_fails, disk.sync_errno)) {
		fstat(fd, &st);
		good = st.st_size;
		return __real_fdatasync(fd);
	}
	/* Linux may mark the pages clean and forget them: zeros is what a reader finds later. */
	if (disk.lose && fstat(fd, &st) == 0 && st.st_size > good) {
		__real_ftruncate(fd, good);
		__real_ftruncate(fd, st.st_size);
	}
	errno = disk.sync_errno;
	return -1;
}

int __wrap_ftruncate(int fd, off_t size)
{
	if (fails(&disk.truncate_fails, disk.truncate_errno))
		return -1;
	return __real_ftruncate(fd, size);
}

static void disk_is_good(void)
{
	memset(&disk, 0, sizeof(disk));
	disk.pwrite_room = -1;
}

static int setup(void **state)
{
	disk_is_good();
	return fixture_setup(state);
}

static void assert_verifies(struct fixture *f, uint64_t entries)
{
	struct journal_verify_result result;

	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	if (result.status != JOURNAL_OK)
		fail_msg("%s", result.problem);
	assert_int_equal(result.entries, entries);
}

/*
 * Two entries meet the failure; a third comes while broken; nothing is lost and nothing half stays
 * in the file.
 */
static void breaks_and_mends(struct fixture *f, struct journal *journal, int error)
{
	uint64_t before = journal_size(journal);
	char root[65];

	snprintf(root, sizeof(root), "%s", journal_root(journal));
	fixture_add(journal, "decision", "one");
	fixture_add(journal, "decision", "two");
	assert_int_equal(journal_commit(journal), error);
	assert_non_null(journal_broken(journal));
	assert_non_null(strstr(journal_broken(journal), f->path));
	/* The same answer without touching the disk again. */
	disk.syncs = 0;
	assert_int_equal(journal_commit(journal), error);
	assert_int_equal(disk.syncs, 0);
	fixture_add(journal, "decision", "three");
	assert_int_equal(journal_size(journal), before + 3);
	assert_string_equal(journal_root(journal), root);
	assert_int_equal(journal_repair(journal), error);
	disk_is_good();
	assert_int_equal(journal_repair(journal), 0);
	assert_null(journal_broken(journal));
	assert_string_not_equal(journal_root(journal), root);
	assert_int_equal(journal_repair(journal), 0);
	assert_verifies(f, before + 3);
}

static void test_write_errors(void **state)
{
	static const int errors[] = { ENOSPC, EIO, EROFS, EDQUOT, EFBIG };
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		disk.pwrite_fails = -1;
		disk.pwrite_errno = errors[i];
		breaks_and_mends(f, journal, -errors[i]);
		fixture_add(journal, "event.read", "goes on");
		assert_int_equal(journal_commit(journal), 0);
	}
	journal_close(journal);
	assert_verifies(f, 1 + 4 * ARRAY_SIZE(errors) + SEALED);
}

/*
 * The disk takes some bytes and then is full: the part is cut away at once, readers see whole
 * commits.
 */
static void test_short_write(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct stat st;
	off_t size;

	for (ssize_t room = 1; room < 400; room += 37) {
		stat(f->path, &st);
		size = st.st_size;
		disk.pwrite_room = room;
		fixture_add(journal, "event.read", "does not fit");
		assert_int_equal(journal_commit(journal), -ENOSPC);
		stat(f->path, &st);
		assert_int_equal(st.st_size, size);
		disk_is_good();
		disk.pwrite_room = 0;
		breaks_and_mends(f, journal, -ENOSPC);
	}
	/* Pieces that all arrive are no error. */
	disk.pwrite_most = 7;
	fixture_add(journal, "event.read", "in small pieces");
	assert_int_equal(journal_commit(journal), 0);
	journal_close(journal);
}

/* The cut fails as well: what stands there is cut by the repair. */
static void test_truncate_fails(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct journal_verify_result result;

	disk.pwrite_room = 100;
	disk.truncate_fails = -1;
	disk.truncate_errno = EIO;
	fixture_add(journal, "event.read", "does not fit");
	assert_int_equal(journal_commit(journal), -ENOSPC);
	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	assert_int_equal(result.status, JOURNAL_TORN);
	assert_int_equal(result.torn_bytes, 100);
	assert_int_equal(journal_repair(journal), -EIO);
	disk_is_good();
	assert_int_equal(journal_repair(journal), 0);
	journal_close(journal);
	assert_verifies(f, 2 + SEALED);
}

/*
 * After a failed sync the pages are gone: writing again must bring the bytes, through a new
 * descriptor.
 */
static void test_sync_fails(void **state)
{
	static const int errors[] = { EIO, ENOSPC, EDQUOT };
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	int fd;

	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(errors); i++) {
		disk.sync_fails = -1;
		disk.sync_errno = errors[i / 2];
		disk.lose = i % 2;
		/* Without the cut after the failure, so that the repair finds zeros. */
		disk.truncate_fails = disk.lose ? 1 : 0;
		breaks_and_mends(f, journal, -errors[i / 2]);
	}
	/* One failure, then the kernel reports success for the pages that it lost. */
	disk.sync_fails = 1;
	disk.sync_errno = EIO;
	disk.lose = true;
	fixture_add(journal, "decision", "must not vanish");
	assert_int_equal(journal_commit(journal), -EIO);
	fd = disk.last_fd;
	/* The number of the old descriptor is taken, so that a new one is another number. */
	assert_int_equal(journal_repair(journal), 0);
	assert_int_not_equal(disk.last_fd, fd);
	journal_close(journal);
	assert_verifies(f, 1 + 3 * 2 * ARRAY_SIZE(errors) + 1 + SEALED);
}

/*
 * The disk fails where one epoch hands over to the next: the old key signs when it is mended, and
 * what is added meanwhile, and then the new one.
 */
static void test_rotation_fails(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct journal_verify_result result;

	for (unsigned int i = 0; i < 4; i++) {
		fixture_add(journal, "decision", "one");
		disk.sync_fails = -1;
		disk.sync_errno = EIO;
		disk.lose = i % 2;
		assert_int_equal(journal_rotate(journal, false), -EIO);
		assert_int_equal(journal_rotate(journal, true), -EIO);
		fixture_add(journal, "decision", "two");
		assert_int_equal(journal_repair(journal), -EIO);
		disk_is_good();
		assert_int_equal(journal_repair(journal), 0);
		assert_verifies(f, 1 + (i + 1) * 4 - 1);
		assert_int_equal(journal_rotate(journal, false), 0);
		assert_verifies(f, 1 + (i + 1) * 4);
	}
	journal_close(journal);
	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.epochs, 1 + 2 * 4);
}

/* A process limit, no wrapper: the kernel itself writes short and then refuses. */
static void test_file_size_limit(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct rlimit old, low;
	struct stat st;

	signal(SIGXFSZ, SIG_IGN);
	stat(f->path, &st);
	getrlimit(RLIMIT_FSIZE, &old);
	low = old;
	low.rlim_cur = (rlim_t)st.st_size + 300;
	setrlimit(RLIMIT_FSIZE, &low);
	fixture_add(journal, "event.read", "over the limit");
	assert_int_equal(journal_commit(journal), -EFBIG);
	assert_int_equal(journal_repair(journal), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(journal_repair(journal), 0);
	journal_close(journal);
	assert_verifies(f, 2 + SEALED);
}

/* While broken, memory is bounded; what was taken before that is all written later. */
static void test_bounded(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	uint64_t taken = 1;
	char text[2001];
	int r;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	disk.pwrite_fails = -1;
	disk.pwrite_errno = ENOSPC;
	fixture_add(journal, "decision", text);
	assert_int_equal(journal_commit(journal), -ENOSPC);
	for (taken = 2; taken < 100000; taken++) {
		r = journal_add(journal, json_pack("{s:s}", "message", text), NULL);
		if (r < 0)
			break;
	}
	assert_int_equal(r, -ENOSPC);
	assert_true(taken * 2000 < SLUICE_JOURNAL_BATCH_BYTES);
	assert_true(taken * 2300 > SLUICE_JOURNAL_BATCH_BYTES - 100000);
	assert_int_equal(journal_size(journal), taken);
	disk_is_good();
	assert_int_equal(journal_repair(journal), 0);
	fixture_add(journal, "decision", "room again");
	journal_close(journal);
	assert_verifies(f, taken + 1 + SEALED);
}

/* A healthy journal never says that its batch is full: it commits. */
static void test_full_batch_commits(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	char text[60001];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	disk.syncs = 0;
	for (unsigned int i = 0; i < 200; i++)
		fixture_add(journal, "event.read", text);
	assert_int_equal(disk.syncs, 2);
	journal_close(journal);
	assert_verifies(f, 201 + SEALED);
}

/* No journal can begin: the caller is told, and the next start begins one. */
static void test_creation_fails(void **state)
{
	struct fixture *f = *state;

	disk.pwrite_fails = -1;
	disk.pwrite_errno = ENOSPC;
	assert_int_equal(fixture_refuse(f), -ENOSPC); /* the key */
	disk_is_good();
	disk.sync_fails = -1;
	disk.sync_errno = EIO;
	assert_int_equal(fixture_refuse(f), -EIO);
	disk_is_good();
	journal_close(fixture_open(f));
	assert_true(f->recovery.created);
	assert_verifies(f, 1 + SEALED);
}

/* The torn end cannot be set aside: it is not cut. */
static void test_torn_kept(void **state)
{
	struct fixture *f = *state;
	struct bytes file, after;

	fixture_fill(f, 10, 3);
	file = file_load(f->path);
	file_store(f->path, file.at, file.size - 20);
	disk.pwrite_fails = -1;
	disk.pwrite_errno = ENOSPC;
	assert_int_equal(fixture_refuse(f), -ENOSPC);
	after = file_load(f->path);
	assert_int_equal(after.size, file.size - 20);
	disk_is_good();
	journal_close(fixture_open(f));
	assert_int_not_equal(f->recovery.torn_bytes, 0);
	free(after.at);
	free(file.at);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_write_errors),       TEST(test_short_write),
		TEST(test_truncate_fails),     TEST(test_sync_fails),
		TEST(test_file_size_limit),    TEST(test_bounded),
		TEST(test_full_batch_commits), TEST(test_creation_fails),
		TEST(test_torn_kept),	       TEST(test_rotation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
