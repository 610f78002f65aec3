// SPDX-License-Identifier: GPL-2.0
/*
 * state.bpf.c: the globals that sluiced writes while the programs run, and the licence of the whole
 * object.
 *
 * Owns: their definition, once. Their own sections make each a map of its own that is pinned and
 * mapped.
 */
#include "maps.bpf.h"

struct sluice_control control SEC(".data.control") = { .abi = SLUICE_ABI_VERSION };
struct sluice_policy policies[2] SEC(".data.policies") = {};

char _license[] SEC("license") = "GPL";
