/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * abi_call.h: arguments of the programs that sluiced calls.
 *
 * Owns: these layouts and numbers; must not own: what abi.h says.
 */
#ifndef SLUICE_ABI_CALL_H
#define SLUICE_ABI_CALL_H

#include <linux/types.h>

#include "abi_ask.h"

/*
 * Argument of the program `identify`: sluiced asks what the kernel calls its own file descriptor
 * @fd;
 * with @fd SLUICE_IDENTIFY_AGENT the caller becomes the agent of struct sluice_control.
 * @covered: what lies below a mount whose root @fd is, or zeros
 * @s_dev, @uuid: of the superblock; @durable: labels there can be kept across boots
 */
#define SLUICE_IDENTIFY_AGENT (-1)
struct sluice_identify {
	__s32 fd;
	__u32 mode;
	struct sluice_object_id object;
	struct sluice_object_id covered;
	__u32 s_dev;
	__u32 durable;
	__u64 uuid[2];
};

/* Argument of the program `relabel`: in one mask of an object, clear @remove, then set @add. */
#define SLUICE_RELABEL_ACQUIRED 2
struct sluice_relabel {
	struct sluice_object_id object;
	__u64 add;
	__u64 remove;
	__u32 slot; /* of the policy, or SLUICE_RELABEL_ACQUIRED */
	__u32 pad;
};

/*
 * Argument of the program `take_refusals`: what is untold under @key is the caller's now, and
 * @lost, of which nothing else is known.
 */
struct sluice_take_refusals {
	struct sluice_ask_key key;
	__u64 untold;
	__u64 lost;
};

_Static_assert(sizeof(struct sluice_identify) == 64, "identify");
_Static_assert(sizeof(struct sluice_relabel) == 40, "relabel");
_Static_assert(sizeof(struct sluice_take_refusals) == 80, "take refusals");

#endif
