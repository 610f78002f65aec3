/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quota.bpf.h: no user fills a map for all others.
 *
 * Root is not counted: it can do worse. Who is in a user namespace counts as the user who made the
 * outermost one, so that subordinate ids bring no shares of their own; what root made, such as a
 * container with ids of its own, counts as who it runs as.
 *
 * Owns: the map `quotas`. Must not own: the entries, each of which remembers whose it is.
 */
#ifndef SLUICE_BPF_QUOTA_H
#define SLUICE_BPF_QUOTA_H

#include "maps.bpf.h"

/* Verified once on their own. */
u32 quota_user(void); /* who the current process counts as */
int quota_add(u32 uid, u32 kind, u64 limit);
int quota_sub(u32 uid, u32 kind);
int quota_is_up(u32 uid, u32 kind, u64 limit); /* one more would be above the limit: 1, else 0 */

/* One entry more of a map that has room for @entries. Return: 0 or -EDQUOT. */
static __always_inline int quota_take(u32 uid, enum sluice_quota_kind kind, u64 entries)
{
	return uid ? quota_add(uid, kind, entries / SLUICE_QUOTA_SHARE) : 0;
}

static __always_inline void quota_put(u32 uid, enum sluice_quota_kind kind)
{
	if (uid)
		quota_sub(uid, kind);
}

#endif
