// SPDX-License-Identifier: Apache-2.0
/*
 * fake-sluiced.c: the other end of the gateway's socket, for tests: fake-sluiced SOCKET.
 *
 * Owns: one connection at a time, driven by lines on standard input:
 *	open ID [SECONDS [TIER [TRIES [1]]]] tell about a request that expires in so many seconds
 *				(600); with 1 its rule wants a reason
 *	escalate ID		tell that more people are asked about it
 *	count ID		tell that one approval of two is there
 *	again			tell of the last open one once more, the same to the byte
 *	close ID STATE		tell that it is approved, denied, expired or gone
 *	force ID		tell that it is approved, and in force until it is closed once more
 *	revoke ID		tell that this is revoked, by ruth, and when that was ordered
 *	behind DIRECTORY OBJECT	an account of Entra of who asks, for requests from now on
 *	forget ID		know nothing more of it
 *	hostile ID		an open request full of markup, controls and long texts
 *	large ID		one of some long texts
 *	result			an answer that nobody waits for, which sluiced may not send
 *	answer ERRNO TEXT	to the oldest decision that the gateway brought, 0 for taken
 *	always ERRNO TEXT	to each decision from now on, at once
 *	mute			leave questions (status, metrics) without an answer from now on
 *	journal PATH [BYTES]	give this file; so many bytes are durable, of it and of the full ones
 *				beside it, which are given when they are asked for (all)
 *	refuse			give none
 *	garbage			bytes that are no message
 *	drop			end the connection
 * Each message from the gateway is printed as one line: "hello N NAMES", "delivery ID NOTIFIER
 * STATE ATTEMPT TEXT", "decision CHANNEL TIER KIND ISSUER SUBJECT ID DIGEST approve|deny SCOPE
 * SECONDS FINGERPRINT REASON" (of the key that signed it, or "unsigned"; also "revoke"), "evidence TEXT",
 * "submit ID DIGEST approve|deny FINGERPRINT" (of the key that signed it), "asked STATUS|METRICS",
 * "part BYTE", "connected", "disconnected", "sink NAME STATE HELD TEXT", and "cosigned NAME" (the note is in
 * SOCKET.cosigned). After the hello it tells what is open and what was closed, and says that this
 * was all. Ends at the end of its input.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/channel.h"
#include "base/cleanup.h"
#include "journal/journal_segments.h"
#include "journal/merkle.h"
#include "key/channel_decision.h"
#include "key/sshsig.h"
#include "limits.h"

#define DIGEST "3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"

static struct channel_message message;
static struct ipc_request request;
static struct ipc_result always = { .error = -1 }; /* -1: wait to be told what to answer */
static uint64_t behind;
static int peer = -1;
static bool mute;
static char cosigned_path[512];

/* What was ordered and holds, told the same each time. @state: IPC_STATES: forgotten */
static struct known {
	char id[16];
	uint8_t state;
	uint8_t tier;
	uint8_t reason;
	bool in_force;
	uint64_t opened_ms;
	uint64_t closed_ms;
	uint64_t revoked_ms;
	uint32_t tries;
	time_t expires_s;
} all[4096];
static size_t n_all;

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void fill(const char *id, unsigned int seconds)
{
	uint64_t now_ms = (uint64_t)time(NULL) * 1000;

	request = (struct ipc_request){
		.digest = DIGEST,
		.host = "etl-04.example",
		.boot = "11111111-2222-3333-4444-555555555555",
		.rule = "pii-egress",
		.action = "egress",
		.waiting = "hold",
		.scope = "process",
		.n_sources = 1,
		.approvals_needed = 1,
		.sensitivity = 80,
		.tries = 1,
		.uid = 1001,
		.loginuid = 1007,
		.pid = 812,
		.duration_s = 300,
		.opened_ms = now_ms,
		.labels = "pii",
		.requester = "dana",
		.user = "etl",
		.comm = "python3",
		.executable = "/usr/bin/python3.11",
		.command = "python3 export.py",
		.unit = "etl.service",
		.target = "198.51.100.7 port 443 tcp",
		.reason = "monthly report",
		.reviewers = "data-owners",
		.sources = { { .path = "/data/customers.csv",
			       .labels = "pii",
			       .reader = "python3[812]" } },
	};
	snprintf(request.id, sizeof(request.id), "%s", id);
	request.expires_ms = now_ms + seconds * 1000ULL;
	request.sources[0].time_ms = now_ms;
	request.behind[0] = behind;
}

static void drop(void)
{
	closep(&peer);
	peer = -1;
}

static const char *who_signed(const char *namespace, const char *statement, const char *text)
{
	static char fingerprint[SSHKEY_FINGERPRINT_MAX];
	struct sshsig signature;
	const char *why;

	if (sshsig_from_text(text, &signature, &why) < 0 ||
	    sshsig_verify(&signature, namespace, statement, strlen(statement), &why) < 0 ||
	    sshkey_fingerprint(&signature.key, fingerprint) < 0)
		return "unsigned";
	return fingerprint;
}

static const char *verdict_of(const struct statement *statement)
{
	return statement->revoke ? "revoke" : statement->answer.approve ? "approve" : "deny";
}

static void print_decision(const struct ipc_channel *channel)
{
	const struct ipc_decide *answer;
	struct channel_decision decision;
	unsigned int line;

	if (channel_decision_parse(channel->statement, &decision, &line) < 0) {
		printf("malformed decision, line %u\n", line);
		return;
	}
	answer = &decision.statement.answer;
	printf("decision %s A%u %s %s %s %s %s %s %u %u %s %s\n", decision.channel, decision.tier,
	       account_kind_names[decision.account.kind], decision.account.issuer,
	       decision.account.subject, answer->id, answer->digest,
	       verdict_of(&decision.statement), answer->scope, answer->duration_s,
	       who_signed(CHANNEL_NAMESPACE, channel->statement, channel->signature),
	       answer->reason);
	printf("evidence %s\n", channel->evidence);
}

static void print_submitted(const struct ipc_signed *answer)
{
	struct statement statement;
	unsigned int line;

	if (statement_parse(answer->statement, &statement, &line) < 0) {
		printf("malformed statement, line %u\n", line);
		return;
	}
	printf("submit %s %s %s %s\n", statement.answer.id, statement.answer.digest,
	       verdict_of(&statement), who_signed(STATEMENT_NAMESPACE, answer->statement, answer->signature));
}

static void give_part(uint64_t at);

static void print_sink(const struct ipc_sink *sink)
{
	static const char *const states[IPC_SINK_STATES] = { "?", "sent", "retrying", "refused",
							     "diverged" };

	if (!sink->receipt)
		printf("no receipt from %s\n", sink->name);
	printf("sink %s %s %llu %s\n", sink->name,
	       sink->state < IPC_SINK_STATES ? states[sink->state] : "?",
	       (unsigned long long)sink->held, sink->text);
}

/* As a file too, beside the socket: it is a note of several lines. */
static void print_cosigned(const struct ipc_cosigned *cosigned)
{
	FILE *file = fopen(cosigned_path, "we");

	if (file) {
		fputs(cosigned->note, file);
		fclose(file);
	}
	printf("cosigned %s\n", cosigned->name);
}

static void print_message(void)
{
	static const char *const states[] = { "?", "delivered", "retrying", "failed", "standby" };
	const struct ipc_delivery *d = &message.body.delivery;

	if (message.type == IPC_CHANNEL)
		print_decision(&message.body.channel);
	else if (message.type == IPC_SUBMIT)
		print_submitted(&message.body.answer);
	else if (message.type == IPC_STATUS || message.type == IPC_METRICS)
		printf("asked %s\n", message.type == IPC_STATUS ? "STATUS" : "METRICS");
	else if (message.type == IPC_HELLO)
		printf("hello %u %s\n", message.body.hello.notifiers, message.body.hello.names);
	else if (message.type == IPC_SINK)
		print_sink(&message.body.sink);
	else if (message.type == IPC_COSIGNED)
		print_cosigned(&message.body.cosigned);
	else if (message.type == IPC_PART)
		give_part(message.body.part.at);
	else if (message.type == IPC_DELIVERY && d->state <= IPC_STANDBY)
		printf("delivery %s %s %s %u %s\n", d->id, d->notifier, states[d->state],
		       d->attempt, d->text);
	else
		printf("unexpected %s\n", channel_type_name(message.type));
}

static void tell_all(void);

static void answer_question(void)
{
	static const struct ipc_result done;
	static const struct ipc_status status = { .enforcing = 1,
						  .version = "0.1-test",
						  .kernel = "6.1.0-test",
						  .pending = 2,
						  .notifiers = { { .name = "teams",
								   .delivered = 7 } },
						  .n_notifiers = 1 };
	static const struct ipc_metrics metrics = { .opened = 9,
						    .waits = { 1, 2 },
						    .maps = { { "asks", 3, 4096 } },
						    .n_maps = 1 };

	if (message.type == IPC_STATUS)
		channel_send(peer, IPC_STATUS_ITEM, &status, sizeof(status));
	else
		channel_send(peer, IPC_METRICS_ITEM, &metrics, sizeof(metrics));
	channel_send(peer, IPC_RESULT, &done, sizeof(done));
}

static void receive(void)
{
	struct channel_peer sender;
	int r = channel_receive_from(peer, &message, &sender);

	if (r == 1) {
		print_message();
		if (message.type == IPC_HELLO)
			tell_all();
		if ((message.type == IPC_CHANNEL || message.type == IPC_SUBMIT) &&
		    always.error >= 0)
			channel_send(peer, IPC_RESULT, &always, sizeof(always));
		if ((message.type == IPC_STATUS || message.type == IPC_METRICS) && !mute)
			answer_question();
	} else if (r != -EAGAIN) {
		printf("disconnected\n");
		drop();
	}
}

/* A request is large: a few fill the socket's buffer. The gateway may wait for room as well. */
static void wait_for_room(void)
{
	struct pollfd room = { peer, POLLIN | POLLOUT, 0 };

	if (poll(&room, 1, 1000) == 1 && room.revents & POLLIN)
		receive();
}

static void send_request(enum ipc_type type)
{
	int r;

	while ((r = channel_send(peer, type, &request, sizeof(request))) == -EAGAIN)
		wait_for_room();
	if (r < 0)
		printf("send failed: %s\n", strerror(-r));
}

static void fill_hostile(const char *id)
{
	fill(id, 600);
	strcpy(request.target, "[Approve](https://evil.example) \xe2\x80\xae\x1b[2J\xff");
	memset(request.command, '"', sizeof(request.command) - 1);
	memset(request.executable, '\x01', sizeof(request.executable) - 1);
	request.n_sources = SLUICE_MAX_SOURCES;
	for (int i = 0; i < SLUICE_MAX_SOURCES; i++)
		memset(request.sources[i].path, '\\', sizeof(request.sources[i].path) - 1);
}

static uint8_t state_named(const char *name)
{
	static const char *const names[IPC_STATES] = { "pending", "approved", "denied", "expired",
						       "gone" };

	for (uint8_t i = 0; i < IPC_STATES; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return IPC_GONE;
}

/* An entry of the list, new when there is none. */
static struct known *know(const char *id)
{
	size_t i = 0;

	while (i < n_all && strcmp(all[i].id, id) != 0)
		i++;
	if (i == ARRAY_SIZE(all)) {
		fprintf(stderr, "fake-sluiced: too many requests\n");
		exit(EXIT_FAILURE);
	}
	if (i == n_all) {
		snprintf(all[n_all++].id, sizeof(all[i].id), "%s", id);
		all[i].opened_ms = clock_ms();
	}
	return &all[i];
}

static void tell(struct known *known)
{
	if (peer < 0 || known->state == IPC_STATES)
		return;
	fill(known->id, 0);
	request.expires_ms = (uint64_t)known->expires_s * 1000;
	request.opened_ms = request.sources[0].time_ms = known->opened_ms;
	request.tier = known->tier;
	request.tries = known->tries;
	request.reason_required = known->reason;
	request.state = known->state;
	if (known->state == IPC_PENDING) {
		send_request(IPC_NOTIFY_OPEN);
		return;
	}
	request.closed_ms = known->closed_ms;
	request.revocable = known->in_force;
	request.revoked.time_ms = known->revoked_ms;
	if (known->revoked_ms) {
		strcpy(request.revoked.person, "ruth");
		strcpy(request.revoked.reason, "wrong partner");
		strcpy(request.outcome, "approved by erin; revoked by ruth");
	}
	request.n_decisions = 1;
	request.decisions[0].approve = request.state == IPC_APPROVED;
	strcpy(request.decisions[0].person, "erin");
	strcpy(request.decisions[0].reason, "known partner");
	send_request(IPC_NOTIFY_CLOSED);
}

static void tell_all(void)
{
	for (size_t i = 0; i < n_all; i++)
		tell(&all[i]);
	channel_send(peer, IPC_NOTIFY_ALL, NULL, 0);
}

static void open_request(const char *id, const char *seconds, unsigned int tier, unsigned int tries)
{
	struct known *known = know(id);

	known->state = IPC_PENDING;
	known->tier = (uint8_t)tier;
	known->tries = tries;
	known->expires_s = time(NULL) + (*seconds ? atoi(seconds) : 600);
	tell(known);
}

static void close_request(const char *id, const char *state)
{
	struct known *known = know(id);

	if (known->state != state_named(state) || !known->closed_ms)
		known->closed_ms = clock_ms();
	known->state = state_named(state);
	if (!known->expires_s)
		known->expires_s = time(NULL) + 600;
	tell(known);
}

static void revoke_request(const char *id)
{
	know(id)->in_force = false;
	know(id)->revoked_ms = clock_ms();
	close_request(id, "approved");
}

static void read_answer(const char *line, struct ipc_result *ret)
{
	int text = 0;

	if (sscanf(line, "%*s %d %n", &ret->error, &text) == 1)
		snprintf(ret->text, sizeof(ret->text), "%s", line + text);
}

static void read_behind(const char *line)
{
	struct account account = { .kind = ACCOUNT_ENTRA };

	if (sscanf(line, "%*s %63s %63s", account.issuer, account.subject) == 2)
		behind = account_mark(&account);
}

static void send_answer(const char *line)
{
	struct ipc_result result = { .text = "nobody asked" };

	read_answer(line, &result);
	channel_send(peer, IPC_RESULT, &result, sizeof(result));
}

/* Of the first line, as sluiced says it. */
static void read_genesis(int fd, char ret[72])
{
	_cleanup_free_ char *bytes = calloc(1, SLUICE_JOURNAL_ENTRY_MAX + 2);
	ssize_t n = bytes ? pread(fd, bytes, SLUICE_JOURNAL_ENTRY_MAX + 1, 0) : -1;
	uint8_t hash[MERKLE_HASH];
	struct merkle hasher;

	if (n <= 0 || merkle_init(&hasher) < 0)
		exit(1);
	merkle_leaf(&hasher, bytes, strcspn(bytes, "\n"), hash);
	merkle_hex(hash, ret);
	merkle_done(&hasher);
}

/* What was said of the journal last. */
static struct ipc_journal told;
static char journal_path[256];

/* The file that has byte @at, of all. Return: its descriptor. */
static int find_file(uint64_t at, struct ipc_journal *ret, struct stat *ret_st)
{
	_cleanup_close_ int fd = open(journal_path, O_RDONLY | O_CLOEXEC);
	struct journal_segments full = { 0 };
	uint64_t first = 0;
	size_t i = 0;

	if (fd < 0 || fstat(fd, ret_st) < 0)
		return -1;
	if (journal_segment_first(fd, &first) == 0)
		journal_segments_find(journal_path, first, "", &full);
	ret->from = ret->to = 0;
	for (; i < full.n && at >= ret->from + full.list[i].bytes; i++)
		ret->from += full.list[i].bytes;
	ret->first = i < full.n ? full.list[i].first : first;
	if (i < full.n) {
		ret->to = ret->from + full.list[i].bytes;
		close(fd);
		fd = open(full.list[i].path, O_RDONLY | O_CLOEXEC);
	}
	journal_segments_done(&full);
	return TAKE_FD(fd);
}

static void give_part(uint64_t at)
{
	struct stat st;
	_cleanup_close_ int fd = find_file(at, &told, &st);

	printf("part %llu\n", (unsigned long long)at);
	if (fd >= 0)
		channel_send_file(peer, IPC_NOTIFY_JOURNAL, &told, sizeof(told), fd);
}

static void give_journal(const char *line)
{
	unsigned long long bytes = 0;
	int n = sscanf(line, "%*s %255s %llu", journal_path, &bytes);
	_cleanup_close_ int oldest = -1, fd = -1;
	struct stat st;

	told = (struct ipc_journal){ .entries = 1 };
	if (n < 1) {
		told.refused = 1;
		channel_send(peer, IPC_NOTIFY_JOURNAL, &told, sizeof(told));
		return;
	}
	oldest = find_file(0, &told, &st);
	fd = find_file(UINT64_MAX, &told, &st);
	if (fd < 0 || oldest < 0) {
		printf("cannot open %s\n", journal_path);
		return;
	}
	told.bytes = n > 1 ? bytes : told.from + (uint64_t)st.st_size;
	read_genesis(oldest, told.genesis);
	channel_send_file(peer, IPC_NOTIFY_JOURNAL, &told, sizeof(told), fd);
}

static void obey(const char *line)
{
	char verb[16] = "";
	char id[16] = "";
	char word[16] = "";
	unsigned int tier = 0, tries = 1, reason = 0;

	if (sscanf(line, "%15s %15s %15s %u %u %u", verb, id, word, &tier, &tries, &reason) <
	    1)
		return;
	if (strcmp(verb, "open") == 0) {
		know(id)->reason = (uint8_t)reason;
		open_request(id, word, tier, tries);
	} else if (strcmp(verb, "forget") == 0) {
		know(id)->state = IPC_STATES;
	} else if (strcmp(verb, "escalate") == 0 || strcmp(verb, "count") == 0) {
		fill(id, 600);
		request.escalated_s = *verb == 'e' ? 60 : 0;
		request.approvals = *verb == 'c';
		request.approvals_needed = 2;
		send_request(IPC_NOTIFY_OPEN);
	} else if (strcmp(verb, "again") == 0) {
		send_request(IPC_NOTIFY_OPEN);
	} else if (strcmp(verb, "hostile") == 0) {
		fill_hostile(id);
		send_request(IPC_NOTIFY_OPEN);
	} else if (strcmp(verb, "behind") == 0) {
		read_behind(line);
	} else if (strcmp(verb, "large") == 0) {
		fill(id, 600);
		memset(request.target, 'x', sizeof(request.target) - 1);
		memset(request.reason, 'x', sizeof(request.reason) - 1);
		send_request(IPC_NOTIFY_OPEN);
	} else if (strcmp(verb, "close") == 0 || strcmp(verb, "force") == 0) {
		know(id)->in_force = *verb == 'f';
		close_request(id, *verb == 'f' ? "approved" : word);
	} else if (strcmp(verb, "revoke") == 0) {
		revoke_request(id);
	} else if (strcmp(verb, "result") == 0 || strcmp(verb, "answer") == 0) {
		send_answer(line);
	} else if (strcmp(verb, "always") == 0) {
		read_answer(line, &always);
	} else if (strcmp(verb, "journal") == 0 || strcmp(verb, "refuse") == 0) {
		give_journal(line);
	} else if (strcmp(verb, "garbage") == 0) {
		if (write(peer, "garbage", 7) < 0)
			perror("write");
	} else if (strcmp(verb, "mute") == 0) {
		mute = true;
	} else if (strcmp(verb, "drop") == 0) {
		drop();
	}
}

static void take_peer(int listener)
{
	struct channel_peer who;
	int fd = channel_accept(listener, &who);

	if (fd < 0)
		return;
	drop();
	peer = fd;
	printf("connected\n");
}

/* Obeys the whole lines that have come in. Return: false at the end of the input. */
static bool obey_input(void)
{
	static char input[4096];
	static size_t length;
	ssize_t n = read(STDIN_FILENO, input + length, sizeof(input) - 1 - length);
	char *line = input;
	char *end;

	if (n <= 0)
		return false;
	length += (size_t)n;
	input[length] = '\0';
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		obey(line);
		line = end + 1;
	}
	length = strlen(line);
	memmove(input, line, length + 1);
	return true;
}

int main(int argc, char **argv)
{
	int listener = argc == 2 ? channel_listen(argv[1], 0666) : -EINVAL;

	if (listener < 0) {
		fprintf(stderr, "fake-sluiced: %s\n", strerror(-listener));
		return EXIT_FAILURE;
	}
	snprintf(cosigned_path, sizeof(cosigned_path), "%s.cosigned", argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		struct pollfd fds[] = { { STDIN_FILENO, POLLIN, 0 },
					{ listener, POLLIN, 0 },
					{ peer, POLLIN, 0 } };

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			break;
		if (fds[1].revents)
			take_peer(listener);
		if (peer == fds[2].fd && fds[2].revents)
			receive();
		if (fds[0].revents && !obey_input())
			break;
	}
	drop();
	close(listener);
	unlink(argv[1]);
	return EXIT_SUCCESS;
}
