// SPDX-License-Identifier: GPL-2.0
/*
 * credential.bpf.c: hooks on changes of identity and rights by a process that carries labels.
 *
 *   - task_fix_setuid, task_fix_setgid:  set*uid, set*gid: any id changes (setting what is set
 *   already is none)
 *   - task_fix_setgroups:                supplementary groups are replaced
 *   - capset:                            capabilities are raised (dropping them is none)
 *   - bprm_creds_from_file:              exec of a file that changes ids or brings capabilities
 *   - security_task_prctl:               ambient capabilities are raised, securebits change
 *   - userns_create:                     unshare() and clone() of a user namespace
 *   - capable:                           setns(): every kind of namespace asks for CAP_SYS_ADMIN
 *   - key_alloc, key_permission:         keyctl() changes the session keyring
 *   - (writing to uid_map and its like is in file.bpf.c)
 *
 * And for every process, since clearances and grants name the file that runs:
 *
 *   - security_task_prctl, replace_mm_exe_file:  nobody changes which file that is but by exec
 *
 * Not blocked here: namespaces that are not of users, made or left; keys.
 */
#include "compat.bpf.h"
#include "credential.bpf.h"

#include <bpf/bpf_tracing.h>

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

/*
 * Before the capability module, which does what is asked and returns: a hook of ours would come
 * after that.
 */
static __always_inline int check_prctl(int option, u64 arg2, u64 arg3)
{
	const struct cred *cred = bpf_get_current_task_btf()->cred;

	if (option == PR_CAP_AMBIENT && arg2 == PR_CAP_AMBIENT_RAISE)
		return credential_check(SLUICE_AMBIENT, arg3, 0, NULL);
	if (option == PR_SET_SECUREBITS && (u32)arg2 != cred->securebits)
		return credential_check(SLUICE_SECUREBITS, (u32)arg2, cred->securebits, NULL);
	return 0;
}

/* A process that says what its executable is would have the clearances of that one. */
static __always_inline bool forges_executable(u64 arg2, u64 arg3)
{
	int fd = 0;

	if (arg2 == PR_SET_MM_EXE_FILE)
		return control.enforcing;
	if (arg2 != PR_SET_MM_MAP || !control.enforcing)
		return false;
	return bpf_probe_read_user(&fd, sizeof(fd), (void *)(arg3 + PRCTL_MM_MAP_EXE_FD)) ||
	       fd != -1;
}

SEC("fmod_ret/security_task_prctl")
int BPF_PROG(sluice_task_prctl, int option, unsigned long arg2, unsigned long arg3,
	     unsigned long arg4, unsigned long arg5, int ret)
{
	if (ret)
		return ret;
	if (option == PR_SET_MM && forges_executable(arg2, arg3))
		return refuse();
	if (!subject_leader()->bpf_storage)
		return 0;
	return check_prctl(option, arg2, arg3);
}

/* The memory that was looked at above may be another by the time that it is used. */
SEC("fexit/replace_mm_exe_file")
int BPF_PROG(sluice_replace_mm_exe_file, struct mm_struct *mm, struct file *file, int ret)
{
	if (!ret && control.enforcing)
		bpf_send_signal(SIGKILL);
	return 0;
}

SEC("lsm/userns_create")
int BPF_PROG(sluice_userns_create, const struct cred *cred, int ret)
{
	if (ret)
		return ret;
	return subject_leader()->bpf_storage ? credential_check(SLUICE_USERNS, 0, 0, NULL) : 0;
}

/*
 * setns() asks for the capability once or twice, and once only people are to be asked. @passed: the
 * answer holds until the call ends. 32-bit calls are asked about each time.
 */
static __noinline int check_setns(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 *passed = NULL;

	if (!(task->thread_info.status & TS_COMPAT))
		passed = bpf_task_storage_get(&calls, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (passed && *passed)
		return 0;
	if (credential_check(SLUICE_SETNS, 0, 0, NULL))
		return -EPERM;
	if (passed)
		*passed = 1;
	return 0;
}

SEC("lsm/capable")
int BPF_PROG(sluice_capable, const struct cred *cred, void *ns, int cap, unsigned int opts, int ret)
{
	if (ret)
		return ret;
	if (cap != CAP_SYS_ADMIN || !subject_leader()->bpf_storage || !in_setns() ||
	    !subject_taint(subject_state(subject_leader())))
		return 0;
	return check_setns() ? -EPERM : 0;
}

SEC("fexit/__x64_sys_setns")
int BPF_PROG(sluice_setns_ended)
{
	u64 *passed;

	if (!subject_leader()->bpf_storage)
		return 0;
	passed = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), 0, 0);
	if (passed)
		*passed = 0;
	return 0;
}

SEC("lsm/key_alloc")
int BPF_PROG(sluice_session_made, void *key, const struct cred *cred, unsigned long flags, int ret)
{
	if (ret)
		return ret;
	if (!subject_leader()->bpf_storage || !in_session_change())
		return 0;
	return credential_check(SLUICE_KEYRING, 0, 0, NULL);
}

SEC("lsm/key_permission")
int BPF_PROG(sluice_session_found, void *key, const struct cred *cred, unsigned int need, int ret)
{
	if (ret)
		return ret;
	if (!subject_leader()->bpf_storage || !in_session_change())
		return 0;
	return credential_check(SLUICE_KEYRING, 0, 0, NULL);
}
