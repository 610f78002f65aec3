// SPDX-License-Identifier: Apache-2.0
/*
 * test_kernel_ring.c: the reader of the kernel's ring, on memory with the ring's layout.
 *
 * The kernel maps the data twice in a row; a file cannot be, so here what would wrap is written to
 * both places.
 */
#include "kernel/kernel_ring.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 4096UL

/* @got: the first byte of each record that was handed over */
struct world {
	int fd;
	unsigned long *consumer, *producer;
	uint8_t *data;
	struct kernel_ring *ring;
	char got[64];
	size_t n;
	bool release; /* from within the next one */
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t page = (size_t)sysconf(_SC_PAGESIZE), all = 2 * page + 2 * SIZE;
	uint8_t *at;

	assert_non_null(w);
	w->fd = memfd_create("ring", MFD_CLOEXEC);
	assert_int_equal(ftruncate(w->fd, (off_t)all), 0);
	at = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	assert_true(at != MAP_FAILED);
	w->consumer = (unsigned long *)at;
	w->producer = (unsigned long *)(at + page);
	w->data = at + 2 * page;
	*state = w;
	return kernel_ring_open(&w->ring, w->fd, SIZE);
}

static int teardown(void **state)
{
	struct world *w = *state;

	kernel_ring_close(w->ring);
	munmap(w->consumer, 2 * (size_t)sysconf(_SC_PAGESIZE) + 2 * SIZE);
	close(w->fd);
	free(w);
	return 0;
}

static void put(struct world *w, unsigned long at, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = ((const uint8_t *)bytes)[i];

		w->data[(at + i) % SIZE] = w->data[SIZE + (at + i) % SIZE] = byte;
	}
}

/* As the kernel does; @flags: of its length. Returns where. */
static unsigned long produce(struct world *w, char name, uint32_t size, uint32_t flags)
{
	unsigned long at = *w->producer;
	uint32_t header[2] = { size | flags, 0 };

	put(w, at, header, sizeof(header));
	put(w, at + BPF_RINGBUF_HDR_SZ, &name, 1);
	*w->producer = at + ((BPF_RINGBUF_HDR_SZ + size + 7) & ~7UL);
	return at;
}

static void take(void *ctx, const void *data, size_t size)
{
	struct world *w = ctx;

	assert_true(size >= 1);
	w->got[w->n++] = *(const char *)data;
	w->got[w->n] = '\0';
	if (w->release)
		kernel_ring_release(w->ring);
}

static void assert_read(struct world *w, unsigned int most, const char *names)
{
	w->n = 0;
	w->got[0] = '\0';
	kernel_ring_read(w->ring, most, take, w);
	assert_string_equal(w->got, names);
}

/* The next daemon: the one before ended without a word. */
static void start_again(struct world *w)
{
	kernel_ring_close(w->ring);
	assert_int_equal(kernel_ring_open(&w->ring, w->fd, SIZE), 0);
}

static void each_is_handed_over_once(void **state)
{
	struct world *w = *state;

	assert_read(w, 10, "");
	produce(w, 'a', 5, 0);
	produce(w, 'b', 16, 0);
	produce(w, 'c', 1, 0);
	assert_true(kernel_ring_waits(w->ring));
	assert_read(w, 2, "ab");
	assert_read(w, 10, "c");
	assert_read(w, 10, "");
	assert_false(kernel_ring_waits(w->ring));
}

static void what_was_not_let_go_of_comes_again(void **state)
{
	struct world *w = *state;

	produce(w, 'a', 8, 0);
	produce(w, 'b', 8, 0);
	assert_read(w, 1, "a");
	assert_true(kernel_ring_kept(w->ring));
	kernel_ring_release(w->ring);
	assert_false(kernel_ring_kept(w->ring));
	assert_read(w, 1, "b");
	start_again(w);
	assert_false(kernel_ring_kept(w->ring));
	assert_read(w, 10, "b");
	kernel_ring_release(w->ring);
	start_again(w);
	assert_read(w, 10, "");
}

/* A decision that has to be on disk lets go of what was before it, not of what asked for it. */
static void the_one_at_hand_is_kept(void **state)
{
	struct world *w = *state;

	produce(w, 'a', 8, 0);
	produce(w, 'b', 8, 0);
	w->release = true;
	assert_read(w, 10, "ab");
	assert_true(kernel_ring_kept(w->ring));
	start_again(w);
	w->release = false;
	assert_read(w, 10, "b");
}

static void an_unfinished_one_holds_up_the_rest(void **state)
{
	struct world *w = *state;
	uint32_t done[2] = { 8, 0 };
	unsigned long at;

	produce(w, 'a', 8, 0);
	at = produce(w, 'b', 8, BPF_RINGBUF_BUSY_BIT);
	produce(w, 'c', 8, 0);
	assert_read(w, 10, "a");
	kernel_ring_release(w->ring);
	assert_true(kernel_ring_waits(w->ring));
	put(w, at, done, sizeof(done));
	assert_read(w, 10, "bc");
}

static void one_that_was_given_up_is_passed_over(void **state)
{
	struct world *w = *state;

	produce(w, 'a', 8, 0);
	produce(w, 'b', 24, BPF_RINGBUF_DISCARD_BIT);
	produce(w, 'c', 8, 0);
	assert_read(w, 10, "ac");
}

static void it_goes_round(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 100; i++) {
		produce(w, (char)('a' + i % 26), 300, 0);
		produce(w, 'A', 71, 0);
		assert_read(w, 10, (char[]){ (char)('a' + i % 26), 'A', '\0' });
		kernel_ring_release(w->ring);
	}
	assert_true(*w->consumer > 5 * SIZE);
}

static void half_of_it_is_a_crowd(void **state)
{
	struct world *w = *state;

	produce(w, 'a', SIZE / 2 - BPF_RINGBUF_HDR_SZ, 0);
	assert_false(kernel_ring_crowded(w->ring));
	produce(w, 'b', 8, 0);
	assert_true(kernel_ring_crowded(w->ring));
	assert_read(w, 10, "ab");
	assert_true(kernel_ring_crowded(w->ring));
	kernel_ring_release(w->ring);
	assert_false(kernel_ring_crowded(w->ring));
}

static void what_is_no_ring_is_refused(void **state)
{
	struct world *w = *state;
	struct kernel_ring *ring = NULL;
	int fds[2];

	(void)w;
	assert_int_equal(pipe(fds), 0);
	assert_true(kernel_ring_open(&ring, fds[0], SIZE) < 0);
	kernel_ring_close(ring);
	close(fds[0]);
	close(fds[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(each_is_handed_over_once),
		TEST(what_was_not_let_go_of_comes_again),
		TEST(the_one_at_hand_is_kept),
		TEST(an_unfinished_one_holds_up_the_rest),
		TEST(one_that_was_given_up_is_passed_over),
		TEST(it_goes_round),
		TEST(half_of_it_is_a_crowd),
		TEST(what_is_no_ring_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
