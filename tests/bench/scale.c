// SPDX-License-Identifier: Apache-2.0
/*
 * scale.c: what opening a file costs as there is more of everything (scripts/bench --scale). CPU
 * time of the process; where the machine's clock counts instructions, one ns is one instruction.
 *
 *   open FILE             prints what one open+close costs, the least of several rounds
 *   first FOLDER          the same for files that nobody has opened before
 *   files LABELED COUNT FOLDER     reads LABELED, and makes COUNT files there, which get its labels
 *   carriers LABELED COUNT         COUNT processes read LABELED and stay; says when they have
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7
#define OPENS  2000
#define FIRSTS 500
#define SPREAD 1000 /* files of one folder */

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void touch(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	close(fd);
}

static void read_one(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c;

	if (fd < 0 || read(fd, &c, 1) != 1)
		err(1, "%s", path);
	close(fd);
}

static void write_one(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1)
		err(1, "%s", path);
	close(fd);
}

static uint64_t open_often(const char *path)
{
	uint64_t start = now();

	for (int i = 0; i < OPENS; i++)
		touch(path);
	return (now() - start) / OPENS;
}

/* A file that mknod() makes was never open. */
static uint64_t open_first(const char *folder)
{
	char path[8192];
	uint64_t start, cost;

	for (int i = 0; i < FIRSTS; i++) {
		snprintf(path, sizeof(path), "%s/new.%d", folder, i);
		if (mknod(path, S_IFREG | 0600, 0))
			err(1, "%s", path);
	}
	start = now();
	for (int i = 0; i < FIRSTS; i++) {
		snprintf(path, sizeof(path), "%s/new.%d", folder, i);
		touch(path);
	}
	cost = (now() - start) / FIRSTS;
	for (int i = 0; i < FIRSTS; i++) {
		snprintf(path, sizeof(path), "%s/new.%d", folder, i);
		unlink(path);
	}
	return cost;
}

static int print_least(uint64_t (*measure)(const char *), const char *path)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t cost = measure(path);

		least = cost < least ? cost : least;
	}
	printf("%llu\n", (unsigned long long)least);
	return 0;
}

static int run_open(char **argv)
{
	return print_least(open_often, argv[0]);
}

static int run_first(char **argv)
{
	return print_least(open_first, argv[0]);
}

static int run_files(char **argv)
{
	long count = strtol(argv[1], NULL, 10);
	char path[4096];

	read_one(argv[0]);
	for (long i = 0; i < count; i++) {
		if (i % SPREAD == 0) {
			snprintf(path, sizeof(path), "%s/%ld", argv[2], i / SPREAD);
			if (mkdir(path, 0700))
				err(1, "%s", path);
		}
		snprintf(path, sizeof(path), "%s/%ld/%ld", argv[2], i / SPREAD, i % SPREAD);
		write_one(path);
	}
	return 0;
}

static void carry(const char *path, int told)
{
	read_one(path);
	close(told);
	pause();
	_exit(0);
}

static int run_carriers(char **argv)
{
	long count = strtol(argv[1], NULL, 10);
	int told[2];
	char c;

	if (pipe(told))
		err(1, "pipe");
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (!pid) {
			close(told[0]);
			carry(argv[0], told[1]);
		}
	}
	close(told[1]);
	if (read(told[0], &c, 1) != 0)
		err(1, "read");
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}

static const struct mode {
	const char *name;
	int (*run)(char **argv);
	int arguments;
} modes[] = {
	{ "open", run_open, 1 },
	{ "first", run_first, 1 },
	{ "files", run_files, 3 },
	{ "carriers", run_carriers, 2 },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].name, argv[1]) && argc == modes[i].arguments + 2)
			return modes[i].run(argv + 2);
	return 2;
}
