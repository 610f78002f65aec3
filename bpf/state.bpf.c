// SPDX-License-Identifier: GPL-2.0
/*
 * state.bpf.c: the globals of several files, most of them written by sluiced while the programs
 * run, and the licence of the whole object.
 *
 * Owns: their definition, once. Their own sections make each a map of its own that is pinned and
 * mapped.
 */
#include "maps.bpf.h"

struct sluice_control control SEC(".data.control") = {
	.abi = SLUICE_ABI_VERSION,
	.files = SLUICE_FILES_PER_USER,
};
struct sluice_guard guard SEC(".data.guard") = {};
struct sluice_policy policies[2] SEC(".data.policies") = {};

__u64 socket_numbers;
__u64 loopback_labels;
__u64 away_labels;
__u64 waiting_splices;
__u64 taint_epoch;
__u64 mapped_sockets;
__u32 object_epochs[SLUICE_OBJECT_EPOCHS];

char _license[] SEC("license") = "GPL";
