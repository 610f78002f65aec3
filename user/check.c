// SPDX-License-Identifier: Apache-2.0
/*
 * check.c: see check.h. One function for each row of the table at the end, which is the order of
 * the output: what makes later rows fail comes first.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/utsname.h>

#include "btf.h"
#include "cleanup.h"

#define MIN_MAJOR 6
#define MIN_MINOR 1

const char *check_root = "";

static void say(struct check_result *result, int ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void mend(struct check_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct check_result *result, int ok, const char *format, ...)
{
	va_list ap;

	result->ok = ok;
	va_start(ap, format);
	vsnprintf(result->found, sizeof(result->found), format, ap);
	va_end(ap);
}

static void mend(struct check_result *result, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(result->remedy, sizeof(result->remedy), format, ap);
	va_end(ap);
}

static int open_below_root(const char *path)
{
	char full[512];
	int fd;

	if ((size_t)snprintf(full, sizeof(full), "%s%s", check_root, path) >= sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The first @size - 1 bytes, ended with NUL. Return: how many, or a negative errno. */
static ssize_t read_bytes(const char *path, char *ret, size_t size)
{
	_cleanup_close_ int fd = open_below_root(path);
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
static int read_line(const char *path, char *ret, size_t size)
{
	ssize_t n = read_bytes(path, ret, size);

	if (n < 0)
		return (int)n;
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

/* Whether a file has this very line. Return: 1, 0, or a negative errno when the file cannot be
 * read. */
static int has_line(const char *path, const char *line)
{
	int fd = open_below_root(path);
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
static int mounted_type(const char *path, char *ret, size_t size)
{
	int fd = open_below_root("/proc/self/mountinfo");
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

static bool is_mounted(const char *path, const char *type)
{
	char found[64];

	return mounted_type(path, found, sizeof(found)) == 0 && strcmp(found, type) == 0;
}

static bool read_release(char *ret, size_t size)
{
	return read_line("/proc/sys/kernel/osrelease", ret, size) == 0;
}

static void check_kernel(struct check_result *result)
{
	unsigned int major, minor;
	char release[128];

	if (!read_release(release, sizeof(release)) ||
	    sscanf(release, "%u.%u", &major, &minor) != 2) {
		say(result, 0, "the kernel's version cannot be read");
		mend(result, "mount /proc, then look again: mount -t proc proc /proc");
		return;
	}
	say(result, major > MIN_MAJOR || (major == MIN_MAJOR && minor >= MIN_MINOR), "Linux %s",
	    release);
	if (!result->ok)
		mend(result, "start a kernel of version %d.%d or later (Debian 12 ships one)",
		     MIN_MAJOR, MIN_MINOR);
}

static void check_machine(struct check_result *result)
{
	struct utsname name;
	char machine[sizeof(name.machine)];

	/* The file came with Linux 6.1; what has none is reported by the row above. */
	if (read_line("/proc/sys/kernel/arch", machine, sizeof(machine)) < 0) {
		uname(&name);
		snprintf(machine, sizeof(machine), "%s", name.machine);
	}
	say(result, strcmp(machine, "x86_64") == 0, "%s", machine);
	if (!result->ok)
		mend(result, "use an x86_64 host: holds read that machine's registers");
}

/*
 * What programs are attached to, beside LSM hooks. Of those that read pipes the last two stand for
 * the first; those of io_uring, at the end, are needed where it is.
 */
static const char *const functions[] = {
	"security_task_prctl",
	"replace_mm_exe_file",
	"__x64_sys_setns",
	"vma_set_file",
	"get_pipe_info",
	"do_splice",
	"do_tee",
	"pipe_lock",
	"pipe_double_lock",
	"pipe_wait_readable",
	"unix_stream_recvmsg",
	"unix_dgram_recvmsg",
	"unix_seqpacket_recvmsg",
	"unix_stream_splice_read",
	"inet_recvmsg",
	"inet6_recvmsg",
	"sock_common_recvmsg",
	"sock_splice_read",
	"tcp_zerocopy_receive",
	"pipe_read",
	"anon_pipe_read",
	"fifo_pipe_read",
	"io_submit_sqes",
	"io_msg_ring",
	"io_sq_thread_finish",
};

#define RING	  (ARRAY_SIZE(functions) - 3)
#define PIPE_READ (RING - 3)

/* The first function that is missing, or NULL. */
static const char *missing_function(bool found[ARRAY_SIZE(functions)])
{
	found[PIPE_READ] |= found[PIPE_READ + 1] && found[PIPE_READ + 2];
	for (size_t i = 0; i <= PIPE_READ; i++)
		if (!found[i])
			return functions[i];
	for (size_t i = RING; i < ARRAY_SIZE(functions); i++)
		if (!found[i] && (found[RING] || found[RING + 1] || found[RING + 2]))
			return functions[i];
	return NULL;
}

static void check_btf(struct check_result *result)
{
	static const char path[] = "/sys/kernel/btf/vmlinux";
	bool found[ARRAY_SIZE(functions)] = {};
	_cleanup_close_ int fd = open_below_root(path);
	int r = fd < 0 ? fd : btf_functions(fd, functions, ARRAY_SIZE(functions), found);
	const char *missing = r < 0 ? NULL : missing_function(found);

	if (r < 0) {
		say(result, 0, "%s: %s", path,
		    r == -EBADMSG ? "not in BTF's format" : strerror(-r));
		mend(result, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y (Debian's are); "
			     "check that /sys is mounted");
		return;
	}
	if (!missing) {
		say(result, 1, "%s", path);
		return;
	}
	say(result, 0, "%s: no function %s, which is to be watched", path, missing);
	mend(result, "use a kernel of Debian, or another one that is not built with link time "
		     "optimization");
}

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

	if (!read_release(release, sizeof(release)))
		return false;
	snprintf(path, sizeof(path), "/boot/config-%s", release);
	return has_line(path, "CONFIG_BPF_LSM=y") == 0;
}

static void check_lsm(struct check_result *result)
{
	char list[256];
	int r = read_line("/sys/kernel/security/lsm", list, sizeof(list));

	if (r == 0 && lists_bpf(list)) {
		say(result, 1, "%s", list);
		return;
	}
	if (r < 0 && !is_mounted("/sys/kernel/security", "securityfs")) {
		say(result, 0,
		    "securityfs is not mounted on /sys/kernel/security: the list of LSMs cannot be "
		    "read");
		mend(result, "mount -t securityfs securityfs /sys/kernel/security");
		return;
	}
	if (r < 0)
		say(result, 0, "/sys/kernel/security/lsm: %s", strerror(-r));
	else
		say(result, 0, "bpf is not among the LSMs in force: %s", list);
	if (r < 0 || built_without_bpf_lsm())
		mend(result, "use a kernel built with CONFIG_SECURITY=y and CONFIG_BPF_LSM=y "
			     "(Debian's are)");
	else
		mend(result,
		     "add lsm=%s%sbpf to GRUB_CMDLINE_LINUX in /etc/default/grub (in place of an "
		     "lsm= that is there), run "
		     "update-grub, restart the host",
		     list, *list ? "," : "");
}

static void check_lockdown(struct check_result *result)
{
	char modes[128];
	int r = read_line("/sys/kernel/security/lockdown", modes, sizeof(modes));

	if (r == -ENOENT) {
		/* Without securityfs that means nothing; the row above has the remedy. */
		say(result, is_mounted("/sys/kernel/security", "securityfs") ? 1 : -1,
		    "no lockdown mode to be seen");
		if (result->ok < 0)
			mend(result, "mount -t securityfs securityfs /sys/kernel/security");
		return;
	}
	if (r < 0) {
		say(result, -1, "/sys/kernel/security/lockdown: %s", strerror(-r));
		mend(result, "look as root");
		return;
	}
	say(result, !strstr(modes, "[confidentiality]"), "%s", modes);
	if (!result->ok)
		mend(result, "confidentiality forbids BPF to read kernel memory: use "
			     "lockdown=integrity on the kernel "
			     "command line, restart the host");
}

static void check_bpffs(struct check_result *result)
{
	char type[64];
	int r = mounted_type("/sys/fs/bpf", type, sizeof(type));

	say(result, r == 0 && strcmp(type, "bpf") == 0, "/sys/fs/bpf: %s",
	    r < 0   ? strerror(-r)
	    : *type ? type
		    : "not mounted");
	if (!result->ok)
		mend(result, "systemctl start sys-fs-bpf.mount, or: mount -t bpf bpf /sys/fs/bpf");
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

	if (read_bytes("/proc/self/status", text, sizeof(text)) < 0)
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

static void check_capabilities(struct check_result *result)
{
	char missing[sizeof(result->found) / 2] = "";
	unsigned int uid;
	size_t used = 0;
	uint64_t caps;

	if (!read_credentials(&uid, &caps)) {
		say(result, -1, "/proc/self/status cannot be read");
		mend(result, "mount -t proc proc /proc");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(capabilities) && used < sizeof(missing); i++)
		if (!(caps & UINT64_C(1) << capabilities[i].bit))
			used += (size_t)snprintf(missing + used, sizeof(missing) - used, " %s",
						 capabilities[i].name);
	if (used == 0) {
		say(result, 1, "all that sluiced needs");
	} else if (uid != 0) {
		say(result, -1, "this is user %u, without%s", uid, missing);
		mend(result,
		     "sluiced itself runs as root; to see what root has: sudo sluice doctor");
	} else {
		say(result, 0, "root, but without%s", missing);
		mend(result, "run sluiced on the host, not in a container; in its unit, leave "
			     "CapabilityBoundingSet= as "
			     "installed");
	}
}

/* On Linux 6.1 and 6.12, 0 ends every BPF LSM program at once, and silently. */
static void check_ftrace(struct check_result *result)
{
	char value[32];
	int r = read_line("/proc/sys/kernel/ftrace_enabled", value, sizeof(value));

	if (r == -ENOENT)
		say(result, 1, "not there: no switch that could turn programs off");
	else if (r < 0)
		say(result, -1, "kernel.ftrace_enabled: %s", strerror(-r));
	else
		say(result, strcmp(value, "1") == 0, "kernel.ftrace_enabled = %s", value);
	if (result->ok < 0)
		mend(result, "look as root");
	else if (!result->ok)
		mend(result,
		     "sysctl kernel.ftrace_enabled=1; then find who set it: grep -r ftrace_enabled "
		     "/etc/sysctl.conf /etc/sysctl.d");
}

/* The word in parentheses of what the kernel offers, for example: none voluntary (full). */
static bool chosen_word(const char *line, char *ret, size_t size)
{
	const char *begin = strchr(line, '('), *end = begin ? strchr(begin, ')') : NULL;

	if (!end)
		return false;
	snprintf(ret, size, "%.*s", (int)(end - begin - 1), begin + 1);
	return true;
}

/* How the kernel preempts itself: "full", "lazy" …; empty when nobody says. */
static void preemption(char *ret, size_t size)
{
	char line[4096];
	const char *word;

	ret[0] = '\0';
	if (read_line("/sys/kernel/debug/sched/preempt", line, sizeof(line)) >= 0 &&
	    chosen_word(line, ret, size))
		return;
	if (read_line("/proc/version", line, sizeof(line)) >= 0 && strstr(line, "PREEMPT_RT")) {
		snprintf(ret, size, "full");
		return;
	}
	if (read_line("/proc/cmdline", line, sizeof(line)) < 0)
		return;
	word = strstr(line, "preempt=");
	if (word)
		snprintf(ret, size, "%.*s", (int)strcspn(word + 8, " "), word + 8);
}

/* Linux 6.1 looks a process up under a lock that whoever is preempted there keeps from others. */
static bool may_miss_processes(void)
{
	unsigned int major, minor;
	char release[128];

	return read_release(release, sizeof(release)) &&
	       sscanf(release, "%u.%u", &major, &minor) == 2 && major == MIN_MAJOR &&
	       minor == MIN_MINOR;
}

/*
 * The kernel leaves out a program at the end of a call while the same one is preempted on that
 * processor. Not one of those that refuse.
 */
static void check_preemption(struct check_result *result)
{
	char how[16];

	preemption(how, sizeof(how));
	if (strcmp(how, "full")) {
		say(result, 1, "%s", *how ? how : "as the kernel comes");
		return;
	}
	say(result, -1, "full: %s",
	    may_miss_processes()
		    ? "on Linux 6.1 a process may be taken for one without labels"
		    : "labels that come while a call waits may be missed; sluice status counts");
	mend(result,
	     "boot with preempt=lazy on Linux 6.13 and later, preempt=voluntary before; not a "
	     "real-time kernel (PREEMPT_RT)");
}

bool check_cgroup_root(char *ret, size_t size)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!is_mounted(places[i], "cgroup2"))
			continue;
		snprintf(ret, size, "%s", places[i]);
		return true;
	}
	return false;
}

static void check_cgroup(struct check_result *result)
{
	char place[128];

	if (check_cgroup_root(place, sizeof(place))) {
		say(result, 1, "version 2 on %s", place);
		return;
	}
	say(result, -1,
	    "version 2 is not mounted: rules cannot name units, and packets that get past the "
	    "hooks are not stopped");
	mend(result, "remove systemd.unified_cgroup_hierarchy=0 from the kernel command line, "
		     "restart the host");
}

static const struct {
	const char *name;
	void (*check)(struct check_result *result);
} checks[] = {
	{ "kernel", check_kernel },
	{ "machine", check_machine },
	{ "btf", check_btf },
	{ "bpf lsm", check_lsm },
	{ "lockdown", check_lockdown },
	{ "bpffs", check_bpffs },
	{ "capabilities", check_capabilities },
	{ "ftrace", check_ftrace },
	{ "preemption", check_preemption },
	{ "cgroup", check_cgroup },
};

int check_one(const char *name, struct check_result *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		if (strcmp(checks[i].name, name) != 0)
			continue;
		*ret = (struct check_result){ .name = checks[i].name };
		checks[i].check(ret);
		return 0;
	}
	return -ENOENT;
}

size_t check_all(struct check_result *results, size_t max)
{
	size_t n = ARRAY_SIZE(checks) < max ? ARRAY_SIZE(checks) : max;

	for (size_t i = 0; i < n; i++) {
		results[i] = (struct check_result){ .name = checks[i].name };
		checks[i].check(&results[i]);
	}
	return n;
}
