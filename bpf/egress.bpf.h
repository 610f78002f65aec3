/* SPDX-License-Identifier: GPL-2.0 */
/*
 * egress.bpf.h: sending by a hook on files: write(), sendfile() and splice() on a socket. The last
 * two reach no other hook before 6.5.
 */
#ifndef SLUICE_BPF_EGRESS_H
#define SLUICE_BPF_EGRESS_H

#include "carrier.bpf.h"
#include "taint.bpf.h"

#include <bpf/bpf_core_read.h>

/* The body of egress_write(), verified once on its own. @socket: its address. */
int egress_peer(u64 socket, u64 taint);

/*
 * @taint goes to attempt->key.target, whose @arg names a medium. @flow: names what a grant opens.
 * Return: as decide().
 */
int egress_medium(struct attempt *attempt, u64 flow, u64 taint);

/* The verifier wants to see what a hook returns. */
static __always_inline int egress_result(int err)
{
	int restart = -ERESTARTNOINTR, unconnected = -ENOTCONN;

	/* Constants that are not @err again. */
	barrier_var(restart);
	barrier_var(unconnected);
	if (err == -ERESTARTNOINTR)
		return restart;
	if (err == -ENOTCONN)
		return unconnected;
	return err ? -EPERM : 0;
}

/* The current process, which carries @taint, writes into the socket @file. Return: as decide(). */
static __always_inline int egress_write(struct file *file, u64 taint)
{
	/* A plain load is no number on 7, and only numbers go into such functions. */
	return egress_result(egress_peer((u64)BPF_CORE_READ(file, private_data), taint));
}

/*
 * The same for a file or device on @medium. A grant covers what the process writes into it until
 * the grant ends.
 */
static __noinline int egress_file(struct file *file, u32 medium, u64 taint)
{
	struct attempt attempt = {};
	u64 flow;

	target_file(&attempt, file);
	flow = carrier_name(subject_leader()) ^ attempt.key.target.object.ino;
	attempt.key.target.arg |= medium << 16;
	return egress_result(egress_medium(&attempt, flow, taint));
}

#endif
