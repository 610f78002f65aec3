/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * abi_guard.h: what is the agent's own, and what was tried on it.
 *
 * Owns: these layouts and numbers; must not own: what abi.h says.
 */
#ifndef SLUICE_ABI_GUARD_H
#define SLUICE_ABI_GUARD_H

#include <linux/types.h>

#include "abi_ask.h"

/*
 * Marks of the map `guarded`: what of Sluice's own the object is, by its identity, and so what
 * nobody but the agent may do with it.
 */
enum sluice_guard_mark {
	SLUICE_MARK_TREE = 1 << 0,    /* a folder: it and all below it is not changed in any way */
	SLUICE_MARK_WRITE = 1 << 1,   /* contents and attributes are not changed */
	SLUICE_MARK_NAME = 1 << 2,    /* not removed, not renamed, nothing mounted over it */
	SLUICE_MARK_SECRET = 1 << 3,  /* not read either */
	SLUICE_MARK_PROGRAM = 1 << 4, /* a process that is started from it cleanly is the agent */
	SLUICE_MARK_CODE = 1 << 5,    /* may be mapped as code of the agent */
	SLUICE_MARK_CGROUP = 1 << 6,  /* a control group above the agent's: not frozen or killed */
};

/*
 * A mount by which the agent's own is reached is marked, too, by the number that the kernel has for
 * it: an object without a file system, of this generation. There a mark means: not unmounted.
 */
#define SLUICE_GUARD_MOUNT_GEN 0xffffffffU

enum sluice_guard_mode {
	SLUICE_GUARD_OFF,
	SLUICE_GUARD_MONITOR, /* tell what would be refused */
	SLUICE_GUARD_ENFORCE,
};

/**
 * struct sluice_guard: written by sluiced while the programs run (section .data.guard).
 * @mode: enum sluice_guard_mode
 * @session: number of the newest break-glass
 * @open_until_ns: boot clock: the glass is broken until then, 0 when it is whole
 * @conf: the file that the agent reads its policy from: nothing else is taken for it
 * @mounts: mount namespace of pid 1 (its inode number)
 * @pins: super_block::s_dev of the file system that holds the pins
 * @libraries: only files with SLUICE_MARK_CODE are mapped as code into the agent
 * @bounded: what LSM programs return is checked by this kernel (since 6.12)
 * @successor: another program than the one that runs was vouched for: the agent may change pins
 * @policy: digest of the policy's files that the agent has vouched for, in hex, without an end; our
 * programs do not look at it
 */
struct sluice_guard {
	__u32 mode;
	__u32 session;
	__u64 open_until_ns;
	struct sluice_object_id conf;
	__u32 mounts;
	__u32 pins;
	__u32 libraries;
	__u32 bounded;
	__u32 successor;
	__u32 pad;
	char policy[64];
};

/* Key of the map `own`: kind << 32 | the kernel's id of a map, program or link of ours. */
enum sluice_own {
	SLUICE_OWN_MAP = 1,
	SLUICE_OWN_PROGRAM,
	SLUICE_OWN_LINK,
};

/* What a process without the agent's identity tried: struct sluice_event @reason. */
enum sluice_guard_act {
	SLUICE_GUARD_BPF = 1, /* take hold of a map, program or link; @detail: sluice_own */
	SLUICE_GUARD_SIGNAL,  /* @detail: the signal */
	SLUICE_GUARD_TRACE,   /* look into or trace it; @detail: the kernel's access mode */
	SLUICE_GUARD_LIMIT,   /* change limits, priority or scheduling */
	SLUICE_GUARD_CGROUP,  /* freeze, kill, move or limit its control group */
	SLUICE_GUARD_SWITCH,  /* write a switch of the kernel that turns programs off */
	SLUICE_GUARD_WRITE,   /* write to a file, or its attributes */
	SLUICE_GUARD_READ,    /* read a secret */
	SLUICE_GUARD_NAME,    /* make, remove, rename or link a name */
	SLUICE_GUARD_MOUNT,   /* mount over it, or take its file system away */
	SLUICE_GUARD_KERNEL,  /* write memory of the kernel or of a process by way of the kernel */
	SLUICE_GUARD_CODE,    /* run unknown code in the agent; @detail: protection */
	SLUICE_GUARD_OVERRIDE, /* load a BPF program that answers for ours; @detail: its type */
	SLUICE_GUARD_ACTS,
};

_Static_assert(sizeof(struct sluice_guard) == 120, "guard");

#endif
