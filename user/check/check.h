/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h: what a host needs so that sluiced can enforce, what was found, and how to mend it.
 *
 * Owns: facts that /proc, /sys and /boot tell. Must not own: what is done about them (sluiced
 * refuses to start on a problem, `sluice doctor` prints all), or how the running daemon is (its
 * status message).
 */
#ifndef SLUICE_CHECK_H
#define SLUICE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct check_result: one prerequisite.
 * @name: constant text
 * @ok: 1 as needed, 0 problem: sluiced cannot enforce, -1 warning: a part is missing or cannot be
 * judged from here
 * @found: one line; @remedy: one line, empty when @ok is 1
 */
struct check_result {
	const char *name;
	int ok;
	char found[256];
	char remedy[512];
};

/* Put before every path that is looked at; empty, or a folder with a tree that stands for the host
 * (tests). */
extern const char *check_root;

/**
 * check_all() - look at each prerequisite of this host, for the calling process.
 * Return: results written, at most @max.
 */
size_t check_all(struct check_result *results, size_t max);

/* Where control groups of version 2 are mounted. Return: false when they are not. */
bool check_cgroup_root(char *ret, size_t size);

/* The one called @name. Return: 0, or -ENOENT when there is none. */
int check_one(const char *name, struct check_result *ret);

#endif
