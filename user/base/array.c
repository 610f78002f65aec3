/* SPDX-License-Identifier: Apache-2.0 */
/*
 * array.c: see array.h.
 */
#include "array.h"

#include <stdlib.h>
#include <string.h>

/* The pointer is copied as bytes: a pointer to T and a pointer to void are different objects to the
 * compiler. */
void *array_append(void *array, size_t *n, size_t size)
{
	char *elements, *larger;

	memcpy(&elements, array, sizeof(elements));
	if (!(*n & (*n - 1))) {
		larger = reallocarray(elements, *n ? 2 * *n : 1, size);
		if (!larger)
			return NULL;
		elements = larger;
		memcpy(array, &elements, sizeof(elements));
	}
	return memset(elements + (*n)++ * size, 0, size);
}
