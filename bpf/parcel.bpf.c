// SPDX-License-Identifier: GPL-2.0
/*
 * parcel.bpf.c: what a process leaves in the kernel, and another one fetches: messages in queues
 * and keys.
 *
 *   - load_msg, store_msg, copy_msg:  a message of a System V or POSIX queue comes from its sender,
 *                                     goes to its receiver, or is looked at (MSG_COPY)
 *   - msg_msg_free_security:          the message is gone
 *   - key_alloc, key_permission:      a key is made, changed, or looked at
 *   - __keyctl_read_key:              its payload is read, also by who may for having it
 *
 * Each message has the labels of its sender; a key has those of all that wrote it. As over Unix
 * sockets neither is guarded: who receives is.
 *
 * Not covered: keys that are instantiated by a request-key program; which keys a keyring holds.
 */
#include "quota.bpf.h"
#include "taint.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Some process with labels left something. A plain one would become a byte, which BTF denies. */
static volatile u64 any_parcel;

/* The current process leaves what lies at @at. Return: 0 or -EPERM. */
static __noinline int parcel_left(u64 at)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 taint = subject_taint(subject_state(task->group_leader));
	struct sluice_parcel fresh = {
		.labels = taint,
		.start_ns = task->group_leader->start_boottime,
		.tgid = task->tgid,
	};
	struct sluice_parcel *parcel;

	if (!taint || is_exempt(task))
		return 0;
	any_parcel = 1;
	parcel = bpf_map_lookup_elem(&parcels, &at);
	if (parcel) {
		fresh.labels |= parcel->labels;
		fresh.uid = parcel->uid;
	} else {
		fresh.uid = quota_user();
		if (quota_take(fresh.uid, SLUICE_QUOTA_PARCELS, SLUICE_MAX_PARCELS))
			return refuse();
	}
	if (!bpf_map_update_elem(&parcels, &at, &fresh, BPF_ANY))
		return 0;
	if (!parcel)
		quota_put(fresh.uid, SLUICE_QUOTA_PARCELS);
	count(SLUICE_COUNT_MAP_FULL);
	return refuse();
}

/* The current process gets what lies at @at. Return: 0 or -EPERM. */
static __noinline int parcel_fetched(u64 at)
{
	const struct sluice_parcel *parcel = bpf_map_lookup_elem(&parcels, &at);

	if (!parcel || !parcel->labels)
		return 0;
	return taint_take_peer(parcel->labels, parcel->tgid, parcel->start_ns) ? -EPERM : 0;
}

static __noinline int parcel_gone(u64 at)
{
	const struct sluice_parcel *parcel;
	u32 uid;

	parcel = any_parcel ? bpf_map_lookup_elem(&parcels, &at) : NULL;
	if (!parcel)
		return 0;
	uid = parcel->uid;
	if (!bpf_map_delete_elem(&parcels, &at))
		quota_put(uid, SLUICE_QUOTA_PARCELS);
	return 0;
}

/* It is too late to refuse: who cannot be labeled does not go on. */
SEC("fexit/load_msg")
int BPF_PROG(sluice_load_msg, const void *src, unsigned long len, struct msg_msg *ret)
{
	if (!subject_leader()->bpf_storage || (u64)ret >= (u64)-4095)
		return 0;
	if (parcel_left((u64)ret))
		bpf_send_signal(SIGKILL);
	return 0;
}

SEC("fentry/store_msg")
int BPF_PROG(sluice_store_msg, void *dest, struct msg_msg *msg, unsigned long len)
{
	if (any_parcel && parcel_fetched((u64)msg))
		bpf_send_signal(SIGKILL);
	return 0;
}

SEC("fentry/copy_msg")
int BPF_PROG(sluice_copy_msg, struct msg_msg *msg, struct msg_msg *copy)
{
	if (any_parcel && parcel_fetched((u64)msg))
		bpf_send_signal(SIGKILL);
	return 0;
}

SEC("lsm/msg_msg_free_security")
void BPF_PROG(sluice_msg_msg_free_security, struct msg_msg *msg)
{
	parcel_gone((u64)msg);
}

/* Nobody tells of keys that go: a new one at the same address starts without their labels. */
SEC("lsm/key_alloc")
int BPF_PROG(sluice_key_alloc, struct key *key, const struct cred *cred, unsigned long flags,
	     int ret)
{
	if (ret)
		return ret;
	parcel_gone((u64)key);
	return parcel_left((u64)key) ? -EPERM : 0;
}

/* Writing into a keyring is linking keys to it: everybody's session has some. */
static __always_inline bool is_keyring(u64 key)
{
	const char *name = BPF_CORE_READ((const struct key *)key, type, name);
	char text[8] = {};

	bpf_probe_read_kernel(text, sizeof(text), name);
	return !__builtin_memcmp(text, "keyring", sizeof(text));
}

static __noinline int check_key(u64 key, u32 need)
{
	switch (need) {
	case KEY_NEED_WRITE:
	case KEY_NEED_SETATTR:
		return is_keyring(key) ? 0 : parcel_left(key);
	case KEY_NEED_VIEW:
	case KEY_NEED_READ:
		return any_parcel ? parcel_fetched(key) : 0;
	default:
		return 0;
	}
}

/* The lowest bit of @reference says that the process has the key. */
SEC("lsm/key_permission")
int BPF_PROG(sluice_key_permission, void *reference, const struct cred *cred, u32 need, int ret)
{
	u64 key = 0;

	if (ret || (!any_parcel && !subject_leader()->bpf_storage))
		return ret;
	bpf_probe_read_kernel(&key, sizeof(key), ctx); /* the argument, as a number */
	return check_key(key & ~1ULL, need) ? -EPERM : 0;
}

SEC("fentry/__keyctl_read_key")
int BPF_PROG(sluice_keyctl_read_key, struct key *key)
{
	if (any_parcel && parcel_fetched((u64)key))
		bpf_send_signal(SIGKILL);
	return 0;
}
