// SPDX-License-Identifier: Apache-2.0
/*
 * check_security.c: whether the kernel lets BPF decide, and this process load it. Owns the list of
 * capabilities.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "check_private.h"

/* Whether @list, parted by commas, has "bpf". */
static bool lists_bpf(const char *list)
{
	for (size_t n; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (n == 3 && strncmp(list, "bpf", 3) == 0)
			return true;
	}
	return false;
}

/* A parameter does not help a kernel that was built without. */
static bool built_without_bpf_lsm(void)
{
	char release[128], path[256];

	if (!check_read_release(release, sizeof(release)))
		return false;
	snprintf(path, sizeof(path), "/boot/config-%s", release);
	return check_has_line(path, "CONFIG_BPF_LSM=y") == 0;
}

void check_lsm(struct check_result *result)
{
	char list[256];
	int r = check_read_line("/sys/kernel/security/lsm", list, sizeof(list));

	if (r == 0 && lists_bpf(list)) {
		check_say(result, 1, "%s", list);
		return;
	}
	if (r < 0 && !check_is_mounted("/sys/kernel/security", "securityfs")) {
		check_say(result, 0,
			  "securityfs is not mounted on /sys/kernel/security: the list of LSMs "
			  "cannot be "
			  "read");
		check_mend(result, "mount -t securityfs securityfs /sys/kernel/security");
		return;
	}
	if (r < 0)
		check_say(result, 0, "/sys/kernel/security/lsm: %s", strerror(-r));
	else
		check_say(result, 0, "bpf is not among the LSMs in force: %s", list);
	if (r < 0 || built_without_bpf_lsm())
		check_mend(result, "use a kernel built with CONFIG_SECURITY=y and CONFIG_BPF_LSM=y "
				   "(Debian's are)");
	else
		check_mend(result,
			   "add lsm=%s%sbpf to GRUB_CMDLINE_LINUX in /etc/default/grub (in place "
			   "of an "
			   "lsm= that is there), run "
			   "update-grub, restart the host",
			   list, *list ? "," : "");
}

void check_lockdown(struct check_result *result)
{
	char modes[128];
	int r = check_read_line("/sys/kernel/security/lockdown", modes, sizeof(modes));

	if (r == -ENOENT) {
		/* Without securityfs that means nothing; the row above has the remedy. */
		check_say(result, check_is_mounted("/sys/kernel/security", "securityfs") ? 1 : -1,
			  "no lockdown mode to be seen");
		if (result->ok < 0)
			check_mend(result, "mount -t securityfs securityfs /sys/kernel/security");
		return;
	}
	if (r < 0) {
		check_say(result, -1, "/sys/kernel/security/lockdown: %s", strerror(-r));
		check_mend(result, "look as root");
		return;
	}
	check_say(result, !strstr(modes, "[confidentiality]"), "%s", modes);
	if (!result->ok)
		check_mend(result, "confidentiality forbids BPF to read kernel memory: use "
				   "lockdown=integrity on the kernel "
				   "command line, restart the host");
}

/* What sluiced does with each; the same list is in systemd/sluiced.service. */
static const struct {
	unsigned int bit;
	const char *name;
} capabilities[] = {
	{ CAP_BPF, "CAP_BPF" },		      /* load programs, make maps */
	{ CAP_PERFMON, "CAP_PERFMON" },	      /* LSM and tracing programs */
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },   /* a program for packets */
	{ CAP_KILL, "CAP_KILL" },	      /* wake held processes of any user */
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE" }, /* read /proc/<pid>/exe, fd, maps of any user */
	{ CAP_DAC_READ_SEARCH,
	  "CAP_DAC_READ_SEARCH" }, /* find labeled files below closed folders */
};

/* Reads the effective user and capabilities of this process. proc_pid_status(5) has the form. */
static bool read_credentials(unsigned int *ret_uid, uint64_t *ret_caps)
{
	const char *uid, *caps;
	unsigned long long bits;
	unsigned int user;
	char text[8192];

	if (check_read_bytes("/proc/self/status", text, sizeof(text)) < 0)
		return false;
	uid = strstr(text, "\nUid:");
	caps = strstr(text, "\nCapEff:");
	if (!uid || !caps || sscanf(uid, "\nUid: %*u %u", &user) != 1 ||
	    sscanf(caps, "\nCapEff: %llx", &bits) != 1)
		return false;
	*ret_uid = user;
	*ret_caps = bits;
	return true;
}

void check_capabilities(struct check_result *result)
{
	char missing[sizeof(result->found) / 2] = "";
	unsigned int uid;
	size_t used = 0;
	uint64_t caps;

	if (!read_credentials(&uid, &caps)) {
		check_say(result, -1, "/proc/self/status cannot be read");
		check_mend(result, "mount -t proc proc /proc");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(capabilities) && used < sizeof(missing); i++)
		if (!(caps & UINT64_C(1) << capabilities[i].bit))
			used += (size_t)snprintf(missing + used, sizeof(missing) - used, " %s",
						 capabilities[i].name);
	if (used == 0) {
		check_say(result, 1, "all that sluiced needs");
	} else if (uid != 0) {
		check_say(result, -1, "this is user %u, without%s", uid, missing);
		check_mend(result,
			   "sluiced itself runs as root; to see what root has: sudo sluice doctor");
	} else {
		check_say(result, 0, "root, but without%s", missing);
		check_mend(result,
			   "run sluiced on the host, not in a container; in its unit, leave "
			   "CapabilityBoundingSet= as "
			   "installed");
	}
}
