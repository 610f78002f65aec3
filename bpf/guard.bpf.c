// SPDX-License-Identifier: GPL-2.0
/*
 * guard.bpf.c: the agent's programs and maps, and the kernel's ways around them.
 *
 *   - bpf_map, bpf_prog:  a descriptor of a map or program of ours, from a pin or anywhere else; a
 *                         new program that answers in the place of our hooks
 *   - bpf:                ids of ours are not found; what detaches or replaces links. A link's pin
 *                         can be opened, since the kernel has no hook there; links of LSM programs
 *                         and tracepoints cannot be detached by whoever holds them, that of the
 *                         program for packets could
 *   - locked_down:        BPF programs that write into processes (bpf_probe_write_user), and
 *                         /dev/mem: the same reasons that the kernel's lockdown knows
 *
 * Other people's maps, programs and links are not looked at further than their ids.
 *
 * Not covered: modules, kexec, kprobes of modules: the kernel's lockdown and module signatures.
 */
#include "guard.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/*
 * Who starts the agent is not trusted with it: unknown code is not its own will. And while the
 * guard is whole its pins are not even the agent's: --detach looks whether it may, but who starts
 * it could keep it from seeing that, by limits or a system call filter.
 */
static __always_inline bool binds_agent(const struct attempt *attempt)
{
	if (attempt->reason == SLUICE_GUARD_CODE)
		return true;
	return guard.mode == SLUICE_GUARD_ENFORCE && !guard.successor && !guard_is_open() &&
	       attempt->reason == SLUICE_GUARD_NAME && attempt->key.target.object.dev == guard.pins;
}

/* A thread of the kernel may serve others, as that of an NFS server: not the agent's files. */
static __always_inline bool is_let(const struct attempt *attempt)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 act = attempt->reason;

	if (!guard.mode)
		return true;
	if (task->flags & PF_KTHREAD)
		return act != SLUICE_GUARD_WRITE && act != SLUICE_GUARD_READ &&
		       act != SLUICE_GUARD_NAME;
	return !binds_agent(attempt) && guard_is_agent(task);
}

int guard_tell(struct attempt *attempt)
{
	struct sluice_object_id about = {};
	bool open;

	if (!attempt || is_let(attempt))
		return 0;
	open = guard_is_open();
	attempt->type = SLUICE_EVENT_GUARD;
	attempt->grant_id = open ? guard.session : 0;
	attempt->verdict = SLUICE_VERDICT_AUDIT;
	if (!open && guard.mode == SLUICE_GUARD_ENFORCE)
		attempt->verdict = SLUICE_VERDICT_DENY;
	key_by_process(&attempt->key);
	about = attempt->key.target.object;
	about.gen ^= attempt->old_id;
	/* A second try of the same is not told again, only refused again. */
	if (edge_is_new(0x200 | attempt->reason, attempt->grant_id << 2 | attempt->verdict, &about))
		event_emit(attempt, 0);
	count(SLUICE_COUNT_GUARDED);
	return attempt->verdict == SLUICE_VERDICT_DENY ? -EPERM : 0;
}

static __always_inline bool is_own(enum sluice_own kind, u32 id)
{
	u64 key = (u64)kind << 32 | id;

	return bpf_map_lookup_elem(&own, &key);
}

static __noinline int guard_id(u32 kind, u32 id)
{
	if (!is_own(kind, id))
		return 0;
	return guard_refuse(SLUICE_GUARD_BPF, kind, NULL, NULL);
}

/* As if it were not there: what goes through all ids, like bpftool, stops at any other error. */
static __always_inline int guard_listed(u32 kind, union bpf_attr *attr)
{
	u32 id = 0; /* the first member */

	bpf_probe_read_kernel(&id, sizeof(id), attr);
	return guard_id(kind, id) ? -ENOENT : 0;
}

SEC("lsm/bpf_map")
int BPF_PROG(sluice_bpf_map, struct bpf_map *map, fmode_t mode)
{
	return guard.mode ? guard_id(SLUICE_OWN_MAP, map->id) : 0;
}

/* The hook answers instead of all security modules when this program returns anything but 0. */
static __always_inline bool replaces_hook(struct bpf_prog *prog)
{
	struct guard_name name = {};

	if (prog->expected_attach_type != BPF_MODIFY_RETURN)
		return false;
	bpf_probe_read_kernel(name.text, sizeof("security_") - 1, prog->aux->attach_func_name);
	return guard_name_is(&name, "security_");
}

/*
 * A program of others that the kernel would ask instead of ours. Many callers of a hook take only a
 * negative number for a refusal, and the first program that returns another than 0 is the last that
 * is asked. So one that returns 1 switches ours off for whoever it likes: programs that replace a
 * hook; those of LSM where the verifier does not bound their answer (before 6.12), and those for
 * control groups, which can set any; those that answer getsockopt(), by which the daemon knows its
 * peers; and those that write into the registers of a process.
 */
static __always_inline bool is_override(struct bpf_prog *prog)
{
	switch ((u32)prog->type) {
	case BPF_PROG_TYPE_LSM:
		return !guard.bounded || prog->expected_attach_type == BPF_LSM_CGROUP;
	case BPF_PROG_TYPE_TRACING:
		return replaces_hook(prog);
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
		return prog->expected_attach_type == BPF_CGROUP_GETSOCKOPT;
	case BPF_PROG_TYPE_KPROBE:
		return bpf_core_field_exists(prog->aux->kprobe_write_ctx) &&
		       prog->aux->kprobe_write_ctx;
	default:
		return false;
	}
}

SEC("lsm/bpf_prog")
int BPF_PROG(sluice_bpf_prog, struct bpf_prog *prog)
{
	if (!guard.mode)
		return 0;
	if (is_override(prog) && !guard_is_init() && !is_own(SLUICE_OWN_PROGRAM, prog->aux->id))
		return guard_refuse(SLUICE_GUARD_OVERRIDE, prog->type, NULL, NULL);
	return guard_id(SLUICE_OWN_PROGRAM, prog->aux->id);
}

/* The link behind a descriptor of the current process; a number that is no link's is no harm. */
static __noinline u32 link_of_fd(u32 fd)
{
	struct files_struct *files = BPF_CORE_READ(bpf_get_current_task_btf(), files);
	struct fdtable *table = BPF_CORE_READ(files, fdt);
	struct file **slot = BPF_CORE_READ(table, fd), *file = NULL;
	struct bpf_link *link;

	if (fd >= BPF_CORE_READ(table, max_fds) ||
	    bpf_probe_read_kernel(&file, sizeof(file), slot + fd) || !file)
		return 0;
	link = BPF_CORE_READ(file, private_data);
	return link ? BPF_CORE_READ(link, id) : 0;
}

SEC("lsm/bpf")
int BPF_PROG(sluice_bpf, int cmd, union bpf_attr *attr, unsigned int size)
{
	u32 fd = 0;

	if (!guard.mode)
		return 0;
	switch (cmd) {
	case BPF_MAP_GET_FD_BY_ID:
		return guard_listed(SLUICE_OWN_MAP, attr);
	case BPF_PROG_GET_FD_BY_ID:
		return guard_listed(SLUICE_OWN_PROGRAM, attr);
	case BPF_LINK_GET_FD_BY_ID:
		return guard_listed(SLUICE_OWN_LINK, attr);
	case BPF_LINK_DETACH:
	case BPF_LINK_UPDATE:
		bpf_probe_read_kernel(&fd, sizeof(fd), attr); /* the first member, too */
		return guard_id(SLUICE_OWN_LINK, link_of_fd(fd));
	default:
		return 0;
	}
}

SEC("lsm/locked_down")
int BPF_PROG(sluice_locked_down, enum lockdown_reason what)
{
	u32 number = what;

	if (number != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_DEV_MEM) &&
	    number != bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_BPF_WRITE_USER))
		return 0;
	return guard.mode ? guard_refuse(SLUICE_GUARD_KERNEL, number, NULL, NULL) : 0;
}
