// SPDX-License-Identifier: GPL-2.0
/*
 * floor.bpf.c: the least that BPF LSM costs: an empty program on each hook that the agent uses, and
 * one look into inode storage on file_open. What the agent adds is compared with this and with no
 * program at all.
 */
#include "kernel/kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} floor_inodes SEC(".maps");

SEC("lsm/file_open")
int BPF_PROG(floor_file_open, struct file *file)
{
	u64 *value = bpf_inode_storage_get(&floor_inodes, file->f_inode, 0, 0);

	return value && *value == 1 ? -1 : 0;
}

#define EMPTY(hook)               \
	SEC("lsm/" #hook)         \
	int BPF_PROG(floor_##hook) \
	{                         \
		return 0;         \
	}

EMPTY(file_permission)
EMPTY(mmap_file)
EMPTY(socket_connect)
EMPTY(socket_sendmsg)
EMPTY(task_fix_setuid)
EMPTY(task_fix_setgid)
EMPTY(task_fix_setgroups)
EMPTY(capset)
EMPTY(bprm_creds_from_file)
EMPTY(bprm_check_security)
EMPTY(task_alloc)
EMPTY(inode_rename)
EMPTY(inode_link)

char _license[] SEC("license") = "GPL";
