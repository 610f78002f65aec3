/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meter.c: see meter.h.
 */
#include "meter.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>


void meter_wait(struct meter *meter, uint64_t ms)
{
	static const uint32_t bounds_s[IPC_WAITS] = IPC_WAIT_BOUNDS_S;
	size_t i = 0;

	while (i < IPC_WAITS && ms > bounds_s[i] * UINT64_C(1000))
		i++;
	meter->waits[i]++;
	meter->waited_ms += ms;
}
