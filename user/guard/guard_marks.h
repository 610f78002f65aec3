/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_marks.h: which files and folders of this host are the agent's own, by identity.
 *
 * Owns: the list: policy, journal, keys, state, sockets, pins, programs with the libraries that run
 * in them, units, the control group, and what [Guard] adds; and the folders above each of them, so
 * that none of them is moved away as a whole. Must not own: what may be done with them
 * (bpf/guard*.bpf.c).
 */
#ifndef SLUICE_GUARD_MARKS_H
#define SLUICE_GUARD_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/kernel_guard.h"
#include "policy/policy.h"

/* Paths that the daemon was started with. All are borrowed. */
struct guard_places {
	const char *conf;
	const char *control;
	const char *gateway;
};

/*
 * @paths: for each mark where it was found, for people; a folder above others has none: NULL
 * @successor: where the program of this process was, another one lies
 */
struct guard_marks {
	struct kernel_mark *list;
	char **paths;
	size_t n;
	struct sluice_object_id conf;
	uint32_t pins;
	bool successor;
};

/**
 * guard_marks_find() - look for all of them.
 * What is not there is left out; what is and cannot be named is an error.
 * Return: 0; -E2BIG above SLUICE_MAX_GUARDED; another negative errno with @text.
 */
int guard_marks_find(struct kernel *kernel, const struct policy *policy,
		     const struct guard_places *places, struct guard_marks *ret, char *text,
		     size_t size);
void guard_marks_free(struct guard_marks *marks);

/* Whether both name the same mounts: found in the same order, since their places are. */
bool guard_marks_same_mounts(const struct guard_marks *a, const struct guard_marks *b);

/* Folder of the control group that this process is in. */
void guard_marks_cgroup(char *ret, size_t size);

/* A file that runs in this process and was replaced on disk since, or NULL; owned by the caller. */
char *guard_marks_replaced(void);

/* Where the object was when it was marked, or NULL. */
const char *guard_marks_path(const struct guard_marks *marks, const struct sluice_object_id *id);

#endif
