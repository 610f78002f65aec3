// SPDX-License-Identifier: Apache-2.0
/*
 * kernel_slot.c: the two slots that a policy takes turns in: while one is in force the next policy
 * is written into the other one.
 *
 * Owns: filling, emptying and the turn. Must not own: what a policy means (policy/), nor the labels
 * of objects (kernel_maps.c).
 */
#include "kernel_private.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "policy/ruleset.h"

/* Members and destinations of one slot. Both keys hold the slot at an offset of their own. */
struct slotted {
	enum kernel_map map;
	size_t size;
	size_t offset;
};

static const struct slotted slotted_maps[] = {
	{ KMAP_MEMBERS, sizeof(struct sluice_member_key),
	  offsetof(struct sluice_member_key, slot) },
	{ KMAP_DESTINATIONS, sizeof(struct sluice_destination_key),
	  offsetof(struct sluice_destination_key, slot) },
};

static void empty_slot(struct kernel *kernel, unsigned int slot)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(slotted_maps); i++) {
		const struct slotted *map = &slotted_maps[i];
		_cleanup_free_ char *keys = NULL;
		ssize_t n = kernel_map_keys(kernel, map->map, map->size, &keys), k;

		for (k = 0; k < n; k++) {
			char *key = keys + (size_t)k * map->size;
			uint32_t in;

			memcpy(&in, key + map->offset, sizeof(in));
			if (in == slot)
				kernel_map_delete(kernel, map->map, key);
		}
	}
}

static int fill_slot(struct kernel *kernel, const struct ruleset *ruleset)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < ruleset->n_members; i++)
		err = kernel_map_put(kernel, KMAP_MEMBERS, &ruleset->members[i].key,
				     &ruleset->members[i].clearances);
	for (i = 0; !err && i < ruleset->n_destinations; i++)
		err = kernel_map_put(kernel, KMAP_DESTINATIONS, &ruleset->destinations[i].key,
				     &ruleset->destinations[i].value);
	return err;
}

/*
 * A program that looked at the slot just before the flip must not find it emptied under its feet:
 * an object would have no labels. The programs run under RCU, and this waits for all who run now.
 * Without it (a nohz_full host) the way that makes the kernel wait for the same is a sleep that no
 * program outlasts.
 */
static void wait_for_programs(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(100000);
}

int kernel_apply(struct kernel *kernel, const struct ruleset *ruleset, struct kernel_error *error)
{
	unsigned int slot = kernel_idle_slot(kernel), old = !slot;
	int err;

	empty_slot(kernel, slot); /* of a reload that was killed */
	kernel->policies[slot] = ruleset->kernel;
	err = fill_slot(kernel, ruleset);
	if (err) {
		empty_slot(kernel, slot);
		return kernel_fail(
			error, err,
			"the kernel does not take the policy's members and destinations");
	}
	__atomic_store_n(&kernel->control->slot, slot, __ATOMIC_RELEASE);
	__atomic_store_n(&kernel->control->enforcing, 1, __ATOMIC_RELEASE);
	kernel_forget_caches(kernel);
	wait_for_programs();
	empty_slot(kernel, old);
	kernel_object_clear_slot(kernel, old);
	return 0;
}
