// SPDX-License-Identifier: Apache-2.0
/* read_whole.c: see read_whole.h. */
#include "read_whole.h"

#include <errno.h>
#include <unistd.h>

/* @from: -1: where the descriptor stands */
static ssize_t read_some(int fd, void *bytes, size_t room, int64_t from)
{
	return from < 0 ? read(fd, bytes, room) : pread(fd, bytes, room, (off_t)from);
}

static ssize_t read_all(int fd, char *bytes, size_t room, int64_t from)
{
	size_t used = 0;

	while (used < room) {
		ssize_t n = read_some(fd, bytes + used, room - used,
				      from < 0 ? from : from + (int64_t)used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

ssize_t read_whole(int fd, void *bytes, size_t room)
{
	return read_all(fd, bytes, room, -1);
}

ssize_t read_whole_at(int fd, void *bytes, size_t room, uint64_t from)
{
	return read_all(fd, bytes, room, (int64_t)from);
}
