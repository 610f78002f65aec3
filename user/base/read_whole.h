/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_whole.h: reads a descriptor to its end, or as much of it as there is room for.
 *
 * Owns: short reads and interrupted ones. Must not own: what a file may be, or how large.
 */
#ifndef SLUICE_READ_WHOLE_H
#define SLUICE_READ_WHOLE_H

#include <stdint.h>
#include <sys/types.h>

/**
 * read_whole() - all that @fd has, but not more than @room bytes.
 * @bytes: for @room bytes; no NUL is added
 * Return: bytes read (@room: there may be more), or a negative errno of read(2).
 */
ssize_t read_whole(int fd, void *bytes, size_t room);

/* The same from the offset @from of a file on, whose own place stays. */
ssize_t read_whole_at(int fd, void *bytes, size_t room, uint64_t from);

#endif
