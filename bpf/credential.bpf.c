// SPDX-License-Identifier: GPL-2.0
/*
 * credential.bpf.c: hooks on changes of identity and rights by a process that carries labels.
 *
 *   - task_fix_setuid, task_fix_setgid:  set*uid, set*gid: any id changes (setting what is set
 *   already is none)
 *   - task_fix_setgroups:                supplementary groups are replaced
 *   - capset:                            capabilities are raised (dropping them is none)
 *   - bprm_creds_from_file:              exec of a file that changes ids or brings capabilities
 *
 * Not blocked here: user namespaces and keyrings.
 */
#include "verdict.bpf.h"

#include <bpf/bpf_tracing.h>

static __noinline int credential_check(u32 kind, u64 id, u32 old_id, struct file *file)
{
	struct attempt attempt = { .key.action = SLUICE_CREDENTIAL, .old_id = old_id };

	attempt.labels = subject_taint(subject_state(subject_leader()));
	if (!attempt.labels)
		return 0;
	attempt.key.target.kind = SLUICE_TARGET_CREDENTIAL;
	attempt.key.target.arg = kind;
	attempt.key.target.id[0] = id;
	if (file) {
		attempt.key.target.object = object_id(file->f_inode);
		attempt.path = &file->f_path;
	}
	return decide(&attempt);
}

SEC("lsm/task_fix_setuid")
int BPF_PROG(sluice_task_fix_setuid, struct cred *new, const struct cred *old, int flags, int ret)
{
	if (ret)
		return ret;
	if (!subject_leader()->bpf_storage)
		return 0;
	if (new->uid.val == old->uid.val &&new->euid.val == old->euid.val &&new->suid.val ==
	    old->suid.val &&new->fsuid.val == old->fsuid.val)
		return 0;
	return credential_check(SLUICE_SETUID, new->euid.val, old->euid.val, NULL);
}

SEC("lsm/task_fix_setgid")
int BPF_PROG(sluice_task_fix_setgid, struct cred *new, const struct cred *old, int flags, int ret)
{
	if (ret)
		return ret;
	if (!subject_leader()->bpf_storage)
		return 0;
	if (new->gid.val == old->gid.val &&new->egid.val == old->egid.val &&new->sgid.val ==
	    old->sgid.val &&new->fsgid.val == old->fsgid.val)
		return 0;
	return credential_check(SLUICE_SETGID, new->egid.val, old->egid.val, NULL);
}

SEC("lsm/task_fix_setgroups")
int BPF_PROG(sluice_task_fix_setgroups, struct cred *new, const struct cred *old, int ret)
{
	if (ret)
		return ret;
	if (!subject_leader()->bpf_storage || new->group_info == old->group_info)
		return 0;
	return credential_check(SLUICE_SETGROUPS, new->group_info->ngroups,
				old->group_info->ngroups, NULL);
}

/* kernel_cap_t is eight bytes on every kernel, whatever its members are called. */
static __always_inline u64 capabilities(const kernel_cap_t *set)
{
	u64 bits = 0;

	bpf_probe_read_kernel(&bits, sizeof(bits), set);
	return bits;
}

SEC("lsm/capset")
int BPF_PROG(sluice_capset, struct cred *new, const struct cred *old, const kernel_cap_t *effective,
	     const kernel_cap_t *inheritable, const kernel_cap_t *permitted, int ret)
{
	u64 raised;

	if (ret)
		return ret;
	if (!subject_leader()->bpf_storage)
		return 0;
	raised = capabilities(&new->cap_effective) & ~capabilities(&old->cap_effective);
	raised |= capabilities(&new->cap_inheritable) & ~capabilities(&old->cap_inheritable);
	raised |= capabilities(&new->cap_permitted) & ~capabilities(&old->cap_permitted);
	return raised ? credential_check(SLUICE_CAPSET, raised, 0, NULL) : 0;
}

SEC("lsm/bprm_creds_from_file")
int BPF_PROG(sluice_bprm_creds_from_file, struct linux_binprm *bprm, struct file *file, int ret)
{
	const struct cred *old = bpf_get_current_task_btf()->cred;
	struct cred *new;

	if (ret)
		return ret;
	if (!subject_leader()->bpf_storage)
		return 0;
	new = bprm->cred;
	if (new->euid.val == old->euid.val && new->egid.val == old->egid.val &&
	    !(capabilities(&new->cap_permitted) & ~capabilities(&old->cap_permitted)))
		return 0;
	return credential_check(SLUICE_EXEC_SETID, new->euid.val, old->euid.val, file);
}
