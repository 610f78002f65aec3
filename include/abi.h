/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * abi.h: every structure that the BPF programs and sluiced share, in one file a family.
 *
 * Owns: layouts, enumerations and their numbers. Must not own: socket messages between our programs
 * (ipc.h), capacities (limits.h), or any code. Fixed-width fields only, no holes, sizes asserted;
 * SLUICE_ABI_VERSION is bumped with every change of a layout that lives in a pinned map.
 */
#ifndef SLUICE_ABI_H
#define SLUICE_ABI_H

#define SLUICE_ABI_VERSION 13

#include "abi_ask.h"
#include "abi_call.h"
#include "abi_event.h"
#include "abi_flow.h"
#include "abi_guard.h"
#include "abi_policy.h"
#include "abi_state.h"

#endif
