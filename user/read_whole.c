// SPDX-License-Identifier: Apache-2.0
/* read_whole.c: see read_whole.h. */
#include "read_whole.h"

#include <errno.h>
#include <unistd.h>

ssize_t read_whole(int fd, void *bytes, size_t room)
{
	size_t used = 0;

	while (used < room) {
		ssize_t n = read(fd, (char *)bytes + used, room - used);

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
