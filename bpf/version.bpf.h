/* SPDX-License-Identifier: GPL-2.0 */
/*
 * version.bpf.h: several words of a map value that are read and written as one.
 *
 * A thread that reads while another writes must not see half of one thing and half of another: the
 * version is even and the same before and after (x86 keeps the order of loads, and of stores;
 * another architecture would need barriers here). Nobody waits: who finds a writer at it goes
 * without.
 *
 * Owns: that order. Must not own: what the words mean (destination.bpf.h, reader.bpf.h).
 */
#ifndef SLUICE_BPF_VERSION_H
#define SLUICE_BPF_VERSION_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>

/* Return: what version_is() takes after reading; odd when nothing can be read now. */
static __always_inline u32 version_of(const u32 *version)
{
	u32 before = *(const volatile u32 *)version;

	barrier();
	return before;
}

static __always_inline bool version_is(const u32 *version, u32 before)
{
	barrier();
	return *(const volatile u32 *)version == before;
}

/* Return: false when another thread is at it. */
static __always_inline bool version_begin(u32 *version)
{
	u32 before = *version;

	return !(before & 1) && __sync_val_compare_and_swap(version, before, before + 1) == before;
}

static __always_inline void version_end(u32 *version)
{
	barrier();
	__sync_fetch_and_add(version, 1);
}

#endif
