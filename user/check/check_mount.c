// SPDX-License-Identifier: Apache-2.0
/*
 * check_mount.c: whether the file systems are mounted that the agent needs.
 */
#include <string.h>

#include "base/cleanup.h"
#include "check_private.h"

void check_bpffs(struct check_result *result)
{
	char type[64];
	int r = check_mounted_type("/sys/fs/bpf", type, sizeof(type));

	check_say(result, r == 0 && strcmp(type, "bpf") == 0, "/sys/fs/bpf: %s",
		  r < 0	  ? strerror(-r)
		  : *type ? type
			  : "not mounted");
	if (!result->ok)
		check_mend(result,
			   "systemctl start sys-fs-bpf.mount, or: mount -t bpf bpf /sys/fs/bpf");
}

bool check_cgroup_root(char *ret, size_t size)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!check_is_mounted(places[i], "cgroup2"))
			continue;
		snprintf(ret, size, "%s", places[i]);
		return true;
	}
	return false;
}

void check_cgroup(struct check_result *result)
{
	char place[128];

	if (check_cgroup_root(place, sizeof(place))) {
		check_say(result, 1, "version 2 on %s", place);
		return;
	}
	check_say(
		result, -1,
		"version 2 is not mounted: rules cannot name units, and packets that get past the "
		"hooks are not stopped");
	check_mend(result,
		   "remove systemd.unified_cgroup_hierarchy=0 from the kernel command line, "
		   "restart the host");
}
