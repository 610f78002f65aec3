/* SPDX-License-Identifier: GPL-2.0 */
/*
 * segment.bpf.h: memory that processes share by mapping the same file, memfd or segment.
 */
#ifndef SLUICE_BPF_SEGMENT_H
#define SLUICE_BPF_SEGMENT_H

#include "shared.bpf.h"

/*
 * The current process maps @id so that others see what it writes; NULL: memory that has no name,
 * which only those see that it forks. Return: 0, or -ENOMEM when there is no room.
 */
int segment_map(struct sluice_object_id *id);

/* @id leaves memory: nobody has it mapped. Return: 0. */
int segment_forget(struct sluice_object_id *id);

/* @labels came to @id other than through a mapping: who has it mapped sees them. Return: 0. */
int segment_received(struct sluice_object_id *id, u64 labels);

#endif
