// SPDX-License-Identifier: Apache-2.0
/*
 * notify.c: see notify.h. Owns nothing else.
 */
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cleanup.h"

int notify_send(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	_cleanup_close_ int fd = -1;
	size_t length;

	if (!path)
		return 0;
	length = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || length < 2)
		return -EINVAL;
	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* a name in the abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		   offsetof(struct sockaddr_un, sun_path) + length) < 0)
		return -errno;
	return 1;
}

static uint64_t number_from_environment(const char *name)
{
	const char *text = getenv(name);
	unsigned long long value;
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	return errno || *end ? 0 : value;
}

uint64_t notify_watchdog_us(void)
{
	uint64_t pid = number_from_environment("WATCHDOG_PID");

	/* The variables are inherited: they count only for the process that they name. */
	if (pid != 0 && pid != (uint64_t)getpid())
		return 0;
	return number_from_environment("WATCHDOG_USEC");
}
