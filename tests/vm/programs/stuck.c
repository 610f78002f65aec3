// SPDX-License-Identifier: Apache-2.0
/*
 * stuck.c: a process whose memory cannot be looked at: who reads its command line in /proc waits
 * until it is let go.
 *
 * Owns: the ways to get there. Each opens FILE then, says "read" and ends; what holds its memory
 * goes after 40 seconds at the latest, so that no guest hangs for good.
 */
#include "program.h"

#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define LET_GO_S 40

static pid_t server;
static const char *mounted;

/* ---- a file system of one file: it opens, and what is read from it never comes ---- */

static void reply(int fuse, const struct fuse_in_header *in, const void *data, size_t size)
{
	char out[512] = { 0 };
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof(head) + size),
		.error = data ? 0 : -ENOSYS,
		.unique = in->unique,
	};

	memcpy(out, &head, sizeof(head));
	if (size)
		memcpy(out + sizeof(head), data, size);
	if (write(fuse, out, head.len) < 0)
		perror("reply");
}

static void answer(int fuse, const struct fuse_in_header *in, int waiting)
{
	static int opened;
	struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 4096 };
	struct fuse_attr_out attr = {
		.attr_valid = 60,
		.attr = { .ino = 1, .size = 4096, .mode = S_IFREG | 0666, .nlink = 1 },
	};
	/* The first one reads through the page cache, the second empties it in mmap(). */
	struct fuse_open_out open = {
			.open_flags = FOPEN_KEEP_CACHE | (opened ? FOPEN_DIRECT_IO : 0),
		};

	switch (in->opcode) {
	case FUSE_INIT:
		reply(fuse, in, &init, sizeof(init));
		break;
	case FUSE_GETATTR:
		reply(fuse, in, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		opened++;
		reply(fuse, in, &open, sizeof(open));
		break;
	case FUSE_READ:
		if (write(waiting, "r", 1) < 0)
			perror("waiting");
		break;
	default:
		reply(fuse, in, NULL, 0);
	}
}

static void serve(int fuse, int waiting)
{
	static char in[65536];

	alarm(LET_GO_S);
	while (read(fuse, in, sizeof(in)) > 0)
		answer(fuse, (struct fuse_in_header *)in, waiting);
	_exit(0);
}

static void start_server(const char *path, int waiting)
{
	char options[128];
	int fuse = open_or_exit("/dev/fuse", O_RDWR);

	snprintf(options, sizeof(options), "fd=%d,rootmode=100000,user_id=0,group_id=0", fuse);
	if (mount("stuck", path, "fuse", 0, options))
		refused("mount");
	server = fork();
	if (!server)
		serve(fuse, waiting);
	close(fuse);
}

/* Its page stays locked while the answer is waited for. */
static void read_for_ever(const char *path)
{
	char byte;
	int fd;

	if (fork())
		return;
	fd = open_or_exit(path, O_RDONLY);
	_exit(read(fd, &byte, 1) < 0);
}

/* Waits for that page with the lock of the memory taken. */
static void *map(void *path)
{
	int fd = open_or_exit(path, O_RDONLY);

	return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
}

static void try_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = errno;

	/* Nothing ends well before the memory is free again. */
	if (server > 0) {
		kill(server, SIGKILL);
		umount2(mounted, MNT_DETACH);
	}
	errno = error;
	if (fd < 0)
		refused(path);
	puts("read");
	close(fd);
}

/* FILE MOUNTPOINT (an existing file) */
static int with_fuse(char **argv)
{
	struct timespec wait = { .tv_nsec = 500000000 };
	pthread_t thread;
	int waiting[2];
	char byte;

	mounted = argv[1];
	if (pipe(waiting))
		refused("pipe");
	start_server(argv[1], waiting[1]);
	read_for_ever(argv[1]);
	if (read(waiting[0], &byte, 1) != 1)
		refused("waiting");
	mlockall(MCL_CURRENT); /* no fault of ours waits for the lock as well */
	if (pthread_create(&thread, NULL, map, argv[1]))
		refused("thread");
	nanosleep(&wait, NULL);
	try_open(argv[0]);
	return 0;
}

/* FILE: nobody ever answers a fault in the page that holds the command line. */
static int with_userfault(char **argv)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register area = {
		.range = { .start = (uintptr_t)page, .len = 4096 },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	if (fd < 0 || page == MAP_FAILED || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &area))
		refused("userfaultfd");
	if (prctl(PR_SET_MM, PR_SET_MM_ARG_START, page, 0, 0) ||
	    prctl(PR_SET_MM, PR_SET_MM_ARG_END, page + 64, 0, 0))
		refused("PR_SET_MM");
	try_open(argv[0]);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "fuse", with_fuse, 2 },
		{ "userfault", with_userfault, 1 },
	};

	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
