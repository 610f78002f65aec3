// SPDX-License-Identifier: Apache-2.0
/*
 * test_kernel_object.c: labels that the kernel adds at the worst moment stay: after each look at an
 * object, and before each program that is run. The maps of libbpf are played here.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "kernel/kernel_private.h"

#define OBJECTS 7 /* stands for file descriptors */
#define RELABEL 8
#define SECRET 0x1ULL
#define ARRIVES 0x80ULL

static struct sluice_object object;
static bool exists, arrives;

/* A tainted process writes into the file. */
static void arrive(void)
{
	if (!arrives)
		return;
	exists = true;
	object.acquired |= ARRIVES;
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	(void)key;
	assert_int_equal(fd, OBJECTS);
	if (exists)
		memcpy(value, &object, sizeof(object));
	errno = ENOENT;
	arrive();
	return exists && value ? 0 : -1;
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	(void)key;
	(void)flags;
	assert_int_equal(fd, OBJECTS);
	memcpy(&object, value, sizeof(object));
	exists = true;
	return 0;
}

int bpf_map_delete_elem(int fd, const void *key)
{
	(void)key;
	assert_int_equal(fd, OBJECTS);
	memset(&object, 0, sizeof(object));
	exists = false;
	return 0;
}

int bpf_map_get_next_key(int fd, const void *at, void *next)
{
	(void)fd;
	memset(next, 0, sizeof(struct sluice_object_id));
	return at || !exists ? -1 : 0;
}

/* What bpf/relabel.bpf.c does. */
int bpf_prog_test_run_opts(int fd, struct bpf_test_run_opts *opts)
{
	const struct sluice_relabel *args = opts->ctx_in;
	__u64 *labels;

	assert_int_equal(fd, RELABEL);
	arrive();
	labels = args->slot == SLUICE_RELABEL_ACQUIRED ? &object.acquired
						       : &object.policy[args->slot];
	exists |= args->add != 0;
	*labels = (*labels & ~args->remove) | args->add;
	opts->retval = 0;
	return 0;
}

int kernel_fail(struct kernel_error *error, int err, const char *format, ...)
{
	(void)error;
	(void)format;
	return err;
}

static struct kernel kernel = { .map[KMAP_OBJECTS] = OBJECTS, .program[KRUN_RELABEL] = RELABEL };
static const struct sluice_object_id id = { .ino = 5 };

static int setup(void **state)
{
	(void)state;
	memset(&object, 0, sizeof(object));
	exists = false;
	arrives = true;
	return 0;
}

static void test_policy(void **state)
{
	(void)state;
	assert_int_equal(kernel_object_policy(&kernel, &id, 1, SECRET), 0);
	assert_int_equal(object.policy[1], SECRET);
	assert_int_equal(object.acquired, ARRIVES);
}

static void test_acquire(void **state)
{
	(void)state;
	assert_int_equal(kernel_object_acquire(&kernel, &id, SECRET, 0), 0);
	assert_int_equal(object.acquired, SECRET | ARRIVES);
	assert_int_equal(kernel_object_acquire(&kernel, &id, 0, SECRET), 0);
	assert_int_equal(object.acquired, ARRIVES);
}

static void test_clear_slot(void **state)
{
	(void)state;
	exists = true;
	object.policy[0] = SECRET;
	kernel_object_clear_slot(&kernel, 0);
	assert_int_equal(object.policy[0], 0);
	assert_int_equal(object.acquired, ARRIVES);
}

/* An entry without labels is none to who asks. */
static void test_empty(void **state)
{
	struct sluice_object found;

	(void)state;
	arrives = false;
	assert_int_equal(kernel_object_acquire(&kernel, &id, SECRET, 0), 0);
	assert_int_equal(kernel_object_get(&kernel, &id, &found), 0);
	assert_int_equal(found.acquired, SECRET);
	assert_int_equal(kernel_object_acquire(&kernel, &id, 0, SECRET), 0);
	assert_int_equal(kernel_object_get(&kernel, &id, &found), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_policy, setup),
		cmocka_unit_test_setup(test_acquire, setup),
		cmocka_unit_test_setup(test_clear_slot, setup),
		cmocka_unit_test_setup(test_empty, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
