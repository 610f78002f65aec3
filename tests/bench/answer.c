// SPDX-License-Identifier: Apache-2.0
/*
 * answer.c: the least that a program can do which is asked by the kernel before each open and exec
 * (fanotify permission events): it allows all. answer PATH: for the mount that PATH is on.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <unistd.h>

static void answer(int fd, const struct fanotify_event_metadata *event)
{
	struct fanotify_response response = { .fd = event->fd, .response = FAN_ALLOW };

	if (write(fd, &response, sizeof(response)) != sizeof(response))
		err(1, "response");
	close(event->fd);
}

int main(int argc, char **argv)
{
	struct fanotify_event_metadata events[64], *event;
	int fd = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	if (argc != 2 || fd < 0 ||
	    fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM,
			  AT_FDCWD, argv[1]))
		err(1, "fanotify");
	printf("ready\n");
	fflush(stdout);
	while ((size = read(fd, events, sizeof(events))) > 0)
		for (event = events; FAN_EVENT_OK(event, size); event = FAN_EVENT_NEXT(event, size))
			answer(fd, event);
	err(1, "read");
}
