// SPDX-License-Identifier: Apache-2.0
/*
 * kernel_guard.c: see kernel_guard.h; and which of the guard's programs this kernel has hooks for.
 */
#include "kernel_guard.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel_private.h"

static int by_id(const void *a, const void *b)
{
	const struct kernel_mark *x = a, *y = b;

	return memcmp(&x->id, &y->id, sizeof(x->id));
}

/* Takes away the marks of all that are not in @marks, which is sorted. */
static int forget_others(struct kernel *kernel, const struct kernel_mark *marks, size_t n)
{
	int map = kernel->map[KMAP_GUARDED];
	struct kernel_mark at = {}, next = {};
	size_t left = SLUICE_MAX_GUARDED;
	int more = !bpf_map_get_next_key(map, NULL, &at.id);

	while (more && left--) {
		more = !bpf_map_get_next_key(map, &at.id, &next.id);
		if (!bsearch(&at, marks, n, sizeof(*marks), by_id) &&
		    bpf_map_delete_elem(map, &at.id) && errno != ENOENT)
			return -errno;
		at = next;
	}
	return 0;
}

int kernel_guard_mark(struct kernel *kernel, const struct kernel_mark *marks, size_t n)
{
	_cleanup_free_ struct kernel_mark *sorted = NULL;
	size_t i;

	sorted = calloc(n + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	if (n)
		memcpy(sorted, marks, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_id);
	for (i = 0; i < n; i++) {
		uint32_t all = sorted[i].marks;

		/* The same object may be marked for several reasons. */
		if (i && !by_id(&sorted[i - 1], &sorted[i]))
			all |= sorted[i - 1].marks;
		sorted[i].marks = all;
		if (bpf_map_update_elem(kernel->map[KMAP_GUARDED], &sorted[i].id, &all, BPF_ANY))
			return -errno;
	}
	return forget_others(kernel, sorted, n);
}

uint32_t kernel_guard_marks(struct kernel *kernel, const struct sluice_object_id *id)
{
	uint32_t marks = 0;

	return bpf_map_lookup_elem(kernel->map[KMAP_GUARDED], id, &marks) ? 0 : marks;
}

void kernel_guard_get(const struct kernel *kernel, struct sluice_guard *ret)
{
	*ret = *kernel->guard;
}

void kernel_guard_put(struct kernel *kernel, const struct sluice_guard *guard)
{
	kernel->guard->conf = guard->conf;
	kernel->guard->mounts = guard->mounts;
	kernel->guard->pins = guard->pins;
	kernel->guard->libraries = guard->libraries;
	kernel->guard->bounded = kernel->bounded;
	kernel->guard->successor = guard->successor;
	memcpy(kernel->guard->policy, guard->policy, sizeof(kernel->guard->policy));
	__atomic_store_n(&kernel->guard->mode, guard->mode, __ATOMIC_RELEASE);
	kernel_forget_caches(kernel);
}

void kernel_guard_break(struct kernel *kernel, uint64_t until_ns, uint32_t session)
{
	kernel->guard->session = session;
	__atomic_store_n(&kernel->guard->open_until_ns, until_ns, __ATOMIC_RELEASE);
}

static int own_add(struct kernel *kernel, enum sluice_own kind, uint32_t id)
{
	uint64_t key = (uint64_t)kind << 32 | id;
	uint32_t one = 1;

	return bpf_map_update_elem(kernel->map[KMAP_OWN], &key, &one, BPF_ANY) ? -errno : 0;
}

/* Programs by their links: to open one by its id takes CAP_SYS_ADMIN, which sluiced lacks. */
static int own_link(void *ctx, const char *name, int fd)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	struct kernel *kernel = ctx;
	int err;

	(void)name;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	err = own_add(kernel, SLUICE_OWN_LINK, info.id);
	return err ? err : own_add(kernel, SLUICE_OWN_PROGRAM, info.prog_id);
}

static int own_program(struct kernel *kernel, int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	return own_add(kernel, SLUICE_OWN_PROGRAM, info.id);
}

static int own_map(struct kernel *kernel, int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	return own_add(kernel, SLUICE_OWN_MAP, info.id);
}

/* Ids are not used again while the kernel runs, so that those of an older build do no harm. */
int kernel_guard_own(struct kernel *kernel)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < KERNEL_RUN; i++)
		err = own_program(kernel, kernel->program[i]);
	for (i = 0; !err && i < KERNEL_MAPS; i++)
		err = own_map(kernel, kernel->map[i]);
	return err ? err : kernel_pin_each(kernel->build, KERNEL_PIN_LINK, own_link, kernel);
}

/* A program, the hook that it needs, and how many arguments that must have; 0 for any. */
static const struct {
	const char *program;
	const char *hook;
	unsigned int arguments;
} choices[] = {
	{ "sluice_guard_setattr_2", "bpf_lsm_inode_setattr", 2 },
	{ "sluice_guard_setattr_3", "bpf_lsm_inode_setattr", 3 },
	{ "sluice_guard_set_acl", "bpf_lsm_inode_set_acl", 0 },
};

static bool has_function(const struct btf *btf, const char *hook, unsigned int arguments)
{
	const struct btf_type *type;
	int id = btf__find_by_name_kind(btf, hook, BTF_KIND_FUNC);

	if (id < 0)
		return false;
	type = btf__type_by_id(btf, btf__type_by_id(btf, (__u32)id)->type);
	return !arguments || btf_vlen(type) == arguments;
}

int kernel_guard_choose(struct kernel *kernel, struct bpf_object *object)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int err = btf ? 0 : -errno;
	size_t i;

	/* Where the verifier has this function, it checks what LSM programs return (6.12). */
	kernel->bounded = btf && has_function(btf, "bpf_lsm_get_retval_range", 0);

	for (i = 0; !err && i < ARRAY_SIZE(choices); i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(object, choices[i].program);

		if (!program)
			err = -ENOENT;
		else if (!has_function(btf, choices[i].hook, choices[i].arguments))
			err = bpf_program__set_autoload(program, false);
	}
	btf__free(btf);
	return err;
}
