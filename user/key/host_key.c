// SPDX-License-Identifier: Apache-2.0
/*
 * host_key.c: see host_key.h.
 */
#include "host_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What is there, readable or not: a credential that cannot be used is not passed over. */
static int name_file(const char *folder, char *ret, size_t size)
{
	struct stat st;
	int n = snprintf(ret, size, "%s/" HOST_KEY_FILE, folder);

	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	return lstat(ret, &st) < 0 && (errno == ENOENT || errno == ENOTDIR) ? 0 : 1;
}

int host_key_path(const char *state, char *ret, size_t ret_size, char *text, size_t size)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char credential[4096];
	int sealed = folder ? name_file(folder, credential, sizeof(credential)) : 0;
	int plain = name_file(state, ret, ret_size), n;

	if (sealed < 0 || plain < 0) {
		snprintf(text, size, "the path of the journal's key is too long");
		return -ENAMETOOLONG;
	}
	if (!sealed)
		return 0;
	if (plain) {
		snprintf(text, size,
			 "the journal's key is a credential, and the file '%s' is there as well: "
			 "when they are the same key, remove the file (shred -u %s); when not, "
			 "seal the file, which is the newer one after --new-key, once more",
			 ret, ret);
		return -EEXIST;
	}
	n = snprintf(ret, ret_size, "%s", credential);
	return n < 0 || (size_t)n >= ret_size ? -ENAMETOOLONG : 0;
}
