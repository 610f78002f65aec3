/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * abi_event.h: what the programs tell sluiced: events and counters.
 *
 * Owns: these layouts and numbers; must not own: what abi.h says.
 */
#ifndef SLUICE_ABI_EVENT_H
#define SLUICE_ABI_EVENT_H

#include <linux/types.h>

#include "abi_ask.h"

enum sluice_event_type {
	SLUICE_EVENT_STOP = 1,	 /* an action missed labels: see @verdict */
	SLUICE_EVENT_GRANT,	 /* a grant was used */
	SLUICE_EVENT_READ,	 /* the subject took labels from the target */
	SLUICE_EVENT_LABEL,	 /* the target took labels from the subject */
	SLUICE_EVENT_FORK,	 /* a tainted process started another: @peer_tgid, @peer_start_ns */
	SLUICE_EVENT_EXEC,	 /* a tainted process became another program */
	SLUICE_EVENT_KEEP,	 /* the attribute that labeled the target changed; labels stay */
	SLUICE_EVENT_TAKE,	 /* the subject took labels of process @peer_tgid, @peer_start_ns */
	SLUICE_EVENT_GIVE,	 /* that process took labels of the subject */
	SLUICE_EVENT_DECLASSIFY, /* the subject read the target, whose labels it takes off */
	SLUICE_EVENT_SINK,	 /* the subject wrote into the target, which takes no labels */
	SLUICE_EVENT_EMPTY,	 /* the target was cut to nothing; it keeps its labels */
	/*
	 * Something of the agent's own was touched: @reason is an enum sluice_guard_act, @old_id
	 * its detail, @verdict DENY or AUDIT, @grant_id the break-glass that let it through
	 */
	SLUICE_EVENT_GUARD,
};

enum sluice_verdict {
	SLUICE_VERDICT_AUDIT = 1, /* went on; a policy in force would have stopped it */
	SLUICE_VERDICT_DENY,	  /* refused, nobody is asked */
	SLUICE_VERDICT_FAIL,	  /* refused, somebody is asked */
	SLUICE_VERDICT_HOLD,	  /* stopped, somebody is asked */
};

/* Why an ask that the policy holds was failed instead: struct sluice_event @reason. */
enum sluice_fallback {
	SLUICE_FALLBACK_NONE,
	SLUICE_FALLBACK_STALE,	 /* the daemon's heartbeat is old: nobody would wake it */
	SLUICE_FALLBACK_TASK,	 /* kernel thread, io worker, pid 1, the agent */
	SLUICE_FALLBACK_SYSCALL, /* the system call cannot be re-issued */
	SLUICE_FALLBACK_CREATED, /* open created the file: O_EXCL would fail on the second try */
	SLUICE_FALLBACK_SIGNAL,	 /* the helper refused to stop the task */
	SLUICE_FALLBACK_LATE,	 /* the data came while the call waited: nothing to go back to */
	SLUICE_FALLBACK_FULL,	 /* no room, for this user, to keep that the file has the labels */
	SLUICE_FALLBACKS,
};

/* Of a read, no fallback: the process had the file open or mapped before its labels came. */
#define SLUICE_READ_BEFORE 1

/**
 * struct sluice_event: one record of the ring buffer.
 * @seq: counts per CPU from 1, also for records that found no room: a hole is a loss
 * @labels: STOP: missing; READ, LABEL: that moved; GRANT: covered
 * @taint: labels of the subject before the event
 * @repeats: STOP: equal refusals before this one that no event told of
 * @path_len, @exe_len: bytes used in @path and @exe_path: components from the leaf up, each ended
 * by NUL;
 *	@path_cut: the path was longer than fits
 */
struct sluice_event {
	__u16 type;
	__u16 cpu;
	__u32 reason;
	__u64 seq;
	__u64 boot_ns;
	struct sluice_ask_key key;
	__u64 labels;
	__u64 taint;
	__u64 start_ns;
	__u64 peer_start_ns;
	__u64 cgroup;
	__u64 grant_id;
	__u64 deadline_ns;
	__u64 repeats;
	struct sluice_object_id exe;
	__u32 tgid;
	__u32 tid;
	__u32 peer_tgid;
	__u32 uid;
	__u32 euid;
	__u32 gid;
	__u32 loginuid;
	__u32 verdict;
	__u32 old_id;
	__u16 path_len;
	__u16 exe_len;
	__u8 path_cut;
	__u8 pad[7];
	char comm[16];
	char path[SLUICE_EVENT_PATH];
	char exe_path[SLUICE_EVENT_PATH];
};

/* Per-CPU counters (map `counters`), index into an array of __u64. */
enum sluice_counter {
	SLUICE_COUNT_SEQ,      /* events, lost ones included */
	SLUICE_COUNT_DROPPED,  /* events that found no room in the ring */
	SLUICE_COUNT_REFUSED,  /* guarded actions refused because of that */
	SLUICE_COUNT_STOPPED,  /* actions that missed labels */
	SLUICE_COUNT_HELD,     /* times a process was stopped */
	SLUICE_COUNT_FAILED,   /* EPERM returned */
	SLUICE_COUNT_GRANTED,  /* grants used */
	SLUICE_COUNT_AUDITED,  /* went on, would have been stopped */
	SLUICE_COUNT_MAP_FULL, /* a map had no room: the action was refused */
	SLUICE_COUNT_FALLBACK, /* held by policy, failed for want of a way */
	SLUICE_COUNT_MERGED,   /* denials counted for a later event */
	SLUICE_COUNT_UNNOTED,  /* labels that changed, and `changed` had no room to say so */
	SLUICE_COUNT_GUARDED,  /* attempts on the agent's own that were refused */
	SLUICE_COUNT_TOLD,     /* those told of since; the rest is in `refusals` or lost */
	SLUICE_COUNT_PACKETS,  /* packets that were leaving past the hooks */
	SLUICE_COUNTERS,
};

_Static_assert(sizeof(struct sluice_event) == 232 + 2 * SLUICE_EVENT_PATH, "event");

#endif
