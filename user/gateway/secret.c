// SPDX-License-Identifier: Apache-2.0
/*
 * secret.c: see secret.h. Owns the look at the file before it is read.
 */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/read_whole.h"

#define FILE_MAX 65536

int secret_path(const char *key, const char *value, char **ret, struct setting_error *error)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	bool whole = *value == '/';

	if (!whole && (strchr(value, '/') || *value == '.'))
		return setting_refuse(error, -EINVAL,
				      "%s=%s must be an absolute path or the name of a credential",
				      key, value);
	if (!whole && !folder)
		return setting_refuse(error, -ENOENT,
				      "%s=%s names a credential, and no service manager has handed "
				      "one over; add LoadCredential=%s:PATH to "
				      "sluice-gateway.service, or set CREDENTIALS_DIRECTORY for a "
				      "try",
				      key, value, value);
	if (asprintf(ret, "%s%s%s", whole ? "" : folder, whole ? "" : "/", value) < 0)
		return setting_refuse(error, -ENOMEM, "not enough memory");
	return 0;
}

static int open_file(const char *key, const char *path, bool public, struct setting_error *error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return setting_refuse(error, -errno, "%s=%s cannot be read: %s", key, path,
				      strerror(errno));
	if (!S_ISREG(st.st_mode))
		return setting_refuse(error, -EINVAL, "%s=%s is not a regular file", key, path);
	if (!public && st.st_mode & (S_IRWXO | S_IWGRP))
		return setting_refuse(error, -EPERM,
				      "%s=%s is open to others (mode %04o); make it so: chmod "
				      "0640, chown root:sluice-gateway",
				      key, path, (unsigned int)(st.st_mode & 07777));
	return TAKE_FD(fd);
}

/* Return: bytes read, less than @size; what fills it all is too long. */
static ssize_t read_all(const char *key, const char *path, bool public, char *text, size_t size,
			struct setting_error *error)
{
	_cleanup_close_ int fd = open_file(key, path, public, error);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read_whole(fd, text, size);
	if (n < 0)
		return setting_refuse(error, (int)n, "%s=%s cannot be read: %s", key, path,
				      strerror((int)-n));
	if ((size_t)n == size)
		return setting_refuse(error, -EFBIG, "%s=%s is longer than %zu bytes", key, path,
				      size - 1);
	text[n] = '\0';
	return n;
}

int secret_read_line(const char *key, const char *path, const char *what, char *line, size_t size,
		     struct setting_error *error)
{
	ssize_t n = read_all(key, path, false, line, size, error);

	if (n < 0)
		return (int)n;
	while (n > 0 && strchr(" \t\r\n", line[n - 1]))
		line[--n] = '\0';
	if (n == 0 || strpbrk(line, " \t\r\n") || strlen(line) != (size_t)n) {
		explicit_bzero(line, size);
		return setting_refuse(error, -EINVAL, "%s=%s must hold one line: %s", key, path,
				      what);
	}
	return 0;
}

int secret_read_file(const char *key, const char *path, bool public, char **ret,
		     struct setting_error *error)
{
	char *text = malloc(FILE_MAX);
	ssize_t n;

	if (!text)
		return setting_refuse(error, -ENOMEM, "not enough memory");
	n = read_all(key, path, public, text, FILE_MAX, error);
	if (n < 0) {
		free(text);
		return (int)n;
	}
	*ret = text;
	return 0;
}

char *secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
	return NULL;
}
