/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h: facts on one live process, from /proc.
 *
 * Owns: reading /proc, and that the facts are of the process that was meant: a pid alone names
 * whoever has it now, so a start time goes with it. Must not own: which person stands behind a
 * process (person.h), or what it did (event.h).
 */
#ifndef SLUICE_PROCESS_H
#define SLUICE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "limits.h"

/* "/proc"; tests point it to a tree of their own. */
extern const char *process_root;

#define PROCESS_NO_LOGIN UINT32_MAX /* loginuid of what no login started */
#define PROCESS_UNIT 256
#define PROCESS_TEXT_MAX 8192 /* bytes of a command line or a variable, with the NUL */

/**
 * struct process: what /proc says.
 * @start_ns: boot clock, in whole clock ticks
 * @sid: its session: the pid of the process that began it, which may have ended
 * @tty: device number of its controlling terminal, as stat has it; 0 for none
 * @exe: bytes of the link, without " (deleted)"; empty for kernel threads
 * @unit: innermost *.service or *.scope of its cgroup, empty for none: what people call it
 * @owner_unit: outermost one: made by the system's manager, and not by whoever the unit was
 * delegated to
 */
struct process {
	pid_t pid;
	pid_t ppid;
	uint64_t start_ns;
	uid_t uid;
	uid_t euid;
	uint32_t loginuid;
	char state;
	pid_t sid;
	uint32_t tty;
	char comm[16];
	char exe[SLUICE_PATH_TEXT];
	char unit[PROCESS_UNIT];
	char owner_unit[PROCESS_UNIT];
};

/**
 * process_read() - facts on @pid.
 * @start_ns: boot clock of its start, as the kernel's events say; 0 for whoever has the pid now
 * Return: 0; -ESRCH when it is gone or the pid is another's, also while reading; another negative
 * errno.
 */
int process_read(pid_t pid, uint64_t start_ns, struct process *ret);

/* Whether two such times are of one start: those of /proc are in clock ticks. */
bool process_same_start(uint64_t a, uint64_t b);

/*
 * True when @pid exists, is that process, and is no zombie. @ret_state (may be NULL): state letter
 * of stat.
 */
bool process_alive(pid_t pid, uint64_t start_ns, char *ret_state);

/*
 * The next two read the memory of the process, which it can keep from being read: they need
 * process_reader_start(). Besides what they say they return -ETIMEDOUT when it did not let itself
 * be read within SLUICE_READ_MS, -EBUSY when that has taken too much time lately, and -ENOTCONN or
 * -EPIPE when there is no reader. No text has more than PROCESS_TEXT_MAX bytes.
 */

/**
 * process_command() - its command line for people: words separated by spaces, words with other than
 * plain characters in single quotes as a shell would need them; cut when it does not fit.
 * Return: 0, -ESRCH, or another negative errno.
 */
int process_command(pid_t pid, uint64_t start_ns, char *ret, size_t size);

/**
 * process_environ() - value of one variable of its environment; the process itself may have written
 * anything there.
 * Return: 0, -ENOENT when it is not set (or not within the first 256 KiB), -ESRCH, or another
 * negative errno.
 */
int process_environ(pid_t pid, uint64_t start_ns, const char *name, char *ret, size_t size);

/*
 * Return: pidfd of that very process (close-on-exec, owned by the caller), -ESRCH or another
 * negative errno.
 */
int process_open(pid_t pid, uint64_t start_ns);

/*
 * Return: the file that @pid runs, as O_PATH: nothing of it is read. Close-on-exec, owned by the
 * caller; or a negative errno.
 */
int process_open_exe(pid_t pid);

/* True while the process behind @pidfd has not exited. */
bool process_pidfd_alive(int pidfd);

/* Calls @fn for each process; stops when it returns non-zero and returns that. */
typedef int (*process_fn)(void *ctx, pid_t pid);
int process_each(process_fn fn, void *ctx);

#endif
