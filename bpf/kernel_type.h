/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_type.h: the kernel's names for numbers.
 *
 * Owns: declarations only; must not own: what kernel.h says.
 */
#ifndef SLUICE_BPF_KERNEL_TYPE_H
#define SLUICE_BPF_KERNEL_TYPE_H

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef unsigned int fmode_t;

#endif
