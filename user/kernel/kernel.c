// SPDX-License-Identifier: Apache-2.0
/*
 * kernel.c: load, attach and pin the BPF programs, or adopt those that this build has pinned
 * before.
 *
 * Owns: the skeleton and the order of start. Must not own: which programs there are
 * (kernel_program.c), the pins' files (kernel_pin.c), the maps' contents (kernel_maps.c).
 *
 * An upgrade loads its programs over the maps that are in force, attaches them, and only then lets
 * go of the old ones: there is no moment without enforcement, and a short one with both.
 */
#include "kernel_private.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "abi.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "kernel_ring.h"
#include "sluice.skel.h"

int kernel_fail(struct kernel_error *error, int err, const char *format, ...)
{
	size_t used;
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	used = strlen(error->text);
	snprintf(error->text + used, sizeof(error->text) - used, ": %s", strerror(-err));
	return err;
}

#define VERIFIER_LINES 12

/* The last lines of @text, a message each: the verifier's reason stands at the end of its log. */
static void log_tail(int level, char *text)
{
	unsigned int lines = 0;
	char *line, *start = text + strlen(text);

	while (start > text && start[-1] == '\n')
		*--start = '\0';
	while (start > text && (start[-1] != '\n' || ++lines < VERIFIER_LINES))
		start--;
	while ((line = strsep(&start, "\n")))
		log_message(level, "%s", line);
}

/*
 * libbpf's own words matter only when something failed: then the verifier's last lines are the
 * reason.
 */
static int print_libbpf(enum libbpf_print_level level, const char *format, va_list ap)
{
	char *line = NULL;

	if (level == LIBBPF_DEBUG || vasprintf(&line, format, ap) < 0)
		return 0;
	log_tail(level == LIBBPF_WARN ? LOG_INFO : LOG_DEBUG, line);
	free(line);
	return 0;
}

/* Name of this build: the first 64 bits of the SHA-256 of its BPF object, in hex. */
static int build_name(char ret[17])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t size, i;
	const void *elf = sluice_bpf__elf_bytes(&size);

	if (!EVP_Digest(elf, size, digest, NULL, EVP_sha256(), NULL))
		return -EIO;
	for (i = 0; i < 8; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

void *kernel_map_data(int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *data = mmap(NULL, (size + page - 1) / page * page, PROT_READ | PROT_WRITE, MAP_SHARED,
			  fd, 0);

	return data == MAP_FAILED ? NULL : data;
}

static void unmap_data(void *data, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (data)
		munmap(data, (size + page - 1) / page * page);
}

static void deliver(void *ctx, const void *data, size_t size)
{
	struct kernel *kernel = ctx;

	if (size < sizeof(struct sluice_event))
		log_warning("event of %zu bytes from the kernel, expected %zu; dropped", size,
			    sizeof(struct sluice_event));
	else
		kernel->fn(kernel->ctx, data);
}

/* The last steps are the same for what was loaded and what was adopted. */
static int kernel_finish(struct kernel *kernel, struct kernel_error *error)
{
	int err;

	kernel->control = kernel_map_data(kernel->map[KMAP_CONTROL], sizeof(*kernel->control));
	kernel->policies =
		kernel_map_data(kernel->map[KMAP_POLICIES], 2 * sizeof(*kernel->policies));
	kernel->guard = kernel_map_data(kernel->map[KMAP_GUARD], sizeof(*kernel->guard));
	if (!kernel->control || !kernel->policies || !kernel->guard)
		return kernel_fail(error, -ENOMEM,
				   "cannot map the control word of the BPF programs");
	err = kernel_ring_open(&kernel->ring, kernel->map[KMAP_EVENTS], SLUICE_RING_BYTES);
	return err ? kernel_fail(error, err, "cannot read the event ring") : 0;
}

static struct bpf_map *find_map(const struct bpf_object *object, const struct kernel_map_spec *spec)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map), *dot = strchr(name, '.');

		/* libbpf puts the object's name before the sections that every object has. */
		if (!strcmp(name, spec->name) || (dot && !strcmp(dot, spec->name)))
			return map;
	}
	return NULL;
}

/* Refuses to go on with maps of another layout than ours. */
static int check_abi(const struct kernel *old, struct kernel_error *error)
{
	struct sluice_control *control = kernel_map_data(old->map[KMAP_CONTROL], sizeof(*control));
	uint32_t abi = control ? control->abi : 0;

	unmap_data(control, sizeof(*control));
	if (abi == SLUICE_ABI_VERSION)
		return 0;
	return kernel_fail(error, -EPROTO,
			   "programs with ABI %u are in force, this build has ABI %u; run 'sluiced "
			   "--detach' to end their "
			   "enforcement, then start again",
			   abi, SLUICE_ABI_VERSION);
}

/* Sizes the maps; with @old they are those in force. */
static int prepare_maps(struct sluice_bpf *skel, const struct kernel *old,
			struct kernel_error *error)
{
	unsigned int i;

	for (i = 0; i < KERNEL_MAPS; i++) {
		const struct kernel_map_spec *spec = &kernel_map_specs[i];
		struct bpf_map *map = find_map(skel->obj, spec);
		int err;

		if (!map)
			return kernel_fail(error, -ENOENT, "the BPF object has no map %s; rebuild",
					   spec->name);
		if (old)
			err = bpf_map__reuse_fd(map, old->map[i]);
		else
			err = spec->entries ? bpf_map__set_max_entries(map, spec->entries) : 0;
		if (err)
			return kernel_fail(error, err, "cannot prepare map %s", spec->name);
	}
	return 0;
}

static int pin_maps(struct kernel *kernel, const struct sluice_bpf *skel, const char *folder)
{
	char path[512];
	unsigned int i;

	for (i = 0; i < KERNEL_MAPS; i++) {
		const struct kernel_map_spec *spec = &kernel_map_specs[i];
		int fd = bpf_map__fd(find_map(skel->obj, spec));

		snprintf(path, sizeof(path), "%s/%s", folder, spec->pin);
		if (bpf_obj_pin(fd, path))
			return -errno;
		kernel->map[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (kernel->map[i] < 0)
			return -errno;
	}
	return kernel_program_keep(kernel, skel, folder);
}

/* All or nothing: pins grow in "<build>_new" and get their name when all are there. */
static int load(struct kernel *kernel, struct sluice_bpf *skel, const char *build,
		struct kernel_error *error)
{
	char folder[256], final[256], fresh[KERNEL_PIN_NAME + 8];
	const char *failed = "";
	int err;

	err = sluice_bpf__load(skel);
	if (err)
		return kernel_fail(error, err,
				   "the kernel refused the BPF programs (reason above)");
	kernel_program_log(skel);
	snprintf(fresh, sizeof(fresh), "%s_new", build);
	snprintf(folder, sizeof(folder), "%s/%s", KERNEL_PINS, fresh);
	snprintf(final, sizeof(final), "%s/%s", KERNEL_PINS, build);
	kernel_pin_remove(fresh, false); /* of a start that was killed */
	if (mkdir(folder, 0700))
		return kernel_fail(error, -errno, "cannot make %s", folder);
	err = pin_maps(kernel, skel, folder);
	if (!err)
		err = kernel_program_attach(skel, folder, &failed);
	if (!err && rename(folder, final))
		err = -errno;
	if (!err)
		return 0;
	kernel_pin_remove(fresh, false);
	return kernel_fail(error, err, "cannot attach %s", failed);
}

static void kernel_init(struct kernel *kernel)
{
	unsigned int i;

	for (i = 0; i < KERNEL_MAPS; i++)
		kernel->map[i] = -1;
	for (i = 0; i < KERNEL_RUN; i++)
		kernel->program[i] = -1;
	kernel->lock = -1;
}

static void close_maps(struct kernel *kernel)
{
	unsigned int i;

	for (i = 0; i < KERNEL_MAPS; i++)
		if (kernel->map[i] >= 0)
			close(kernel->map[i]);
	for (i = 0; i < KERNEL_RUN; i++)
		if (kernel->program[i] >= 0)
			close(kernel->program[i]);
	kernel_init(kernel);
}

/* What only the kernel side is to know; with maps in force, the old one holds. */
static int make_secret(struct sluice_bpf *skel, struct kernel_error *error)
{
	struct sluice_control *control = &skel->data_control->control;

	if (getrandom(control->mark_secret, sizeof(control->mark_secret), 0) ==
	    sizeof(control->mark_secret))
		return 0;
	return kernel_fail(error, -EIO, "no random numbers");
}

/* Replaces the programs of @old_build, or loads the first ones when it is NULL. */
static int replace(struct kernel *kernel, struct sluice_bpf *skel, const char *old_build,
		   struct kernel_error *error)
{
	struct kernel old = {};
	int err = 0;

	kernel_init(&old);
	if (old_build)
		err = kernel_pin_adopt(&old, old_build, 0, error);
	if (!err && old_build)
		err = check_abi(&old, error);
	if (!err)
		err = make_secret(skel, error);
	if (!err)
		err = prepare_maps(skel, old_build ? &old : NULL, error);
	if (!err)
		err = load(kernel, skel, kernel->build, error);
	close_maps(&old);
	return err;
}

static int lock(struct kernel *kernel, struct kernel_error *error)
{
	int err = kernel_pin_lock(&kernel->lock);

	if (err == -EWOULDBLOCK)
		return kernel_fail(
			error, err,
			"another sluiced is running; stop it first (systemctl stop sluiced)");
	if (err)
		return kernel_fail(error, err,
				   "cannot use %s (is the BPF file system mounted on /sys/fs/bpf?)",
				   KERNEL_PINS);
	return 0;
}

static void skeleton_destroyp(struct sluice_bpf **skel)
{
	sluice_bpf__destroy(*skel);
}

static void kernel_closep(struct kernel **kernel)
{
	kernel_close(*kernel);
}

int kernel_open(struct kernel **ret, bool *ret_adopted, struct kernel_error *error)
{
	_cleanup_(kernel_closep) struct kernel *kernel = calloc(1, sizeof(*kernel));
	_cleanup_(skeleton_destroyp) struct sluice_bpf *skel = NULL;
	char old[KERNEL_PIN_NAME];
	bool pinned;
	int err;

	if (!kernel)
		return kernel_fail(error, -ENOMEM, "no memory");
	kernel_init(kernel);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(print_libbpf);
	skel = sluice_bpf__open();
	if (!skel || build_name(kernel->build))
		return kernel_fail(error, -errno, "cannot read the BPF object in this program");
	err = lock(kernel, error);
	if (!err)
		err = kernel_program_choose(skel, error);
	if (err)
		return err;
	err = kernel_guard_choose(kernel, skel->obj);
	if (err)
		return kernel_fail(error, err, "cannot choose the programs of the guard");
	kernel->programs = kernel_program_count(skel);
	pinned = kernel_pin_find(kernel->build, old) == 0;
	if (pinned && !strcmp(old, kernel->build))
		err = kernel_pin_adopt(kernel, old, kernel->programs, error);
	else
		err = replace(kernel, skel, pinned ? old : NULL, error);
	if (!err)
		err = kernel_finish(kernel, error);
	if (err)
		return err;
	/* Only now: until here what enforced before went on, whatever failed. */
	err = kernel_pin_remove_others(kernel->build);
	if (err)
		log_warning_errno(err,
				  "Programs of another build stay attached beside ours; see %s",
				  KERNEL_PINS);
	err = kernel_guard_own(kernel);
	if (err)
		return kernel_fail(error, err, "cannot tell the guard which programs are ours");
	*ret_adopted = pinned && kernel->control->enforcing;
	*ret = TAKE_PTR(kernel);
	return 0;
}

int kernel_open_maps(struct kernel **ret, struct kernel_error *error)
{
	_cleanup_(kernel_closep) struct kernel *kernel = calloc(1, sizeof(*kernel));
	int err;

	if (!kernel)
		return kernel_fail(error, -ENOMEM, "no memory");
	kernel_init(kernel);
	err = kernel_pin_find(NULL, kernel->build);
	if (err)
		return kernel_fail(error, err, "nothing is pinned below %s", KERNEL_PINS);
	err = kernel_pin_adopt(kernel, kernel->build, 0, error);
	if (!err)
		err = check_abi(kernel, error);
	if (!err)
		err = kernel_finish(kernel, error);
	if (!err)
		*ret = TAKE_PTR(kernel);
	return err;
}

size_t kernel_missing_programs(const struct kernel *kernel)
{
	size_t links = kernel_pin_links(kernel->build);

	return links < kernel->programs ? kernel->programs - links : 0;
}

struct kernel *kernel_close(struct kernel *kernel)
{
	if (!kernel)
		return NULL;
	kernel_ring_close(kernel->ring);
	unmap_data(kernel->control, sizeof(*kernel->control));
	unmap_data(kernel->policies, 2 * sizeof(*kernel->policies));
	unmap_data(kernel->guard, sizeof(*kernel->guard));
	if (kernel->lock >= 0)
		close(kernel->lock);
	close_maps(kernel);
	free(kernel);
	return NULL;
}

int kernel_event_fd(const struct kernel *kernel)
{
	return kernel->map[KMAP_EVENTS];
}

void kernel_consume(struct kernel *kernel, unsigned int most, kernel_event_fn fn, void *ctx)
{
	kernel->fn = fn;
	kernel->ctx = ctx;
	kernel_ring_read(kernel->ring, most, deliver, kernel);
}

void kernel_release(struct kernel *kernel)
{
	kernel_ring_release(kernel->ring);
}

bool kernel_kept(const struct kernel *kernel)
{
	return kernel_ring_kept(kernel->ring);
}

bool kernel_crowded(const struct kernel *kernel)
{
	return kernel_ring_crowded(kernel->ring);
}

bool kernel_waits(const struct kernel *kernel)
{
	return kernel_ring_waits(kernel->ring);
}
