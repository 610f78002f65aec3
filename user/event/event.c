/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.c: see event.h.
 */
#include "event.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "decision/grant.h"
#include "event_gap.h"
#include "event_repeat.h"
#include "guard/guard.h"
#include "lineage/lineage.h"
#include "process.h"
#include "record.h"
#include "request/request.h"
#include "wording.h"

static const char *const verdict_names[] = {
	[SLUICE_VERDICT_AUDIT] = "audit",
	[SLUICE_VERDICT_DENY] = "deny",
	[SLUICE_VERDICT_FAIL] = "fail",
	[SLUICE_VERDICT_HOLD] = "hold",
};

static const char *const event_types[] = {
	[SLUICE_EVENT_READ] = "event.read",
	[SLUICE_EVENT_LABEL] = "event.label",
	[SLUICE_EVENT_FORK] = "event.fork",
	[SLUICE_EVENT_EXEC] = "event.exec",
	[SLUICE_EVENT_TAKE] = "event.take",
	[SLUICE_EVENT_GIVE] = "event.give",
	[SLUICE_EVENT_DECLASSIFY] = "event.declassify",
	[SLUICE_EVENT_SINK] = "event.sink",
	[SLUICE_EVENT_EMPTY] = "event.empty",
};

static void on_stop(struct agent *agent, const struct sluice_event *event)
{
	char target[SLUICE_PATH_TEXT], labels[512];
	bool audit = event->verdict == SLUICE_VERDICT_AUDIT;
	struct process p = { 0 };
	json_t *body;

	if (event->verdict == SLUICE_VERDICT_HOLD || event->verdict == SLUICE_VERDICT_FAIL) {
		request_stopped(agent, event);
		return;
	}
	if (event->verdict >= ARRAY_SIZE(verdict_names) || !verdict_names[event->verdict] ||
	    event->key.action >= SLUICE_ACTIONS)
		return;
	wording_target(event, target, sizeof(target));
	wording_labels(agent, event->labels, labels, sizeof(labels));
	process_read((pid_t)event->tgid, event->start_ns, &p);
	body = record_event(agent, event, p.unit,
			    json_pack("{s:s}", "verdict", verdict_names[event->verdict]));
	if (event->repeats)
		json_object_set_new(body, "repeats", json_integer((json_int_t)event->repeats));
	if (event->reason == SLUICE_FALLBACK_FULL && !audit)
		record_add(
			agent, NULL, body, "event.stop",
			"%s[%u] was refused to %s%s: no room to keep that it has %s, since a user "
			"may have %u labeled files (FilesPerUser=), and all together %d",
			event->comm, event->tgid, wording_verb(event->key.action), target, labels,
			agent->policy->settings.files_per_user, SLUICE_MAX_OBJECTS);
	else
		record_add(agent, NULL, body, "event.stop", "%s[%u] %s %s%s, which needs %s",
			   event->comm, event->tgid,
			   audit ? "went on, but a policy in force would have stopped it:"
				 : "was refused to",
			   wording_verb(event->key.action), target, labels);
}

static json_t *with_peer(const struct sluice_event *event, json_t *body)
{
	if (lineage_has_peer(event->type))
		json_object_set_new(body, "peer",
				    json_pack("{s:I, s:I}", "pid", (json_int_t)event->peer_tgid,
					      "start_ns", (json_int_t)event->peer_start_ns));
	return body;
}

static int record_flow(struct agent *agent, const struct sluice_event *event,
		       const struct lineage_fact *fact, uint64_t *ret_seq)
{
	json_t *body = with_peer(event, record_event(agent, event, NULL, json_object()));
	const char *type = event_types[event->type];
	char labels[512], exe[SLUICE_PATH_TEXT];

	wording_labels(agent, event->labels, labels, sizeof(labels));
	switch (event->type) {
	case SLUICE_EVENT_READ:
		return record_add(agent, ret_seq, body, type, "%s[%u] %s %s and carries %s",
				  event->comm, event->tgid,
				  event->reason == SLUICE_READ_BEFORE ? "already had" : "read",
				  fact->object, labels);
	case SLUICE_EVENT_LABEL:
		return record_add(agent, ret_seq, body, type, "%s[%u] wrote %s into %s",
				  event->comm, event->tgid, labels, fact->object);
	case SLUICE_EVENT_FORK:
		return record_add(agent, ret_seq, body, type,
				  "%s[%u], which carries %s, started process %u", event->comm,
				  event->tgid, labels, event->peer_tgid);
	case SLUICE_EVENT_TAKE:
		return record_add(agent, ret_seq, body, type,
				  "%s[%u] got data of process %u and carries %s", event->comm,
				  event->tgid, event->peer_tgid, labels);
	case SLUICE_EVENT_GIVE:
		return record_add(agent, ret_seq, body, type,
				  "%s[%u] put data into process %u, which carries %s", event->comm,
				  event->tgid, event->peer_tgid, labels);
	case SLUICE_EVENT_DECLASSIFY:
		return record_add(agent, ret_seq, body, type,
				  "%s[%u] read %s and takes %s off it, as the policy allows",
				  event->comm, event->tgid, fact->object, labels);
	case SLUICE_EVENT_SINK:
		return record_add(agent, ret_seq, body, type,
				  "%s[%u] wrote %s into %s, which takes no labels", event->comm,
				  event->tgid, labels, fact->object);
	case SLUICE_EVENT_EMPTY:
		return record_add(agent, ret_seq, body, type, "%s[%u] emptied %s, which keeps %s",
				  event->comm, event->tgid, fact->object, labels);
	default:
		wording_path(event->exe_path, event->exe_len, false, exe, sizeof(exe));
		return record_add(agent, ret_seq, body, type, "%s[%u], which carries %s, became %s",
				  event->comm, event->tgid, labels, exe);
	}
}

/* An attribute that labels was changed; nothing moved. */
static void on_keep(struct agent *agent, const struct sluice_event *event)
{
	char target[SLUICE_PATH_TEXT], labels[512];

	wording_target(event, target, sizeof(target));
	wording_labels(agent, event->labels, labels, sizeof(labels));
	record_add(agent, NULL, record_event(agent, event, NULL, json_object()), "event.keep",
		   "%s[%u] changed an attribute by which the policy labels, of %s, which keeps %s",
		   event->comm, event->tgid, target, labels);
}

/* Data moved: into the journal and into the lineage. */
static void on_flow(struct agent *agent, const struct sluice_event *event)
{
	char object[SLUICE_PATH_TEXT];
	struct sluice_event copy = *event;
	struct lineage_fact fact = {
		.type = event->type,
		.pid = (pid_t)event->tgid,
		.peer = (pid_t)event->peer_tgid,
		.start_ns = event->start_ns,
		.peer_start_ns = event->peer_start_ns,
		.comm = event->comm,
		.target = &event->key.target,
		.object = object,
		.time_ms = agent_time_ms(),
		.seq = LINEAGE_NO_SEQ,
	};
	const char *known = NULL; /* by an event that had the path */
	uint64_t seq;

	/* A fork or exec moves all that the process carries. */
	if (event->type == SLUICE_EVENT_FORK || event->type == SLUICE_EVENT_EXEC)
		copy.labels |= copy.taint;
	fact.labels = copy.labels;
	wording_target(event, object, sizeof(object));
	if (event->key.target.kind == SLUICE_TARGET_FILE && !event->path_len)
		known = lineage_object_name(agent->lineage, &event->key.target.object);
	if (known)
		fact.object = known;
	if (!record_flow(agent, &copy, &fact, &seq))
		fact.seq = seq;
	lineage_add(agent->lineage, &fact);
}

void event_handle(void *ctx, const struct sluice_event *event)
{
	static void (*const handlers[])(struct agent * agent, const struct sluice_event *event) = {
		[SLUICE_EVENT_STOP] = on_stop,	    [SLUICE_EVENT_GRANT] = grant_used,
		[SLUICE_EVENT_READ] = on_flow,	    [SLUICE_EVENT_LABEL] = on_flow,
		[SLUICE_EVENT_FORK] = on_flow,	    [SLUICE_EVENT_EXEC] = on_flow,
		[SLUICE_EVENT_KEEP] = on_keep,	    [SLUICE_EVENT_TAKE] = on_flow,
		[SLUICE_EVENT_GIVE] = on_flow,	    [SLUICE_EVENT_DECLASSIFY] = on_flow,
		[SLUICE_EVENT_SINK] = on_flow,	    [SLUICE_EVENT_EMPTY] = on_flow,
		[SLUICE_EVENT_GUARD] = guard_event,
	};
	struct agent *agent = ctx;
	struct sluice_event copy = *event;

	event_gap_note(agent->events, copy.cpu, copy.seq);
	/*
	 * The ring is memory that the kernel filled; lengths and ends are made sure of once, here.
	 */
	copy.comm[sizeof(copy.comm) - 1] = '\0';
	if (copy.path_len > sizeof(copy.path))
		copy.path_len = sizeof(copy.path);
	if (copy.exe_len > sizeof(copy.exe_path))
		copy.exe_len = sizeof(copy.exe_path);
	if (copy.type < ARRAY_SIZE(handlers) && handlers[copy.type])
		handlers[copy.type](agent, &copy);
}

int event_flush(struct agent *agent)
{
	int r;

	event_gap_report(agent, agent_boot_ns());
	event_repeat_report(agent, agent_boot_ns());
	r = record_commit(agent);
	request_committed(agent, r);
	return r;
}

void event_replay(struct agent *agent, const json_t *entry, const char *type, uint64_t seq)
{
	const json_t *subject = json_object_get(entry, "subject"),
		     *peer = json_object_get(entry, "peer");
	char comm[16] = "", object[SLUICE_PATH_TEXT] = "";
	struct sluice_target target = { 0 };
	struct lineage_fact fact = {
		.comm = comm,
		.target = &target,
		.object = object,
		.seq = seq,
		.labels = record_get_labels(agent, entry),
	};
	uint64_t pid = 0, peer_pid = 0;

	for (size_t i = 0; i < ARRAY_SIZE(event_types); i++)
		if (event_types[i] && !strcmp(event_types[i], type))
			fact.type = (enum sluice_event_type)i;
	if (!fact.type || !record_get_u64(subject, "pid", &pid) ||
	    !record_get_u64(subject, "start_ns", &fact.start_ns))
		return;
	record_get_u64(entry, "time", &fact.time_ms);
	record_get_text(subject, "comm", comm, sizeof(comm));
	record_get_target(entry, &target);
	record_get_text(json_object_get(entry, "target"), "text", object, sizeof(object));
	if (lineage_has_peer(fact.type) && (!record_get_u64(peer, "pid", &peer_pid) ||
					    !record_get_u64(peer, "start_ns", &fact.peer_start_ns)))
		return;
	fact.pid = (pid_t)pid;
	fact.peer = (pid_t)peer_pid;
	lineage_add(agent->lineage, &fact);
}
