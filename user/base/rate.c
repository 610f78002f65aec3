// SPDX-License-Identifier: Apache-2.0
/*
 * rate.c: see rate.h. One time is 60000 parts, so that each millisecond brings per_minute of them.
 */
#include "rate.h"

#define PARTS 60000

void rate_init(struct rate *rate, uint64_t per_minute, uint64_t now_ms)
{
	*rate = (struct rate){ .per_minute = per_minute,
			       .left = per_minute * PARTS,
			       .at_ms = now_ms };
}

unsigned int rate_take(struct rate *rate, uint64_t now_ms)
{
	uint64_t passed_ms = now_ms > rate->at_ms ? now_ms - rate->at_ms : 0;
	uint64_t second = rate->per_minute * 1000;

	if (passed_ms > PARTS) /* a minute brings all that there can be */
		passed_ms = PARTS;
	rate->at_ms = now_ms;
	rate->left += passed_ms * rate->per_minute;
	if (rate->left > rate->per_minute * PARTS)
		rate->left = rate->per_minute * PARTS;
	if (rate->left < PARTS)
		return (unsigned int)((PARTS - rate->left + second - 1) / second);
	rate->left -= PARTS;
	return 0;
}
