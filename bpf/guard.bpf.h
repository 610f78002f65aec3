/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guard.bpf.h: who has the agent's identity, and what becomes of those who have not and touch what
 * is the agent's own.
 *
 * The identity is a process's, kept in task storage, so that it ends with it. A process gets it by
 * exec (guard_task.bpf.c), when
 *   - the file is a program that the agent has named (SLUICE_MARK_PROGRAM): by inode, and the inode
 *     is guarded, so its bytes are those that the agent has vouched for;
 *   - its environment is empty, nobody traces it, and no seccomp filter answers its system calls
 *     from another process: nothing of the caller decides what it does but its arguments.
 * Neither path nor user counts: root has both. From then on only files that the agent has named are
 * mapped as code into it (SLUICE_MARK_CODE), whatever the loader is made to load. So a dead daemon
 * is followed by the same program whoever starts it, and an upgrade needs somebody who vouches: the
 * agent, while the glass is broken. What the program then accepts of its arguments (another policy,
 * --detach) is checked by itself: its code is trusted here, not its caller. Without any policy in
 * force, or with the guard off, whoever runs `identify` becomes the agent.
 *
 * Owns: the identity, the refusal and its record. Must not own: what is the agent's own (user
 * space marks it), or the hooks (guard*.bpf.c).
 *
 * Pid 1 may stop, limit and unmount: it is the service manager, and enforcement outlives the
 * daemon. It is itself not to be traced for that.
 */
#ifndef SLUICE_BPF_GUARD_H
#define SLUICE_BPF_GUARD_H

#include "event.bpf.h"

#include <bpf/bpf_core_read.h>

#define NAMED (SLUICE_MARK_TREE | SLUICE_MARK_NAME) /* stays where it is */

static __always_inline bool guard_is_agent(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	return leader->bpf_storage && bpf_task_storage_get(&agents, leader, 0, 0);
}

/* Nothing to guard, or nothing to guard against. */
static __always_inline bool guard_is_exempt(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return !guard.mode || task->flags & PF_KTHREAD || guard_is_agent(task);
}

static __always_inline bool guard_is_init(void)
{
	return bpf_get_current_task_btf()->tgid == 1;
}

/* Of mount namespaces. That of nsfs (`inum`) is given to the next one when a namespace has gone. */
static __always_inline u64 guard_mounts_number(void)
{
	struct mnt_namespace *mounts = BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, mnt_ns);

	if (bpf_core_field_exists(mounts->seq))
		return BPF_CORE_READ(mounts, seq);
	return BPF_CORE_READ(mounts, ns.ns_id);
}

/* The glass is broken, for a time. */
static __always_inline bool guard_is_open(void)
{
	return guard.open_until_ns && bpf_ktime_get_boot_ns() < guard.open_until_ns;
}

/*
 * Verified once on its own. @attempt: with target, path, reason and old_id. Asks last whether the
 * process is exempt: what nearly all calls touch is nobody's, and that is found out for less. Of
 * what the agent itself may not do see there.
 */
int guard_tell(struct attempt *attempt);

/**
 * guard_refuse() - the current process touches what is the agent's own.
 * @id: of a file, or NULL; @path: of that, or NULL
 * Return: -EPERM; 0 for who is exempt, and when the guard only watches or the glass is broken.
 */
static __always_inline int guard_refuse(enum sluice_guard_act act, u32 detail,
					const struct sluice_object_id *id, struct path *path)
{
	struct attempt attempt = { .reason = act, .old_id = detail, .path = path };

	if (id) {
		attempt.key.target.kind = SLUICE_TARGET_FILE;
		attempt.key.target.object = *id;
	}
	return guard_tell(&attempt) ? -EPERM : 0;
}

/* A name as the kernel keeps it, compared with words of at most 15 letters. */
struct guard_name {
	union {
		char text[16];
		u64 half[2];
	};
};

static __always_inline void guard_name_of(struct guard_name *name, const struct dentry *dentry)
{
	__builtin_memset(name, 0, sizeof(*name));
	bpf_probe_read_kernel_str(name->text, sizeof(name->text), dentry->d_name.name);
}

/* There is no memcmp() in BPF: names are compared as two numbers, those of words made here. */
#define GUARD_LETTER(word, i)                                                                      \
	((i) < sizeof(word) ? (u64)(u8)(word)[(i) % sizeof(word)] << (i) % 8 * 8 : 0)
#define GUARD_HALF(word, at)                                                                       \
	(GUARD_LETTER(word, at) | GUARD_LETTER(word, (at) + 1) | GUARD_LETTER(word, (at) + 2) |    \
	 GUARD_LETTER(word, (at) + 3) | GUARD_LETTER(word, (at) + 4) |                             \
	 GUARD_LETTER(word, (at) + 5) | GUARD_LETTER(word, (at) + 6) |                             \
	 GUARD_LETTER(word, (at) + 7))
#define guard_name_is(name, word)                                                                  \
	((name)->half[0] == GUARD_HALF(word, 0) && (name)->half[1] == GUARD_HALF(word, 8))

#endif
