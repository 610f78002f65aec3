/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_private.h: what the files kernel*.c share. Nobody else includes it.
 */
#ifndef SLUICE_KERNEL_PRIVATE_H
#define SLUICE_KERNEL_PRIVATE_H

#include "kernel.h"

enum kernel_map {
	KMAP_TASKS,
	KMAP_INODES,
	KMAP_OBJECTS,
	KMAP_CHANGED,
	KMAP_FILESYSTEMS,
	KMAP_ATTRIBUTES,
	KMAP_SHARED,
	KMAP_SEGMENTS,
	KMAP_QUOTAS,
	KMAP_MEMBERS,
	KMAP_DESTINATIONS,
	KMAP_ASKS,
	KMAP_REFUSALS,
	KMAP_GRANTS,
	KMAP_LIVE,
	KMAP_FLOWS,
	KMAP_SOCKETS,
	KMAP_PARCELS,
	KMAP_MARKS,
	KMAP_EDGES,
	KMAP_SPLICES,
	KMAP_EVENTS,
	KMAP_COUNTERS,
	KMAP_CONTROL,
	KMAP_POLICIES,
	KMAP_BSS,
	KMAP_AGENTS,
	KMAP_GUARDED,
	KMAP_OWN,
	KMAP_GUARD,
	KERNEL_MAPS,
};

/* Names in the object and of the pins; @entries: capacity, 0 where the object's own holds. */
struct kernel_map_spec {
	const char *name;
	const char *pin;
	uint32_t entries;
};

extern const struct kernel_map_spec kernel_map_specs[KERNEL_MAPS];

#define KERNEL_PINS "/sys/fs/bpf/sluice"
#define KERNEL_PIN_NAME 64 /* bytes for the name of a build, with the NUL */

/* Programs that are run, not attached; pinned without the "sluice_" of their names. */
enum kernel_run {
	KRUN_IDENTIFY,
	KRUN_RELABEL,
	KRUN_TAKE_REFUSALS,
	KRUN_FOUND_OPEN,
	KRUN_FOUND_MAPPED,
	KERNEL_RUN,
};

extern const char *const kernel_run_names[KERNEL_RUN];

struct kernel {
	int map[KERNEL_MAPS];
	int program[KERNEL_RUN];
	int lock;
	char build[KERNEL_PIN_NAME];
	size_t programs; /* attached when all is well */
	struct sluice_control *control;
	struct sluice_policy *policies; /* two */
	struct sluice_guard *guard;
	bool bounded; /* see struct sluice_guard */
	struct kernel_ring *ring;
	kernel_event_fn fn;
	void *ctx;
};

int kernel_fail(struct kernel_error *error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct sluice_bpf;

/* Leaves out the programs for what this kernel or host lacks. -ENOTSUP: one is needed. */
int kernel_program_choose(struct sluice_bpf *skel, struct kernel_error *error);

/*
 * Attaches each program and pins its link below @folder; the link itself goes with the skeleton,
 * the pin holds it. @ret_failed: the program that an error is about
 */
int kernel_program_attach(struct sluice_bpf *skel, const char *folder, const char **ret_failed);
/* The programs that are run, not attached: pins them below @folder and keeps them open. */
int kernel_program_keep(struct kernel *kernel, const struct sluice_bpf *skel, const char *folder);

struct bpf_program;

/* kernel_missed.c: keeps a program at hand that the kernel may leave out, below @folder. */
int kernel_missed_pin(const struct bpf_program *program, const char *folder);
size_t kernel_program_count(const struct sluice_bpf *skel); /* that are attached when all is well */
/* Tells the log, when it is verbose, what each program cost the verifier. */
void kernel_program_log(const struct sluice_bpf *skel);

/*
 * Build whose pins are there: @wanted (may be NULL), else any whole one. -ENOENT when there is
 * none.
 */
int kernel_pin_find(const char *wanted, char ret[KERNEL_PIN_NAME]);
/* @at_once: when it returns the programs are detached, which takes seconds; else some time later */
int kernel_pin_remove(const char *build, bool at_once);
/* all, also unfinished ones, but @keep; NULL: none is kept, and all are detached at once */
int kernel_pin_remove_others(const char *keep);

/*
 * One daemon only: -EWOULDBLOCK while another holds it. The kernel frees it when @ret is closed,
 * however that happens.
 */
int kernel_pin_lock(int *ret);

/* Number of pinned links of attached programs. */
size_t kernel_pin_links(const char *build);

/* Opens all that is pinned by @build. Refuses a set that is not whole. */
int kernel_pin_adopt(struct kernel *kernel, const char *build, size_t programs,
		     struct kernel_error *error);

struct bpf_object;

/* kernel_guard.c: leaves out the guard's programs for hooks that this kernel does not have. */
int kernel_guard_choose(struct kernel *kernel, struct bpf_object *object);
/* Tells the guard which maps, programs and links are ours: those that are pinned. */
int kernel_guard_own(struct kernel *kernel);

/**
 * kernel_map_keys() - all keys of a hash or trie, so that what walks them may change the map.
 * The kernel starts over when the key it stands on is deleted meanwhile: no more than the map's
 * capacity is taken.
 * @size: of a key
 * Return: number of keys in @ret (the caller frees it) or a negative errno.
 */
ssize_t kernel_map_keys(const struct kernel *kernel, enum kernel_map which, size_t size,
			char **ret);
/* One entry, of the map's own key and value. Return: 0 or a negative errno; -ENOENT: no such key. */
int kernel_map_get(const struct kernel *kernel, enum kernel_map which, const void *key,
		   void *value);
int kernel_map_put(const struct kernel *kernel, enum kernel_map which, const void *key,
		   const void *value);
int kernel_map_delete(const struct kernel *kernel, enum kernel_map which, const void *key);
/* Runs a program of type "syscall" with @args, which it may change. Return: its result. */
int kernel_program_run(int program, void *args, size_t size);

/* What is pinned, by what its name begins with. */
#define KERNEL_PIN_LINK "link_"
#define KERNEL_PIN_MISSED "missed_" /* a program that the kernel may leave out */

/*
 * Calls @fn with each pin of @build whose name begins with @kind, and with the rest of its name;
 * stops at the first error.
 */
typedef int (*kernel_pin_fn)(void *ctx, const char *name, int fd);
int kernel_pin_each(const char *build, const char *kind, kernel_pin_fn fn, void *ctx);

/* Maps a .data section. */
void *kernel_map_data(int fd, size_t size);

#endif
