// SPDX-License-Identifier: Apache-2.0
/*
 * mount.c: see mount.h. The format of a line is in proc_pid_mountinfo(5).
 */
#include "mount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

/* The kernel writes blank, tab, newline and backslash as three octal digits. */
static void unescape(char *text)
{
	const char *from = text;
	unsigned int byte;
	char *to = text;

	while (*from) {
		if (*from == '\\' && sscanf(from + 1, "%3o", &byte) == 1) {
			*to++ = (char)byte;
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static int parse_line(char *line, struct mount *ret)
{
	unsigned int id, major, minor;
	char *dash = strstr(line, " - ");
	int point = 0, end = 0;

	if (!dash ||
	    sscanf(line, "%u %*u %u:%u %*s %n%*s%n", &id, &major, &minor, &point, &end) != 3 ||
	    !end)
		return -EBADMSG;
	*ret = (struct mount){
		.id = id,
		.dev = major << 20 | minor,
		.local = major || !strncmp(dash + 3, "btrfs ", 6),
		.point = strndup(line + point, (size_t)(end - point)),
	};
	if (!ret->point)
		return -ENOMEM;
	unescape(ret->point);
	return 0;
}

static int add(struct mounts *mounts, const struct mount *mount)
{
	struct mount *more = mounts->list;

	if (mounts->n % 64 == 0)
		more = realloc(more, (mounts->n + 64) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	mounts->list = more;
	more[mounts->n++] = *mount;
	return 0;
}

int mounts_read(const char *path, struct mounts *ret)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	struct mounts mounts = {};
	size_t room = 0;
	int err = file ? 0 : -errno;

	while (!err && getline(&line, &room, file) > 0) {
		struct mount mount = {};

		err = parse_line(line, &mount);
		if (!err)
			err = add(&mounts, &mount);
		if (err)
			free(mount.point);
	}
	if (!err && ferror(file))
		err = -EIO;
	if (err) {
		mounts_free(&mounts);
		return err;
	}
	*ret = mounts;
	return 0;
}

void mounts_free(struct mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->n; i++)
		free(mounts->list[i].point);
	free(mounts->list);
	*mounts = (struct mounts){};
}

const struct mount *mounts_find(const struct mounts *mounts, const struct mount *mount)
{
	size_t i;

	for (i = 0; i < mounts->n; i++) {
		const struct mount *one = &mounts->list[i];

		if (one->id == mount->id && one->dev == mount->dev &&
		    !strcmp(one->point, mount->point))
			return one;
	}
	return NULL;
}

bool mount_is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length && folder[length - 1] == '/')
		length--;
	return !strncmp(path, folder, length) && (!path[length] || path[length] == '/');
}
