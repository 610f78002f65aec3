/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_ring.h: the kernel's ring of events, whose records stay in it until they are let go.
 *
 * Owns: reading it, and when the kernel may write over what was read. libbpf's reader lets go of
 * each record as soon as it was handed over; here that comes later, when what it led to is on disk:
 * after a daemon that was killed in between the next one finds it again.
 * Must not own: what a record means (event.h), or when it is on disk (loop.h).
 *
 * Layout: linux/bpf.h (BPF_RINGBUF_*) and kernel/bpf/ringbuf.c: a page with the reader's position,
 * a page with the writer's, and the data, twice in a row, so that a record is never in two pieces.
 */
#ifndef SLUICE_KERNEL_RING_H
#define SLUICE_KERNEL_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_ring;

/**
 * kernel_ring_open() - read from the oldest record that nobody has let go of.
 * @fd: the map, borrowed; readable when records wait that were not let go of
 * @size: of the data, in bytes; a power of two
 * Return: 0 or a negative errno; kernel_ring_close() for both.
 */
int kernel_ring_open(struct kernel_ring **ret, int fd, size_t size);
struct kernel_ring *kernel_ring_close(struct kernel_ring *ring);

/*
 * Hands over what has come since, no more than @most records; @data is valid until it is let go of.
 * One that is not complete yet holds up those behind it.
 */
typedef void (*kernel_ring_fn)(void *ctx, const void *data, size_t size);
void kernel_ring_read(struct kernel_ring *ring, unsigned int most, kernel_ring_fn fn, void *ctx);

/* Lets go of all that was handed over; of a record only when @fn has returned from it. */
void kernel_ring_release(struct kernel_ring *ring);

bool kernel_ring_kept(const struct kernel_ring *ring);	  /* something was not let go of */
bool kernel_ring_crowded(const struct kernel_ring *ring); /* more than half of it is in use */

/*
 * Something came that was not handed over. The kernel says so by @fd only when all before it had
 * been let go of: ask after kernel_ring_release().
 */
bool kernel_ring_waits(const struct kernel_ring *ring);

#endif
