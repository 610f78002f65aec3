/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold.c: see hold.h. Owns no state: who waits stands in the request and in the kernel's asks.
 */
#include "hold.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/process.h"
#include "grant.h"
#include "kernel/kernel.h"

#define PARENTS 8 /* sudo in su in sudo: deeper than anybody nests them */

static int send_continue(int pidfd)
{
	return syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, NULL, 0) < 0 ? -errno : 0;
}

static int continue_one(pid_t pid, uint64_t start_ns, int pidfd)
{
	int own, r;

	if (pidfd >= 0)
		return send_continue(pidfd);
	own = process_open(pid, start_ns);
	if (own < 0)
		return own;
	r = send_continue(own);
	close(own);
	return r;
}

/*
 * sudo, su and script(1) do as a shell with job control wants it: they see the command stop and
 * stop themselves. Nobody would ever wake them, the shell neither, when it has none. One that is
 * held itself only stops again.
 */
static void continue_parents(pid_t parent)
{
	struct process p;

	for (int depth = 0; depth < PARENTS && parent > 1; depth++, parent = p.ppid) {
		int r;

		if (process_read(parent, 0, &p) || p.state != 'T')
			return;
		r = continue_one(parent, p.start_ns, -1);
		if (r < 0 && r != -ESRCH)
			log_error_errno(
				r,
				"Process %d stopped with a held one below it and cannot be woken",
				parent);
	}
}

int hold_continue(pid_t pid, uint64_t start_ns, int pidfd)
{
	/* Asked before it goes on, since it may have ended right after. */
	struct process p = { 0 };
	bool known = !process_read(pid, start_ns, &p);
	int r = continue_one(pid, start_ns, pidfd);

	if (!r && known)
		continue_parents(p.ppid);
	return r;
}

static void wake_waiters(struct agent *agent, struct request *request)
{
	for (struct waiter *waiter = request->waiters; waiter; waiter = waiter->next) {
		int r;

		if (!waiter->held)
			continue;
		r = hold_continue(waiter->tgid, waiter->start_ns, waiter->pidfd);
		if (r < 0 && r != -ESRCH)
			log_error_errno(r, "Process %d waits for %s and cannot be woken",
					waiter->tgid, request->id);
		if (!r)
			meter_wait(&agent->meter, agent_time_ms() - request->opened_ms);
		waiter->held = false;
	}
}

static void end_ask(struct agent *agent, const struct sluice_ask_key *key)
{
	int r = kernel_ask_end(agent->kernel, key);

	if (r < 0 && r != -ENOENT)
		log_error_errno(r, "A question cannot be ended in the kernel");
}

void hold_wake(struct agent *agent, struct request *request)
{
	end_ask(agent, &request->key);
	wake_waiters(agent, request);
}

static uint32_t count_held(const struct request *request)
{
	uint32_t n = 0;

	for (const struct waiter *waiter = request->waiters; waiter; waiter = waiter->next)
		n += waiter->held;
	return n;
}

/*
 * Each thread that waits reads the denial once; the kernel tells of the first only, and counts the
 * others as tries.
 */
void hold_deny(struct agent *agent, struct request *request)
{
	uint32_t held = count_held(request);

	if (held)
		grant_deny(agent, &request->key, request->labels,
			   request->tries > held ? request->tries : held, HOLD_DENIAL_S);
	hold_wake(agent, request);
}

void hold_deny_event(struct agent *agent, const struct sluice_event *event)
{
	int r;

	if (event->verdict == SLUICE_VERDICT_HOLD)
		grant_deny(agent, &event->key, event->labels, 1, HOLD_DENIAL_S);
	end_ask(agent, &event->key);
	if (event->verdict != SLUICE_VERDICT_HOLD)
		return;
	r = hold_continue((pid_t)event->tgid, event->start_ns, -1);
	if (r < 0 && r != -ESRCH)
		log_error_errno(r, "Process %u is held and cannot be woken", event->tgid);
}

struct search {
	uid_t uid;
	hold_stopped_fn fn;
	void *ctx;
};

static int look(void *ctx, pid_t pid)
{
	const struct search *search = ctx;
	struct process p;

	if (!process_read(pid, 0, &p) && p.state == 'T' && p.uid == search->uid)
		search->fn(search->ctx, pid, p.start_ns);
	return 0;
}

void hold_each_stopped(uid_t uid, hold_stopped_fn fn, void *ctx)
{
	struct search search = { .uid = uid, .fn = fn, .ctx = ctx };
	int r = process_each(look, &search);

	if (r < 0)
		log_error_errno(r, "Stopped processes cannot be found in '%s'", process_root);
}

/* Keys are collected first: the map is not changed while it is walked. */
struct release {
	struct sluice_subject *subjects;
	size_t n;
	int woken;
	int error;
};

static void collect(void *ctx, const struct sluice_ask_key *key, const struct sluice_ask *ask)
{
	struct release *release = ctx;
	struct sluice_subject *subjects;

	if (!ask->held || release->error)
		return;
	subjects = realloc(release->subjects, (release->n + 1) * sizeof(*subjects));
	if (!subjects) {
		release->error = -ENOMEM;
		return;
	}
	release->subjects = subjects;
	release->subjects[release->n++] = key->subject;
}

static void wake_found(void *ctx, pid_t pid, uint64_t start_ns)
{
	struct release *release = ctx;

	release->woken += !hold_continue(pid, start_ns, -1);
}

int hold_release_all(struct kernel *kernel)
{
	struct release release = { 0 };
	int r = kernel_ask_each(kernel, collect, &release);

	for (size_t i = 0; i < release.n; i++) {
		const struct sluice_subject *subject = &release.subjects[i];

		if (subject->kind == SLUICE_SUBJECT_PROCESS)
			wake_found(&release, (pid_t)subject->id, subject->a);
		else
			hold_each_stopped(subject->id, wake_found, &release);
	}
	free(release.subjects);
	if (release.error)
		return release.error;
	return r < 0 ? r : release.woken;
}
