// SPDX-License-Identifier: GPL-2.0
/*
 * ring.bpf.c: processes that use one io_uring. Its queues are memory that all of them may map; the
 * buffers that one registers are read and filled for another; a message goes from ring to ring. So
 * all that use a ring are a group (segment.bpf.h), each from the moment on in which it
 *
 *   - mmap_file:          maps it (file.bpf.c)
 *   - io_uring_create:    makes it
 *   - file_receive:       takes its descriptor out of another process (the kernel sends none in
 *                         messages)
 *   - io_uring_register:  registers buffers with it
 *   - io_submit_sqes:     submits, also by the kernel's own thread
 *   - io_msg_ring, __io_msg_ring_data:  sends it a message, from a ring or (since 6.13) from none
 *
 *   - io_sq_thread_finish:  nobody has it any more, and it is about to be freed
 *
 * Who has only waited for a ring that it inherited is in no group: it sees nothing but the time.
 * The buffers of one ring can be used by another one only within one memory.
 */
#include "compat.bpf.h"
#include "ring.bpf.h"
#include "segment.bpf.h"

#include <bpf/bpf_tracing.h>

/* The current process uses the ring at @context. Return: 0 or negative. */
static __always_inline int ring_use(u64 context)
{
	struct sluice_object_id id = ring_id(context);

	return segment_use(&id);
}

/* It is too late to refuse: who cannot be one of the group does not go on. */
static __always_inline int ring_used(u64 context)
{
	if (ring_use(context))
		bpf_send_signal(SIGKILL);
	return 0;
}

SEC("tp_btf/io_uring_create")
int BPF_PROG(sluice_io_uring_create, int fd, void *context)
{
	return ring_used((u64)context);
}

SEC("tp_btf/io_uring_register")
int BPF_PROG(sluice_io_uring_register, void *context)
{
	return ring_used((u64)context);
}

SEC("lsm/file_receive")
int BPF_PROG(sluice_file_receive, struct file *file, int ret)
{
	if (ret || file->f_inode->i_sb->s_magic != ANON_INODE_FS_MAGIC || !is_ring(file))
		return ret;
	return ring_use((u64)BPF_CORE_READ(file, private_data)) ? -ENOMEM : 0;
}

SEC("fentry/io_submit_sqes")
int BPF_PROG(sluice_io_submit_sqes, void *context)
{
	return ring_used(number_of(context));
}

SEC("fentry/io_msg_ring")
int BPF_PROG(sluice_io_msg_ring, struct io_kiocb *request)
{
	const struct file *file = BPF_CORE_READ(request, file);

	return is_ring(file) ? ring_used((u64)BPF_CORE_READ(file, private_data)) : 0;
}

SEC("fentry/__io_msg_ring_data")
int BPF_PROG(sluice___io_msg_ring_data, void *context)
{
	return ring_used(number_of(context));
}

/*
 * Not before: until the kernel has parked its thread for the ring, that thread may submit what lies
 * there, and the entry would be made again, for the next ring at this address. Twice, since two
 * rings that end at once may preempt each other in here, and the kernel leaves out a program that is
 * preempted on that processor: the next ring would have the labels of this one.
 */
static __always_inline int ring_ends(u64 context)
{
	struct sluice_object_id id = ring_id(context);

	segment_forget(&id);
	if (bpf_map_lookup_elem(&objects, &id))
		bpf_map_delete_elem(&objects, &id);
	return 0;
}

SEC("fentry/io_sq_thread_finish")
int BPF_PROG(sluice_io_sq_thread_finish, void *context)
{
	return ring_ends(number_of(context));
}

SEC("fexit/io_sq_thread_finish")
int BPF_PROG(sluice_io_sq_thread_finished, void *context)
{
	return ring_ends(number_of(context));
}
