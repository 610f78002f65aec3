/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_guard.h: the kernel side of the guard as sluiced sees it: marks on files, whether it is in
 * force, the glass.
 *
 * Owns: the maps `guarded` and `own` and struct sluice_guard. Must not own: what is marked and why
 * (guard.h), or who may break the glass (glass.h).
 */
#ifndef SLUICE_KERNEL_GUARD_H
#define SLUICE_KERNEL_GUARD_H

#include "kernel.h"

struct kernel_mark {
	struct sluice_object_id id;
	uint32_t marks; /* enum sluice_guard_mark */
};

/**
 * kernel_guard_mark() - these marks and no others, without a moment that misses one that stays.
 * Return: 0; -E2BIG above SLUICE_MAX_GUARDED; or another negative errno: the old marks may be
 * mixed with the new ones then, and none is missing that was there.
 */
int kernel_guard_mark(struct kernel *kernel, const struct kernel_mark *marks, size_t n);

/* Marks of one object, 0 when it has none. */
uint32_t kernel_guard_marks(struct kernel *kernel, const struct sluice_object_id *id);

/* What is in force; @ret is a copy. */
void kernel_guard_get(const struct kernel *kernel, struct sluice_guard *ret);

/* Puts all but the glass in force; the mode last. */
void kernel_guard_put(struct kernel *kernel, const struct sluice_guard *guard);

/* Breaks the glass until @until_ns (boot clock) as session @session, or mends it with 0. */
void kernel_guard_break(struct kernel *kernel, uint64_t until_ns, uint32_t session);

#endif
