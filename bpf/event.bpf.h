/* SPDX-License-Identifier: GPL-2.0 */
/*
 * event.bpf.h: what an attempt is, and how sluiced is told of it.
 *
 * Owns: struct attempt, the map of edges told already. Must not own: the record's making
 * (event.bpf.c), or what a loss means for the action: the caller gets -ENOSPC and decides.
 */
#ifndef SLUICE_BPF_EVENT_H
#define SLUICE_BPF_EVENT_H

#include "subject.bpf.h"

/**
 * struct attempt: one thing that the current process tries, as the hooks describe it and the
 * decision completes it.
 * One object for the whole way, since the verifier gives all frames of a hook 512 bytes together.
 * @key: action and target by the hook; the subject by the decision
 * @labels: labels at stake
 * @path: of a file, or NULL
 * @unholdable: SLUICE_FALLBACK_* when this call cannot be held, whoever makes it; else 0
 * @old_id: for credentials: the id before
 * @missing: what no clearance covers
 * @grant_id: of the grant that let it through, or 0
 * @type, @verdict, @reason, @deadline_ns: of the event that tells of it
 * @repeats: instead of the last, of a denial: equal ones that no event told of
 * @covered: instead of the last, before the decision: labels that a grant lets go there already
 */
struct attempt {
	struct sluice_ask_key key;
	u64 labels;
	struct path *path;
	u64 missing;
	u64 grant_id;
	union {
		u64 deadline_ns;
		u64 repeats;
		u64 covered;
	};
	u32 old_id;
	u32 unholdable;
	u16 type;
	u16 verdict;
	u32 reason;
};

/*
 * The functions below that are not static are verified once, on their own, instead of once a path
 * through each hook:
 * that keeps the verifier's work a tenth of what it were. They cannot get kernel pointers as
 * arguments, which is why @path is read as a number there.
 */

/* Tells of @attempt and @labels. Return: 0, or -ENOSPC when the ring is full. */
int event_emit(struct attempt *attempt, u64 labels);

/*
 * Tells that the process whose leader lies at @leader had the target and path of @attempt at hand,
 * and carries @labels now. Return: 0 or -ENOSPC.
 */
int event_emit_found(struct attempt *attempt, u64 leader, u64 labels);

/*
 * Tells that @labels moved between the current process and @tgid: it started or became it, took
 * them from it or gave them to it. A loss is only counted.
 */
int event_emit_task(u32 type, u64 labels, u32 tgid, u64 start_ns);

/* Tells that @labels came from the current process to the file @id, whose path is not at hand. */
int event_emit_object(const struct sluice_object_id *id, u64 labels);

static __always_inline void key_by_process(struct sluice_ask_key *key)
{
	struct task_struct *leader = subject_leader();

	key->subject.kind = SLUICE_SUBJECT_PROCESS;
	key->subject.id = leader->tgid;
	key->subject.a = leader->start_boottime;
	key->subject.b = 0;
}

static __always_inline void key_by_executable(struct sluice_ask_key *key)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sluice_object_id exe = subject_executable(task);

	key->subject.kind = SLUICE_SUBJECT_EXECUTABLE;
	key->subject.id = task->real_cred->uid.val;
	key->subject.a = (u64)exe.dev << 32 | exe.gen;
	key->subject.b = exe.ino;
}

/* True the first time, and again when it has fallen out of the map of recent edges. */
static __noinline bool edge_is_new(u32 type, u64 labels, const struct sluice_object_id *id)
{
	struct task_struct *leader = subject_leader();
	struct edge edge = {
		.start_ns = leader->start_boottime,
		.ino = id->ino,
		.labels = labels,
		.dev = id->dev,
		.gen = id->gen,
		.tgid = leader->tgid,
		.type = type,
	};
	u64 now = 0;

	if (bpf_map_lookup_elem(&edges, &edge))
		return false;
	bpf_map_update_elem(&edges, &edge, &now, BPF_ANY);
	return true;
}

#endif
