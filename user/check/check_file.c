// SPDX-License-Identifier: Apache-2.0
/*
 * check_file.c: see check_private.h: reading what /proc, /sys and /boot tell, below check_root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "check_private.h"

const char *check_root = "";

void check_say(struct check_result *result, int ok, const char *format, ...)
{
	va_list ap;

	result->ok = ok;
	va_start(ap, format);
	vsnprintf(result->found, sizeof(result->found), format, ap);
	va_end(ap);
}

void check_mend(struct check_result *result, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(result->remedy, sizeof(result->remedy), format, ap);
	va_end(ap);
}

int check_open(const char *path)
{
	char full[512];
	int fd;

	if ((size_t)snprintf(full, sizeof(full), "%s%s", check_root, path) >= sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The first @size - 1 bytes, ended with NUL. Return: how many, or a negative errno. */
ssize_t check_read_bytes(const char *path, char *ret, size_t size)
{
	_cleanup_close_ int fd = check_open(path);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	while (used < size - 1) {
		n = read(fd, ret + used, size - 1 - used);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	ret[used] = '\0';
	return (ssize_t)used;
}

/* The first line, without its end. */
int check_read_line(const char *path, char *ret, size_t size)
{
	ssize_t n = check_read_bytes(path, ret, size);

	if (n < 0)
		return (int)n;
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

/* Whether a file has this very line. Return: 1, 0, or a negative errno when the file cannot be
 * read. */
int check_has_line(const char *path, const char *line)
{
	int fd = check_open(path);
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	char text[4096];

	if (fd < 0)
		return fd;
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		if (strcmp(text, line) == 0)
			return 1;
	}
	return 0;
}

/*
 * The type of the file system on top at @path, empty when nothing is mounted there. Source of the
 * form: proc_pid_mountinfo(5): id, parent, device, root, mount point, options, optional fields,
 * "-", type.
 */
int check_mounted_type(const char *path, char *ret, size_t size)
{
	int fd = check_open("/proc/self/mountinfo");
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	char line[8192], point[4096], type[64];

	if (fd < 0)
		return fd;
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	*ret = '\0';
	while (fgets(line, sizeof(line), file)) {
		const char *rest = strstr(line, " - ");

		if (rest && sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1 &&
		    strcmp(point, path) == 0 && sscanf(rest, " - %63s", type) == 1)
			snprintf(ret, size, "%s",
				 type); /* later lines lie on top of earlier ones */
	}
	return 0;
}

bool check_is_mounted(const char *path, const char *type)
{
	char found[64];

	return check_mounted_type(path, found, sizeof(found)) == 0 && strcmp(found, type) == 0;
}

bool check_read_release(char *ret, size_t size)
{
	return check_read_line("/proc/sys/kernel/osrelease", ret, size) == 0;
}
