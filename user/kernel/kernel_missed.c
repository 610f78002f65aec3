// SPDX-License-Identifier: Apache-2.0
/*
 * kernel_missed.c: how often the kernel left one of the attached programs out.
 *
 * Owns: the pins of programs that it can happen to. A link does not lead to its program without
 * CAP_SYS_ADMIN, which sluiced lacks. Must not own: what it means (missed.h).
 */
#include "kernel_private.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Those at the end of an io_uring take no labels, and there are two of them for that (ring.bpf.c). */
static bool takes_labels(const char *name)
{
	static const char end[] = "sluice_io_sq_thread_finish";

	return strncmp(name, end, sizeof(end) - 1);
}

/* LSM programs, and those for packets, have no such check. */
int kernel_missed_pin(const struct bpf_program *program, const char *folder)
{
	char path[512];

	if (bpf_program__type(program) != BPF_PROG_TYPE_TRACING ||
	    !takes_labels(bpf_program__name(program)))
		return 0;
	snprintf(path, sizeof(path), "%s/" KERNEL_PIN_MISSED "%s", folder,
		 bpf_program__name(program));
	return bpf_obj_pin(bpf_program__fd(program), path) ? -errno : 0;
}

struct each {
	kernel_missed_fn fn;
	void *ctx;
};

static int look(void *ctx, const char *name, int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	const struct each *each = ctx;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	each->fn(each->ctx, name, info.recursion_misses);
	return 0;
}

int kernel_missed_each(const struct kernel *kernel, kernel_missed_fn fn, void *ctx)
{
	struct each each = { fn, ctx };

	return kernel_pin_each(kernel->build, KERNEL_PIN_MISSED, look, &each);
}
