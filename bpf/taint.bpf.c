// SPDX-License-Identifier: GPL-2.0
/*
 * taint.bpf.c: see taint.bpf.h. Must not own: the decision (verdict.bpf.c) or where labels are kept
 * (subject.bpf.h).
 */
#include "taint.bpf.h"

#include "version.bpf.h"

/*
 * Who takes labels off what it reads is told of, each process and object once a minute: the number
 * of the minute is part of what was told.
 */
static __always_inline void tell_declassified(struct attempt *attempt, u64 labels)
{
	u32 minute = bpf_ktime_get_boot_ns() >> 36;

	if (labels && edge_is_new(SLUICE_EVENT_DECLASSIFY | minute << 16, labels,
				  &attempt->key.target.object))
		tell_move(attempt, SLUICE_EVENT_DECLASSIFY, labels);
}

/*
 * The current process is about to take *@labels: what it does not take is cleared from them. @told:
 * what a declassifying process does not take will be told of; else it takes that too.
 * Return: its state, or NULL when it takes none (*@labels is 0) or cannot keep them.
 */
static __always_inline struct sluice_task *taint_taker(u64 *labels, bool told)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sluice_task *state;
	u64 cleared;

	/*
	 * Process 1 hears from every service (sd_notify) and starts every other one: with a taint
	 * it would hand it to the whole host. It runs what root told it to.
	 */
	if (is_exempt(task) || task->tgid == 1) {
		*labels = 0;
		return NULL;
	}
	state = bpf_task_storage_get(&tasks, task->group_leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state) {
		count(SLUICE_COUNT_MAP_FULL);
		return NULL;
	}
	subject_refresh(state, task);
	cleared = state->cleared[SLUICE_TAINT];
	if (!told)
		cleared &= ~state->cleared[SLUICE_DECLASSIFY];
	*labels &= ~cleared;
	return state;
}

int taint_take_attempt(struct attempt *attempt, u64 labels)
{
	struct sluice_task *state;
	u64 moved, all = labels;

	if (!attempt)
		return 0;
	state = taint_taker(&labels, true);
	if (state)
		tell_declassified(attempt, all & state->cleared[SLUICE_DECLASSIFY]);
	if (!labels)
		return 0;
	if (!state)
		return refuse();
	moved = labels & ~subject_taint(state);
	if (moved && taint_has_no_room(state))
		return refuse();
	if (moved || edge_is_new(SLUICE_EVENT_READ, labels, &attempt->key.target.object))
		tell_move(attempt, SLUICE_EVENT_READ, labels);
	if (moved)
		subject_acquire(state, moved);
	return 0;
}

/* The current process took @labels from this process before, and carries them. */
static __always_inline bool peer_is_known(u64 labels, u32 tgid, u64 start_ns)
{
	const struct sluice_task *state = subject_state(subject_leader());
	u32 before;

	if (!state || labels & ~state->taint)
		return false;
	before = version_of(&state->heard.version);
	if (before & 1 || state->heard.start_ns != start_ns || state->heard.tgid != tgid ||
	    labels & ~state->heard.labels)
		return false;
	return version_is(&state->heard.version, before);
}

static __always_inline void peer_remember(struct sluice_task *state, u64 labels, u32 tgid,
					  u64 start_ns)
{
	if (!version_begin(&state->heard.version))
		return;
	state->heard.start_ns = start_ns;
	state->heard.tgid = tgid;
	state->heard.labels = labels;
	version_end(&state->heard.version);
}

int taint_take_peer(u64 labels, u32 tgid, u64 start_ns)
{
	struct sluice_object_id peer = { .gen = tgid, .ino = start_ns };
	struct sluice_task *state;
	u64 moved;

	if (peer_is_known(labels, tgid, start_ns))
		return 0;
	state = taint_taker(&labels, false);
	if (!labels)
		return 0;
	if (!state)
		return refuse();
	moved = labels & ~subject_taint(state);
	if (moved && taint_has_no_room(state))
		return refuse();
	if (moved || edge_is_new(SLUICE_EVENT_TAKE, labels, &peer))
		event_emit_task(SLUICE_EVENT_TAKE, labels, tgid, start_ns);
	if (moved)
		subject_acquire(state, moved);
	peer_remember(state, labels, tgid, start_ns);
	return 0;
}
