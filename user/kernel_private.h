/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_private.h: what kernel.c, kernel_pin.c and kernel_maps.c share. Nobody else includes it.
 */
#ifndef SLUICE_KERNEL_PRIVATE_H
#define SLUICE_KERNEL_PRIVATE_H

#include "kernel.h"

enum kernel_map {
	KMAP_TASKS,
	KMAP_INODES,
	KMAP_OBJECTS,
	KMAP_SHARED,
	KMAP_MEMBERS,
	KMAP_DESTINATIONS,
	KMAP_ASKS,
	KMAP_GRANTS,
	KMAP_LIVE,
	KMAP_FLOWS,
	KMAP_EDGES,
	KMAP_EVENTS,
	KMAP_COUNTERS,
	KMAP_CONTROL,
	KMAP_POLICIES,
	KMAP_BSS,
	KERNEL_MAPS,
};

/* Names in the object and of the pins; @entries: capacity, 0 where the object's own holds. */
struct kernel_map_spec {
	const char *name;
	const char *pin;
	uint32_t entries;
};

extern const struct kernel_map_spec kernel_map_specs[KERNEL_MAPS];

struct ring_buffer;

#define KERNEL_PINS "/sys/fs/bpf/sluice"
#define KERNEL_PIN_NAME 64 /* bytes for the name of a build, with the NUL */

struct kernel {
	int map[KERNEL_MAPS];
	int identify; /* program */
	int lock;
	char build[KERNEL_PIN_NAME];
	size_t programs; /* attached when all is well */
	struct sluice_control *control;
	struct sluice_policy *policies; /* two */
	struct ring_buffer *ring;
	kernel_event_fn fn;
	void *ctx;
};

int kernel_fail(struct kernel_error *error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Build whose pins are there: @wanted (may be NULL), else any whole one. -ENOENT when there is
 * none.
 */
int kernel_pin_find(const char *wanted, char ret[KERNEL_PIN_NAME]);
int kernel_pin_remove(const char *build);
/* all, also unfinished ones, but @keep, which may be NULL */
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

/* Maps a .data section. */
void *kernel_map_data(int fd, size_t size);

#endif
