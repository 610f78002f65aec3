/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.c: ways into and out of files that no shell command takes.
 *
 *   mmap FILE               read it through a private mapping
 *   create FILE             open(O_CREAT | O_EXCL | O_RDWR), write, read back
 *   late FILE READY GO      open it, make READY, wait for GO, then read through the descriptor
 *   late-map FILE READY GO  the same, but map it then
 *   mmap-out FILE OUT       read FILE, write into OUT through a shared mapping
 *   sendfile, splice, copy-range FILE OUT   without a read() or write() of their own
 *   pass FILE COMMAND...    open it as standard input and execute the command without reading
 *   handle FILE MOUNT       open it by its handle, on the file system that has MOUNT, and read
 *   memory FILE READY GO    read it, write that into a memory file on descriptor 9, make READY,
 * wait for GO
 *   two-ways FILE           open for reading, then for writing, which a guard may answer differently
 *   call32 FILE OUT         read it by system calls of 32-bit programs, then write OUT
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "program.h"

static void look_into(int fd)
{
	volatile const char *map = mmap(NULL, 16, PROT_READ, MAP_PRIVATE, fd, 0);

	if (map == MAP_FAILED)
		refused("mmap");
	printf("%c\n", map[0]);
}

static int run_mmap(char **argv)
{
	look_into(open_or_exit(argv[0], O_RDONLY));
	return 0;
}

static int run_create(char **argv)
{
	int fd = open_or_exit(argv[0], O_CREAT | O_EXCL | O_RDWR);
	char bytes[8];

	if (write(fd, "created", 7) != 7)
		refused("write");
	if (pread(fd, bytes, 7, 0) != 7)
		refused("read");
	return 0;
}

static void wait_for(const char *ready, const char *go)
{
	close(open_or_exit(ready, O_WRONLY | O_CREAT));
	while (access(go, F_OK))
		usleep(20000);
}

static int run_late(char **argv)
{
	int fd = open_or_exit(argv[0], O_RDONLY);
	char bytes[16];
	ssize_t n;

	wait_for(argv[1], argv[2]);
	n = read(fd, bytes, sizeof(bytes));
	if (n < 0)
		refused("read");
	printf("read %zd\n", n);
	return 0;
}

static int run_late_map(char **argv)
{
	int fd = open_or_exit(argv[0], O_RDONLY);

	wait_for(argv[1], argv[2]);
	look_into(fd);
	return 0;
}

static int run_mmap_out(char **argv)
{
	int fd = open_or_exit(argv[1], O_RDWR | O_CREAT | O_TRUNC);
	char *map;

	if (ftruncate(fd, 4096))
		refused("ftruncate");
	read_file(argv[0]);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		refused("mmap");
	memcpy(map, "mapped\n", 7);
	return munmap(map, 4096);
}

static int run_sendfile(char **argv)
{
	int in = open_or_exit(argv[0], O_RDONLY);
	int out = open_or_exit(argv[1], O_WRONLY | O_CREAT | O_TRUNC);

	if (sendfile(out, in, NULL, 4096) < 0)
		refused("sendfile");
	return 0;
}

static int run_splice(char **argv)
{
	int in = open_or_exit(argv[0], O_RDONLY);
	int out = open_or_exit(argv[1], O_WRONLY | O_CREAT | O_TRUNC);
	ssize_t n;
	int p[2];

	if (pipe(p))
		refused("pipe");
	n = splice(in, NULL, p[1], NULL, 4096, 0);
	if (n < 0)
		refused("splice in");
	if (splice(p[0], NULL, out, NULL, (size_t)n, 0) < 0)
		refused("splice out");
	return 0;
}

static int run_copy_range(char **argv)
{
	int in = open_or_exit(argv[0], O_RDONLY);
	int out = open_or_exit(argv[1], O_WRONLY | O_CREAT | O_TRUNC);

	if (copy_file_range(in, NULL, out, NULL, 4096, 0) < 0)
		refused("copy_file_range");
	return 0;
}

static int run_pass(char **argv)
{
	int fd = open_or_exit(argv[0], O_RDONLY);

	if (dup2(fd, 0) < 0)
		refused("dup2");
	execvp(argv[1], argv + 1);
	refused(argv[1]);
	return 1;
}

/* Its numbers are those of 32-bit programs, and so are its addresses. */
static int call32(int number, unsigned long a, unsigned long b, unsigned long c, const char *what)
{
	int ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(number), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	if (ret < 0) {
		errno = -ret;
		refused(what);
	}
	return ret;
}

static int run_call32(char **argv)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int fd;

	if (low == MAP_FAILED)
		refused("mmap");
	snprintf(low, 4096, "%s", argv[0]);
	fd = call32(5, (unsigned long)low, O_RDONLY, 0, "open");
	call32(3, (unsigned long)fd, (unsigned long)low, 64, "read");
	write_file(argv[1]);
	return 0;
}

static int run_two_ways(char **argv)
{
	close(open_or_exit(argv[0], O_RDONLY));
	close(open_or_exit(argv[0], O_WRONLY));
	return 0;
}

static int run_handle(char **argv)
{
	struct {
		struct file_handle head;
		unsigned char bytes[MAX_HANDLE_SZ];
	} handle = { .head.handle_bytes = MAX_HANDLE_SZ };
	int mount_id, fd;
	char byte;

	if (name_to_handle_at(AT_FDCWD, argv[0], &handle.head, &mount_id, 0))
		refused("name_to_handle_at");
	fd = open_by_handle_at(open_or_exit(argv[1], O_RDONLY | O_DIRECTORY), &handle.head,
			       O_RDONLY);
	if (fd < 0 || read(fd, &byte, 1) < 0)
		refused("open_by_handle_at");
	return 0;
}

static int run_memory(char **argv)
{
	int from = open_or_exit(argv[0], O_RDONLY), to = memfd_create("copy", 0);
	char bytes[64];
	ssize_t n = read(from, bytes, sizeof(bytes));

	if (n < 0 || to < 0 || write(to, bytes, (size_t)n) != n || dup2(to, 9) < 0)
		refused("memfd");
	close(open_or_exit(argv[1], O_WRONLY | O_CREAT));
	while (access(argv[2], F_OK))
		usleep(20000);
	return 0;
}

static const struct mode modes[] = {
	{ "mmap", run_mmap, 1 },	 { "create", run_create, 1 },
	{ "late", run_late, 3 },	 { "late-map", run_late_map, 3 },
	{ "mmap-out", run_mmap_out, 2 }, { "sendfile", run_sendfile, 2 },
	{ "splice", run_splice, 2 },	 { "copy-range", run_copy_range, 2 },
	{ "pass", run_pass, 2 },	 { "two-ways", run_two_ways, 1 },
	{ "handle", run_handle, 2 },	 { "memory", run_memory, 3 },
	{ "call32", run_call32, 2 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
