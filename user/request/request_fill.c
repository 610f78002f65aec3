/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_fill.c: what a request says, gathered when it is opened, and its journal entry: see
 * request.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "event/process.h"
#include "event/record.h"
#include "event/record_seal.h"
#include "event/wording.h"
#include "journal/journal.h"
#include "kernel/kernel.h"
#include "lineage/lineage.h"
#include "request.h"

static int fill_sources(struct agent *agent, struct request *request)
{
	struct lineage_step steps[SLUICE_MAX_SOURCES];
	size_t n = lineage_sources(agent->lineage, request->pid, request->start_ns, request->labels,
				   steps, SLUICE_MAX_SOURCES, &request->more_sources);

	for (size_t i = 0; i < n; i++) {
		struct request_source *source = &request->sources[i];

		source->path = strdup(steps[i].object);
		if (!source->path)
			return -ENOMEM;
		snprintf(source->reader, sizeof(source->reader), "%s[%d]", steps[i].comm,
			 steps[i].pid);
		source->labels = steps[i].labels;
		source->time_ms = steps[i].time_ms;
		request->n_sources++;
	}
	return 0;
}

/* The roads to people; what the event says holds even when the process is gone by now. */
void request_fill_who(struct agent *agent, struct request *request,
		      const struct sluice_event *event)
{
	struct identity *who = &request->who;
	const struct policy_person *person;

	request->pid = (pid_t)event->tgid;
	request->start_ns = event->start_ns;
	identity_of(request->pid, request->start_ns, who);
	who->uid = event->uid;
	who->loginuid = event->loginuid;
	identity_add(who, event->uid);
	identity_claim(who, event->loginuid); /* no more than a claim, where nothing vouches */
	if (event->loginuid != PROCESS_NO_LOGIN && identity_has(who, event->loginuid))
		who->partial = false;
	person = agent->policy ? person_requester(agent->policy, who) : NULL;
	snprintf(request->requester, sizeof(request->requester), "%s", person ? person->name : "");
}

/*
 * In round brackets, which process_command() would have put in quotes: no command line can look
 * like this.
 */
static void fill_command(const struct request *request, char *text, size_t size)
{
	int r = process_command(request->pid, request->start_ns, text, size);

	if (r == -ETIMEDOUT)
		snprintf(text, size, "(unknown: the process does not let its memory be read)");
	else if (r == -EBUSY)
		snprintf(text, size,
			 "(unknown: processes did not let their memory be read just "
			 "before, so this one was not tried)");
	else if (r < 0 && r != -ESRCH)
		snprintf(text, size, "(unknown: %s)", strerror(-r));
	else if (r < 0)
		text[0] = '\0';
}

static int fill_process(struct request *request, const struct sluice_event *event)
{
	char text[REQUEST_COMMAND_MAX], reason[SLUICE_REASON_MAX] = "";
	struct process p;

	wording_path(event->exe_path, event->exe_len, false, text, sizeof(text));
	if (!event->exe_len && !process_read(request->pid, request->start_ns, &p))
		snprintf(text, sizeof(text), "%s", p.exe);
	request->exe = strdup(text);
	fill_command(request, text, sizeof(text));
	request->command = strdup(text);
	request->reason_from =
		reason_find(request->agent, request->pid, request->start_ns, &request->who, reason);
	request->reason = strdup(reason);
	return request->exe && request->command && request->reason ? 0 : -ENOMEM;
}

/*
 * By the time that not even its owner can set. No file system is asked: that of a user need not
 * answer.
 */
static uint64_t exe_time(struct agent *agent, const struct request *request)
{
	_cleanup_close_ int fd = process_open_exe(request->pid);
	struct sluice_object_id id;
	struct statx st;

	if (fd < 0 || kernel_identify(agent->kernel, fd, &id, NULL) < 0 ||
	    memcmp(&id, &request->exe_id, sizeof(id)) != 0 ||
	    statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_CTIME, &st) < 0)
		return 0;
	return (uint64_t)st.stx_ctime.tv_sec * 1000000000 + st.stx_ctime.tv_nsec;
}

/* The kernel's deadline is the one that counts; without it (0) the rule's. */
static void fill_times(struct agent *agent, struct request *request,
		       const struct sluice_event *event)
{
	struct request_terms terms;
	uint64_t now = agent_boot_ns();
	unsigned int limit_s;

	request_terms(agent, request->key.action, request->labels, &terms);
	if (terms.standing_s)
		request->exe_time_ns = exe_time(agent, request);
	limit_s = terms.shown ? terms.shown->limit_s : SLUICE_DEFAULT_LIMIT_S;
	request->scope = terms.scope;
	request->duration_s = terms.duration_s;
	request->deadline_ns =
		event->deadline_ns ? event->deadline_ns : now + (uint64_t)limit_s * 1000000000;
	request->opened_ms = agent_time_ms();
	request->expires_ms = request->opened_ms;
	if (agent->journal) {
		request->journal_entries = journal_signed(agent->journal);
		snprintf(request->journal_root, sizeof(request->journal_root), "%.16s",
			 journal_root(agent->journal));
	}
	if (request->deadline_ns > now)
		request->expires_ms += (request->deadline_ns - now) / 1000000;
}

/* The digest is in the journal: nobody may find out by it whether a guess of a path is right. */
static int fill_nonce(const struct agent *agent, struct request *request)
{
	unsigned char bytes[(sizeof(request->nonce) - 1) / 2];

	if (!agent->vault || !agent->privacy || !policy_has_private(agent->privacy))
		return 0;
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -EIO;
	wording_hex(bytes, sizeof(bytes), request->nonce);
	return 0;
}

int request_fill(struct agent *agent, struct request *request, const struct sluice_event *event)
{
	char target[SLUICE_PATH_TEXT];
	int r;

	request->agent = agent;
	request->key = event->key;
	request->labels = event->labels;
	request->exe_id = event->exe;
	request->held = event->verdict == SLUICE_VERDICT_HOLD;
	request->failed = !request->held;
	request->fallback = event->reason;
	memcpy(request->comm, event->comm, sizeof(request->comm) - 1);
	wording_target(event, target, sizeof(target));
	request->target = strdup(target);
	if (!request->target)
		return -ENOMEM;
	fill_times(agent, request, event);
	r = fill_process(request, event);
	if (!r)
		r = fill_sources(agent, request);
	if (!r)
		r = fill_nonce(agent, request);
	return r < 0 ? r : request_digest(agent, request);
}

static json_t *who_body(const struct identity *who)
{
	json_t *uids = json_array(), *claims = json_array();

	for (size_t i = 0; i < who->n_uids; i++)
		json_array_append_new(who->claims >> i & 1 ? claims : uids,
				      json_integer(who->uids[i]));
	return json_pack("{s:o, s:o, s:b, s:b, s:o, s:o}", "uids", uids, "claims", claims,
			 "everyone", who->everyone, "partial", who->partial, "unit",
			 record_text(who->unit), "owner_unit", record_text(who->owner_unit));
}

static json_t *sources_body(const struct agent *agent, const struct request *request)
{
	json_t *sources = json_array();

	for (size_t i = 0; i < request->n_sources; i++) {
		const struct request_source *source = &request->sources[i];

		json_array_append_new(sources, json_pack("{s:o, s:o, s:o, s:I}", "path",
							 record_text(source->path), "reader",
							 record_text(source->reader), "labels",
							 record_labels(agent, source->labels),
							 "time_ms", (json_int_t)source->time_ms));
	}
	return sources;
}

static json_t *subject_body(const struct request *request)
{
	struct sluice_event event = {
		.tgid = (uint32_t)request->pid,
		.start_ns = request->start_ns,
		.exe = request->exe_id,
		.uid = request->who.uid,
		.loginuid = request->who.loginuid,
	};

	memcpy(event.comm, request->comm, sizeof(event.comm));
	return record_subject(&event, request->exe, request->who.unit);
}

/* Member "fallback" of an entry. */
static const char *fallback_name(uint32_t fallback)
{
	static const char *const names[SLUICE_FALLBACKS] = {
		[SLUICE_FALLBACK_NONE] = "",
		[SLUICE_FALLBACK_STALE] = "the agent did not run",
		[SLUICE_FALLBACK_TASK] = "this task cannot be stopped",
		[SLUICE_FALLBACK_SYSCALL] = "the system call cannot be made again",
		[SLUICE_FALLBACK_CREATED] = "the call had created the file",
		[SLUICE_FALLBACK_SIGNAL] = "the kernel refused to stop the task",
		[SLUICE_FALLBACK_LATE] = "the data came while it waited for it",
		[SLUICE_FALLBACK_FULL] = "no room to keep the labels",
	};

	return fallback < SLUICE_FALLBACKS ? names[fallback] : "unknown";
}

json_t *request_body(const struct agent *agent, const struct request *request)
{
	struct request_terms terms;

	request_terms(agent, request->key.action, request->labels, &terms);
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:I, "
		"s:o, s:s, s:I, s:I, s:I, s:{s:I, s:s}, s:s*}",
		"request", request->id, "digest", request->digest, "action",
		policy_action_names[request->key.action], "labels",
		record_labels(agent, request->labels), "rule", terms.shown ? terms.shown->name : "",
		"requester", request->requester, "verdict", request->held ? "hold" : "fail",
		"fallback", fallback_name(request->fallback), "subject", subject_body(request),
		"target", record_target(&request->key.target, request->target), "command",
		record_text(request->command), "reason", record_text(request->reason),
		"reason_from", reason_origin_name(request->reason_from), "who",
		who_body(&request->who), "sources", sources_body(agent, request),
		"more_sources", (json_int_t)request->more_sources, "key",
		record_key(&request->key), "boot", agent->boot_id, "deadline_ns",
		(json_int_t)request->deadline_ns, "opened_ms", (json_int_t)request->opened_ms,
		"expires_ms", (json_int_t)request->expires_ms, "signed", "entries",
		(json_int_t)request->journal_entries, "root", request->journal_root, RECORD_NONCE,
		request->nonce[0] ? request->nonce : NULL);
}

bool request_take_reason(struct agent *agent, struct request *request, enum reason_origin from,
			 const char *text)
{
	char *reason = *request->reason ? NULL : strdup(text);
	int r;

	if (!reason)
		return false;
	r = record_announce(agent,
			    json_pack("{s:s, s:o, s:s}", "request", request->id, "reason",
				      record_text(reason), "reason_from", reason_origin_name(from)),
			    "request.reason", "reason given for %s: %s", request->id, reason);
	if (r < 0) {
		free(reason);
		return false;
	}
	free(request->reason);
	request->reason = reason;
	request->reason_from = from;
	request->changed = true;
	return true;
}
