/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment.c: two processes have the same memory mapped; one reads FILE and writes there, the other
 * one, which had it mapped before, looks there and writes OUT.
 *
 *   file, memfd, posix, sysv FILE OUT  each of them maps it
 *   anonymous, zero FILE OUT           the child has it from its parent
 *   private FILE OUT                   the same, but it is not shared
 *   read-only FILE OUT                 the other one may only read the memory
 *   relay FILE OUT    a third one copies from one memory into another, without a system call
 *   late FILE OUT     the other one maps the memory when the first one has ended
 *   leaves FILE OUT   a third one had it mapped first, and has ended
 *   store FILE OUT    OUT itself is mapped before FILE is read, and written by that
 *   through FILE OUT  who maps OUT.shared gets what a third one, who has read FILE, writes there
 *   watch FILE OUT    maps FILE and writes OUT when another process has stored there
 *   twin FILE OUT TWIN  as file; TWIN is removed when the other one has mapped OUT.shared
 *   below, above FILE OUT LOWER
 *                     as file, where an overlay has OUT and LOWER lies below OUT.shared: who looks
 *                     has mapped LOWER, or who reads FILE has
 *   started FILE OUT  who read FILE was started by exec, so that it has nothing mapped
 *
 * Owns no expectation; see program.h for the exit status. They speak by signals, which carry
 * nothing.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "peer.h"

#define SIZE 4096

static const char *out;
static volatile char *memory;
static int handle; /* descriptor or number of what is mapped */

static volatile char *map(int fd, int prot, int flags)
{
	void *at = mmap(NULL, SIZE, prot, flags, fd, 0);

	if (at == MAP_FAILED)
		refused("mmap");
	return at;
}

static int sized(int fd)
{
	if (fd < 0 || ftruncate(fd, SIZE))
		refused("file");
	return fd;
}

static void make_file(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s.shared", out);
	handle = sized(open_or_exit(path, O_RDWR | O_CREAT));
}

static void make_memfd(void)
{
	handle = sized(memfd_create("shared", 0));
}

static void make_posix(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/segment-%d", getpid());
	handle = sized(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	shm_unlink(name);
}

static void make_sysv(void)
{
	handle = shmget(IPC_PRIVATE, SIZE, 0600);
	if (handle < 0)
		refused("shmget");
}

static void map_handle(void)
{
	memory = map(handle, PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void map_read_only(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", handle);
	memory = map(open_or_exit(path, O_RDONLY), PROT_READ, MAP_SHARED);
}

static void map_sysv(void)
{
	memory = shmat(handle, NULL, 0);
	if (memory == (void *)-1)
		refused("shmat");
}

static void map_anonymous(void)
{
	memory = map(-1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
}

static void map_zero(void)
{
	memory = map(open_or_exit("/dev/zero", O_RDWR), PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void map_private(void)
{
	memory = map(-1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
}

static void nothing(void)
{
}

/* A child does @first; when it has, the parent goes on; @then follows when end_of() says so. */
static pid_t child(void (*first)(void), void (*then)(void))
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		refused("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* what is refused to the parent ends both */
		if (getppid() != parent)
			_exit(1);
		first();
		raise(SIGSTOP);
		wait_for(SIGUSR1);
		then();
		_exit(0);
	}
	wait_stopped(pid);
	kill(pid, SIGCONT);
	return pid;
}

/* Lets @pid go on, and waits for its end. */
static int end_of(pid_t pid)
{
	kill(pid, SIGUSR1);
	return child_status(pid);
}

static void look_and_write(void)
{
	if (memory[0] != 'x')
		fprintf(stderr, "nothing came\n");
	write_file(out);
}

static void read_and_store(char **argv)
{
	read_file(argv[0]);
	memory[0] = 'x';
}

/* Each of the two maps it. */
static int both(void (*theirs)(void), void (*ours)(void), char **argv)
{
	pid_t pid = child(theirs, look_and_write);

	ours();
	read_and_store(argv);
	return end_of(pid);
}

/* The child has it from its parent. */
static int inherited(void (*ours)(void), char **argv)
{
	pid_t pid;

	ours();
	pid = child(nothing, look_and_write);
	read_and_store(argv);
	return end_of(pid);
}

static int run_file(char **argv)
{
	make_file();
	return both(map_handle, map_handle, argv);
}

static int run_memfd(char **argv)
{
	make_memfd();
	return both(map_handle, map_handle, argv);
}

static int run_posix(char **argv)
{
	make_posix();
	return both(map_handle, map_handle, argv);
}

static int run_sysv(char **argv)
{
	int result;

	make_sysv();
	result = both(map_sysv, map_sysv, argv);
	shmctl(handle, IPC_RMID, NULL);
	return result;
}

static int run_read_only(char **argv)
{
	make_memfd();
	return both(map_read_only, map_handle, argv);
}

static int run_anonymous(char **argv)
{
	return inherited(map_anonymous, argv);
}

static int run_zero(char **argv)
{
	return inherited(map_zero, argv);
}

static int run_private(char **argv)
{
	return inherited(map_private, argv);
}

static int other; /* handle of the memory that is copied into */
static volatile char *from;

static void map_other(void)
{
	memory = map(other, PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void map_both(void)
{
	from = map(handle, PROT_READ, MAP_SHARED);
	map_other();
}

/* Never calls the kernel again. */
static void relay(void)
{
	for (;;)
		memory[0] = from[0];
}

static int run_relay(char **argv)
{
	pid_t last, between;
	int status;

	make_memfd();
	other = handle;
	make_memfd();
	last = child(map_other, look_and_write);
	between = child(map_both, relay);
	kill(between, SIGUSR1);
	map_handle();
	read_and_store(argv);
	usleep(200000);
	status = end_of(last);
	kill(between, SIGKILL);
	return status;
}

static void map_and_write(void)
{
	map_handle();
	look_and_write();
}

static int run_late(char **argv)
{
	pid_t first, last;

	make_memfd();
	last = child(nothing, map_and_write);
	first = fork();
	if (!first) {
		map_handle();
		read_and_store(argv);
		_exit(0);
	}
	waitpid(first, NULL, 0);
	return end_of(last);
}

/* The one that reads FILE maps it when the one that mapped it first has ended. */
static int run_leaves(char **argv)
{
	pid_t first, last;

	make_memfd();
	first = child(map_handle, nothing);
	last = child(map_handle, look_and_write);
	if (end_of(first))
		return 1;
	map_handle();
	read_and_store(argv);
	return end_of(last);
}

static int run_store(char **argv)
{
	handle = sized(open_or_exit(argv[1], O_RDWR | O_CREAT));
	map_handle();
	close(handle);
	read_and_store(argv);
	return 0;
}

static char **arguments;

static void write_into_file(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s.shared", out);
	read_file(arguments[0]);
	write_file(path);
}

static int run_through(char **argv)
{
	pid_t pid;

	arguments = argv;
	pid = child(nothing, write_into_file);
	make_file();
	map_handle();
	if (end_of(pid))
		return 1;
	write_file(out);
	return 0;
}

static int run_watch(char **argv)
{
	handle = sized(open_or_exit(argv[0], O_RDWR | O_CREAT));
	map_handle();
	while (memory[0] != 'x')
		usleep(10000);
	write_file(argv[1]);
	return 0;
}

static int run_twin(char **argv)
{
	pid_t pid;

	make_file();
	pid = child(map_handle, look_and_write);
	if (unlink(argv[2]))
		refused("unlink");
	map_handle();
	read_and_store(argv);
	return end_of(pid);
}

static int run_below(char **argv)
{
	make_file();
	other = open_or_exit(argv[2], O_RDWR);
	return both(map_other, map_handle, argv);
}

static int run_above(char **argv)
{
	make_file();
	other = open_or_exit(argv[2], O_RDWR);
	return both(map_handle, map_other, argv);
}

static int run_started(char **argv)
{
	pid_t pid;
	int status;

	map_anonymous();
	pid = fork();
	if (!pid) {
		int null = open_or_exit("/dev/null", O_WRONLY);

		dup2(null, 1);
		execl("/bin/cat", "cat", argv[0], NULL);
		refused("exec");
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	write_file(out);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "file", run_file, 2 },	   { "memfd", run_memfd, 2 },
		{ "posix", run_posix, 2 },	   { "sysv", run_sysv, 2 },
		{ "anonymous", run_anonymous, 2 }, { "zero", run_zero, 2 },
		{ "read-only", run_read_only, 2 }, { "relay", run_relay, 2 },
		{ "late", run_late, 2 },	   { "leaves", run_leaves, 2 },
		{ "store", run_store, 2 },	   { "through", run_through, 2 },
		{ "started", run_started, 2 },	   { "private", run_private, 2 },
		{ "watch", run_watch, 2 },	   { "twin", run_twin, 3 },
		{ "below", run_below, 3 },	   { "above", run_above, 3 },
	};
	sigset_t set;

	umask(0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	out = argc > 3 ? argv[3] : NULL;
	return run_mode(modes, sizeof(modes) / sizeof(*modes), argc, argv);
}
