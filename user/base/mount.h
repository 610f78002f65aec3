/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount.h: what is mounted, as /proc/self/mountinfo says.
 *
 * Owns: reading the list and telling what came and went. Must not own: what follows from that
 * (mount_watch.h).
 */
#ifndef SLUICE_MOUNT_H
#define SLUICE_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct mount: one line.
 * @id: of the mount, given again when it is gone
 * @dev: super_block::s_dev as the kernel writes it (major << 20 | minor)
 * @point: where, with the names as they are
 * @local: on a block device, so that looking at it asks no other host
 * @number, @durable: as struct sluice_identify says, when @known
 */
struct mount {
	uint32_t id;
	uint32_t dev;
	char *point;
	bool local;
	bool known;
	bool durable;
	uint32_t number;
	uint64_t uuid[2];
};

struct mounts {
	struct mount *list;
	size_t n;
};

/* @path: of mountinfo. Return: 0, or -EBADMSG for a line that is none, or another negative errno.
 */
int mounts_read(const char *path, struct mounts *ret);
void mounts_free(struct mounts *mounts);

/* The mount of @mounts that is the same as @mount, or NULL. */
const struct mount *mounts_find(const struct mounts *mounts, const struct mount *mount);

/* Whether @path is @folder or below it. Both begin with '/'. */
bool mount_is_below(const char *path, const char *folder);

#endif
