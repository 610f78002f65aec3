/* SPDX-License-Identifier: Apache-2.0 */
/*
 * medium.c: see medium.h.
 */
#include "medium.h"

#include <stdio.h>
#include <string.h>

static const char *const words[SLUICE_MEDIA] = {
	[SLUICE_MEDIUM_RAW] = "socket:raw",
	[SLUICE_MEDIUM_SCTP] = "socket:sctp",
	[SLUICE_MEDIUM_PACKET] = "socket:packet",
	[SLUICE_MEDIUM_VSOCK] = "socket:vsock",
	[SLUICE_MEDIUM_XDP] = "socket:xdp",
	[SLUICE_MEDIUM_TUN] = "device:tun",
	[SLUICE_MEDIUM_BLOCK] = "device:block",
	[SLUICE_MEDIUM_REMOVABLE] = "fs:removable",
	[SLUICE_MEDIUM_FUSE] = "fs:fuse",
	[SLUICE_MEDIUM_NFS] = "fs:nfs",
	[SLUICE_MEDIUM_CIFS] = "fs:cifs",
	[SLUICE_MEDIUM_9P] = "fs:9p",
	[SLUICE_MEDIUM_CEPH] = "fs:ceph",
	[SLUICE_MEDIUM_AFS] = "fs:afs",
	[SLUICE_MEDIUM_REMOTE] = "fs:remote",
};

const char *medium_word(uint32_t medium)
{
	return medium < SLUICE_MEDIA ? words[medium] : NULL;
}

enum sluice_medium medium_of_word(const char *word)
{
	for (unsigned int i = 0; i < SLUICE_MEDIA; i++)
		if (words[i] && !strcmp(word, words[i]))
			return i;
	return SLUICE_MEDIUM_NONE;
}

bool medium_is_meant(const char *word)
{
	static const char *const kinds[] = { "fs:", "device:", "socket:" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t length = strlen(kinds[i]);

		/* a port is a number: "fs:443" is a host */
		if (!strncmp(word, kinds[i], length) && strspn(word + length, "0123456789") == 0)
			return true;
	}
	return medium_of_word(word) != SLUICE_MEDIUM_NONE;
}

void medium_list(char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (unsigned int i = 0; i < SLUICE_MEDIA && used < size; i++)
		if (words[i])
			used += (size_t)snprintf(ret + used, size - used, "%s%s", used ? " " : "",
						 words[i]);
}
