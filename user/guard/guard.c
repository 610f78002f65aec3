/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.c: see guard.h.
 */
#include "guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/process.h"
#include "event/record.h"
#include "event/wording.h"
#include "kernel/kernel_guard.h"
#include "policy/policy.h"
#include "policy/rehearse.h"

static const char *const act_names[SLUICE_GUARD_ACTS] = {
	[SLUICE_GUARD_BPF] = "bpf",	  [SLUICE_GUARD_SIGNAL] = "signal",
	[SLUICE_GUARD_TRACE] = "trace",	  [SLUICE_GUARD_LIMIT] = "limit",
	[SLUICE_GUARD_CGROUP] = "cgroup", [SLUICE_GUARD_SWITCH] = "switch",
	[SLUICE_GUARD_WRITE] = "write",	  [SLUICE_GUARD_READ] = "read",
	[SLUICE_GUARD_NAME] = "name",	  [SLUICE_GUARD_MOUNT] = "mount",
	[SLUICE_GUARD_KERNEL] = "kernel", [SLUICE_GUARD_CODE] = "code",
	[SLUICE_GUARD_OVERRIDE] = "override",
};

/* What was tried, for people; a file's name follows where there is one. */
static const char *const act_words[SLUICE_GUARD_ACTS] = {
	[SLUICE_GUARD_BPF] = "take hold of the agent's BPF programs and maps",
	[SLUICE_GUARD_SIGNAL] = "send the agent a signal",
	[SLUICE_GUARD_TRACE] = "trace or read the agent, or pid 1",
	[SLUICE_GUARD_LIMIT] = "change limits or priority of the agent",
	[SLUICE_GUARD_CGROUP] = "freeze, kill, move or limit the agent's control group",
	[SLUICE_GUARD_SWITCH] = "turn a switch of the kernel that turns the agent off:",
	[SLUICE_GUARD_WRITE] = "change",
	[SLUICE_GUARD_READ] = "read the secret",
	[SLUICE_GUARD_NAME] = "make, remove, rename or link a name of",
	[SLUICE_GUARD_MOUNT] = "mount over or unmount",
	[SLUICE_GUARD_KERNEL] = "write into memory by way of the kernel",
	[SLUICE_GUARD_CODE] = "run in the agent code that it does not know:",
	[SLUICE_GUARD_OVERRIDE] = "load a BPF program that can answer in the place of the agent's",
};

const char *guard_mode_name(enum sluice_guard_mode mode)
{
	static const char *const names[] = {
		[SLUICE_GUARD_OFF] = "off",
		[SLUICE_GUARD_MONITOR] = "monitor",
		[SLUICE_GUARD_ENFORCE] = "enforce",
	};

	return mode < ARRAY_SIZE(names) ? names[mode] : "unknown";
}

struct guard *guard_new(const struct guard_places *places)
{
	struct guard *guard = calloc(1, sizeof(*guard));

	if (guard)
		guard->places = *places;
	return guard;
}

struct guard *guard_free(struct guard *guard)
{
	if (guard)
		guard_marks_free(&guard->marks);
	free(guard);
	return NULL;
}

static uint32_t mount_namespace(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

static enum sluice_guard_mode mode_of(const struct policy *policy)
{
	if (policy->settings.monitor && policy->guard.mode == SLUICE_GUARD_ENFORCE)
		return SLUICE_GUARD_MONITOR;
	return policy->guard.mode;
}

static int journal_mode(struct agent *agent, enum sluice_guard_mode mode)
{
	int err =
		record_add(agent, NULL, json_pack("{s:s}", "mode", guard_mode_name(mode)),
			   "guard.mode", "the agent's guard of itself: %s", guard_mode_name(mode));

	return err ? err : record_commit(agent);
}

void guard_vouch(struct agent *agent, const struct policy *policy)
{
	struct policy_error error = {};
	struct policy *there = NULL;

	if (!policy && !rehearse_read(agent->guard->places.conf, &there, &error))
		policy = there;
	if (policy)
		snprintf(agent->guard->policy, sizeof(agent->guard->policy), "%s", policy->digest);
	else
		log_warning("guard: the policy that lies there now has errors, and is not loaded "
			    "before the glass is broken again: %s",
			    error.text);
	policy_free(there);
}

int guard_apply(struct agent *agent)
{
	struct guard *guard = agent->guard;
	const struct policy *policy = agent->policy;
	enum sluice_guard_mode mode = mode_of(policy);
	struct sluice_guard in_force = {};
	struct guard_marks marks = {};
	char text[1024] = "";
	int err = 0;

	if (mode != SLUICE_GUARD_OFF)
		err = guard_marks_find(agent->kernel, policy, &guard->places, &marks, text,
				       sizeof(text));
	if (!err)
		err = kernel_guard_mark(agent->kernel, marks.list, marks.n);
	if (err) {
		guard_marks_free(&marks);
		return log_error_errno(err, "The guard is not put in force: %s", text);
	}
	in_force.mode = mode;
	in_force.conf = marks.conf;
	in_force.pins = marks.pins;
	in_force.libraries = policy->guard.libraries;
	in_force.successor = marks.successor;
	memcpy(in_force.policy, guard->policy, sizeof(in_force.policy));
	in_force.mounts = mount_namespace("/proc/1/ns/mnt");
	kernel_guard_put(agent->kernel, &in_force);
	guard_marks_free(&guard->marks);
	guard->marks = marks;
	if (guard->mode == mode)
		return 0;
	guard->mode = mode;
	log_notice("guard: %s, %zu files and folders", guard_mode_name(mode), marks.n);
	return journal_mode(agent, mode);
}

void guard_follow_mounts(struct agent *agent)
{
	struct guard *guard = agent->guard;
	struct guard_marks marks = {};
	char text[1024];
	bool same;

	if (!guard || guard->mode == SLUICE_GUARD_OFF)
		return;
	same = !guard_marks_find(agent->kernel, agent->policy, &guard->places, &marks, text,
				 sizeof(text)) &&
	       guard_marks_same_mounts(&marks, &guard->marks);
	guard_marks_free(&marks);
	if (!same)
		guard_apply(agent);
}

static const char *target_of(const struct guard *guard, const struct sluice_event *event,
			     char *path, size_t size)
{
	const char *place = NULL;

	if (event->path_len) {
		wording_path(event->path, event->path_len, event->path_cut & 1, path, size);
		return path;
	}
	if (event->key.target.kind == SLUICE_TARGET_FILE)
		place = guard_marks_path(&guard->marks, &event->key.target.object);
	if (!place && event->key.target.kind == SLUICE_TARGET_FILE)
		place = "a file or folder of the agent";
	return place;
}

static const char *outcome(const struct sluice_event *event)
{
	if (event->verdict == SLUICE_VERDICT_DENY)
		return "refused";
	return event->grant_id ? "allowed, the glass is broken" : "allowed, the guard only watches";
}

void guard_event(struct agent *agent, const struct sluice_event *event)
{
	bool known = event->reason < SLUICE_GUARD_ACTS && act_names[event->reason];
	char path[SLUICE_PATH_TEXT], exe[SLUICE_PATH_TEXT];
	struct process p = { 0 };
	const char *target;
	json_t *body;

	if (!known || !agent->guard)
		return;
	target = target_of(agent->guard, event, path, sizeof(path));
	process_read((pid_t)event->tgid, event->start_ns, &p);
	wording_path(event->exe_path, event->exe_len, false, exe, sizeof(exe));
	body = json_pack("{s:s, s:s, s:I, s:o}", "act", act_names[event->reason], "verdict",
			 event->verdict == SLUICE_VERDICT_DENY ? "deny" : "audit", "detail",
			 (json_int_t)event->old_id, "subject", record_subject(event, exe, p.unit));
	if (body && target)
		json_object_set_new(body, "path", record_text(target));
	if (body && event->grant_id)
		json_object_set_new(body, "glass", json_integer((json_int_t)event->grant_id));
	log_warning("guard: %s[%u] tried to %s%s%s: %s", event->comm, event->tgid,
		    act_words[event->reason], target ? " " : "", target ?: "", outcome(event));
	record_add(agent, NULL, body, "guard.attempt", "%s[%u] tried to %s%s%s: %s", event->comm,
		   event->tgid, act_words[event->reason], target ? " " : "", target ?: "",
		   outcome(event));
}

/* Somebody moved the daemon, which the kernel cannot refuse: its new place is guarded as well. */
static void look_at_cgroup(struct agent *agent)
{
	char cgroup[sizeof(agent->guard->cgroup)];

	if (agent->guard->mode == SLUICE_GUARD_OFF)
		return;
	guard_marks_cgroup(cgroup, sizeof(cgroup));
	if (!strcmp(cgroup, agent->guard->cgroup))
		return;
	memcpy(agent->guard->cgroup, cgroup, sizeof(cgroup));
	guard_apply(agent);
}

void guard_follow_journal(struct agent *agent)
{
	if (agent->guard && agent->guard->mode != SLUICE_GUARD_OFF)
		guard_apply(agent);
}

void guard_tick(struct agent *agent)
{
	if (!agent->guard)
		return;
	look_at_cgroup(agent);
	glass_tick(agent);
}
