/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uring.h: an io_uring by system calls alone, for the programs that use one.
 *
 * Owns: making, mapping, submitting and waiting. Must not own: what is done by it.
 */
#ifndef TEST_URING_H
#define TEST_URING_H

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "program.h"

struct ring {
	int fd;
	struct io_uring_params params;
	char *queue;
	struct io_uring_sqe *sqes;
};

static inline void ring_make(struct ring *ring)
{
	ring->fd = (int)syscall(SYS_io_uring_setup, 4, &ring->params);
	if (ring->fd < 0)
		refused("io_uring_setup");
}

static inline void ring_map(struct ring *ring)
{
	size_t size;

	size = ring->params.cq_off.cqes + ring->params.cq_entries * sizeof(struct io_uring_cqe);
	if (size < ring->params.sq_off.array + ring->params.sq_entries * sizeof(unsigned int))
		size = ring->params.sq_off.array + ring->params.sq_entries * sizeof(unsigned int);
	ring->queue = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->sqes =
		mmap(NULL, ring->params.sq_entries * sizeof(*ring->sqes), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
	if (ring->queue == MAP_FAILED || ring->sqes == MAP_FAILED)
		refused("mmap");
}

static inline unsigned int *field(const struct ring *ring, unsigned int offset)
{
	return (unsigned int *)(void *)(ring->queue + offset);
}

static inline void ring_open(struct ring *ring)
{
	ring_make(ring);
	ring_map(ring);
}

/* Leaves @sqe for the next who submits. */
static inline void ring_queue(struct ring *ring, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *field(ring, ring->params.sq_off.tail);
	unsigned int slot = tail & *field(ring, ring->params.sq_off.ring_mask);

	ring->sqes[slot] = *sqe;
	field(ring, ring->params.sq_off.array)[slot] = slot;
	__atomic_store_n(field(ring, ring->params.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
}

/*
 * Submits @sqe and waits for its completion. Return: its result; exits with what it says when that
 * is an error.
 */
static inline int ring_do(struct ring *ring, const struct io_uring_sqe *sqe, const char *what)
{
	const struct io_uring_cqe *cqe;
	unsigned int head;

	ring_queue(ring, sqe);
	head = *field(ring, ring->params.cq_off.head);
	/* Without a thread of the kernel to wake that flag means nothing. */
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1,
		    IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP, NULL, 0) < 0)
		refused("io_uring_enter");
	while (__atomic_load_n(field(ring, ring->params.cq_off.tail), __ATOMIC_ACQUIRE) == head)
		if (syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) <
			    0 &&
		    errno != EINTR)
			refused("io_uring_enter");
	cqe = (const void *)(ring->queue + ring->params.cq_off.cqes);
	cqe += head & *field(ring, ring->params.cq_off.ring_mask);
	__atomic_store_n(field(ring, ring->params.cq_off.head), head + 1, __ATOMIC_RELEASE);
	if (cqe->res < 0) {
		errno = -cqe->res;
		refused(what);
	}
	return cqe->res;
}

#endif
