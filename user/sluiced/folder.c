// SPDX-License-Identifier: Apache-2.0
/*
 * folder.c: see folder.h.
 */
#include "folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "limits.h"

int folder_make_of(const char *file, mode_t mode)
{
	char path[SLUICE_PATH_TEXT], *slash;

	snprintf(path, sizeof(path), "%s", file);
	slash = strrchr(path, '/');
	if (!slash || slash == path)
		return 0;
	*slash = '\0';
	if (mkdir(path, mode) && errno != EEXIST)
		return log_error_errno(-errno, "Cannot make the folder '%s'", path);
	return 0;
}
