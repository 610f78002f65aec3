/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_ring.c: see kernel_ring.h.
 */
#include "kernel_ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ALIGNMENT 8UL

/**
 * @consumer: up to where the kernel may write again; it outlives this process
 * @next: up to where records were handed over
 */
struct kernel_ring {
	size_t page, size;
	unsigned long *consumer;
	const unsigned long *producer;
	const uint8_t *data;
	unsigned long next;
};

struct kernel_ring *kernel_ring_close(struct kernel_ring *ring)
{
	if (!ring)
		return NULL;
	if (ring->consumer)
		munmap(ring->consumer, ring->page);
	if (ring->producer)
		munmap((void *)ring->producer, ring->page + 2 * ring->size);
	free(ring);
	return NULL;
}

static void *map(int fd, size_t size, int protection, size_t offset)
{
	void *at = mmap(NULL, size, protection, MAP_SHARED, fd, (off_t)offset);

	return at == MAP_FAILED ? NULL : at;
}

int kernel_ring_open(struct kernel_ring **ret, int fd, size_t size)
{
	struct kernel_ring *ring = calloc(1, sizeof(*ring));

	*ret = ring;
	if (!ring)
		return -ENOMEM;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->size = size;
	ring->consumer = map(fd, ring->page, PROT_READ | PROT_WRITE, 0);
	if (!ring->consumer)
		return -errno;
	ring->producer = map(fd, ring->page + 2 * size, PROT_READ, ring->page);
	if (!ring->producer)
		return -errno;
	ring->data = (const uint8_t *)ring->producer + ring->page;
	ring->next = __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
	return 0;
}

static unsigned long produced(const struct kernel_ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

void kernel_ring_read(struct kernel_ring *ring, unsigned int most, kernel_ring_fn fn, void *ctx)
{
	while (most && ring->next < produced(ring)) {
		const uint8_t *at = ring->data + (ring->next & (ring->size - 1));
		uint32_t length = __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE);
		unsigned long size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return;
		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			fn(ctx, at + BPF_RINGBUF_HDR_SZ, size);
			most--;
		}
		ring->next += (size + BPF_RINGBUF_HDR_SZ + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	}
}

/*
 * The fence: kernel_ring_waits() must see what the kernel wrote before it looked at our position.
 */
void kernel_ring_release(struct kernel_ring *ring)
{
	__atomic_store_n(ring->consumer, ring->next, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static unsigned long released(const struct kernel_ring *ring)
{
	return __atomic_load_n(ring->consumer, __ATOMIC_RELAXED);
}

bool kernel_ring_kept(const struct kernel_ring *ring)
{
	return released(ring) != ring->next;
}

bool kernel_ring_crowded(const struct kernel_ring *ring)
{
	return produced(ring) - released(ring) > ring->size / 2;
}

bool kernel_ring_waits(const struct kernel_ring *ring)
{
	return produced(ring) > ring->next;
}
