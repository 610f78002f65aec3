// SPDX-License-Identifier: Apache-2.0
/*
 * kernel_maps.c: typed access to the maps and the control word.
 *
 * Owns: how any entry is read, written and walked; objects, taint and the control word. Must not
 * own: when (label.c), policies (kernel_slot.c), asks and grants (kernel_ask.c).
 * Every loop over a map tolerates that the kernel changes it meanwhile: an entry may be met twice
 * or not at all.
 */
#include "kernel_private.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

const struct kernel_map_spec kernel_map_specs[KERNEL_MAPS] = {
	[KMAP_TASKS] = { "tasks", "map_tasks", 0 },
	[KMAP_INODES] = { "inodes", "map_inodes", 0 },
	[KMAP_OBJECTS] = { "objects", "map_objects", SLUICE_MAX_OBJECTS },
	[KMAP_CHANGED] = { "changed", "map_changed", SLUICE_MAX_CHANGED },
	[KMAP_FILESYSTEMS] = { "filesystems", "map_filesystems", SLUICE_MAX_FILESYSTEMS },
	[KMAP_ATTRIBUTES] = { "attributes", "map_attributes", SLUICE_MAX_ATTRIBUTES },
	[KMAP_SHARED] = { "shared", "map_shared", SLUICE_MAX_SHARED },
	[KMAP_SEGMENTS] = { "segments", "map_segments", SLUICE_MAX_SEGMENTS },
	[KMAP_QUOTAS] = { "quotas", "map_quotas", SLUICE_MAX_QUOTAS },
	[KMAP_MEMBERS] = { "members", "map_members", 2 * 4 * 4096 },
	[KMAP_DESTINATIONS] = { "destinations", "map_destinations", 2 * SLUICE_MAX_DESTINATIONS },
	[KMAP_REFUSALS] = { "refusals", "map_refusals", SLUICE_MAX_REFUSALS },
	[KMAP_ASKS] = { "asks", "map_asks", SLUICE_MAX_ASKS },
	[KMAP_GRANTS] = { "grants", "map_grants", SLUICE_MAX_GRANTS },
	[KMAP_LIVE] = { "live", "map_live", SLUICE_MAX_GRANTS },
	[KMAP_FLOWS] = { "flows", "map_flows", SLUICE_MAX_FLOWS },
	[KMAP_SOCKETS] = { "sockets", "map_sockets", SLUICE_MAX_SOCKETS },
	[KMAP_PARCELS] = { "parcels", "map_parcels", SLUICE_MAX_PARCELS },
	[KMAP_MARKS] = { "marks", "map_marks", SLUICE_MAX_MARKS },
	[KMAP_EDGES] = { "edges", "map_edges", SLUICE_MAX_EDGES },
	[KMAP_SPLICES] = { "splices", "map_splices", SLUICE_MAX_SPLICES },
	[KMAP_EVENTS] = { "events", "map_events", SLUICE_RING_BYTES },
	[KMAP_COUNTERS] = { "counters", "map_counters", 0 },
	[KMAP_CONTROL] = { ".data.control", "map_control", 0 },
	[KMAP_POLICIES] = { ".data.policies", "map_policies", 0 },
	[KMAP_BSS] = { ".bss", "map_bss", 0 },
	[KMAP_AGENTS] = { "agents", "map_agents", 0 },
	[KMAP_GUARDED] = { "guarded", "map_guarded", SLUICE_MAX_GUARDED },
	[KMAP_OWN] = { "own", "map_own", SLUICE_MAX_OWN },
	[KMAP_GUARD] = { ".data.guard", "map_guard", 0 },
};

ssize_t kernel_map_keys(const struct kernel *kernel, enum kernel_map which, size_t size, char **ret)
{
	size_t n = 0, room = 0, limit = kernel_map_specs[which].entries;
	_cleanup_free_ char *keys = NULL;
	const void *at = NULL;

	for (;;) {
		if (n == room) {
			char *more = realloc(keys, (room + 256) * size);

			if (!more)
				return -ENOMEM;
			keys = more;
			room += 256;
			at = n ? keys + (n - 1) * size : NULL;
		}
		if (n >= limit || bpf_map_get_next_key(kernel->map[which], at, keys + n * size))
			break;
		at = keys + n++ * size;
	}
	*ret = TAKE_PTR(keys);
	return (ssize_t)n;
}

int kernel_map_get(const struct kernel *kernel, enum kernel_map which, const void *key, void *value)
{
	return bpf_map_lookup_elem(kernel->map[which], key, value) ? -errno : 0;
}

int kernel_map_put(const struct kernel *kernel, enum kernel_map which, const void *key,
		   const void *value)
{
	return bpf_map_update_elem(kernel->map[which], key, value, BPF_ANY) ? -errno : 0;
}

int kernel_map_delete(const struct kernel *kernel, enum kernel_map which, const void *key)
{
	return bpf_map_delete_elem(kernel->map[which], key) ? -errno : 0;
}

void kernel_heartbeat(struct kernel *kernel, uint64_t boot_ns)
{
	__atomic_store_n(&kernel->control->heartbeat_ns, boot_ns, __ATOMIC_RELEASE);
}

uint64_t kernel_heartbeat_ns(const struct kernel *kernel)
{
	return __atomic_load_n(&kernel->control->heartbeat_ns, __ATOMIC_ACQUIRE);
}

void kernel_set_stale(struct kernel *kernel, uint64_t ns)
{
	__atomic_store_n(&kernel->control->stale_ns, ns, __ATOMIC_RELEASE);
}

void kernel_set_files(struct kernel *kernel, uint32_t per_user)
{
	__atomic_store_n(&kernel->control->files, per_user, __ATOMIC_RELEASE);
}

void kernel_policy_note(struct kernel *kernel, const char *digest)
{
	memcpy(kernel->control->policy, digest, sizeof(kernel->control->policy));
}

bool kernel_policy_is(const struct kernel *kernel, const char *digest)
{
	return !memcmp(kernel->control->policy, digest, sizeof(kernel->control->policy));
}

void kernel_forget_caches(struct kernel *kernel)
{
	__atomic_fetch_add(&kernel->control->label_epoch, 1, __ATOMIC_ACQ_REL);
}

void kernel_set_folders(struct kernel *kernel, bool any)
{
	__atomic_store_n(&kernel->control->folders, any, __ATOMIC_RELEASE);
}

unsigned int kernel_idle_slot(const struct kernel *kernel)
{
	return !(kernel->control->slot & 1);
}

unsigned int kernel_generation(const struct kernel *kernel)
{
	return kernel->control->enforcing ? kernel->policies[kernel->control->slot & 1].generation
					  : 0;
}

int kernel_count(const struct kernel *kernel, uint64_t ret[SLUICE_COUNTERS])
{
	int cpus = libbpf_num_possible_cpus(), cpu;
	_cleanup_free_ uint64_t *values = NULL;
	uint32_t which;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (which = 0; which < SLUICE_COUNTERS; which++) {
		int err = kernel_map_get(kernel, KMAP_COUNTERS, &which, values);

		if (err)
			return err;
		ret[which] = 0;
		for (cpu = 0; cpu < cpus; cpu++)
			ret[which] += values[cpu];
	}
	return 0;
}

int kernel_program_run(int program, void *args, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = (uint32_t)size);

	return bpf_prog_test_run_opts(program, &opts) ? -errno : (int)opts.retval;
}

int kernel_register_agent(struct kernel *kernel)
{
	struct sluice_identify args = { .fd = SLUICE_IDENTIFY_AGENT };

	return kernel_program_run(kernel->program[KRUN_IDENTIFY], &args, sizeof(args));
}

int kernel_identify_fs(struct kernel *kernel, int fd, struct sluice_identify *ret)
{
	ret->fd = fd;
	return fd < 0 ? -EBADF
		      : kernel_program_run(kernel->program[KRUN_IDENTIFY], ret, sizeof(*ret));
}

int kernel_identify(struct kernel *kernel, int fd, struct sluice_object_id *ret, uint32_t *ret_mode)
{
	struct sluice_identify args = {};
	int err = kernel_identify_fs(kernel, fd, &args);

	if (err)
		return err;
	*ret = args.object;
	if (ret_mode)
		*ret_mode = args.mode;
	return 0;
}

/* An entry without any label is no entry: relabel leaves such. */
static bool is_labeled(const struct sluice_object *object)
{
	return object->acquired | object->policy[0] | object->policy[1];
}

int kernel_object_get(struct kernel *kernel, const struct sluice_object_id *id,
		      struct sluice_object *ret)
{
	struct sluice_object object;
	int err = kernel_map_get(kernel, KMAP_OBJECTS, id, &object);

	if (!err && !is_labeled(&object))
		err = -ENOENT;
	if (!err)
		*ret = object;
	return err;
}

/*
 * By a program, since writing the entry back would take away what the kernel added since it was
 * read.
 */
static int relabel(struct kernel *kernel, const struct sluice_object_id *id, uint32_t slot,
		   uint64_t add, uint64_t remove)
{
	struct sluice_relabel args = {
		.object = *id,
		.add = add,
		.remove = remove,
		.slot = slot,
	};

	return kernel_program_run(kernel->program[KRUN_RELABEL], &args, sizeof(args));
}

int kernel_object_acquire(struct kernel *kernel, const struct sluice_object_id *id, uint64_t add,
			  uint64_t remove)
{
	return relabel(kernel, id, SLUICE_RELABEL_ACQUIRED, add, remove);
}

int kernel_object_policy(struct kernel *kernel, const struct sluice_object_id *id,
			 unsigned int slot, uint64_t labels)
{
	return relabel(kernel, id, slot & 1, labels, 0);
}

void kernel_object_clear_slot(struct kernel *kernel, unsigned int slot)
{
	_cleanup_free_ char *keys = NULL;
	ssize_t n = kernel_map_keys(kernel, KMAP_OBJECTS, sizeof(struct sluice_object_id), &keys),
		i;

	for (i = 0; i < n; i++) {
		struct sluice_object_id id;
		struct sluice_object object;

		memcpy(&id, keys + (size_t)i * sizeof(id), sizeof(id));
		if (!kernel_object_get(kernel, &id, &object) && object.policy[slot & 1])
			relabel(kernel, &id, slot & 1, 0, ~0ULL);
	}
}

int kernel_object_each(struct kernel *kernel, kernel_object_fn fn, void *ctx)
{
	_cleanup_free_ char *keys = NULL;
	ssize_t n = kernel_map_keys(kernel, KMAP_OBJECTS, sizeof(struct sluice_object_id), &keys),
		i;

	for (i = 0; i < n; i++) {
		struct sluice_object_id id;
		struct sluice_object object;
		int err;

		memcpy(&id, keys + (size_t)i * sizeof(id), sizeof(id));
		if (kernel_object_get(kernel, &id, &object))
			continue;
		err = fn(ctx, &id, &object);
		if (err)
			return err;
	}
	return n < 0 ? (int)n : 0;
}

int kernel_taint_get(struct kernel *kernel, int pidfd, uint64_t *ret_labels)
{
	struct sluice_task task;
	struct sluice_shared group;
	int err = kernel_map_get(kernel, KMAP_TASKS, &pidfd, &task);

	if (err)
		return err;
	group.joined = task.shared;
	for (int i = 0; i < SLUICE_SHARED_DEPTH && group.joined; i++) {
		if (kernel_map_get(kernel, KMAP_SHARED, &group.joined, &group))
			break;
		task.taint |= group.taint;
	}
	if (!task.taint)
		return -ENOENT;
	*ret_labels = task.taint;
	return 0;
}
