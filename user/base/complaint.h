/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complaint.h: where the reason goes why an answer is not taken.
 *
 * Owns: the writing of it. Must not own: what is wrong, or who hears of it.
 */
#ifndef SLUICE_COMPLAINT_H
#define SLUICE_COMPLAINT_H

#include <stddef.h>

/* @text: of @size bytes, borrowed */
struct complaint {
	char *text;
	size_t size;
};

/* Writes the text, cut to what fits. Return: @error. */
__attribute__((format(printf, 3, 4))) int complain(const struct complaint *complaint, int error,
						   const char *format, ...);

#endif
