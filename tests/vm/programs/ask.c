/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.c: what the shell functions of the end-to-end tests ask sluiced over and over: in plain
 * words, from one small static program, because in emulation the start of sluice and jq takes a
 * third of a second.
 *
 * Owns: the questions below. Must not own: any expectation, nor how sluice prints an answer (the
 * tests of the command line read that from sluice itself).
 *
 *   ask state         when sluiced started, and the generation of its policy
 *   ask pid PID       the pending requests of a process, oldest first, an id each line
 *   ask uid UID       the pending requests of a user
 *   ask request ID    the state of a request
 *   ask open          pending requests, and grants: what one test could leave to the next
 *   ask taint PID     the labels of a process, as often as they came
 *   ask labels PATH   the labels of a file
 *
 * Ends with 1 when sluiced does not answer or with an error, when it does not enforce (state), or
 * nothing is pending (pid, uid).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define FAILED	      1
#define USAGE	      2

static int ask(struct client_call *call)
{
	struct ipc_result result;

	if (client_call(call, &result) < 0 || result.error) {
		fprintf(stderr, "ask: %s\n", result.text);
		return FAILED;
	}
	return fflush(stdout) ? FAILED : 0;
}

static int print_state(void *ctx, const union ipc_any *item)
{
	*(bool *)ctx = item->status.enforcing;
	printf("%" PRIu64 " %u\n", item->status.started_ms, item->status.generation);
	return 0;
}

static int ask_state(const char *word)
{
	bool enforcing = false;
	struct client_call call = { .type = IPC_STATUS,

				    .item = IPC_STATUS_ITEM,
				    .item_fn = print_state,
				    .ctx = &enforcing };
	int status = ask(&call);

	(void)word;
	return status ? status : !enforcing;
}

/* Whose requests are printed: those of a process or of a user, or all; @found: how many. */
struct whose {
	bool by_pid, by_uid;
	long number;
	int found;
};

static int print_pending(void *ctx, const union ipc_any *item)
{
	const struct ipc_request *request = &item->request;
	struct whose *whose = ctx;

	if (request->state != IPC_PENDING || (whose->by_pid && request->pid != whose->number) ||
	    (whose->by_uid && request->uid != whose->number))
		return 0;
	puts(request->id);
	whose->found++;
	return 0;
}

static int ask_pending(struct whose *whose)
{
	struct ipc_select select = { 0 };
	struct client_call call = { .type = IPC_REQUESTS,
				    .payload = &select,
				    .size = sizeof(select),

				    .item = IPC_REQUEST_ITEM,
				    .item_fn = print_pending,
				    .ctx = whose };

	return ask(&call);
}

static int ask_pid(const char *word)
{
	struct whose whose = { .by_pid = true, .number = atol(word) };
	int status = ask_pending(&whose);

	return status ? status : !whose.found;
}

static int ask_uid(const char *word)
{
	struct whose whose = { .by_uid = true, .number = atol(word) };
	int status = ask_pending(&whose);

	return status ? status : !whose.found;
}

static int print_request(void *ctx, const union ipc_any *item)
{
	static const char *const states[IPC_STATES] = {
		[IPC_PENDING] = "pending", [IPC_APPROVED] = "approved", [IPC_DENIED] = "denied",
		[IPC_EXPIRED] = "expired", [IPC_GONE] = "gone",
	};

	(void)ctx;
	puts(item->request.state < IPC_STATES ? states[item->request.state] : "unknown");
	return 0;
}

static int ask_request(const char *word)
{
	struct ipc_select select = { .all = 1 };
	struct client_call call = { .type = IPC_REQUESTS,
				    .payload = &select,
				    .size = sizeof(select),

				    .item = IPC_REQUEST_ITEM,
				    .item_fn = print_request };

	snprintf(select.id, sizeof(select.id), "%s", word);
	return ask(&call);
}

static int print_grant(void *ctx, const union ipc_any *item)
{
	(void)ctx;
	puts(item->grant.id);
	return 0;
}

static int ask_open(const char *word)
{
	struct whose all = { 0 };
	struct client_call grants = { .type = IPC_GRANTS,
				      .item = IPC_GRANT_ITEM,
				      .item_fn = print_grant };
	int status = ask_pending(&all);

	(void)word;
	return status ? status : ask(&grants);
}

/* An edge names its labels with a comma and a space between. */
static int print_edge(void *ctx, const union ipc_any *item)
{
	const char *at = item->edge.labels;

	(void)ctx;
	while (*at) {
		size_t length = strcspn(at, ", ");

		if (length)
			printf("%.*s\n", (int)length, at);
		at += length;
		at += strspn(at, ", ");
	}
	return 0;
}

static int ask_taint(const char *word)
{
	struct ipc_why why = { .pid = atoi(word), .fd = -1 };
	struct client_call call = { .type = IPC_WHY,
				    .payload = &why,
				    .size = sizeof(why),

				    .item = IPC_EDGE_ITEM,
				    .item_fn = print_edge };

	return ask(&call);
}

static int print_label(void *ctx, const union ipc_any *item)
{
	(void)ctx;
	puts(item->label_item.label);
	return 0;
}

static int ask_labels(const char *word)
{
	struct ipc_label label = { .verb = IPC_LABEL_LIST };
	struct client_call call = { .type = IPC_LABEL,
				    .payload = &label,
				    .size = sizeof(label),
				    .item = IPC_LABEL_ITEM,
				    .item_fn = print_label };
	_cleanup_close_ int fd = open(word, O_PATH | O_CLOEXEC);

	if (fd < 0 || strlen(word) >= sizeof(label.path)) {
		perror(word);
		return FAILED;
	}
	strcpy(label.path, word);
	label.fd = fd;
	return ask(&call);
}

static const struct {
	const char *name;
	int (*ask)(const char *word);
	int words;
} questions[] = {
	{ "state", ask_state, 0 },     { "pid", ask_pid, 1 },	{ "uid", ask_uid, 1 },
	{ "request", ask_request, 1 }, { "open", ask_open, 0 }, { "taint", ask_taint, 1 },
	{ "labels", ask_labels, 1 },
};

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(questions); i++)
		if (!strcmp(argv[1], questions[i].name) && argc == 2 + questions[i].words)
			return questions[i].ask(argv[2]);
	fprintf(stderr, "usage: ask state|open|pid PID|uid UID|request ID|taint PID|labels PATH\n");
	return USAGE;
}
