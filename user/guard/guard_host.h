/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_host.h: whether a path leads here to what it leads to for the host, that is for process 1,
 * whatever was mounted in the namespaces that we were started in, /proc included. Owns no state.
 */
#ifndef SLUICE_GUARD_HOST_H
#define SLUICE_GUARD_HOST_H

#include <stdbool.h>

/* Return: a descriptor of process 1's root, owned by the caller, or a negative errno. */
int guard_host_root(void);

/* The same file, or neither there nor here. */
bool guard_host_same(int root, const char *path);

#endif
