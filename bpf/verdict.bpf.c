// SPDX-License-Identifier: GPL-2.0
/*
 * verdict.bpf.c: the one place that decides.
 *
 *	missing = guarded[action] & labels & ~cleared(subject)
 *
 * by algebra.h, which user space shares, where the hook gives @labels: those at stake in this
 * action, less what the target may have (see each hook). Zero: allow, and nothing leaves the
 * kernel. Else a grant, else what the rules of the missing labels say: the strictest wins (deny,
 * then ask, then audit; fail before hold). Whatever cannot be told to sluiced is refused.
 *
 * Owns: that order, the map of open questions, that of denials told of, the use of grants. Must not
 * own: what an action is (the hooks).
 */
#include "verdict.bpf.h"

#include "algebra.h"
#include "hold.bpf.h"

/*
 * Takes one use. Return: false when none was left. Contention for longer than the loop is a
 * refusal, not a wait.
 */
static __always_inline bool grant_take(struct sluice_grant *grant)
{
	int i;

	for (i = 0; i < 16; i++) {
		u32 uses = grant->uses;

		if (uses == SLUICE_USES_UNLIMITED)
			return true;
		if (!uses)
			return false;
		if (__sync_val_compare_and_swap(&grant->uses, uses, uses - 1) == uses)
			return true;
	}
	return false;
}

/* Uses the answer under attempt->key if it covers the attempt. Return: SLUICE_ANSWER_* or 0. */
static __noinline u32 grant_use(struct attempt *attempt, u64 now)
{
	struct sluice_ask_key key = attempt->key; /* before 6.2 a key must lie on the stack */
	struct sluice_grant *grant = bpf_map_lookup_elem(&grants, &key);

	if (!grant || now > grant->expires_ns || attempt->missing & ~grant->labels)
		return 0;
	if (!grant_take(grant))
		return 0;
	attempt->grant_id = grant->id;
	return grant->answer;
}

/* For the process, then for its executable and user. */
static __always_inline u32 grant_find_subject(struct attempt *attempt, u64 now)
{
	u32 answer;

	key_by_process(&attempt->key);
	answer = grant_use(attempt, now);
	if (answer)
		return answer;
	key_by_executable(&attempt->key);
	return grant_use(attempt, now);
}

/* For this target, then for any target of the action. */
static __noinline u32 grant_find(struct attempt *attempt, u64 now)
{
	struct sluice_target target;
	u32 answer;

	if (!attempt)
		return 0;
	answer = grant_find_subject(attempt, now);
	if (answer)
		return answer;
	target = attempt->key.target;
	__builtin_memset(&attempt->key.target, 0, sizeof(target));
	answer = grant_find_subject(attempt, now);
	attempt->key.target = target;
	return answer;
}

/* The shortest time limit of the missing labels, in ns. */
static __always_inline u64 limit_ns(u32 action, u64 missing)
{
	const struct sluice_policy *policy = policy_in_force();
	u32 least = ~0U;
	int i;

	for (i = 0; i < SLUICE_MAX_LABELS; i++) {
		u32 limit = policy->limit_ms[action & (SLUICE_ACTIONS - 1)][i];

		if (missing & 1ULL << i && limit < least)
			least = limit;
	}
	return (u64)least * 1000000;
}

/* Tells sluiced what became of the attempt. Return: 0 or -ENOSPC. */
static __always_inline int tell(struct attempt *attempt, enum sluice_event_type type, u32 verdict)
{
	attempt->type = type;
	attempt->verdict = verdict;
	return event_emit(attempt, attempt->missing);
}

/*
 * Each of the three below is a leaf with the key on its own stack, so that none of them adds to the
 * frames that lie above the making of an event.
 */

/*
 * Return: 0 when the question is new or has grown, 1 when it is open and one more attempt was
 * counted, -ETIMEDOUT.
 */
static __noinline int ask_count(struct attempt *attempt, u64 now)
{
	struct sluice_ask_key key = attempt->key; /* before 6.2 a key must lie on the stack */
	struct sluice_ask *open = bpf_map_lookup_elem(&asks, &key);

	if (!open || attempt->missing & ~open->labels)
		return 0;
	__sync_fetch_and_add(&open->tries, 1);
	return now > open->deadline_ns ? -ETIMEDOUT : 1;
}

static __noinline int ask_store(struct attempt *attempt, u32 verdict, u64 now)
{
	struct sluice_ask_key key = attempt->key;
	struct sluice_ask fresh = {
		.labels = attempt->missing,
		.since_ns = now,
		.deadline_ns = now + limit_ns(attempt->key.action, attempt->missing),
		.tgid = bpf_get_current_pid_tgid() >> 32,
		.tries = 1,
		.held = verdict == SLUICE_VERDICT_HOLD,
	};

	attempt->deadline_ns = fresh.deadline_ns;
	return bpf_map_update_elem(&asks, &key, &fresh, BPF_ANY);
}

static __noinline int ask_close(struct attempt *attempt)
{
	struct sluice_ask_key key = attempt->key;

	return bpf_map_delete_elem(&asks, &key);
}

/*
 * Registers the question, or counts one more attempt at it. Return: 0 when the attempt may wait for
 * the answer.
 */
static __always_inline int ask(struct attempt *attempt, u32 verdict, u64 now)
{
	int known = ask_count(attempt, now);

	if (known)
		return known < 0 ? known : 0;
	if (ask_store(attempt, verdict, now)) {
		count(SLUICE_COUNT_MAP_FULL);
		count(SLUICE_COUNT_SEQ); /* a hole: the journal says that there was something */
		return -ENOSPC;
	}
	if (!tell(attempt, SLUICE_EVENT_STOP, verdict))
		return 0;
	ask_close(attempt);
	count(SLUICE_COUNT_REFUSED);
	return -ENOSPC;
}

/* Asks people: the process waits where it is, or fails now and may come back. */
static __always_inline int decide_ask(struct attempt *attempt, u64 now, bool hold)
{
	int stopped;

	if (hold) {
		attempt->reason = hold_fallback(now, attempt->unholdable);
		hold = attempt->reason == SLUICE_FALLBACK_NONE;
		if (!hold)
			count(SLUICE_COUNT_FALLBACK);
	}
	if (hold)
		key_by_process(&attempt->key);
	else
		key_by_executable(&attempt->key);
	if (ask(attempt, hold ? SLUICE_VERDICT_HOLD : SLUICE_VERDICT_FAIL, now) || !hold)
		return refuse();
	stopped = hold_current();
	if (stopped)
		return stopped;
	count(SLUICE_COUNT_FALLBACK);
	ask_close(attempt);
	return refuse();
}

/*
 * Whether sluiced was told of the same denial just now: then this one is counted, and told of with
 * the next. Else attempt->repeats has those that were counted.
 */
static __noinline bool refusal_repeats(struct attempt *attempt, u64 now)
{
	struct sluice_ask_key key = attempt->key; /* before 6.2 a key must lie on the stack */
	struct sluice_refusal *known = bpf_map_lookup_elem(&refusals, &key);
	struct sluice_refusal fresh = { .labels = attempt->missing, .told_ns = now };

	attempt->repeats = 0;
	if (!known) {
		bpf_map_update_elem(&refusals, &key, &fresh, BPF_NOEXIST);
		return false;
	}
	if (!(attempt->missing & ~known->labels) &&
	    now - known->told_ns < SLUICE_REPEAT_MS * 1000000ULL) {
		__sync_fetch_and_add(&known->untold, 1);
		count(SLUICE_COUNT_MERGED);
		return true;
	}
	__sync_fetch_and_or(&known->labels, attempt->missing);
	known->told_ns = now;
	attempt->repeats = __sync_lock_test_and_set(&known->untold, 0);
	count_by(SLUICE_COUNT_TOLD, attempt->repeats);
	return false;
}

/* Denials can be told of later: the last half of the ring is for what cannot. */
static __always_inline bool ring_has_room(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < SLUICE_RING_BYTES / 2;
}

/* The ring was full: with the next one, then. When nothing remembers it, it is among the lost. */
static __noinline int refusal_postpone(struct attempt *attempt)
{
	struct sluice_ask_key key = attempt->key;
	struct sluice_refusal *known = bpf_map_lookup_elem(&refusals, &key);

	if (known)
		__sync_fetch_and_add(&known->untold, attempt->repeats + 1);
	count_by(SLUICE_COUNT_MERGED, attempt->repeats + 1);
	return 0;
}

static __always_inline int decide_deny(struct attempt *attempt, u64 now)
{
	key_by_process(&attempt->key);
	if (refusal_repeats(attempt, now))
		return refuse();
	if (!ring_has_room() || tell(attempt, SLUICE_EVENT_STOP, SLUICE_VERDICT_DENY))
		refusal_postpone(attempt);
	return refuse();
}

int deny_full(struct attempt *attempt)
{
	if (!attempt)
		return -EPERM;
	count(SLUICE_COUNT_MAP_FULL);
	attempt->reason = SLUICE_FALLBACK_FULL;
	return decide_deny(attempt, bpf_ktime_get_boot_ns());
}

/* It goes on; told once for each process and target. */
static __always_inline int decide_audit(struct attempt *attempt)
{
	count(SLUICE_COUNT_AUDITED);
	key_by_process(&attempt->key);
	if (edge_is_new(0x100 | attempt->key.action, attempt->missing, &attempt->key.target.object))
		tell(attempt, SLUICE_EVENT_STOP, SLUICE_VERDICT_AUDIT);
	return 0;
}

/* What the rules say when nothing allows it. */
static __always_inline int decide_rules(struct attempt *attempt, u64 now)
{
	const struct sluice_policy *policy = policy_in_force();
	u32 action = attempt->key.action & (SLUICE_ACTIONS - 1);
	u64 asked = sluice_asked(policy, action, attempt->missing);

	count(SLUICE_COUNT_STOPPED);
	if (sluice_denied(policy, action, attempt->missing))
		return decide_deny(attempt, now);
	if (asked)
		return decide_ask(attempt, now, sluice_holds(policy, action, asked));
	return decide_audit(attempt);
}

static __always_inline int decide_grant(struct attempt *attempt, u64 now)
{
	u32 answer = grant_find(attempt, now);

	if (!answer)
		return decide_rules(attempt, now);
	if (answer != SLUICE_ANSWER_ALLOW)
		return refuse();
	key_by_process(&attempt->key);
	if (tell(attempt, SLUICE_EVENT_GRANT, 0)) {
		count(SLUICE_COUNT_REFUSED);
		return refuse();
	}
	count(SLUICE_COUNT_GRANTED);
	return 0;
}

/*
 * What a grant covers already is not asked about. With something else that is, it is asked about
 * once more: one answer must cover all, since a flow has one grant.
 */
static __always_inline void leave_covered(struct attempt *attempt, u64 covered, u32 action)
{
	const struct sluice_policy *policy = policy_in_force();

	if (attempt->missing & ~covered & (policy->deny[action] | policy->ask[action]))
		return;
	attempt->missing &= ~covered;
	attempt->labels &= ~covered;
}

int decide_attempt(struct attempt *attempt)
{
	const struct sluice_policy *policy = policy_in_force();
	struct task_struct *task = bpf_get_current_task_btf();
	struct sluice_task *state;
	u64 covered;
	u32 action;

	if (!attempt)
		return 0;
	covered = attempt->covered;
	attempt->covered = 0; /* the place is that of the deadline */
	if (!control.enforcing || is_exempt(task))
		return 0;
	action = attempt->key.action & (SLUICE_ACTIONS - 1);
	attempt->missing = sluice_guarded(policy, action, attempt->labels);
	if (!attempt->missing)
		return 0;
	state = bpf_task_storage_get(&tasks, task->group_leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state)
		return refuse();
	subject_refresh(state, task);
	attempt->missing &= ~state->cleared[action];
	leave_covered(attempt, covered, action);
	if (!attempt->missing)
		return 0;
	return decide_grant(attempt, bpf_ktime_get_boot_ns());
}

/* Run by bpf(BPF_PROG_TEST_RUN): sluiced tells of what nobody comes to tell of. */
SEC("syscall")
int sluice_take_refusals(struct sluice_take_refusals *args)
{
	struct sluice_ask_key key = args->key;
	struct sluice_refusal *known = bpf_map_lookup_elem(&refusals, &key);

	args->untold = known ? __sync_lock_test_and_set(&known->untold, 0) : 0;
	count_by(SLUICE_COUNT_TOLD, args->untold + args->lost);
	return 0;
}
