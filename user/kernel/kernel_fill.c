/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_fill.c: how full the maps are. Must not own: what is in them (kernel_maps.c).
 */
#include "kernel_private.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

/* More than one bucket of a hash holds: with less room the kernel gives up at a full one. */
#define BATCH 4096

/* Counts by reading, since the kernel tells nobody its own count. The values are thrown away. */
static int count_entries(int fd, const struct bpf_map_info *info, uint32_t *ret)
{
	_cleanup_free_ char *keys = malloc((size_t)BATCH * info->key_size);
	_cleanup_free_ char *values = malloc((size_t)BATCH * info->value_size);
	_cleanup_free_ char *at = malloc(info->key_size + sizeof(uint64_t));
	bool first = true;
	uint32_t n = 0;
	int r = 0;

	if (!keys || !values || !at)
		return -ENOMEM;
	/* Entries that come and go meanwhile must not keep it here. */
	while (!r && n <= info->max_entries) {
		uint32_t batch = BATCH;

		r = bpf_map_lookup_batch(fd, first ? NULL : at, at, keys, values, &batch, NULL)
			    ? -errno
			    : 0;
		if (!r || r == -ENOENT)
			n += batch;
		first = false;
	}
	*ret = n > info->max_entries ? info->max_entries : n;
	return r == -ENOENT ? 0 : r;
}

static bool is_table(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_HASH || info->type == BPF_MAP_TYPE_LRU_HASH ||
	       info->type == BPF_MAP_TYPE_LPM_TRIE;
}

int kernel_fill_each(const struct kernel *kernel, kernel_fill_fn fn, void *ctx)
{
	for (size_t i = 0; i < KERNEL_MAPS; i++) {
		struct bpf_map_info info = {};
		uint32_t size = sizeof(info), used;
		int r;

		if (!kernel_map_specs[i].entries)
			continue;
		if (bpf_obj_get_info_by_fd(kernel->map[i], &info, &size))
			return -errno;
		if (!is_table(&info))
			continue;
		r = count_entries(kernel->map[i], &info, &used);
		if (r)
			return r;
		fn(ctx, kernel_map_specs[i].name, used, info.max_entries);
	}
	return 0;
}
