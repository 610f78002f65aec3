/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_fixture.h: the guard of the false kernel: what it was told last. Owns no test.
 */
#ifndef SLUICE_TEST_GUARD_FIXTURE_H
#define SLUICE_TEST_GUARD_FIXTURE_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/kernel_guard.h"

static struct {
	struct sluice_guard in_force;
	struct kernel_mark marks[256];
	size_t n;
} fake_guard;

int kernel_guard_mark(struct kernel *kernel, const struct kernel_mark *marks, size_t n)
{
	(void)kernel;
	if (n > sizeof(fake_guard.marks) / sizeof(fake_guard.marks[0]))
		return -E2BIG;
	if (n)
		memcpy(fake_guard.marks, marks, n * sizeof(*marks));
	fake_guard.n = n;
	return 0;
}

uint32_t kernel_guard_marks(struct kernel *kernel, const struct sluice_object_id *id)
{
	uint32_t marks = 0;

	(void)kernel;
	for (size_t i = 0; i < fake_guard.n; i++)
		if (!memcmp(&fake_guard.marks[i].id, id, sizeof(*id)))
			marks |= fake_guard.marks[i].marks;
	return marks;
}

void kernel_guard_get(const struct kernel *kernel, struct sluice_guard *ret)
{
	(void)kernel;
	*ret = fake_guard.in_force;
}

void kernel_guard_put(struct kernel *kernel, const struct sluice_guard *guard)
{
	uint64_t until = fake_guard.in_force.open_until_ns;
	uint32_t session = fake_guard.in_force.session;

	(void)kernel;
	fake_guard.in_force = *guard;
	fake_guard.in_force.open_until_ns = until;
	fake_guard.in_force.session = session;
}

void kernel_guard_break(struct kernel *kernel, uint64_t until_ns, uint32_t session)
{
	(void)kernel;
	fake_guard.in_force.open_until_ns = until_ns;
	fake_guard.in_force.session = session;
}

bool kernel_pinned(void)
{
	return false;
}

int kernel_open_maps(struct kernel **ret, struct kernel_error *error)
{
	(void)ret, (void)error;
	return -ENOENT;
}

struct kernel *kernel_close(struct kernel *kernel)
{
	(void)kernel;
	return NULL;
}

#endif
