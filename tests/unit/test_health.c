/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_health.c: each thing that is worth a word, with its remedy, and its neighbour that is not.
 * Clock and disk are what this test says.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "check/health.h"

static char root[64];
static int clock_state;
static long clock_error_us;
static struct statvfs disk;
static char looked_at[256];

int __wrap_adjtimex(struct timex *timex);
int __wrap_adjtimex(struct timex *timex)
{
	timex->maxerror = clock_error_us;
	errno = EPERM;
	return clock_state;
}

int __wrap_statvfs(const char *path, struct statvfs *ret);
int __wrap_statvfs(const char *path, struct statvfs *ret)
{
	snprintf(looked_at, sizeof(looked_at), "%s", path);
	*ret = disk;
	return 0;
}

static void at(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", root, name);
}

static void put(const char *name, const char *text, mode_t mode, unsigned int days)
{
	struct timeval times[2] = { { .tv_sec = time(NULL) - days * 86400L } };
	char path[128];
	FILE *file;

	at(name, path);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	times[1] = times[0];
	assert_int_equal(chmod(path, mode) | utimes(path, times), 0);
}

static void take_away(const char *name)
{
	char path[128];

	at(name, path);
	assert_int_equal(unlink(path), 0);
}

static void make(const char *name)
{
	char path[128];

	at(name, path);
	assert_int_equal(mkdir(path, 0755), 0);
}

static int setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/sluice-health-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	check_root = "";
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void is(const struct check_result *result, int ok, const char *found, const char *remedy)
{
	if (result->ok != ok || !strstr(result->found, found) || !strstr(result->remedy, remedy))
		fail_msg("%s: %d, found '%s', remedy '%s'", result->name, result->ok, result->found,
			 result->remedy);
	assert_int_equal(result->remedy[0] == '\0', ok == 1);
}

static void kernel_is(const char *release, int ok, const char *found)
{
	struct check_result result = { 0 };

	put("proc/sys/kernel/osrelease", release, 0644, 0);
	health_kernel(&result);
	is(&result, ok, found, ok < 1 ? "Mode=enforce" : "");
}

static void test_kernel(void **state)
{
	(void)state;
	check_root = root;
	make("proc");
	make("proc/sys");
	make("proc/sys/kernel");
	kernel_is("7.3.4\n", 1, "none");
	kernel_is("6.12.117-amd64\n", -1, "ftrace_enabled=0");
	kernel_is("6.1.0-28-amd64\n", -1, "ftrace_enabled=0; who connects to sluiced");
}

static void test_sandbox(void **state)
{
	struct check_result result = { 0 };

	(void)state;
	check_root = root;
	make("sys");
	make("sys/kernel");
	make("sys/kernel/security");
	put("sys/kernel/security/lsm", "capability,landlock,bpf", 0644, 0);
	health_sandbox(&result);
	is(&result, 1, "keeps the gateway", "");
	result = (struct check_result){ 0 };
	put("sys/kernel/security/lsm", "capability,bpf", 0644, 0);
	health_sandbox(&result);
	is(&result, -1, "only permissions", "lsm=");
}

static void clock_is(int ok, const char *found, const char *remedy)
{
	struct check_result result = { 0 };

	health_clock(&result);
	is(&result, ok, found, remedy);
}

static void test_clock(void **state)
{
	(void)state;
	clock_state = TIME_OK;
	clock_error_us = 20500;
	clock_is(1, "at most 20 ms off", "");
	clock_error_us = 16000000;
	clock_is(-1, "may be 16000 ms off", "set-ntp true");
	clock_state = TIME_ERROR;
	clock_error_us = 20500;
	clock_is(-1, "not synchronised", "set-ntp true");
	clock_state = -1;
	clock_is(-1, "cannot be asked", "container");
}

static void disk_is(uint64_t blocks, uint64_t room, int ok, const char *found, const char *remedy)
{
	struct check_result result = { 0 };
	char path[128];

	disk = (struct statvfs){ .f_blocks = blocks, .f_bavail = room, .f_frsize = 4096 };
	at("not/there/journal.jsonl", path);
	health_disk(&result, path);
	is(&result, ok, found, remedy);
	assert_string_equal(looked_at, root); /* the first folder that is there */
}

static void test_disk(void **state)
{
	(void)state;
	disk_is(1 << 20, 1 << 19, 1, "2048 MiB free, 50 % full", "");
	disk_is(1 << 20, 273000, 1, "74 %", "");
	disk_is(1 << 20, 260000, -1, "1015 MiB free, 76 % full", "Journal= in [Agent]");
	disk_is(1 << 20, 4095, 0, "15 MiB free, 100 % full", "make room");
}

static void host_key_is(int ok, const char *found, const char *remedy)
{
	struct check_result result = { 0 };

	health_host_key(&result, root);
	is(&result, ok, found, remedy);
}

static void test_host_key(void **state)
{
	(void)state;
	host_key_is(1, "first start", "");
	put("journal.key", "key", 0600, 3);
	host_key_is(1, "3 days old", "");
	put("journal.key", "key", 0640, 3);
	host_key_is(0, "may be used by others (mode 0640)", "sluiced --new-key");
	put("journal.key", "key", 0600, 400);
	host_key_is(-1, "400 days old", "sluiced --new-key");
	take_away("journal.key");
	make("journal.key"); /* no file */
	host_key_is(0, "may be used by others", "chmod 0600");
}

static void channel_keys_are(int ok, const char *found, const char *remedy)
{
	struct check_result result = { 0 };

	health_channel_keys(&result, root);
	is(&result, ok, found, remedy);
}

static void test_channel_keys(void **state)
{
	(void)state;
	channel_keys_are(1, "first start", "");
	put("channel-web.key", "key", 0600, 10);
	put("channel-api.key", "key", 0600, 20);
	channel_keys_are(1, "the oldest of 2 20 days old", "");
	put("channel-api.key", "key", 0600, 366);
	channel_keys_are(-1, "366 days old", "--print-keys");
	put("channel-web.key", "key", 0604, 10);
	channel_keys_are(0, "channel-web.key may be used by others (mode 0604)", "--print-keys");
}

#define HEALTH_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HEALTH_TEST(test_kernel),   HEALTH_TEST(test_sandbox),
		HEALTH_TEST(test_clock),    HEALTH_TEST(test_disk),
		HEALTH_TEST(test_host_key), HEALTH_TEST(test_channel_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
