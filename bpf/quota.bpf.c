// SPDX-License-Identifier: GPL-2.0
/*
 * quota.bpf.c: see quota.bpf.h.
 */
#include "quota.bpf.h"

#include <asm-generic/errno.h>
#include <bpf/bpf_core_read.h>

#define NAMESPACES_DEEP 32 /* the kernel nests no further */

u32 quota_user(void)
{
	const struct cred *cred = bpf_get_current_task_btf()->real_cred;
	const struct user_namespace *inside = BPF_CORE_READ(cred, user_ns);
	u32 owner = 0;
	int i;

	for (i = 0; i < NAMESPACES_DEEP && BPF_CORE_READ(inside, level) > 1; i++)
		inside = BPF_CORE_READ(inside, parent);
	if (BPF_CORE_READ(inside, level))
		owner = BPF_CORE_READ(inside, owner.val);
	return owner ? owner : cred->uid.val;
}

int quota_add(u32 uid, u32 kind, u64 limit)
{
	struct sluice_quota *quota = bpf_map_lookup_elem(&quotas, &uid);
	struct sluice_quota fresh = {};

	if (!quota) {
		bpf_map_update_elem(&quotas, &uid, &fresh, BPF_NOEXIST);
		quota = bpf_map_lookup_elem(&quotas, &uid); /* another may have been first */
	}
	if (!quota || kind >= SLUICE_QUOTAS)
		return -EDQUOT;
	if (__sync_fetch_and_add(&quota->used[kind], 1) < limit)
		return 0;
	__sync_fetch_and_sub(&quota->used[kind], 1);
	return -EDQUOT;
}

int quota_is_up(u32 uid, u32 kind, u64 limit)
{
	const struct sluice_quota *quota = bpf_map_lookup_elem(&quotas, &uid);

	return quota && kind < SLUICE_QUOTAS && quota->used[kind] >= limit;
}

/* Not below 0: an evicted user had some that are not counted any more. */
int quota_sub(u32 uid, u32 kind)
{
	struct sluice_quota *quota = bpf_map_lookup_elem(&quotas, &uid);

	if (quota && kind < SLUICE_QUOTAS &&
	    (__s64)__sync_fetch_and_sub(&quota->used[kind], 1) <= 0)
		__sync_fetch_and_add(&quota->used[kind], 1);
	return 0;
}
