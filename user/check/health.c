// SPDX-License-Identifier: Apache-2.0
/*
 * health.c: see health.h. Owns the marks.
 */
#include "health.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>

#include "base/cleanup.h"
#include "check_private.h"
#include "key/host_key.h"
#include "limits.h"

#define MIB	      (UINT64_C(1) << 20)
#define KEY_AGE_DAYS  365
#define DAY_S	      86400
#define CLOCK_WARN_US 1000000
#define DISK_WARN     75 /* percent; the journal's own first mark (pulse.c) */
#define CREDENTIAL    "/run/credentials/sluiced.service/" HOST_KEY_FILE
#define DISK_FULL_MIB 16 /* less is gone within a day of a busy host */

/* What an older kernel cannot do. @major, @minor: the first that can */
static const struct {
	unsigned int major, minor;
	const char *gap;
} gaps[] = {
	{ 7, 0, "root can switch every BPF LSM program off by kernel.ftrace_enabled=0" },
	{ 6, 5, "who connects to sluiced is known by a process number that may be used again" },
};

static bool is_older(unsigned int major, unsigned int minor, size_t gap)
{
	return major < gaps[gap].major || (major == gaps[gap].major && minor < gaps[gap].minor);
}

void health_kernel(struct check_result *result)
{
	unsigned int major = 0, minor = 0;
	char release[128];
	size_t used = 0;

	result->name = "kernel gaps";
	if (!check_read_release(release, sizeof(release)) ||
	    sscanf(release, "%u.%u", &major, &minor) != 2) {
		check_say(result, -1, "the kernel's version cannot be read");
		check_mend(result, "mount -t proc proc /proc");
		return;
	}
	check_say(result, 1, "none that a newer kernel would close");
	for (size_t i = 0; i < ARRAY_SIZE(gaps) && used < sizeof(result->found); i++)
		if (is_older(major, minor, i))
			used += (size_t)snprintf(result->found + used, sizeof(result->found) - used,
						 "%s%s", used ? "; " : "", gaps[i].gap);
	if (!used)
		return;
	result->ok = -1;
	check_mend(result,
		   "set Mode=enforce in [Guard], which refuses what it can of that; Linux 7 "
		   "has none of it");
}

void health_sandbox(struct check_result *result)
{
	char list[256];

	result->name = "landlock";
	if (check_read_line("/sys/kernel/security/lsm", list, sizeof(list)) < 0 ||
	    !strstr(list, "landlock")) {
		check_say(result, -1, "not in force: only permissions keep the gateway from files");
		check_mend(result, "add landlock to the list of lsm= on the kernel command line, "
				   "restart the host");
		return;
	}
	check_say(result, 1, "keeps the gateway from files");
}

/* The kernel knows what the program that sets the clock has told it last. */
void health_clock(struct check_result *result)
{
	struct timex timex = { 0 };
	int state = adjtimex(&timex);

	result->name = "clock";
	if (state < 0) {
		check_say(result, -1, "cannot be asked: %s", strerror(errno));
		check_mend(result, "run sluice doctor outside of a container");
		return;
	}
	if (state != TIME_ERROR && timex.maxerror < CLOCK_WARN_US) {
		check_say(result, 1, "synchronised, at most %ld ms off", timex.maxerror / 1000);
		return;
	}
	if (state == TIME_ERROR)
		check_say(result, -1,
			  "not synchronised: times in the journal, and how long signed answers "
			  "count, are by a clock that may be wrong");
	else
		check_say(result, -1, "may be %ld ms off", timex.maxerror / 1000);
	check_mend(result, "timedatectl set-ntp true, or install chrony; then: timedatectl "
			   "timesync-status");
}

/* The folder of @file, or the first above that is there. */
static void folder_of(const char *file, char *ret, size_t size)
{
	char *slash;

	snprintf(ret, size, "%s", file);
	do {
		slash = strrchr(ret, '/');
		if (!slash)
			break;
		slash[slash == ret] = '\0';
	} while (slash != ret && access(ret, F_OK) < 0);
}

void health_disk(struct check_result *result, const char *journal)
{
	char folder[SLUICE_PATH_TEXT];
	struct statvfs disk;
	uint64_t free_mib;
	unsigned int used;

	result->name = "journal disk";
	folder_of(journal, folder, sizeof(folder));
	if (statvfs(folder, &disk) < 0 || !disk.f_blocks) {
		check_say(result, -1, "%s cannot be looked at: %s", folder, strerror(errno));
		check_mend(result, "look as root: sudo sluice doctor");
		return;
	}
	free_mib = disk.f_bavail * disk.f_frsize / MIB;
	used = (unsigned int)(100 - disk.f_bavail * 100 / disk.f_blocks);
	check_say(result,
		  free_mib < DISK_FULL_MIB ? 0
		  : used >= DISK_WARN	   ? -1
					   : 1,
		  "%" PRIu64 " MiB free, %u %% full: %s", free_mib, used, folder);
	if (result->ok < 1)
		check_mend(result,
			   "make room, or set Journal= in [Agent] to a file on a larger disk: "
			   "when it is full, nothing can be approved");
}

/* Return: false when @result says why it is not as it should be. @what: "the host key" */
static bool check_key(struct check_result *result, const char *what, const char *path,
		      uint64_t *ret_days)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		check_say(result, -1, "%s %s cannot be looked at: %s", what, path, strerror(errno));
		check_mend(result, "look as root: sudo sluice doctor");
		return false;
	}
	if (!S_ISREG(st.st_mode) || st.st_mode & (S_IRWXG | S_IRWXO)) {
		check_say(result, 0, "%s %s may be used by others (mode %04o)", what, path,
			  (unsigned int)(st.st_mode & 07777));
		check_mend(result,
			   "chmod 0600 %s; if others had access to this host, take a new key: %s",
			   path,
			   strstr(path, "channel-") ? "remove it, restart sluice-gateway, and put "
						      "sluice-gateway --print-keys into the policy"
						    : "systemctl stop sluiced; sluiced --new-key");
		return false;
	}
	*ret_days = (uint64_t)(time(NULL) - st.st_mtime) / DAY_S;
	return true;
}

void health_host_key(struct check_result *result, const char *state)
{
	char path[SLUICE_PATH_TEXT];
	uint64_t days;

	result->name = "host key";
	snprintf(path, sizeof(path), "%s/" HOST_KEY_FILE, state);
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		check_say(result, 1, "%s",
			  access(CREDENTIAL, F_OK) == 0 ? "a credential of the service"
							: "made at the first start");
		return;
	}
	if (!check_key(result, "the host key", path, &days))
		return;
	check_say(result, days <= KEY_AGE_DAYS ? 1 : -1, "for root only, %" PRIu64 " days old",
		  days);
	if (result->ok < 1)
		check_mend(result, "systemctl stop sluiced; sluiced --new-key; systemctl start "
				   "sluiced; then keep what sluice enroll prints");
}

void health_channel_keys(struct check_result *result, const char *state)
{
	char pattern[SLUICE_PATH_TEXT];
	uint64_t days, oldest = 0;
	glob_t found = { 0 };
	bool well = true;

	result->name = "channel keys";
	snprintf(pattern, sizeof(pattern), "%s/channel-*.key", state);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0 || !found.gl_pathc) {
		check_say(result, 1, "none to be seen: made at the gateway's first start");
		globfree(&found);
		return;
	}
	for (size_t i = 0; well && i < found.gl_pathc; i++) {
		well = check_key(result, "the key", found.gl_pathv[i], &days);
		oldest = well && days > oldest ? days : oldest;
	}
	if (well) {
		check_say(result, oldest <= KEY_AGE_DAYS ? 1 : -1,
			  "for the gateway only, the oldest of %zu %" PRIu64 " days old",
			  found.gl_pathc, oldest);
		if (result->ok < 1)
			check_mend(result, "remove them, restart sluice-gateway, and put "
					   "sluice-gateway --print-keys into the policy");
	}
	globfree(&found);
}
