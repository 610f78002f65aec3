// SPDX-License-Identifier: Apache-2.0
/*
 * kernel_program.c: the programs of the skeleton: which of them this kernel can have, attaching and
 * counting them.
 *
 * Owns: the functions that kernels call by different names. Must not own: loading, or the order of
 * start (kernel.c).
 */
#include "kernel_private.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "check/check.h"
#include "sluice.skel.h"

/* Functions that a kernel may call otherwise: one whole choice must be there. */
static const struct {
	const char *function;
	unsigned int choice;
} pipe_functions[] = {
	{ "pipe_read", 0 },
	{ "anon_pipe_read", 1 },
	{ "fifo_pipe_read", 1 },
};

/* What an io_uring is used by, all of it, where the kernel has any. */
static const char *const ring_functions[] = {
	"io_submit_sqes",
	"io_msg_ring",
	"io_sq_thread_finish",
	"io_uring_create", /* this and the next are tracepoints */
	"io_uring_register",
};

/* The same for messages from no ring, where the kernel knows such. */
#define RING_BLIND "io_uring_sync_msg_ring"
#define RING_DATA "__io_msg_ring_data"

/* The second program of io_sq_thread_finish: see ring.bpf.c. */
#define RING_ENDED "io_sq_thread_finished"

static int want_program(struct sluice_bpf *skel, const char *function, bool wanted)
{
	char name[64];
	struct bpf_program *program;

	snprintf(name, sizeof(name), "sluice_%s", function);
	program = bpf_object__find_program_by_name(skel->obj, name);
	return program ? bpf_program__set_autoload(program, wanted) : -ENOENT;
}

/* The root of all control groups of version 2. Return: a descriptor, or -ENOENT without any. */
static int open_cgroups(void)
{
	char path[128];
	int fd;

	if (!check_cgroup_root(path, sizeof(path)))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Without control groups there is nothing to attach the program for packets to: see check.c. */
static int choose_packets(struct sluice_bpf *skel)
{
	char path[128];

	return bpf_program__set_autoload(skel->progs.sluice_packet_leaves,
					 check_cgroup_root(path, sizeof(path)));
}

static bool has_function(const struct btf *btf, const char *name)
{
	char tracepoint[64];

	snprintf(tracepoint, sizeof(tracepoint), "btf_trace_%s", name);
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0 ||
	       btf__find_by_name_kind(btf, tracepoint, BTF_KIND_TYPEDEF) > 0;
}

/* The first function of io_uring that programs need and this kernel lacks, or NULL. */
static const char *missing_of_rings(const struct btf *btf)
{
	for (size_t i = 0; i < ARRAY_SIZE(ring_functions); i++)
		if (!has_function(btf, ring_functions[i]))
			return ring_functions[i];
	return has_function(btf, RING_BLIND) && !has_function(btf, RING_DATA) ? RING_DATA : NULL;
}

static int choose_rings(struct sluice_bpf *skel, const struct btf *btf, struct kernel_error *error)
{
	bool any = has_function(btf, "io_uring_create");
	const char *missing = any ? missing_of_rings(btf) : NULL;
	int err = 0;
	size_t i;

	if (missing)
		return kernel_fail(error, -ENOTSUP,
				   "this kernel runs io_uring without the function %s; use a "
				   "kernel that 'sluice doctor' takes",
				   missing);
	for (i = 0; !err && i < ARRAY_SIZE(ring_functions); i++)
		err = want_program(skel, ring_functions[i], any);
	if (!err)
		err = want_program(skel, RING_ENDED, any);
	if (!err)
		err = want_program(skel, RING_DATA, has_function(btf, RING_BLIND));
	return err ? kernel_fail(error, err, "cannot choose the programs for io_uring") : 0;
}

/* Leaves out the programs for what this kernel or host does not have. */
int kernel_program_choose(struct sluice_bpf *skel, struct kernel_error *error)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool whole[] = { true, true };
	int err = btf ? 0 : -errno;
	size_t i;

	for (i = 0; !err && i < ARRAY_SIZE(pipe_functions); i++)
		if (btf__find_by_name_kind(btf, pipe_functions[i].function, BTF_KIND_FUNC) < 0)
			whole[pipe_functions[i].choice] = false;
	if (err)
		return kernel_fail(error, err, "cannot read the kernel's types (BTF)");
	err = choose_rings(skel, btf, error);
	btf__free(btf);
	if (err)
		return err;
	if (!whole[0] && !whole[1])
		return kernel_fail(error, -ENOTSUP,
				   "this kernel reads pipes by a function that is not known here; "
				   "use a kernel that 'sluice doctor' takes");
	for (i = 0; !err && i < ARRAY_SIZE(pipe_functions); i++)
		err = want_program(skel, pipe_functions[i].function,
				   whole[pipe_functions[i].choice]);
	if (!err)
		err = choose_packets(skel);
	return err ? kernel_fail(error, err, "cannot choose the programs for this host") : 0;
}

/* The others are run when sluiced wants it. */
static bool is_attached(const struct bpf_program *program)
{
	return bpf_program__autoload(program) &&
	       bpf_program__type(program) != BPF_PROG_TYPE_SYSCALL &&
	       bpf_program__expected_attach_type(program) != BPF_TRACE_ITER;
}

static struct bpf_link *attach(const struct bpf_program *program)
{
	_cleanup_close_ int fd = -1;

	if (bpf_program__type(program) != BPF_PROG_TYPE_CGROUP_SKB)
		return bpf_program__attach(program);
	fd = open_cgroups();
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	return bpf_program__attach_cgroup(program, fd);
}

/*
 * Attaches each program and pins its link; the link itself goes with the skeleton, the pin holds
 * it.
 */
int kernel_program_attach(struct sluice_bpf *skel, const char *folder, const char **ret_failed)
{
	struct bpf_program *program;
	char path[512];

	bpf_object__for_each_program(program, skel->obj) {
		struct bpf_link *link;
		int err;

		if (!is_attached(program))
			continue;
		*ret_failed = bpf_program__name(program);
		link = attach(program);
		if (!link)
			return -errno;
		snprintf(path, sizeof(path), "%s/" KERNEL_PIN_LINK "%s", folder, *ret_failed);
		err = bpf_link__pin(link, path);
		bpf_link__destroy(link);
		if (!err)
			err = kernel_missed_pin(program, folder);
		if (err)
			return err;
	}
	return 0;
}

size_t kernel_program_count(const struct sluice_bpf *skel)
{
	struct bpf_program *program;
	size_t n = 0;

	bpf_object__for_each_program(program, skel->obj)
		n += is_attached(program);
	return n;
}

/* What the verifier had to look at: a program near a million is refused by the next kernel. */
void kernel_program_log(const struct sluice_bpf *skel)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, skel->obj)
	{
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (bpf_program__autoload(program) &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			log_debug("%s: the verifier looked at %u instructions",
				  bpf_program__name(program), info.verified_insns);
	}
}

const char *const kernel_run_names[KERNEL_RUN] = {
	[KRUN_IDENTIFY] = "identify",
	[KRUN_RELABEL] = "relabel",
	[KRUN_TAKE_REFUSALS] = "take_refusals",
	[KRUN_FOUND_OPEN] = "found_open",
	[KRUN_FOUND_MAPPED] = "found_mapped",
};

static int keep(const struct sluice_bpf *skel, const char *folder, const char *name, int *ret)
{
	const struct bpf_program *program;
	char path[512], full[64];

	snprintf(full, sizeof(full), "sluice_%s", name);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	program = bpf_object__find_program_by_name(skel->obj, full);
	if (!program)
		return -ENOENT;
	if (bpf_obj_pin(bpf_program__fd(program), path))
		return -errno;
	*ret = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 3);
	return *ret < 0 ? -errno : 0;
}

int kernel_program_keep(struct kernel *kernel, const struct sluice_bpf *skel, const char *folder)
{
	int err = 0;

	for (size_t i = 0; !err && i < KERNEL_RUN; i++)
		err = keep(skel, folder, kernel_run_names[i], &kernel->program[i]);
	return err;
}

/* An iterator runs its program once for each thing it comes to, while somebody reads it. */
static int iterate(int program)
{
	int link = bpf_link_create(program, 0, BPF_TRACE_ITER, NULL);
	int iterator = link < 0 ? -1 : bpf_iter_create(link);
	int err = iterator < 0 ? -errno : 0;
	char nothing[64];
	ssize_t n;

	if (link >= 0)
		close(link);
	if (err)
		return err;
	do {
		n = read(iterator, nothing, sizeof(nothing));
		err = n < 0 && errno != EINTR && errno != EAGAIN ? -errno : 0;
	} while (!err && n);
	close(iterator);
	return err;
}

int kernel_find(struct kernel *kernel, bool open)
{
	int err = open ? iterate(kernel->program[KRUN_FOUND_OPEN]) : 0;

	return err ? err : iterate(kernel->program[KRUN_FOUND_MAPPED]);
}
