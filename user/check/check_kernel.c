// SPDX-License-Identifier: Apache-2.0
/*
 * check_kernel.c: whether this kernel has what programs are attached to, and runs them always. Owns
 * the list of its functions.
 */
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/btf.h"
#include "base/cleanup.h"
#include "check_private.h"

#define MIN_MAJOR 6
#define MIN_MINOR 1

void check_kernel(struct check_result *result)
{
	unsigned int major, minor;
	char release[128];

	if (!check_read_release(release, sizeof(release)) ||
	    sscanf(release, "%u.%u", &major, &minor) != 2) {
		check_say(result, 0, "the kernel's version cannot be read");
		check_mend(result, "mount /proc, then look again: mount -t proc proc /proc");
		return;
	}
	check_say(result, major > MIN_MAJOR || (major == MIN_MAJOR && minor >= MIN_MINOR),
		  "Linux %s", release);
	if (!result->ok)
		check_mend(result, "start a kernel of version %d.%d or later (Debian 12 ships one)",
			   MIN_MAJOR, MIN_MINOR);
}

void check_machine(struct check_result *result)
{
	struct utsname name;
	char machine[sizeof(name.machine)];

	/* The file came with Linux 6.1; what has none is reported by the row above. */
	if (check_read_line("/proc/sys/kernel/arch", machine, sizeof(machine)) < 0) {
		uname(&name);
		snprintf(machine, sizeof(machine), "%s", name.machine);
	}
	check_say(result, strcmp(machine, "x86_64") == 0, "%s", machine);
	if (!result->ok)
		check_mend(result, "use an x86_64 host: holds read that machine's registers");
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

void check_btf(struct check_result *result)
{
	static const char path[] = "/sys/kernel/btf/vmlinux";
	bool found[ARRAY_SIZE(functions)] = {};
	_cleanup_close_ int fd = check_open(path);
	int r = fd < 0 ? fd : btf_functions(fd, functions, ARRAY_SIZE(functions), found);
	const char *missing = r < 0 ? NULL : missing_function(found);

	if (r < 0) {
		check_say(result, 0, "%s: %s", path,
			  r == -EBADMSG ? "not in BTF's format" : strerror(-r));
		check_mend(result,
			   "use a kernel built with CONFIG_DEBUG_INFO_BTF=y (Debian's are); "
			   "check that /sys is mounted");
		return;
	}
	if (!missing) {
		check_say(result, 1, "%s", path);
		return;
	}
	check_say(result, 0, "%s: no function %s, which is to be watched", path, missing);
	check_mend(result,
		   "use a kernel of Debian, or another one that is not built with link time "
		   "optimization");
}

/* On Linux 6.1 and 6.12, 0 ends every BPF LSM program at once, and silently. */
void check_ftrace(struct check_result *result)
{
	char value[32];
	int r = check_read_line("/proc/sys/kernel/ftrace_enabled", value, sizeof(value));

	if (r == -ENOENT)
		check_say(result, 1, "not there: no switch that could turn programs off");
	else if (r < 0)
		check_say(result, -1, "kernel.ftrace_enabled: %s", strerror(-r));
	else
		check_say(result, strcmp(value, "1") == 0, "kernel.ftrace_enabled = %s", value);
	if (result->ok < 0)
		check_mend(result, "look as root");
	else if (!result->ok)
		check_mend(result, "sysctl kernel.ftrace_enabled=1; then find who set it: grep -r "
				   "ftrace_enabled "
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
	if (check_read_line("/sys/kernel/debug/sched/preempt", line, sizeof(line)) >= 0 &&
	    chosen_word(line, ret, size))
		return;
	if (check_read_line("/proc/version", line, sizeof(line)) >= 0 &&
	    strstr(line, "PREEMPT_RT")) {
		snprintf(ret, size, "full");
		return;
	}
	if (check_read_line("/proc/cmdline", line, sizeof(line)) < 0)
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

	return check_read_release(release, sizeof(release)) &&
	       sscanf(release, "%u.%u", &major, &minor) == 2 && major == MIN_MAJOR &&
	       minor == MIN_MINOR;
}

/*
 * The kernel leaves out a program at the end of a call while the same one is preempted on that
 * processor. Not one of those that refuse.
 */
void check_preemption(struct check_result *result)
{
	char how[16];

	preemption(how, sizeof(how));
	if (strcmp(how, "full")) {
		check_say(result, 1, "%s", *how ? how : "as the kernel comes");
		return;
	}
	check_say(result, -1, "full: %s",
		  may_miss_processes()
			  ? "on Linux 6.1 a process may be taken for one without labels"
			  : "labels that come while a call waits may be missed; sluice status "
			    "counts");
	check_mend(
		result,
		"boot with preempt=lazy on Linux 6.13 and later, preempt=voluntary before; not a "
		"real-time kernel (PREEMPT_RT)");
}
