// SPDX-License-Identifier: Apache-2.0
/*
 * check.c: see check.h. One function for each row of the table, which is the order of the output:
 * what makes later rows fail comes first. The rows are in check_kernel.c, check_security.c and
 * check_mount.c.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "check_private.h"

static const struct {
	const char *name;
	void (*check)(struct check_result *result);
} checks[] = {
	{ "kernel", check_kernel },
	{ "machine", check_machine },
	{ "btf", check_btf },
	{ "bpf lsm", check_lsm },
	{ "lockdown", check_lockdown },
	{ "bpffs", check_bpffs },
	{ "capabilities", check_capabilities },
	{ "ftrace", check_ftrace },
	{ "preemption", check_preemption },
	{ "cgroup", check_cgroup },
};

int check_one(const char *name, struct check_result *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		if (strcmp(checks[i].name, name) != 0)
			continue;
		*ret = (struct check_result){ .name = checks[i].name };
		checks[i].check(ret);
		return 0;
	}
	return -ENOENT;
}

size_t check_all(struct check_result *results, size_t max)
{
	size_t n = ARRAY_SIZE(checks) < max ? ARRAY_SIZE(checks) : max;

	for (size_t i = 0; i < n; i++) {
		results[i] = (struct check_result){ .name = checks[i].name };
		checks[i].check(&results[i]);
	}
	return n;
}
