/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.h: how often somebody may do something: so many times a minute, and as many at once when
 * they were quiet for a minute.
 *
 * Owns: the count. Must not own: whose it is, the clock, or what is said when it is used up.
 */
#ifndef SLUICE_RATE_H
#define SLUICE_RATE_H

#include <stdint.h>

/**
 * struct rate: of one.
 * @per_minute: at least 1
 * @left: parts of 60000 of one time; @at_ms: when that was so
 */
struct rate {
	uint64_t per_minute;
	uint64_t left;
	uint64_t at_ms;
};

/* All of a minute is there at first. @now_ms: of any clock that does not go back */
void rate_init(struct rate *rate, uint64_t per_minute, uint64_t now_ms);

/* Takes one. Return: 0, or after how many seconds, at least 1, there will be one. */
unsigned int rate_take(struct rate *rate, uint64_t now_ms);

#endif
