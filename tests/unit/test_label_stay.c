// SPDX-License-Identifier: Apache-2.0
/*
 * test_label_stay.c: which objects keep their labels when the lines of a policy lead elsewhere.
 * The kernel's maps and the journal are played; the file systems that are mounted are the host's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "event/record.h"
#include "kernel/kernel.h"
#include "label/label_place.h"
#include "label/label_stay.h"
#include "policy/policy.h"

enum { OLD, NEW }; /* slots */

static struct sluice_object object; /* the only one that there is: ino 1 */
static uint64_t acquired, journaled;
static unsigned int noted;
static bool same;

int kernel_object_get(struct kernel *kernel, const struct sluice_object_id *id,
		      struct sluice_object *ret)
{
	(void)kernel;
	if (id->ino != 1)
		return -ENOENT;
	*ret = object;
	return 0;
}

int kernel_object_each(struct kernel *kernel, kernel_object_fn fn, void *ctx)
{
	const struct sluice_object_id id = { .dev = 7, .ino = 1 };

	(void)kernel;
	return fn(ctx, &id, &object);
}

int kernel_object_acquire(struct kernel *kernel, const struct sluice_object_id *id, uint64_t add,
			  uint64_t remove)
{
	(void)kernel;
	assert_int_equal(id->ino, 1);
	assert_int_equal(remove, 0);
	acquired |= add;
	return 0;
}

int kernel_changed_note(struct kernel *kernel, const struct sluice_object_id *id)
{
	(void)kernel;
	(void)id;
	noted++;
	return 0;
}

int kernel_filesystem_get(struct kernel *kernel, uint32_t number, struct sluice_filesystem *ret)
{
	(void)kernel;
	(void)number;
	(void)ret;
	return -ENOENT;
}

bool kernel_policy_is(const struct kernel *kernel, const char *digest)
{
	(void)kernel;
	(void)digest;
	return same;
}

json_t *record_labels(const struct agent *agent, uint64_t labels)
{
	(void)agent;
	journaled = labels;
	return json_null();
}

int record_add(struct agent *agent, uint64_t *ret_seq, json_t *body, const char *type,
	       const char *message, ...)
{
	(void)agent;
	(void)ret_seq;
	(void)message;
	assert_string_equal(type, "labels.stayed");
	json_decref(body);
	return 0;
}

int record_commit(struct agent *agent)
{
	(void)agent;
	return 0;
}

static char a[] = "/a", b[] = "/b", user[] = "user.class", top[] = "top", low[] = "low";

/* What @old led to is object @ino with labels 1 and 2 (of which the policy's is 1) on @dev. */
static uint64_t kept(const struct policy_label *old, const struct policy_label *now, uint64_t ino,
		     uint32_t dev)
{
	struct policy before = { .labels = (struct policy_label *)old, .n_labels = 1 };
	struct policy after = { .labels = (struct policy_label *)now, .n_labels = now ? 1 : 0 };
	struct agent agent = { .policy = old ? &before : NULL };
	struct sluice_identify found = { .object.ino = ino, .s_dev = dev };
	struct policy_error error = {};

	memset(agent.bit_of_label, -1, sizeof(agent.bit_of_label));
	agent.bit_of_label[0] = 0;
	acquired = journaled = noted = 0;
	assert_int_equal(label_places_add(&agent.places[OLD], &found, 1), 0);
	assert_int_equal(label_stay(&agent, &after, NEW, &error), 0);
	assert_int_equal(journaled, acquired);
	assert_int_equal(noted, !!acquired);
	label_places_clear(&agent.places[OLD]);
	return acquired;
}

static int setup(void **state)
{
	(void)state;
	object = (struct sluice_object){ .policy = { [OLD] = 1 } };
	same = false;
	return 0;
}

static void test_elsewhere(void **state)
{
	struct policy_path paths[] = { { .path = a }, { .path = b } };
	struct policy_label one = { .name = "pii", .paths = paths, .n_paths = 1 };
	struct policy_label two = { .name = "pii", .paths = paths, .n_paths = 2 };

	(void)state;
	assert_int_equal(kept(&one, &one, 1, 0), 1);
	assert_int_equal(kept(&one, &two, 1, 0), 1); /* a line more lets go of nothing */
	assert_int_equal(kept(&one, &one, 2, 0), 0); /* removed for good */
	object.policy[NEW] = 1;
	assert_int_equal(kept(&one, &one, 1, 0), 0); /* the line leads there still */
	object.policy[NEW] = 0;
	object.acquired = 1;
	assert_int_equal(kept(&one, &one, 1, 0), 0); /* it has them anyway */
}

static void test_line_taken_out(void **state)
{
	struct policy_path paths[] = { { .path = a }, { .path = b } };
	struct policy_label one = { .name = "pii", .paths = paths, .n_paths = 1 };
	struct policy_label two = { .name = "pii", .paths = paths, .n_paths = 2 };
	struct policy_label other = { .name = "secret", .paths = paths, .n_paths = 2 };

	(void)state;
	assert_int_equal(kept(&two, &one, 1, 0), 0);
	assert_int_equal(kept(&one, &other, 1, 0), 0);
	assert_int_equal(kept(&one, NULL, 1, 0), 0);
}

static void test_attribute(void **state)
{
	struct policy_xattr xattr = { .name = user, .value = top, .below = a }, changed = xattr;
	struct policy_label old = { .name = "pii", .xattrs = &xattr, .n_xattrs = 1 };
	struct policy_label now = { .name = "pii", .xattrs = &changed, .n_xattrs = 1 };

	(void)state;
	assert_int_equal(kept(&old, &now, 1, 0), 1);
	changed.value = low;
	assert_int_equal(kept(&old, &now, 1, 0), 0);
	changed.value = top;
	changed.below = b;
	assert_int_equal(kept(&old, &now, 1, 0), 0);
}

static void test_unmounted(void **state)
{
	struct policy_path path = { .path = a };
	struct policy_label label = { .name = "pii", .paths = &path, .n_paths = 1 };

	(void)state;
	assert_int_equal(kept(&label, &label, 1, 0xfffffff), 0);
}

static void test_start(void **state)
{
	struct policy_path path = { .path = a };
	struct policy_label label = { .name = "pii", .paths = &path, .n_paths = 1 };
	struct agent agent = { 0 };

	(void)state;
	assert_int_equal(kept(NULL, &label, 1, 0), 0);
	same = true;
	assert_int_equal(kept(NULL, &label, 1, 0), 1);
	assert_int_equal(label_stay_adopt(&agent, OLD), 0);
	assert_int_equal(agent.places[OLD].n, 1);
	assert_int_equal(agent.places[OLD].list[0].labels, 1);
	assert_int_equal(label_stay_adopt(&agent, NEW), 0);
	assert_int_equal(agent.places[NEW].n, 0);
	assert_int_equal(label_places_copy(&agent.places[NEW], &agent.places[OLD]), 0);
	assert_int_equal(agent.places[NEW].list[0].id.dev, 7);
	label_places_clear(&agent.places[OLD]);
	label_places_clear(&agent.places[NEW]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_elsewhere, setup),
		cmocka_unit_test_setup(test_line_taken_out, setup),
		cmocka_unit_test_setup(test_attribute, setup),
		cmocka_unit_test_setup(test_unmounted, setup),
		cmocka_unit_test_setup(test_start, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
