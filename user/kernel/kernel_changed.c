// SPDX-License-Identifier: Apache-2.0
/*
 * kernel_changed.c: the maps `changed` and `filesystems`: what the table of labels has to follow;
 * and `attributes`.
 *
 * Owns: how they are read and written. Must not own: the table (label_table.c), or when
 * (label_keep.c, mount.c).
 */
#include "kernel_private.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/types.h>

int kernel_filesystem_get(struct kernel *kernel, uint32_t number, struct sluice_filesystem *ret)
{
	return bpf_map_lookup_elem(kernel->map[KMAP_FILESYSTEMS], &number, ret) ? -errno : 0;
}

int kernel_filesystem_put(struct kernel *kernel, uint32_t number,
			  const struct sluice_filesystem *fs)
{
	return bpf_map_update_elem(kernel->map[KMAP_FILESYSTEMS], &number, fs, BPF_ANY) ? -errno
											: 0;
}

/* Nothing is ever taken out of this map, so that the walk does not start over. */
int kernel_filesystem_each(struct kernel *kernel, kernel_filesystem_fn fn, void *ctx)
{
	int map = kernel->map[KMAP_FILESYSTEMS], err = 0;
	const uint32_t *at = NULL;
	uint32_t number;

	while (!err && !bpf_map_get_next_key(map, at, &number)) {
		struct sluice_filesystem fs;

		at = &number;
		if (!kernel_filesystem_get(kernel, number, &fs))
			err = fn(ctx, number, &fs);
	}
	return err;
}

int kernel_changed_note(struct kernel *kernel, const struct sluice_object_id *id)
{
	uint32_t any = 0;

	return bpf_map_update_elem(kernel->map[KMAP_CHANGED], id, &any, BPF_ANY) ? -errno : 0;
}

ssize_t kernel_changed_take(struct kernel *kernel, struct sluice_object_id *ret, size_t max)
{
	int map = kernel->map[KMAP_CHANGED];
	size_t n = 0;

	/* Out of the map before its labels are looked at: a change meanwhile puts it in again. */
	while (n < max && !bpf_map_get_next_key(map, NULL, &ret[n]))
		if (!bpf_map_delete_elem(map, &ret[n]))
			n++;
	return (ssize_t)n;
}

int kernel_attribute_put(struct kernel *kernel, const char *name)
{
	struct sluice_attribute key = {};
	uint32_t any = 0;

	if (strlen(name) >= sizeof(key.name))
		return -ENAMETOOLONG;
	memcpy(key.name, name, strlen(name));
	return bpf_map_update_elem(kernel->map[KMAP_ATTRIBUTES], &key, &any, BPF_ANY) ? -errno : 0;
}
