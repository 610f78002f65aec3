// SPDX-License-Identifier: GPL-2.0
/*
 * pipe.bpf.c: pipes where no LSM hook is called, and where the data comes after the hook.
 *
 *   - pipe_read (anon_pipe_read, fifo_pipe_read): who waited in read() takes the labels that came
 *     with the data, at its end
 *   - get_pipe_info, do_splice, do_tee: which pipes a thread splices; labels that are there already
 *   - pipe_lock, pipe_double_lock, pipe_wait_readable: the pipe of a splice is locked from here on
 *     until its data has moved, so its labels are those of the data
 *
 * A writer labels a pipe before it puts data in. None of these can refuse: the labels move, and who
 * cannot be labeled or may not have the data is killed.
 *
 * Not covered: what another thread does with data that a read() has copied before the read() ends.
 */
#include "egress.bpf.h"
#include "pipe.bpf.h"
#include "segment.bpf.h"

#include <bpf/bpf_tracing.h>

/*
 * The current process has @labels of attempt->key.target, a pipe, and was not asked when it began
 * to wait.
 */
static __always_inline void take_late(struct attempt *attempt, u64 labels)
{
	labels &= ~subject_taint(subject_state(subject_leader()));
	if (!labels || is_exempt(bpf_get_current_task_btf()))
		return;
	attempt->key.action = SLUICE_OPEN;
	attempt->labels = labels;
	attempt->unholdable = SLUICE_FALLBACK_LATE;
	if (decide(attempt) || taint_take(attempt, labels))
		bpf_send_signal(SIGKILL);
}

static __noinline int read_ended(struct file *file)
{
	struct attempt attempt = {};
	u64 labels = object_named(file->f_inode);

	if (!labels)
		return 0;
	target_file(&attempt, file);
	take_late(&attempt, labels);
	return 0;
}

/* The name of the function differs: 6.15 parted pipes and FIFOs. One of each pair is there. */
SEC("fexit/pipe_read")
int BPF_PROG(sluice_pipe_read, struct kiocb *iocb, void *to, long ret)
{
	return ret > 0 ? read_ended(iocb->ki_filp) : 0;
}

SEC("fexit/anon_pipe_read")
int BPF_PROG(sluice_anon_pipe_read, struct kiocb *iocb, void *to, long ret)
{
	return ret > 0 ? read_ended(iocb->ki_filp) : 0;
}

SEC("fexit/fifo_pipe_read")
int BPF_PROG(sluice_fifo_pipe_read, struct kiocb *iocb, void *to, long ret)
{
	return ret > 0 ? read_ended(iocb->ki_filp) : 0;
}

/*
 * tee(), vmsplice() and splice() between pipes ask no LSM hook, and the last asks none about its
 * pipe when the other end is a file or socket. All fetch the pipe by this function, the source
 * first. Nothing can be refused here, so the labels move before the data does.
 */
SEC("fentry/get_pipe_info")
int BPF_PROG(sluice_get_pipe_info, struct file *file, bool for_splice)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct attempt attempt = {};
	const struct splice *call;
	u64 taint, labels;

	if (!for_splice || inode_type(file->f_inode) != S_IFIFO ||
	    is_exempt(bpf_get_current_task_btf()))
		return 0;
	target_file(&attempt, file);
	call = bpf_map_lookup_elem(&splices, &thread);
	if (file->f_mode & FMODE_READ && !(call && call->busy)) {
		struct splice alone = {
			.from = attempt.key.target.object,
			.pipe = (u64)file->private_data,
		};

		bpf_map_update_elem(&splices, &thread, &alone, BPF_ANY);
	}
	labels = object_named(file->f_inode);
	if (file->f_mode & FMODE_READ && labels && taint_take(&attempt, labels))
		bpf_send_signal(SIGKILL);
	taint = subject_taint(subject_state(subject_leader()));
	if (!(file->f_mode & FMODE_WRITE) || !(taint & ~labels))
		return 0;
	if (object_acquire(&attempt.key.target.object, taint))
		bpf_send_signal(SIGKILL);
	object_forget_cache(&attempt.key.target.object);
	tell_move(&attempt, SLUICE_EVENT_LABEL, taint & ~labels);
	return 0;
}

/* Of the arguments alone, so that the end of a call takes back what its beginning counted. */
static __always_inline bool waits_for_medium(const struct file *in, const struct file *out,
					     unsigned int flags)
{
	return media_ask_once() && inode_type(in->f_inode) == S_IFIFO &&
	       !(flags & SPLICE_F_NONBLOCK) && medium_of(out->f_inode);
}

static __always_inline void splice_begins(struct file *in, struct file *out, unsigned int flags)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct inode *target = out->f_inode;
	struct splice call = {
		.from = object_id(in->f_inode),
		.to = object_id(target),
		.pipe = (u64)in->private_data,
		.busy = 1,
		.waits = !(flags & SPLICE_F_NONBLOCK),
	};

	if (inode_type(in->f_inode) != S_IFIFO || is_exempt(bpf_get_current_task_btf()))
		return;
	if (carries_data(target) && !is_pseudo(target)) {
		call.to_type = inode_type(target);
		call.medium = medium_of(target);
	}
	bpf_map_update_elem(&splices, &thread, &call, BPF_ANY);
}

static __always_inline void splice_ended(struct file *in)
{
	u64 thread = bpf_get_current_pid_tgid();

	if (inode_type(in->f_inode) == S_IFIFO)
		bpf_map_delete_elem(&splices, &thread);
}

SEC("fentry/do_splice")
int BPF_PROG(sluice_splice_begins, struct file *in, void *off_in, struct file *out, void *off_out,
	     unsigned long len, unsigned int flags)
{
	if (waits_for_medium(in, out, flags))
		__sync_fetch_and_add(&waiting_splices, 1);
	splice_begins(in, out, flags);
	return 0;
}

SEC("fexit/do_splice")
int BPF_PROG(sluice_splice_ended, struct file *in, void *off_in, struct file *out, void *off_out,
	     unsigned long len, unsigned int flags)
{
	if (waits_for_medium(in, out, flags))
		__sync_fetch_and_sub(&waiting_splices, 1);
	splice_ended(in);
	return 0;
}

SEC("fentry/do_tee")
int BPF_PROG(sluice_tee_begins, struct file *in, struct file *out, unsigned long len,
	     unsigned int flags)
{
	splice_begins(in, out, flags);
	return 0;
}

SEC("fexit/do_tee")
int BPF_PROG(sluice_tee_ended, struct file *in)
{
	splice_ended(in);
	return 0;
}

/* What the process carries now goes off the host with the data that came. */
static __always_inline void splice_sends(const struct splice *call, struct attempt *attempt)
{
	u64 flow = carrier_name(subject_leader()) ^ call->to.ino;

	attempt->key.target.arg = call->to_type | call->medium << 16;
	attempt->key.target.object = call->to;
	attempt->unholdable = SLUICE_FALLBACK_LATE;
	if (egress_medium(attempt, flow, subject_taint(subject_state(subject_leader()))))
		bpf_send_signal(SIGKILL);
}

/*
 * The target of the splice gets what the process carries now. Sockets are asked about when sent.
 * @attempt: of the reading, which is over: before 6.2 there is no room for another.
 */
static __always_inline void splice_labels_target(const struct splice *call, struct attempt *attempt)
{
	u64 moved;

	if (!call->to_type)
		return;
	if (call->medium)
		splice_sends(call, attempt);
	attempt->key.target.arg = call->to_type;
	attempt->key.target.object = call->to;
	moved = subject_taint(subject_state(subject_leader())) &
		~object_known(&attempt->key.target.object);
	if (!moved)
		return;
	attempt->key.action = SLUICE_WRITE;
	attempt->labels = moved;
	attempt->unholdable = SLUICE_FALLBACK_LATE;
	if (control.segments)
		segment_received(&attempt->key.target.object, moved);
	if (object_acquire(&attempt->key.target.object, moved) ||
	    (call->to_type != S_IFIFO && decide(attempt)))
		bpf_send_signal(SIGKILL);
	object_forget_cache(&attempt->key.target.object);
	tell_move(attempt, SLUICE_EVENT_LABEL, moved);
}

/* The pipes at @first and @second (or 0) are locked: labels do not come any more before the data.
 */
static __noinline int splice_settles(u64 first, u64 second)
{
	struct attempt attempt = {
		.key.target.kind = SLUICE_TARGET_FILE,
		.key.target.arg = S_IFIFO,
	};
	const struct splice *call = splice_of_thread();
	u64 labels;

	if (!call || (call->pipe != first && call->pipe != second))
		return 0;
	attempt.key.target.object = call->from;
	labels = object_known(&attempt.key.target.object);
	if (!labels)
		return 0;
	take_late(&attempt, labels);
	splice_labels_target(call, &attempt);
	return 0;
}

SEC("fexit/pipe_lock")
int BPF_PROG(sluice_pipe_lock, struct pipe_inode_info *pipe)
{
	return splice_settles((u64)pipe, 0);
}

SEC("fexit/pipe_wait_readable")
int BPF_PROG(sluice_pipe_wait_readable, struct pipe_inode_info *pipe)
{
	return splice_settles((u64)pipe, 0);
}

SEC("fexit/pipe_double_lock")
int BPF_PROG(sluice_pipe_double_lock, struct pipe_inode_info *first, struct pipe_inode_info *second)
{
	return splice_settles((u64)first, (u64)second);
}
