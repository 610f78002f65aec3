/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.c: two processes use one io_uring, or one packet socket; the first one reads FILE and leaves
 * what it read there, the other one fetches it and writes OUT.
 *
 *   memory FILE OUT    the other one has taken the ring (pidfd_getfd), and has it mapped
 *   map, submit, register FILE OUT
 *                      it was started with the ring open: it maps it, submits what lies there, or
 *                      registers a buffer of its own
 *   buffers FILE OUT   the same: it writes what lies in a buffer that the first one registered
 *   late FILE OUT      as "map", when the first one has ended
 *   message, blind FILE OUT
 *                      the first one was started with the ring open, and sends it a message from a
 *                      ring of its own, or without one
 *   packet, xdp, perf FILE OUT
 *                      as "memory", of a packet socket on the loopback interface, of a queue of an
 *                      AF_XDP socket, or of a perf event
 *   kick, xdp-kick FILE OUT
 *                      as "submit", of such a socket
 *   alone FILE OUT     one process with a ring of its own: reads FILE and writes OUT through it
 *   holds FILE OUT     who has a ring reads FILE, writes OUT and stays
 *   starts FILE OUT    who has a ring starts a program that reads FILE, and writes OUT
 *   events FILE OUT    no ring: one writes an eventfd, and the other one reads one of its own
 *
 * Owns no expectation; see program.h for the exit status. They speak by signals, which carry
 * nothing, once FILE is read.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/perf_event.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "uring.h"

#define SIZE 4096
#define PLACE 100 /* of a descriptor that another process takes */
#define REGISTER_SEND_MSG_RING 31 /* since 6.13 */

/* A child that does not outlive its parent, should that fail. */
static pid_t fork_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		refused("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

static void wait_for_turn(void)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (sigwait(&set, &got))
		refused("sigwait");
}

/* To the parent: ready. Returns when it says so. */
static void stop_here(void)
{
	raise(SIGSTOP);
	wait_for_turn();
}

static void wait_stopped(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WUNTRACED) != pid)
		refused("waitpid");
	if (!WIFSTOPPED(status))
		exit(WEXITSTATUS(status));
	kill(pid, SIGCONT);
}

static int end_of(pid_t pid)
{
	int status;

	kill(pid, SIGUSR1);
	if (waitpid(pid, &status, 0) != pid)
		refused("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- descriptors in messages ---- */

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static void give(int sock, int fd, const struct io_uring_params *params)
{
	union control control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec part = { (void *)(uintptr_t)params, sizeof(*params) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(sock, &message, 0) < 0)
		refused("sendmsg");
}

static void take(int sock, struct ring *ring)
{
	union control control = { 0 };
	struct iovec part = { &ring->params, sizeof(ring->params) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	if (recvmsg(sock, &message, MSG_CMSG_CLOEXEC) < 0)
		refused("recvmsg");
	if (message.msg_flags & MSG_CTRUNC) {
		errno = ENOMEM;
		refused("no descriptor came");
	}
	memcpy(&ring->fd, CMSG_DATA(&control.header), sizeof(ring->fd));
}

/* ---- what the first one does ---- */

static char *page;

static void register_page(const struct ring *ring)
{
	struct iovec buffer;

	page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	buffer = (struct iovec){ page, SIZE };
	if (page == MAP_FAILED ||
	    syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS, &buffer, 1) < 0)
		refused("io_uring_register");
}

static void read_into_page(const char *path)
{
	int fd = open_or_exit(path, O_RDONLY);

	if (read(fd, page, 8) < 0)
		refused("read");
	close(fd);
}

/* Eight bytes of FILE lie in the ring, as the name of a request that does nothing. */
static void leave_in_ring(struct ring *ring, const char *path)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_NOP };
	int fd = open_or_exit(path, O_RDONLY);

	if (read(fd, &sqe.user_data, sizeof(sqe.user_data)) < 0)
		refused("read");
	close(fd);
	ring_queue(ring, &sqe);
}

/* ---- what the other one does ---- */

static void write_page_out(struct ring *ring, unsigned long address, const char *out)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_WRITE_FIXED,
				    .fd = open_out(out),
				    .addr = address,
				    .len = 8 };

	ring_do(ring, &sqe, "write_fixed");
}

static void expect_bytes(const volatile void *at)
{
	if (!*(const volatile unsigned long *)at)
		fprintf(stderr, "nothing came\n");
}

/* The other one is the parent, which takes the ring out of its child. */
static int run_memory(char **argv)
{
	struct ring ring = { 0 }, other = { 0 };
	pid_t pid;
	int pidfd;

	pid = fork_child();
	if (!pid) {
		ring_open(&ring);
		if (dup2(ring.fd, PLACE) < 0)
			refused("dup2");
		stop_here();
		leave_in_ring(&ring, argv[0]);
		stop_here();
		_exit(0);
	}
	wait_stopped(pid);
	ring_make(&other); /* as large: the same places */
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	other.fd = (int)syscall(SYS_pidfd_getfd, pidfd, PLACE, 0);
	if (other.fd < 0)
		refused("pidfd_getfd");
	ring_map(&other);
	kill(pid, SIGUSR1);
	wait_stopped(pid);
	expect_bytes(&other.sqes[0].user_data);
	write_file(argv[1]);
	return end_of(pid);
}

/* This process becomes another program, with @fd open, which goes on as @mode and knows @value. */
static void become_heir(const char *mode, int fd, unsigned long value, char **argv)
{
	char number[12], known[24];

	snprintf(number, sizeof(number), "%d", fd);
	snprintf(known, sizeof(known), "%lu", value);
	fcntl(fd, F_SETFD, 0);
	execl("/proc/self/exe", "ring", mode, argv[0], argv[1], number, known, NULL);
	refused("exec");
}

/* A child does so; it goes on when it is told. */
static pid_t heir(const char *mode, int fd, char **argv)
{
	pid_t pid = fork_child();

	if (!pid)
		become_heir(mode, fd, (unsigned long)page, argv);
	return pid;
}

static int inherited(const char *mode, char **argv)
{
	struct ring ring = { 0 };
	pid_t pid;

	ring_open(&ring);
	pid = heir(mode, ring.fd, argv);
	wait_stopped(pid);
	leave_in_ring(&ring, argv[0]);
	return end_of(pid);
}

static int run_map(char **argv)
{
	return inherited("heir-maps", argv);
}

static int run_submit(char **argv)
{
	return inherited("heir-submits", argv);
}

static int run_register(char **argv)
{
	return inherited("heir-registers", argv);
}

static void map_and_write(int fd, const char *out)
{
	struct ring ring = { 0 };

	ring_make(&ring); /* as large: the same places */
	ring.fd = fd;
	ring_map(&ring);
	expect_bytes(&ring.sqes[0].user_data);
	write_file(out);
}

static int heir_maps(char **argv)
{
	stop_here();
	map_and_write(atoi(argv[2]), argv[1]);
	return 0;
}

/* Here the first one is the child, and who started it becomes another program. */
static int run_late(char **argv)
{
	struct ring ring = { 0 };
	pid_t pid;

	ring_open(&ring);
	pid = fork_child();
	if (!pid) {
		wait_for_turn();
		leave_in_ring(&ring, argv[0]);
		_exit(0);
	}
	become_heir("heir-waits", ring.fd, (unsigned long)pid, argv);
	return 1;
}

static int heir_waits(char **argv)
{
	if (end_of(atoi(argv[3])))
		return 1;
	map_and_write(atoi(argv[2]), argv[1]);
	return 0;
}

static int heir_submits(char **argv)
{
	stop_here();
	if (syscall(SYS_io_uring_enter, atoi(argv[2]), 1, 0, 0, NULL, 0) != 1)
		refused("io_uring_enter");
	write_file(argv[1]);
	return 0;
}

static int heir_registers(char **argv)
{
	struct ring ring = { .fd = atoi(argv[2]) };

	stop_here();
	register_page(&ring);
	write_file(argv[1]);
	return 0;
}

static int run_buffers(char **argv)
{
	struct ring ring = { 0 };
	pid_t pid;

	ring_make(&ring);
	register_page(&ring);
	pid = heir("heir-writes", ring.fd, argv);
	wait_stopped(pid);
	read_into_page(argv[0]);
	return end_of(pid);
}

static int heir_writes(char **argv)
{
	struct ring ring = { 0 };

	ring_make(&ring); /* as large: the same places */
	ring.fd = atoi(argv[2]);
	stop_here();
	ring_map(&ring);
	write_page_out(&ring, strtoul(argv[3], NULL, 10), argv[1]);
	return 0;
}

static int message(const char *mode, char **argv)
{
	struct ring ring = { 0 };
	const struct io_uring_cqe *cqe;
	pid_t pid;
	int status;

	ring_open(&ring);
	pid = heir(mode, ring.fd, argv);
	wait_stopped(pid);
	status = end_of(pid);
	if (status)
		return status;
	cqe = (const void *)(ring.queue + ring.params.cq_off.cqes);
	expect_bytes(&cqe->user_data);
	write_file(argv[1]);
	return 0;
}

static int run_message(char **argv)
{
	return message("heir-sends", argv);
}

static int run_blind(char **argv)
{
	return message("heir-sends-blind", argv);
}

/* With what FILE begins. */
static struct io_uring_sqe message_of(char **argv)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_MSG_RING, .fd = atoi(argv[2]), .len = 1 };
	int fd;

	stop_here();
	fd = open_or_exit(argv[0], O_RDONLY);
	if (read(fd, (void *)&sqe.off, sizeof(sqe.off)) < 0)
		refused("read");
	close(fd);
	return sqe;
}

static int heir_sends(char **argv)
{
	struct io_uring_sqe sqe = message_of(argv);
	struct ring ring = { 0 };

	ring_open(&ring);
	ring_do(&ring, &sqe, "msg_ring");
	return 0;
}

static int heir_sends_blind(char **argv)
{
	struct io_uring_sqe sqe = message_of(argv);

	if (syscall(SYS_io_uring_register, -1, REGISTER_SEND_MSG_RING, &sqe, 1) < 0)
		refused("io_uring_register");
	return 0;
}

/* ---- packet sockets ---- */

static int packet_socket(void)
{
	struct tpacket_req room = {
		.tp_block_size = SIZE, .tp_block_nr = 1, .tp_frame_size = SIZE, .tp_frame_nr = 1
	};
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex("lo") };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &room, sizeof(room)))
		refused("packet socket");
	return fd;
}

static int xdp_socket(void)
{
	struct xdp_umem_reg memory = { .len = 2 * SIZE, .chunk_size = SIZE };
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0), slots = 4;
	void *frames = mmap(NULL, memory.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	memory.addr = (unsigned long)frames;
	if (fd < 0 || frames == MAP_FAILED ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &slots, sizeof(slots)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &slots, sizeof(slots)) ||
	    setsockopt(fd, SOL_XDP, XDP_TX_RING, &slots, sizeof(slots)))
		refused("AF_XDP socket");
	return fd;
}

/* What is bound cannot be mapped any more. */
static void xdp_bind(int fd)
{
	struct sockaddr_xdp at = { .sxdp_family = AF_XDP,
				   .sxdp_ifindex = if_nametoindex("lo"),
				   .sxdp_flags = XDP_COPY };

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		refused("bind");
}

/* One that counts nothing. */
static int perf_event(void)
{
	struct perf_event_attr what = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(what),
					.config = PERF_COUNT_SW_DUMMY };
	int fd = (int)syscall(SYS_perf_event_open, &what, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		refused("perf_event_open");
	return fd;
}

/* What has memory that can be mapped, where, and what is to be done when all have it mapped. */
static const struct queue {
	int (*make)(void);
	off_t at;
	void (*use)(int fd);
} packet_queue = { packet_socket, 0, NULL },
  xdp_queue = { xdp_socket, XDP_PGOFF_TX_RING, xdp_bind }, perf_queue = { perf_event, 0, NULL };

static char *queue_map(const struct queue *queue, int fd)
{
	char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, queue->at);

	if (at == MAP_FAILED)
		refused("mmap");
	return at;
}

static int queue_memory(const struct queue *queue, char **argv)
{
	struct ring ring = { 0 };
	int pair[2];
	pid_t pid;
	char *at;

	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
	pid = fork_child();
	if (!pid) {
		take(pair[1], &ring);
		at = queue_map(queue, ring.fd);
		stop_here();
		expect_bytes(at + SIZE / 2);
		write_file(argv[1]);
		_exit(0);
	}
	ring.fd = queue->make();
	give(pair[0], ring.fd, &ring.params);
	wait_stopped(pid);
	at = queue_map(queue, ring.fd);
	if (queue->use)
		queue->use(ring.fd);
	read_file(argv[0]);
	strcpy(at + SIZE / 2, "labeled");
	return end_of(pid);
}

static int queue_kick(const struct queue *queue, char **argv)
{
	int fd = queue->make();
	pid_t pid = heir("heir-kicks", fd, argv);

	wait_stopped(pid);
	queue_map(queue, fd);
	if (queue->use)
		queue->use(fd);
	read_file(argv[0]);
	return end_of(pid);
}

static int run_packet(char **argv)
{
	return queue_memory(&packet_queue, argv);
}

static int run_xdp(char **argv)
{
	return queue_memory(&xdp_queue, argv);
}

static int run_perf(char **argv)
{
	return queue_memory(&perf_queue, argv);
}

static int run_kick(char **argv)
{
	return queue_kick(&packet_queue, argv);
}

static int run_xdp_kick(char **argv)
{
	return queue_kick(&xdp_queue, argv);
}

static int heir_kicks(char **argv)
{
	stop_here();
	if (send(atoi(argv[2]), NULL, 0, MSG_DONTWAIT) < 0)
		refused("send");
	write_file(argv[1]);
	return 0;
}

/* ---- neighbours ---- */

static int run_alone(char **argv)
{
	struct ring ring = { 0 };
	struct io_uring_sqe sqe = { .opcode = IORING_OP_READ_FIXED, .len = 8 };

	ring_open(&ring);
	register_page(&ring);
	sqe.fd = open_or_exit(argv[0], O_RDONLY);
	sqe.addr = (unsigned long)page;
	ring_do(&ring, &sqe, "read_fixed");
	write_page_out(&ring, (unsigned long)page, argv[1]);
	return 0;
}

static int run_holds(char **argv)
{
	struct ring ring = { 0 };

	ring_open(&ring);
	read_file(argv[0]);
	write_file(argv[1]);
	return pause();
}

static int run_starts(char **argv)
{
	struct ring ring = { 0 };
	pid_t pid;
	int status;

	ring_open(&ring);
	pid = fork_child();
	if (!pid) {
		dup2(open_or_exit("/dev/null", O_WRONLY), 1);
		execl("/bin/cat", "cat", argv[0], NULL);
		refused("exec");
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	write_file(argv[1]);
	return 0;
}

static int run_events(char **argv)
{
	int own = eventfd(1, 0), status;
	eventfd_t value;
	pid_t pid = fork_child();

	if (!pid) {
		read_file(argv[0]);
		_exit(eventfd_write(eventfd(0, 0), 1) ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) != pid || status || eventfd_read(own, &value))
		return 1;
	write_file(argv[1]);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "memory", run_memory, 2 },	   { "late", run_late, 2 },
		{ "buffers", run_buffers, 2 },	   { "map", run_map, 2 },
		{ "submit", run_submit, 2 },	   { "register", run_register, 2 },
		{ "message", run_message, 2 },	   { "blind", run_blind, 2 },
		{ "packet", run_packet, 2 },	   { "kick", run_kick, 2 },
		{ "alone", run_alone, 2 },	   { "starts", run_starts, 2 },
		{ "events", run_events, 2 },	   { "heir-maps", heir_maps, 4 },
		{ "heir-submits", heir_submits, 4 }, { "heir-registers", heir_registers, 4 },
		{ "heir-writes", heir_writes, 4 },   { "heir-waits", heir_waits, 4 },
		{ "heir-sends", heir_sends, 4 },     { "heir-sends-blind", heir_sends_blind, 4 },
		{ "heir-kicks", heir_kicks, 4 },     { "holds", run_holds, 2 },
		{ "xdp", run_xdp, 2 },		     { "xdp-kick", run_xdp_kick, 2 },
		{ "perf", run_perf, 2 },
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return run_mode(modes, sizeof(modes) / sizeof(*modes), argc, argv);
}
