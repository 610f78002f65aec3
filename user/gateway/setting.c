// SPDX-License-Identifier: Apache-2.0
/*
 * setting.c: see setting.h. Owns how a refusal is written, and the memory of texts.
 */
#include "setting.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void setting_free_texts(void *settings, const struct setting *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].type <= SETTING_TEXT)
			free(*(char **)(void *)((char *)settings + keys[i].offset));
}

int setting_check_readable(const char *key, const char *path, struct setting_error *error)
{
	if (!path || access(path, R_OK) == 0)
		return 0;
	return setting_refuse(error, -errno, "%s=%s cannot be read: %s", key, path,
			      strerror(errno));
}

int setting_refuse(struct setting_error *error, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	return r;
}
