/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_fixture.h: an agent with a real policy, a false kernel, a false journal and a false /proc.
 * Owns no test.
 *
 * The false kernel keeps asks and grants in arrays; the false journal keeps entries, of which the
 * first `durable` are committed and in a file without signatures, and can be told to fail.
 * Processes of the false /proc have real pids where somebody must be woken or must end.
 */
#ifndef SLUICE_TEST_AGENT_FIXTURE_H
#define SLUICE_TEST_AGENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "decision/decision.h"
#include "decision/grant.h"
#include "decision/hold.h"
#include "decision/review.h"
#include "decision/standing.h"
#include "event/event.h"
#include "event/person.h"
#include "event/process.h"
#include "event/process_reader.h"
#include "event/record.h"
#include "event/wording.h"
#include "guard_fixture.h"
#include "journal/journal.h"
#include "kernel/kernel.h"
#include "label/label.h"
#include "lineage/lineage.h"
#include "lineage/lineage_follow.h"
#include "request/reason.h"
#include "request/request.h"
#include "sluiced/agent.h"

#define MAYBE __attribute__((unused))
/* when the processes of the false /proc started: 500 ticks of 10 ms */
#define START_NS 5000000000ULL
#define FAKE_MAX 64

enum { ANN = 2001, BOB = 2002, CARLA = 2003, DAVE = 2004, BOBS_SERVICE = 2102, STRANGER = 3000 };
/* kernel bits other than the policy's numbers, on purpose */
enum { CUSTOMERS = 1 << 3, SECRETS = 1 << 5 };

static const char fixture_policy_text[] =
	"[Label customers]\nSensitivity=50\nPath=/srv/customers\n"
	"[Label secrets]\nSensitivity=90\nPath=/srv/secrets\n"
	"[Rule "
	"read-customers]\nAction=open\nLabels=customers\nVerdict=ask\nMode=hold\nTimeout=30min\n"
	"Reviewers=owners\nScope=process\nDuration=1h\n"
	"[Rule read-secrets]\nAction=open\nLabels=secrets\nVerdict=ask\nMode=hold\nTimeout=10min\n"
	"Reviewers=security\nScope=executable\nDuration=10min\n"
	"[Rule export]\nAction=egress\nLabels=customers\nVerdict=ask\nMode=fail\nTimeout=2h\n"
	"Reviewers=owners security\nApprovals=2\nScope=once\nReason=required\n"
	"[Rule no-privileges]\nAction=credential\nLabels=customers\nVerdict=deny\n"
	"[Rule "
	"secret-privileges]\nAction=credential\nLabels=secrets\nVerdict=ask\nReviewers="
	"security\nScope=process\n"
	"[Person ann]\nUid=2001\nUnit=nightly.service\n"
	"[Person bob]\nUid=2002 2102\n[Person carla]\nUid=2003\n[Person dave]\nUid=2004\n"
	"[Group owners]\nMember=ann bob carla\n[Group security]\nMember=carla dave\n";

struct fake_ask {
	struct sluice_ask_key key;
	struct sluice_ask ask;
};

struct fake_grant {
	struct sluice_ask_key key;
	struct sluice_grant grant;
};

struct kernel {
	struct fake_ask asks[FAKE_MAX];
	size_t n_asks;
	struct fake_grant grants[FAKE_MAX];
	size_t n_grants;
	int put_error;
	int taint_error;
	uint64_t taint;
	size_t durable_at_put; /* durable entries of the journal when a grant was put last */
};

struct journal {
	json_t *entries;
	size_t durable;
	uint64_t bytes; /* of the file */
	bool fail_commit;
	bool broken;
	unsigned int too_long; /* so many entries are, next */
	unsigned int epochs; /* that were ended, whether or not anything was in them */
	unsigned int forced; /* of these */
	struct journal_before before;
};

static struct world {
	struct agent agent;
	struct kernel kernel;
	struct journal journal;
	char folder[64];
	pid_t children[FAKE_MAX];
	size_t n_children;
} world;

/* ---- the false kernel ---- */

int kernel_ask_get(struct kernel *kernel, const struct sluice_ask_key *key, struct sluice_ask *ret)
{
	for (size_t i = 0; i < kernel->n_asks; i++) {
		if (memcmp(&kernel->asks[i].key, key, sizeof(*key)))
			continue;
		*ret = kernel->asks[i].ask;
		return 0;
	}
	return -ENOENT;
}

int kernel_ask_end(struct kernel *kernel, const struct sluice_ask_key *key)
{
	for (size_t i = 0; i < kernel->n_asks; i++) {
		if (memcmp(&kernel->asks[i].key, key, sizeof(*key)))
			continue;
		kernel->asks[i] = kernel->asks[--kernel->n_asks];
		return 0;
	}
	return -ENOENT;
}

int kernel_ask_each(struct kernel *kernel, kernel_ask_fn fn, void *ctx)
{
	for (size_t i = 0; i < kernel->n_asks; i++)
		fn(ctx, &kernel->asks[i].key, &kernel->asks[i].ask);
	return 0;
}

int kernel_grant_put(struct kernel *kernel, const struct sluice_ask_key *key,
		     const struct sluice_grant *grant)
{
	size_t i = 0;

	if (kernel->put_error)
		return kernel->put_error;
	while (i < kernel->n_grants && memcmp(&kernel->grants[i].key, key, sizeof(*key)))
		i++;
	if (i == FAKE_MAX)
		return -E2BIG;
	kernel->grants[i] = (struct fake_grant){ .key = *key, .grant = *grant };
	if (i == kernel->n_grants)
		kernel->n_grants++;
	kernel->durable_at_put = world.journal.durable;
	return 0;
}

int kernel_grant_get(struct kernel *kernel, const struct sluice_ask_key *key,
		     struct sluice_grant *ret)
{
	for (size_t i = 0; i < kernel->n_grants; i++) {
		if (memcmp(&kernel->grants[i].key, key, sizeof(*key)))
			continue;
		*ret = kernel->grants[i].grant;
		return 0;
	}
	return -ENOENT;
}

int kernel_grant_end(struct kernel *kernel, const struct sluice_ask_key *key, uint64_t id)
{
	for (size_t i = 0; i < kernel->n_grants; i++) {
		if (memcmp(&kernel->grants[i].key, key, sizeof(*key)) ||
		    kernel->grants[i].grant.id != id)
			continue;
		kernel->grants[i] = kernel->grants[--kernel->n_grants];
		return 0;
	}
	return 0;
}

int kernel_grant_each(struct kernel *kernel, kernel_grant_fn fn, void *ctx)
{
	for (size_t i = 0; i < kernel->n_grants; i++)
		fn(ctx, &kernel->grants[i].key, &kernel->grants[i].grant);
	return 0;
}

int kernel_taint_get(struct kernel *kernel, int pidfd, uint64_t *ret_labels)
{
	(void)pidfd;
	*ret_labels = kernel->taint;
	return kernel->taint_error;
}

int kernel_identify(struct kernel *kernel, int fd, struct sluice_object_id *ret, uint32_t *ret_mode)
{
	struct stat st;

	(void)kernel;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = (struct sluice_object_id){ .dev = 7, .ino = st.st_ino };
	if (ret_mode)
		*ret_mode = st.st_mode & S_IFMT;
	return 0;
}

int kernel_identify_fs(struct kernel *kernel, int fd, struct sluice_identify *ret)
{
	return kernel_identify(kernel, fd, &ret->object, &ret->mode);
}

static struct sluice_ask_key fake_refusal_key;
static struct sluice_refusal fake_refusal;
static uint64_t fake_merged, fake_told; /* more than kernel_count() has anyway */

int kernel_refusal_each(struct kernel *kernel, kernel_refusal_fn fn, void *ctx)
{
	(void)kernel;
	fn(ctx, &fake_refusal_key, &fake_refusal);
	return 0;
}

uint64_t kernel_refusal_take(struct kernel *kernel, const struct sluice_ask_key *key)
{
	uint64_t untold = fake_refusal.untold;

	(void)kernel;
	(void)key;
	fake_refusal.untold = 0;
	return untold;
}

void kernel_refusal_lost(struct kernel *kernel, uint64_t count)
{
	(void)kernel;
	fake_told += count;
}

uint64_t kernel_heartbeat_ns(const struct kernel *kernel)
{
	(void)kernel;
	return agent_boot_ns() - 700000000;
}

static unsigned int fake_fills; /* how often the maps were read */

int kernel_fill_each(const struct kernel *kernel, kernel_fill_fn fn, void *ctx)
{
	(void)kernel;
	fake_fills++;
	fn(ctx, "asks", 3, 4096);
	return 0;
}

int kernel_count(const struct kernel *kernel, uint64_t ret[SLUICE_COUNTERS])
{
	(void)kernel;
	for (int i = 0; i < SLUICE_COUNTERS; i++)
		ret[i] = 100 + (uint64_t)i;
	ret[SLUICE_COUNT_MERGED] += fake_merged;
	ret[SLUICE_COUNT_TOLD] += fake_told;
	return 0;
}

/* ---- the false journal ---- */

int journal_add(struct journal *journal, json_t *body, uint64_t *ret_seq)
{
	assert_null(json_object_get(body, "checkpoint")); /* which the writer refuses */
	if (journal->broken || !body || journal->too_long) {
		json_decref(body);
		if (journal->broken || !body)
			return -EIO;
		journal->too_long--;
		return -E2BIG;
	}
	assert_non_null(json_string_value(json_object_get(body, "type")));
	assert_non_null(json_string_value(json_object_get(body, "message")));
	if (ret_seq)
		*ret_seq = json_array_size(journal->entries);
	json_array_append_new(journal->entries, body);
	return 0;
}

static void journal_file(char path[128])
{
	snprintf(path, 128, "%s/journal.jsonl", world.folder);
}

/* The entry as the file has it. A new reference. */
static json_t *journal_line(const struct journal *journal, size_t seq)
{
	json_t *line = json_pack("{s:I, s:I, s:I}", "seq", (json_int_t)seq, "time",
				 (json_int_t)(1795356000000 + (json_int_t)seq), "boottime_us",
				 (json_int_t)seq);

	/* a copy, as a line is: who reads it may change it */
	json_object_update_new(line, json_deep_copy(json_array_get(journal->entries, seq)));
	return line;
}

static void write_lines(struct journal *journal)
{
	char path[128];
	FILE *out;

	journal_file(path);
	out = fopen(path, "ae");
	assert_non_null(out);
	for (size_t i = journal->durable; i < json_array_size(journal->entries); i++) {
		json_t *line = journal_line(journal, i);

		json_dumpf(line, out, JSON_COMPACT);
		fputs("\n{\"checkpoint\":\"none\"}\n", out);
		json_decref(line);
	}
	journal->bytes = (uint64_t)ftell(out);
	fclose(out);
}

uint64_t journal_durable(const struct journal *journal)
{
	return journal->bytes;
}

uint64_t journal_signed(const struct journal *journal)
{
	return journal->durable;
}

uint64_t journal_written_from(const struct journal *journal)
{
	(void)journal;
	return 0;
}

int journal_part(struct journal *journal, uint64_t at, struct journal_part *ret)
{
	(void)at;
	*ret = (struct journal_part){ .to = journal->bytes, .written = true };
	return 0;
}

ssize_t journal_read_at(struct journal *journal, char *bytes, size_t room, uint64_t from)
{
	const struct journal_part whole = { .written = true };
	size_t left = from < journal->bytes ? (size_t)(journal->bytes - from) : 0;
	int fd = journal_reader(journal, &whole);
	ssize_t n;

	assert_true(fd >= 0);
	n = pread(fd, bytes, room < left ? room : left, (off_t)from);
	close(fd);
	return n;
}

bool journal_is_full(const struct journal *journal, uint64_t bytes, uint64_t age_ms)
{
	(void)journal, (void)bytes, (void)age_ms;
	return false;
}

int journal_begin_file(struct journal *journal)
{
	(void)journal;
	return -EAGAIN;
}

int journal_reader(struct journal *journal, const struct journal_part *part)
{
	char path[128];
	int fd;

	(void)part;
	(void)journal;
	journal_file(path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

const char *journal_vkey(const struct journal *journal)
{
	(void)journal;
	return "host.example/journal+0+key";
}

const char *journal_genesis(const struct journal *journal)
{
	(void)journal;
	return "11";
}

void journal_write_behind(struct journal *journal, const struct journal_before *before)
{
	journal->before = *before;
}

int journal_commit(struct journal *journal)
{
	if (journal->before.fn && journal->before.fn(journal->before.ctx) < 0)
		journal->broken = true;
	if (journal->broken || journal->fail_commit) {
		journal->broken = true;
		return -ENOSPC;
	}
	write_lines(journal);
	journal->durable = json_array_size(journal->entries);
	return 0;
}

int journal_rotate(struct journal *journal, bool always)
{
	journal->epochs++;
	journal->forced += always;
	return journal_commit(journal);
}

json_t *journal_totals(const struct journal *journal)
{
	return json_pack("{s:I}", "any", (json_int_t)json_array_size(journal->entries));
}

const char *journal_broken(const struct journal *journal)
{
	return journal->broken ? "no space left on device" : NULL;
}

uint64_t journal_size(const struct journal *journal)
{
	return json_array_size(journal->entries);
}

const char *journal_root(const struct journal *journal)
{
	(void)journal;
	return "00";
}

/* ---- false labels ---- */

static char label_called[256];

int label_set(struct agent *agent, int fd, const char *label, bool add, const char *path,
	      char *text, size_t size)
{
	(void)agent;
	snprintf(label_called, sizeof(label_called), "%s %s %s %d", add ? "add" : "remove", label,
		 path, fd >= 0);
	snprintf(text, size, "done");
	return 0;
}

int label_list(struct agent *agent, int fd, label_item_fn fn, void *ctx)
{
	struct ipc_label_item item = { .label = "customers",
				       .path = "/srv/customers",
				       .origin = "acquired" };

	(void)agent;
	(void)fd;
	return fn(ctx, &item);
}

/* ---- helpers ---- */

/* The last entry of a type, or NULL. */
MAYBE static json_t *entry_of(const char *type)
{
	for (size_t i = json_array_size(world.journal.entries); i-- > 0;) {
		json_t *entry = json_array_get(world.journal.entries, i);

		if (!strcmp(json_string_value(json_object_get(entry, "type")), type))
			return entry;
	}
	return NULL;
}

MAYBE static size_t count_of(const char *type)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(world.journal.entries); i++)
		n += !strcmp(json_string_value(json_object_get(
				     json_array_get(world.journal.entries, i), "type")),
			     type);
	return n;
}

MAYBE static const char *member(const json_t *entry, const char *name)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return text ? text : "";
}

MAYBE static void write_file(pid_t pid, const char *name, const char *bytes, size_t length)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%d/%s", world.folder, pid, name);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, length, out), length);
	fclose(out);
}

struct fake_process {
	pid_t pid;
	pid_t ppid;
	uid_t uid;
	uid_t euid;
	uint32_t loginuid;
	char state;
	pid_t sid;
	uint32_t tty;
	const char *exe;
	const char *cgroup;
	const char *environ; /* with NULs */
	size_t environ_length;
	const char *cmdline;
	size_t cmdline_length;
	uint64_t ticks;
};

/* Writes /proc/PID. Defaults: state S, python3, no unit, started at START_NS. */
MAYBE static void add_process(const struct fake_process *p)
{
	char path[256], text[512];

	snprintf(path, sizeof(path), "%s/%d", world.folder, p->pid);
	mkdir(path, 0700);
	snprintf(
		text, sizeof(text),
		"%d (we (ird) x) %c %d 0 %d %u -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %llu 10 20 30\n",
		p->pid, p->state ? p->state : 'S', p->ppid, p->sid, p->tty,
		(unsigned long long)(p->ticks ? p->ticks : START_NS / 10000000));
	write_file(p->pid, "stat", text, strlen(text));
	snprintf(text, sizeof(text), "Name:\tx\nPid:\t%d\nUid:\t%u\t%u\t%u\t%u\n", p->pid, p->uid,
		 p->euid, p->uid, p->uid);
	write_file(p->pid, "status", text, strlen(text));
	snprintf(text, sizeof(text), "%u", p->loginuid);
	write_file(p->pid, "loginuid", text, strlen(text));
	snprintf(text, sizeof(text), "0::%s\n", p->cgroup ? p->cgroup : "/");
	write_file(p->pid, "cgroup", text, strlen(text));
	write_file(p->pid, "environ", p->environ ? p->environ : "", p->environ_length);
	write_file(p->pid, "cmdline", p->cmdline ? p->cmdline : "", p->cmdline_length);
	snprintf(path, sizeof(path), "%s/%d/exe", world.folder, p->pid);
	unlink(path);
	assert_int_equal(symlink(p->exe ? p->exe : "/usr/bin/python3", path), 0);
}

/* Whoever opens this file of /proc/PID waits, as for memory whose lock is never let go. */
MAYBE static void make_stuck(pid_t pid, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%d/%s", world.folder, pid, name);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
}

/* A real process that sleeps until it is killed. */
MAYBE static pid_t add_child(void)
{
	int closed[2];
	char none;
	pid_t pid;

	assert_int_equal(pipe(closed), 0);
	pid = fork();
	if (!pid) {
		/* connections of this test end when this test closes them: it waits for that */
		close_range(3, ~0U, 0);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	close(closed[1]);
	assert_int_equal(read(closed[0], &none, 1), 0);
	close(closed[0]);
	world.children[world.n_children++] = pid;
	return pid;
}

/* A real, sleeping process with an entry in the false /proc. */
MAYBE static pid_t add_worker(uid_t uid, uint32_t loginuid)
{
	struct fake_process p = {
		.pid = add_child(), .ppid = 1, .uid = uid, .euid = uid, .loginuid = loginuid
	};

	add_process(&p);
	return p.pid;
}

MAYBE static void end_worker(pid_t pid)
{
	char path[256];

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(path, sizeof(path), "%s/%d/stat", world.folder, pid);
	unlink(path);
	for (size_t i = 0; i < world.n_children; i++)
		if (world.children[i] == pid)
			world.children[i] = 0;
}

/* One attempt of a process: held when its rule says so, else failed. */
MAYBE static struct sluice_event make_stop(pid_t pid, uid_t uid, enum sluice_action action,
					   uint64_t labels, bool hold)
{
	struct sluice_event event = {
		.type = SLUICE_EVENT_STOP,
		.seq = 0,
		.boot_ns = agent_boot_ns(),
		.labels = labels,
		.taint = labels,
		.start_ns = START_NS,
		.exe = { .dev = 8, .gen = 1, .ino = 77 },
		.tgid = (uint32_t)pid,
		.tid = (uint32_t)pid,
		.uid = uid,
		.euid = uid,
		.loginuid = PROCESS_NO_LOGIN,
		.verdict = hold ? SLUICE_VERDICT_HOLD : SLUICE_VERDICT_FAIL,
		.deadline_ns = agent_boot_ns() + 600000000000ULL,
		.comm = "python3",
	};

	event.key.action = action;
	if (hold)
		event.key.subject = (struct sluice_subject){ SLUICE_SUBJECT_PROCESS, (uint32_t)pid,
							     START_NS, 0 };
	else
		event.key.subject = (struct sluice_subject){ SLUICE_SUBJECT_EXECUTABLE, uid,
							     8ULL << 32 | 1, 77 };
	if (action == SLUICE_EGRESS) {
		event.key.target = (struct sluice_target){ .kind = SLUICE_TARGET_ENDPOINT,
							   .arg = 6,
							   .port = 443 };
		memcpy(event.key.target.addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16);
	} else if (action == SLUICE_CREDENTIAL) {
		event.key.target = (struct sluice_target){ .kind = SLUICE_TARGET_CREDENTIAL,
							   .arg = SLUICE_SETUID };
		event.old_id = uid;
	} else {
		event.key.target =
			(struct sluice_target){ .kind = SLUICE_TARGET_FILE, .arg = S_IFREG };
		event.key.target.object =
			(struct sluice_object_id){ .dev = 8, .gen = 2, .ino = 99 };
	}
	memcpy(event.path, "list.csv\0customers\0srv", 23);
	event.path_len = 23;
	memcpy(event.exe_path, "python3\0bin\0usr", 16);
	event.exe_len = 16;
	return event;
}

/*
 * As the kernel does: the ask, then the event, then the end of the turn. Return: the open request,
 * or NULL.
 */
MAYBE static struct request *stop(const struct sluice_event *event)
{
	struct kernel *kernel = &world.kernel;
	struct request *request;

	if (kernel->n_asks < FAKE_MAX)
		kernel->asks[kernel->n_asks++] = (struct fake_ask){
			.key = event->key,
			.ask = { .labels = event->labels,
				 .since_ns = event->boot_ns,
				 .deadline_ns = event->deadline_ns,
				 .tgid = event->tgid,
				 .tries = 1,
				 .held = event->verdict == SLUICE_VERDICT_HOLD },
		};
	request_stopped(&world.agent, event);
	event_flush(&world.agent);
	HASH_FIND(by_key, world.agent.requests->by_key, &event->key, sizeof(event->key), request);
	return request;
}

/* As if more had been asked and had ended than is remembered. */
MAYBE static void close_many(void)
{
	static unsigned int number;

	for (int i = 0; i < SLUICE_MAX_CLOSED + 5; i++) {
		struct request *request = calloc(1, sizeof(*request));

		assert_non_null(request);
		snprintf(request->id, sizeof(request->id), "x-%08x", number++);
		request->exe = strdup("");
		request->command = strdup("");
		request->target = strdup("");
		request->reason = strdup("");
		assert_int_equal(request_table_add(&world.agent, request), 0);
		request->state = IPC_GONE;
		request_close_quietly(&world.agent, request);
	}
}

/* Somebody at a terminal of their own. */
MAYBE static struct decider decider_of(uint32_t loginuid)
{
	struct decider decider = { .who = { .uid = loginuid, .loginuid = loginuid }, .pidfd = -1 };

	identity_add(&decider.who, loginuid);
	return decider;
}

MAYBE static int decide(const struct request *request, uint32_t person, bool approve,
			const char *reason)
{
	struct ipc_decide message = { .approve = approve };
	struct decider decider = decider_of(person);
	char text[1024] = "";

	memcpy(message.id, request->id, sizeof(message.id));
	memcpy(message.digest, request->digest, sizeof(message.digest));
	snprintf(message.reason, sizeof(message.reason), "%s", reason);
	return decision_make(&world.agent, &message, &decider, text, sizeof(text));
}

MAYBE static void load_policy(struct agent *agent, const char *text)
{
	struct policy_error error;
	struct policy *policy;
	char path[128];
	char *files[] = { path };
	FILE *out;

	snprintf(path, sizeof(path), "%s/policy.conf", world.folder);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	if (policy_load(files, 1, &policy, &error) < 0)
		fail_msg("%s", error.text);
	agent->policy = policy;
}

MAYBE static void make_modules(struct agent *agent)
{
	char path[128];

	journal_file(path);
	agent->base = event_base_new();
	agent->record = record_new();
	agent->lineage = lineage_new(SLUICE_MAX_NODES, NULL);
	agent->requests = requests_new();
	agent->reasons = reasons_new();
	agent->standings = standings_new();
	agent->reviews = reviews_new();
	agent->grants = grants_new();
	agent->events = events_new(false);
	assert_true(agent->base && agent->record && agent->lineage && agent->requests &&
		    agent->reasons && agent->standings && agent->reviews && agent->grants && agent->events);
	assert_int_equal(lineage_follow_new(agent, world.folder, &agent->follow), 0);
}

MAYBE static void free_modules(struct agent *agent)
{
	requests_free(agent->requests);
	reasons_free(agent->reasons);
	standings_free(agent->standings);
	reviews_free(agent->reviews);
	grants_free(agent->grants);
	lineage_free(agent->lineage);
	lineage_follow_free(agent->follow);
	events_free(agent->events);
	record_free(agent->record);
	event_base_free(agent->base);
}

MAYBE static int agent_setup(void **state)
{
	struct agent *agent = &world.agent;

	(void)state;
	memset(&world, 0, sizeof(world));
	log_set_level(LOG_EMERG);
	snprintf(world.folder, sizeof(world.folder), "/tmp/sluice-agent-XXXXXX");
	if (!mkdtemp(world.folder))
		return -1;
	process_root = world.folder;
	assert_int_equal(process_reader_start(), 0);
	world.journal.entries = json_array();
	write_lines(&world.journal);
	agent->kernel = &world.kernel;
	agent->journal = &world.journal;
	snprintf(agent->host, sizeof(agent->host), "test.example");
	snprintf(agent->boot_id, sizeof(agent->boot_id), "11111111-2222-3333-4444-555555555555");
	memset(agent->bit_of_label, -1, sizeof(agent->bit_of_label));
	memset(agent->label_of_bit, -1, sizeof(agent->label_of_bit));
	snprintf(agent->names.name[3], SLUICE_NAME_MAX, "customers");
	snprintf(agent->names.name[5], SLUICE_NAME_MAX, "secrets");
	agent->bit_of_label[0] = 3;
	agent->bit_of_label[1] = 5;
	agent->label_of_bit[3] = 0;
	agent->label_of_bit[5] = 1;
	load_policy(agent, fixture_policy_text);
	make_modules(agent);
	return 0;
}

MAYBE static json_t *hash_text(const void *bytes, size_t size)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char hex[65];

	assert_int_equal(EVP_Digest(bytes, size, hash, NULL, EVP_sha256(), NULL), 1);
	wording_hex(hash, 32, hex);
	return json_string(hex);
}

/* What is known by now, to be compared: in no order that matters. */
MAYBE static char *what_is_known(void)
{
	struct agent *agent = &world.agent;
	const struct journal_memory memory = record_memory(agent);
	struct request *request;
	struct grant *grant;
	json_t *known = memory.facts(agent);
	struct ipc_request *seen = calloc(1, sizeof(*seen));
	struct ipc_grant shown;
	/* numbers that were taken for what came to nothing count here, and no entry has them */
	int no_last = json_object_del(known, "last_grant");
	char ids[4096], (*standing)[16] = calloc(SLUICE_MAX_STANDING, 16), *text;
	size_t n = 0;

	assert_int_equal(no_last, 0);
	for (request = agent->requests->by_id; request; request = request->by_id.next) {
		memset(seen, 0, sizeof(*seen));
		request_describe(agent, request, seen);
		json_object_set_new(known, request->id,
				    json_pack("{s:o, s:s, s:i, s:i}", "shown",
					      hash_text(seen, sizeof(*seen)),
					      "standing", request->standing, "scope",
					      (int)request->scope, "told", (int)request->n_told));
	}
	for (request = agent->requests->closed; request; request = request->next)
		n += (size_t)snprintf(ids + n, n < sizeof(ids) ? sizeof(ids) - n : 0, "%s ",
				      request->id);
	json_object_set_new(known, "closed", json_stringn_nocheck(ids, n < 4096 ? n : 0));
	for (grant = agent->grants->by_number; grant; grant = grant->hh.next) {
		grant_describe(agent, grant, &shown);
		json_object_set_new(known, grant->id,
				    hash_text(&shown, sizeof(shown)));
	}
	n = standing_ids(agent->standings, standing, SLUICE_MAX_STANDING);
	for (size_t i = 0; i < n; i++) {
		standing_describe(agent, standing_find(agent->standings, standing[i]), &shown);
		json_object_set_new(known, standing[i],
				    hash_text(&shown, sizeof(shown)));
	}
	review_waiting(agent, ids, sizeof(ids));
	json_object_set_new(known, "reviews", json_string_nocheck(ids));
	json_object_set_new(known, "lineage",
			    json_integer((json_int_t)lineage_nodes(agent->lineage)));
	text = json_dumps(known, JSON_SORT_KEYS);
	json_decref(known);
	free(standing);
	free(seen);
	return text;
}

/* As a state of the journal has it: what stands, and the facts behind it. */
MAYBE static void replay_state(const bool *stands, json_t *facts)
{
	struct agent *agent = &world.agent;
	size_t n = json_array_size(world.journal.entries);

	free_modules(agent);
	make_modules(agent);
	for (size_t i = 0; i < n; i++) {
		json_t *entry = journal_line(&world.journal, i);

		if (!stands || stands[i])
			assert_int_equal(record_replay(agent, i, entry), 0);
		json_decref(entry);
	}
	if (facts)
		record_memory(agent).recall(agent, facts);
}

/*
 * The daemon ends and starts again on the same kernel and journal: what its memory held is gone. It
 * knows the same from the state of a journal that has just got another file as from all entries.
 */
MAYBE static void restart(void)
{
	struct agent *agent = &world.agent;
	const struct journal_memory memory = record_memory(agent);
	size_t n = json_array_size(world.journal.entries);
	bool *stands = calloc(n + 1, sizeof(*stands));
	json_t *facts = memory.facts(agent), *again;
	char *by_all, *by_state;
	uint64_t last;

	for (size_t i = 0; i < n; i++) {
		json_t *entry = journal_line(&world.journal, i);
		char *line;

		/* of a type that stands where the writer puts it */
		json_object_set_new(entry, "prev", json_string("0"));
		line = json_dumps(entry, JSON_COMPACT);
		stands[i] = memory.stands(agent, i, line, strlen(line));
		free(line);
		json_decref(entry);
	}
	replay_state(NULL, NULL);
	by_all = what_is_known();
	/* whose times are those of this journal, which has no clock */
	again = memory.facts(agent);
	json_object_set(facts, "channels", json_object_get(again, "channels"));
	json_decref(again);
	last = agent->grants->last;
	replay_state(stands, facts);
	by_state = what_is_known();
	assert_string_equal(by_state, by_all);
	assert_true(agent->grants->last >= last);
	json_decref(facts);
	free(by_all);
	free(by_state);
	free(stands);
	assert_int_equal(grant_recover(agent), 0);
	assert_int_equal(request_recover(agent), 0);
}

MAYBE static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

MAYBE static int agent_teardown(void **state)
{
	(void)state;
	process_reader_stop();
	free_modules(&world.agent);
	policy_free((struct policy *)world.agent.policy);
	json_decref(world.journal.entries);
	for (size_t i = 0; i < world.n_children; i++) {
		if (world.children[i]) {
			kill(world.children[i], SIGKILL);
			waitpid(world.children[i], NULL, 0);
		}
	}
	return nftw(world.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define AGENT_TEST(fn) cmocka_unit_test_setup_teardown(fn, agent_setup, agent_teardown)

#endif
