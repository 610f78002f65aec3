/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake-control.c: the daemon's side of the control socket with canned answers, for tests of sluice.
 *
 * Usage: fake-control SOCKET LOG [MODE]. Serves one connection after another until it is killed;
 * what was asked is written to LOG, one line a message. MODE: "enforcing" (default),
 * "not-enforcing", "empty" (no items), "keyed" (the first request takes a key), "wrong" (an item
 * that was not asked for), "closes" (hangs up on every question). Must not own: any behaviour of
 * sluiced beyond the protocol; that is tested with the real one.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"
#include "base/channel.h"
#include "base/cleanup.h"
#include "control/report_made.h"
#include "journal/journal.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NOON   1795348800000ULL /* 2026-11-22T12:00:00Z */

static const char *mode = "enforcing";
static FILE *log_file;
static const char *log_path;

static void result(int sock, int error, const char *text)
{
	struct ipc_result answer = { .error = error };

	snprintf(answer.text, sizeof(answer.text), "%s", text);
	channel_send(sock, IPC_RESULT, &answer, sizeof(answer));
}

static void status(int sock, const struct channel_message *question)
{
	struct ipc_status item = {
		.enforcing = 1,
		.generation = 7,
		.gateway_connected = 1,
		.version = "0.1-test",
		.kernel = "6.1.0-test",
		.policy_digest = DIGEST,
		.journal_root = DIGEST,
		.labels = 2,
		.rules = 3,
		.people = 4,
		.pending = 2,
		.held = 1,
		.grants = 5,
		.started_ms = NOON,
		.policy_ms = NOON,
		.journal_entries = 123,
		.delivered = 11,
		.counters = { [SLUICE_COUNT_STOPPED] = 21,
			      [SLUICE_COUNT_DROPPED] = 22,
			      [SLUICE_COUNT_GRANTED] = 23 },
		.gaps = 24,
	};

	(void)question;
	if (getenv("FAKE_JOURNAL"))
		snprintf(item.journal, sizeof(item.journal), "%s", getenv("FAKE_JOURNAL"));
	if (getenv("FAKE_DIGEST"))
		snprintf(item.policy_digest, sizeof(item.policy_digest), "%s",
			 getenv("FAKE_DIGEST"));
	if (strcmp(mode, "not-enforcing") == 0) {
		item.enforcing = 0;
		item.gateway_connected = 0;
		strcpy(item.why, "the policy is not valid\nkernel.ftrace_enabled is 0");
		strcpy(item.gateway, "teams: HTTP 403");
	}
	item.guard = SLUICE_GUARD_ENFORCE;
	if (strcmp(mode, "asked") == 0) {
		strcpy(item.glass_asker, "alice");
		strcpy(item.glass_reason, "upgrade");
		item.glass_duration_s = 600;
	}
	if (strcmp(mode, "broken") == 0) {
		item.glass_broken = 1;
		item.glass_until_ms = NOON;
		strcpy(item.glass_by, "alice and bob");
		strcpy(item.why, "the glass is BROKEN");
	}
	if (strcmp(mode, "channels") == 0) {
		item.n_notifiers = 3;
		item.notifiers[0] = (struct ipc_notifier){ .name = "teams",
							   .problem = "HTTP 403",
							   .connected = 1,
							   .waiting = 2,
							   .given_up = 1,
							   .delivered = 41,
							   .failures = 7,
							   .failed = 1,
							   .handed_over = 3,
							   .delivered_ms = NOON,
							   .problem_ms = NOON };
		item.notifiers[1] = (struct ipc_notifier){ .name = "slack",
							   .connected = 1,
							   .standing_by = 2 };
		item.notifiers[2] = (struct ipc_notifier){ .name = "webhook-\x1b[2J" };
	}
	if (strcmp(mode, "copies") == 0) {
		item.n_sinks = 2;
		item.sinks[0] = (struct ipc_sink){ .name = "folder-a",
						   .state = IPC_SINK_SENT,
						   .receipt = 1,
						   .held = 4711,
						   .time_ms = NOON };
		item.sinks[1] = (struct ipc_sink){ .name = "syslog-siem",
						   .state = IPC_SINK_RETRYING,
						   .held = 42,
						   .time_ms = NOON,
						   .text = "Connection refused" };
	}
	if (strcmp(mode, "unreviewed") == 0) {
		item.glass_unreviewed = 2;
		strcpy(item.glass_review, "b-0a1b2c3d, b-1f0c77d2");
		strcpy(item.why, "nobody has reviewed 2 break-glasses");
	}
	channel_send(sock, IPC_STATUS_ITEM, &item, sizeof(item));
	result(sock, 0, "");
}

static void metrics(int sock, const struct channel_message *question)
{
	const struct ipc_metrics item = {
		.opened = 9,
		.closed = { [IPC_APPROVED] = 3, [IPC_DENIED] = 2, [IPC_GONE] = 1 },
		.waits = { 1, 2, [IPC_WAITS] = 1 },
		.waited_ms = 40123456,
		.answers = { 2, 4 },
		.heartbeat_ms = 250,
		.maps = { { "asks", 3, 4096 }, { "objects", 100, 1048576 } },
		.n_maps = 2,
	};

	(void)question;
	if (strcmp(mode, "not-root") == 0) {
		result(sock, EPERM, "only root may have the metrics");
		return;
	}
	channel_send(sock, IPC_METRICS_ITEM, &item, sizeof(item));
	result(sock, 0, "");
}

static const struct ipc_request pending = {
	.id = "r-0a1b2c3d",
	.digest = DIGEST,
	.host = "etl1.example.com",
	.boot = "11111111-2222-3333-4444-555555555555",
	.tier = 1,
	.rule = "pii-egress",
	.action = "egress",
	.waiting = "hold",
	.scope = "once",
	.n_sources = 2,
	.n_told = 2,
	.approvals_needed = 1,
	.sensitivity = 80,
	.tries = 3,
	.uid = 1000,
	.loginuid = UINT32_MAX,
	.pid = 812,
	.duration_s = 300,
	.start_ns = 9000000000,
	.opened_ms = NOON,
	.expires_ms = NOON + 900000,
	.labels = "secret, pii",
	.requester = "alice",
	.user = "etl",
	.comm = "python3",
	.executable = "/usr/bin/python3.11",
	.command = "python3 export.py --all",
	.unit = "etl.service",
	.target = "203.0.113.9:443/tcp",
	.reason = "monthly export",
	.reviewers = "privacy, oncall",
	.sources = { { .path = "/srv/data/patients.csv",
		       .labels = "pii",
		       .reader = "python3[812]",
		       .time_ms = NOON },
		     { .path = "/etc/keys/export.pem",
		       .labels = "secret",
		       .reader = "ssh[700]",
		       .time_ms = NOON } },
	.told = { { .notifier = "teams",
		    .state = IPC_RETRYING,
		    .attempt = 3,
		    .time_ms = NOON,
		    .text = "HTTP 503" },
		  { .notifier = "teams-second",
		    .state = IPC_STANDBY,
		    .time_ms = NOON,
		    .text = "waits for teams" } },
};

/* Everything that could lead a terminal, and a person, astray. */
static const struct ipc_request evil = {
	.id = "r-evil",
	.digest = DIGEST,
	.action = "open",
	.reason_required = 1,
	.n_told = 1,
	.told = { { .notifier = "\033[2J", .state = 99, .text = "\xe2\x80\xae" } },
	.hidden = 7,
	.more_sources = 3,
	.pid = 666,
	.labels = "pii",
	.comm = "\033[2J\033[31mx",
	.target = "/srv/\xe2\x80\xae"
		  "fdp.exe",
	.command = "a\nApproved by: root\r\x9b"
		   "1m\xff",
	.reason = "back\\\\slash \xc3\xa9t\xc3\xa9",
};

static const struct ipc_request closed = {
	.id = "r-closed",
	.digest = DIGEST,
	.action = "open",
	.state = IPC_DENIED,
	.n_decisions = 1,
	.closed_ms = NOON + 1000,
	.target = "/srv/x",
	.outcome = "denied by bob",
	.decisions = { { .person = "bob", .time_ms = NOON, .reason = "not today" } },
};

static void requests(int sock, const struct channel_message *question)
{
	static const struct ipc_request *const known[] = { &pending, &evil, &closed };
	const struct ipc_select *select = &question->body.select;

	fprintf(log_file, "requests id=%s all=%u\n", select->id, select->all);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct ipc_request item = *known[i];

		if (i == 0 && strcmp(mode, "keyed") == 0)
			item.tier = 3;
		if (*select->id ? strcmp(select->id, item.id) == 0
				: select->all || item.state == IPC_PENDING)
			channel_send(sock, IPC_REQUEST_ITEM, &item, sizeof(item));
	}
	result(sock, 0, "");
}

static void decide(int sock, const struct channel_message *question)
{
	const struct ipc_decide *decision = &question->body.decide;

	fprintf(log_file, "decide id=%s digest=%s approve=%u scope=%u duration=%u reason=%s\n",
		decision->id, decision->digest, decision->approve, decision->scope,
		decision->duration_s, decision->reason);
	if (strcmp(decision->id, evil.id) == 0)
		result(sock, EPERM,
		       "alice stands behind this request and may not decide it; ask another "
		       "reviewer");
	else
		result(sock, 0, decision->approve ? "approved; grant g-1" : "denied");
}

/* Kept byte for byte beside the log, for ssh-keygen to look at. */
static void keep(const char *end, const char *text)
{
	char name[4096];
	FILE *out;

	snprintf(name, sizeof(name), "%s%s", log_path, end);
	out = fopen(name, "w");
	if (out) {
		fputs(text, out);
		fclose(out);
	}
}

static void submit(int sock, const struct channel_message *question)
{
	keep(".statement", question->body.answer.statement);
	keep(".statement.sig", question->body.answer.signature);
	fprintf(log_file, "submit\n");
	result(sock, 0, "approved; grant g-1");
}

static void glass(int sock, const struct channel_message *question)
{
	const struct ipc_glass *act = &question->body.glass;

	fprintf(log_file, "glass verb=%u duration=%u code=%s reason=%s\n", act->verb,
		act->duration_s, act->code, act->reason);
	if (*act->id)
		fprintf(log_file, "of %s\n", act->id);
	result(sock, 0, "noted");
}

static void grants(int sock, const struct channel_message *question)
{
	const struct ipc_grant items[] = {
		{ .id = "g-1",
		  .request = "r-0a1b2c3d",
		  .action = "egress",
		  .scope = "once",
		  .labels = "pii",
		  .subject = "python3[812]",
		  .target = "203.0.113.9:443/tcp",
		  .approved_by = "bob, carol",
		  .uses = 1,
		  .issued_ms = NOON,
		  .expires_ms = NOON + 300000 },
		{ .id = "g-2",
		  .request = "r-2",
		  .action = "open",
		  .scope = "executable",
		  .uses = UINT32_MAX,
		  .issued_ms = NOON,
		  .expires_ms = NOON },
		{ .id = "g-3", .request = "r-3", .action = "egress", .scope = "once", .uses = 0 },
	};

	(void)question;
	for (size_t i = 0; strcmp(mode, "empty") && i < ARRAY_SIZE(items); i++)
		channel_send(sock, IPC_GRANT_ITEM, &items[i], sizeof(items[i]));
	result(sock, 0, "");
}

static void end_grant(int sock, const struct channel_message *question)
{
	const struct ipc_select *select = &question->body.select;

	fprintf(log_file, "revoke id=%s reason=%s\n", select->id, select->text);
	if (strcmp(select->id, "g-1"))
		result(sock, ENOENT, "no such grant; list them with: sluice grants");
	else
		result(sock, 0, "g-1 revoked");
}

static struct channel_peer peer;

/* Of the file behind a descriptor of the peer. */
static unsigned long long inode(int32_t fd)
{
	struct stat st = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", peer.pid, fd);
	return fd >= 0 && stat(path, &st) == 0 ? (unsigned long long)st.st_ino : 0;
}

static void label(int sock, const struct channel_message *question)
{
	const struct ipc_label *change = &question->body.label;
	struct ipc_label_item item = { .label = "pii",
				       .origin = "/etc/sluice/sluice.conf:12",
				       .sensitivity = 80 };

	fprintf(log_file, "label verb=%u label=%s inode=%llu path=%s\n", change->verb,
		change->label, inode(change->fd), change->path);
	if (change->verb != IPC_LABEL_LIST) {
		if (strcmp(change->label, "pii"))
			result(sock, EINVAL, "the policy has no such label");
		else
			result(sock, 0, "done");
		return;
	}
	strcpy(item.path, change->fd < 0 ? "/srv/data" : change->path);
	channel_send(sock, IPC_LABEL_ITEM, &item, sizeof(item));
	result(sock, 0, "");
}

static void edges(int sock, const struct channel_message *question)
{
	const struct ipc_why *why = &question->body.why;
	const char *child = getenv("FAKE_PEER"); /* the process that was started */
	const struct ipc_edge items[] = {
		{ .verb = "read",
		  .subject = "cat[41]",
		  .object = "/srv/data/patients.csv",
		  .labels = "pii",
		  .executable = "/usr/bin/cat",
		  .user = "ann",
		  .request = "r-7",
		  .grant = "g-3",
		  .pid = 41,
		  .former = 1,
		  .source = 1,
		  .target = 2,
		  .time_ms = NOON,
		  .seq = 5 },
		{ .verb = "started",
		  .subject = "bash[40]",
		  .object = "python3[42]",
		  .labels = "pii, secret",
		  .pid = 40,
		  .peer = child ? atoi(child) : 42,
		  .source = 2,
		  .target = 3,
		  .time_ms = NOON,
		  .seq = UINT64_MAX },
	};

	fprintf(log_file, "%s pid=%d inode=%llu path=%s steps=%u depth=%u\n",
		channel_type_name(question->type), why->pid, inode(why->fd), why->path, why->steps,
		why->depth);
	if (question->type == IPC_WHY && why->pid == 43) {
		result(sock, ESRCH, "no process 43");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		channel_send(sock, IPC_EDGE_ITEM, &items[i], sizeof(items[i]));
	result(sock, 0, why->steps ? "7 more steps are not shown" : "");
}

static void reindex(int sock, const struct channel_message *question)
{
	fprintf(log_file, "%s\n", channel_type_name(question->type));
	result(sock, 0, "the index is built again");
}

static void take_reason(int sock, const struct channel_message *question)
{
	const struct ipc_reason *reason = &question->body.reason;

	fprintf(log_file, "reason duration=%u text=%s\n", reason->duration_s, reason->text);
	result(sock, 0, "noted");
}

/* FAKE_JOURNAL_KEY: the real writer, and the entry that sluiced would write. */
static void take_report(int sock, const struct channel_message *question)
{
	const struct ipc_report *made = &question->body.report;
	struct ipc_report_item item = { 0 };
	struct journal_recovery recovery;
	struct journal *journal = NULL;
	json_t *body = json_pack("{s:s}", "type", REPORT_MADE), *said = report_made_body(made);
	char error[512] = "";

	fprintf(log_file, "report framework=%s entries=%llu valid=%d manifest=%s\n",
		made->framework, (unsigned long long)made->entries, report_made_valid(made),
		made->manifest);
	json_object_update(body, said);
	json_decref(said);
	if (!getenv("FAKE_JOURNAL_KEY")) {
		json_decref(body);
		result(sock, EPERM, "only root may have a report journaled");
		return;
	}
	if (journal_open(getenv("FAKE_JOURNAL"), getenv("FAKE_JOURNAL_KEY"), "", NULL,
			 &journal, &recovery, error, sizeof(error)) ||
	    journal_add(journal, body, &item.seq))
		exit(1);
	journal_close(journal);
	channel_send(sock, IPC_REPORT_ITEM, &item, sizeof(item));
	result(sock, 0, "");
}

static void take_erase(int sock, const struct channel_message *question)
{
	const struct ipc_erase *act = &question->body.erase;
	struct ipc_erase_item item = { .texts = 3, .seq = 17 };

	fprintf(log_file, "erase path=%s uid=%lld request=%s before=%llu count=%u reason=%s\n",
		act->path, (long long)act->uid, act->request, (unsigned long long)act->before_ms,
		act->count, act->reason);
	if (strcmp(act->request, "r-ffffffff") == 0) {
		result(sock, ENOENT, "no private text fits");
		return;
	}
	channel_send(sock, IPC_ERASE_ITEM, &item, sizeof(item));
	result(sock, 0, "");
}

static const struct {
	enum ipc_type type;
	void (*answer)(int sock, const struct channel_message *question);
} answers[] = {
	{ IPC_STATUS, status },	     { IPC_REQUESTS, requests }, { IPC_DECIDE, decide },
	{ IPC_GRANTS, grants },	     { IPC_REVOKE, end_grant },	 { IPC_LABEL, label },
	{ IPC_WHY, edges },	     { IPC_LINEAGE, edges },	 { IPC_REINDEX, reindex },
	{ IPC_METRICS, metrics },    { IPC_GLASS, glass },	 { IPC_SUBMIT, submit },
	{ IPC_REASON, take_reason }, { IPC_REPORT, take_report },
	{ IPC_ERASE, take_erase },
};

/* Answers what the peer asks until it hangs up. */
static void serve(int sock)
{
	static struct channel_message question;
	struct channel_peer sender;
	struct pollfd ready = { .fd = sock, .events = POLLIN };

	while (poll(&ready, 1, -1) > 0 && channel_receive_from(sock, &question, &sender) == 1) {
		if (strcmp(mode, "closes") == 0)
			return;
		if (strcmp(mode, "wrong") == 0)
			channel_send(sock, IPC_LABEL_ITEM, &(struct ipc_label_item){ 0 },
				     sizeof(struct ipc_label_item));
		for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
			if (answers[i].type == question.type)
				answers[i].answer(sock, &question);
		fflush(log_file);
	}
}

int main(int argc, char **argv)
{
	struct pollfd ready = { .events = POLLIN };
	char early[128];
	int sock;

	if (argc < 3)
		return 2;
	if (argc > 3)
		mode = argv[3];
	signal(SIGPIPE, SIG_IGN);
	log_path = argv[2];
	log_file = fopen(log_path, "a");
	/* who waits for the socket to be there may connect at once */
	snprintf(early, sizeof(early), "%s~", argv[1]);
	ready.fd = channel_listen(early, 0600);
	if (!log_file || ready.fd < 0 || rename(early, argv[1]))
		return 1;
	while (poll(&ready, 1, -1) > 0) {
		sock = channel_accept(ready.fd, &peer);
		if (sock < 0)
			continue;
		serve(sock);
		close(sock);
	}
	return 1;
}
