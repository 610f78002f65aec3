/* SPDX-License-Identifier: Apache-2.0 */
/*
 * array.h: arrays that grow by one. Owns the growth; must not own what elements hold or who frees
 * it.
 */
#ifndef SLUICE_ARRAY_H
#define SLUICE_ARRAY_H

#include <stddef.h>

/**
 * array_append() - one more zeroed element behind the last.
 * @array: address of the pointer to the first element (NULL while @n is 0); updated when the array
 * moves
 * @n: how many there are; counted up. The array has room for the next power of two.
 * @size: of an element
 * Return: the new element, or NULL without memory; then nothing has changed.
 */
void *array_append(void *array, size_t *n, size_t size);

/* The same for lvalues. */
#define ARRAY_APPEND(array, n) array_append(&(array), &(n), sizeof(*(array)))

#endif
