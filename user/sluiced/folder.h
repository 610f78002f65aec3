/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder.h: the folder that a file of the agent's is to stand in.
 *
 * Owns: making it. Must not own: which files there are.
 */
#ifndef SLUICE_FOLDER_H
#define SLUICE_FOLDER_H

#include <sys/types.h>

/* That of @file, unless it is there. Return: 0, or a negative errno, which is logged. */
int folder_make_of(const char *file, mode_t mode);

#endif
