/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_search.h: what guard_marks.c (marking) and guard_places.c (where the agent's own lies)
 * share; nobody else includes it.
 */
#ifndef SLUICE_GUARD_SEARCH_H
#define SLUICE_GUARD_SEARCH_H

#include "guard_marks.h"

#define FOLDER_OWN (SLUICE_MARK_TREE | SLUICE_MARK_NAME)
#define FILE_OWN   (SLUICE_MARK_WRITE | SLUICE_MARK_NAME)

struct search {
	struct kernel *kernel;
	struct guard_marks *marks;
	char *text;
	size_t size;
};

/* Writes the one message. Return: @err. */
int guard_search_fail(struct search *s, int err, const char *path);

/* The file behind @fd, and the device under it. @path: NULL when nobody wants to read of it. */
int guard_search_fd(struct search *s, int fd, uint32_t bits, const char *path,
		    struct sluice_object_id *ret_id);

/* With the folders above; what is not there is left out. */
int guard_search_path(struct search *s, const char *path, uint32_t bits);
int guard_search_folder(struct search *s, const char *path); /* with all below */
int guard_search_home(struct search *s, const char *file);   /* with its folder, if that is ours */

/* guard_places.c: each looks for one kind of place. */
int guard_find_policy(struct search *s, const char *conf);
int guard_find_pins(struct search *s);
int guard_find_programs(struct search *s);
int guard_find_code(struct search *s);
int guard_find_units(struct search *s);
int guard_find_cgroup(struct search *s);
int guard_find_more(struct search *s, const struct policy_guard *guard);

#endif
