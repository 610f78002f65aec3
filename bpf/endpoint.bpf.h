/* SPDX-License-Identifier: GPL-2.0 */
/*
 * endpoint.bpf.h: the labels of what comes from another host (Endpoint= of a label), for who
 * receives it.
 */
#ifndef SLUICE_BPF_ENDPOINT_H
#define SLUICE_BPF_ENDPOINT_H

#include "egress.bpf.h"

/*
 * The current process gets data out of the IP socket whose struct sock lies at @sk, or is about to:
 * it is asked about as for a file, and takes the labels. @late: SLUICE_FALLBACK_LATE when it has
 * the data. Verified once on its own. Return: as decide().
 */
int endpoint_receive(u64 sk, u32 late);

/* The same before it gets any, for a socket of any family. Only where has_endpoints(). */
static __always_inline int endpoint_check(const struct socket *socket)
{
	const struct sock *sk = BPF_CORE_READ(socket, sk);
	u16 family;

	if (!sk || is_exempt(bpf_get_current_task_btf()))
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6)
		return 0;
	/* A number, since only numbers go into such functions. */
	return egress_result(endpoint_receive((u64)BPF_CORE_READ(socket, sk), 0));
}

/* By a call that no hook on sockets sees: splice() out of a connection. */
static __always_inline int endpoint_read(struct file *file)
{
	return endpoint_check(BPF_CORE_READ(file, private_data));
}

#endif
