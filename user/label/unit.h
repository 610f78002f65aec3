/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit.h: control groups of systemd units. Owns the walk of the cgroup tree, nothing else.
 */
#ifndef SLUICE_UNIT_H
#define SLUICE_UNIT_H

#include <stddef.h>
#include <stdint.h>

extern const char *unit_cgroup_root; /* /sys/fs/cgroup; tests set another */

/**
 * unit_cgroups() - ids of every control group named @unit ("etl.service"), at any depth.
 * @ret: the caller frees it. A cgroup's id is its inode number
 * (Documentation/admin-guide/cgroup-v2.rst, kernfs).
 * Return: 0, also with none; -ENOENT without cgroup v2; or another negative errno.
 */
int unit_cgroups(const char *unit, uint64_t **ret, size_t *ret_n);

#endif
