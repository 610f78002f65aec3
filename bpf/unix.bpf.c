// SPDX-License-Identifier: GPL-2.0
/*
 * unix.bpf.c: Unix sockets carry labels from the process that sends to the one that receives.
 *
 *   - unix_may_send:      each datagram; streams call unix_send() from the hooks on sockets
 *                         (egress.bpf.c, file.bpf.c)
 *   - unix_*_recvmsg,
 *     unix_stream_splice_read:  on return: who waits before the data comes takes its labels, too
 *                         (who finds it there takes them before: endpoint.bpf.c)
 *   - sk_free_security:   a socket that is gone is forgotten, of whatever family
 *
 * Sending is not guarded, as for pipes: nothing leaves the host, and the receiver is guarded. A
 * socket keeps its labels for its life: which bytes a receiver leaves in the queue is not followed.
 *
 * Must not own: sockets of other families (egress.bpf.h, loopback.bpf.c), who takes no labels (the
 * policy's trusted subjects, taint.bpf.c).
 */
#include "quota.bpf.h"
#include "sink.bpf.h"
#include "unix.bpf.h"

#include <bpf/bpf_tracing.h>

static __always_inline void target_socket(struct attempt *attempt, const struct sluice_socket *to)
{
	attempt->key.target.kind = SLUICE_TARGET_FILE;
	attempt->key.target.arg = S_IFSOCK;
	attempt->key.target.object.ino = to->number;
}

/*
 * Makes what is known about the socket at @sk, unless another does so first. It counts as the
 * sender's: a service cannot choose who sends to it.
 */
static __noinline int socket_begin(u64 sk)
{
	struct sluice_socket fresh = {
		.number = __sync_fetch_and_add(&socket_numbers, 1) + 1,
		.uid = quota_user(),
	};

	if (quota_take(fresh.uid, SLUICE_QUOTA_SOCKETS, SLUICE_MAX_SOCKETS))
		return -ENOSPC;
	if (bpf_map_update_elem(&sockets, &sk, &fresh, BPF_NOEXIST))
		quota_put(fresh.uid, SLUICE_QUOTA_SOCKETS);
	return 0;
}

/*
 * Not part of unix_receive(), whose frame would lie above the making of an event: before 6.2 there
 * is no room for both.
 */
u64 unix_sunk(u64 sk, u64 labels)
{
	const struct unix_sock *bound = (const struct unix_sock *)sk;
	const struct dentry *dentry = BPF_CORE_READ(bound, path.dentry);
	struct attempt attempt = {};

	labels &= sink_labels((u64)dentry);
	if (!labels)
		return 0;
	attempt.key.target.kind = SLUICE_TARGET_FILE;
	attempt.key.target.arg = S_IFSOCK;
	attempt.key.target.object = sink_id((u64)BPF_CORE_READ(dentry, d_inode));
	attempt.path = (struct path *)(sk + bpf_core_field_offset(struct unix_sock, path));
	tell_sink(&attempt, labels);
	return labels;
}

int unix_receive(u64 sk, u64 labels)
{
	struct sluice_socket *socket;
	struct attempt attempt = {};
	u64 moved;

	if (is_exempt(bpf_get_current_task_btf()))
		return 0;
	socket = bpf_map_lookup_elem(&sockets, &sk);
	if (!socket) {
		socket_begin(sk);
		socket = bpf_map_lookup_elem(&sockets, &sk);
	}
	if (!socket) {
		count(SLUICE_COUNT_MAP_FULL);
		return refuse();
	}
	moved = labels & ~socket->labels;
	__sync_fetch_and_or(&socket->labels, labels);
	target_socket(&attempt, socket);
	if (moved || edge_is_new(SLUICE_EVENT_LABEL, labels, &attempt.key.target.object))
		tell_move(&attempt, SLUICE_EVENT_LABEL, labels);
	return 0;
}

int unix_received(u64 sk)
{
	const struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);
	struct attempt attempt = {};

	if (!socket || !socket->labels)
		return 0;
	target_socket(&attempt, socket);
	if (taint_take(&attempt, socket->labels))
		bpf_send_signal(SIGKILL);
	return 0;
}

SEC("lsm/unix_may_send")
int BPF_PROG(sluice_unix_may_send, struct socket *sock, struct socket *other, int ret)
{
	u64 taint;

	if (ret)
		return ret;
	taint = subject_taint(subject_state(subject_leader()));
	return taint ? unix_give((u64)BPF_CORE_READ(other, sk), taint) : 0;
}

SEC("fexit/unix_stream_recvmsg")
int BPF_PROG(sluice_unix_stream_recvmsg, struct socket *sock, struct msghdr *msg, size_t size,
	     int flags, int ret)
{
	return ret > 0 && socket_numbers ? unix_received((u64)BPF_CORE_READ(sock, sk)) : 0;
}

SEC("fexit/unix_dgram_recvmsg")
int BPF_PROG(sluice_unix_dgram_recvmsg, struct socket *sock, struct msghdr *msg, size_t size,
	     int flags, int ret)
{
	return ret > 0 && socket_numbers ? unix_received((u64)BPF_CORE_READ(sock, sk)) : 0;
}

SEC("fexit/unix_seqpacket_recvmsg")
int BPF_PROG(sluice_unix_seqpacket_recvmsg, struct socket *sock, struct msghdr *msg, size_t size,
	     int flags, int ret)
{
	return ret > 0 && socket_numbers ? unix_received((u64)BPF_CORE_READ(sock, sk)) : 0;
}

struct pipe_inode_info;

SEC("fexit/unix_stream_splice_read")
int BPF_PROG(sluice_unix_stream_splice_read, struct socket *sock, long long *ppos,
	     struct pipe_inode_info *pipe, size_t size, unsigned int flags, long ret)
{
	return ret > 0 && socket_numbers ? unix_received((u64)BPF_CORE_READ(sock, sk)) : 0;
}

SEC("lsm/sk_free_security")
void BPF_PROG(sluice_sk_free_security, struct sock *sk)
{
	const struct sluice_socket *socket;
	u64 key = (u64)sk;
	u32 uid;

	socket = socket_numbers ? bpf_map_lookup_elem(&sockets, &key) : NULL;
	if (!socket)
		return;
	uid = socket->uid;
	if (!bpf_map_delete_elem(&sockets, &key))
		quota_put(uid, SLUICE_QUOTA_SOCKETS);
}
