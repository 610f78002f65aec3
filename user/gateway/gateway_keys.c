// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_keys.c: see gateway_keys.h. Owns no state.
 */
#include "gateway_keys.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "key/channel_key.h"

/* Root asks, and the service's user must be able to use what this makes. */
static int become_owner(const char *folder)
{
	struct stat st;

	if (stat(folder, &st) < 0)
		return log_error_errno(-errno,
				       "cannot use the state folder %s; start "
				       "sluice-gateway.service once, which makes it",
				       folder);
	if (geteuid() != 0 || st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(st.st_gid, st.st_gid, st.st_gid) < 0 ||
	    setresuid(st.st_uid, st.st_uid, st.st_uid) < 0)
		return log_error_errno(-errno, "cannot become uid %u, whose folder %s is",
				       st.st_uid, folder);
	return 0;
}

static int print_section(const struct channel_keys *keys, const struct channel_kind *kind)
{
	char line[SSHKEY_LINE_MAX];
	struct sshkey key;
	int r = channel_keys_public(keys, kind->name, &key);

	if (r < 0)
		return r;
	sshkey_line(&key, line);
	printf("[Channel %s]\nKey=%s\nTier=%s\nAccounts=%s\n", kind->name, line, kind->tier,
	       kind->accounts);
	return 0;
}

int gateway_keys_print(const char *folder)
{
	struct channel_keys *keys = NULL;
	char error[512];
	int r = become_owner(folder);

	if (r < 0)
		return r;
	r = channel_keys_load(folder, &keys, error, sizeof(error));
	if (r < 0) {
		log_error("%s", error);
		return r;
	}
	for (const struct channel_kind *kind = channel_kinds; r == 0 && kind->name; kind++)
		r = print_section(keys, kind);
	channel_keys_free(keys);
	return r;
}
