// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_requests.c: see gateway_requests.h. A request is kept without the ends of its arrays that
 * are not used, which are most of it.
 */
#include "gateway_requests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/when.h"
#include "gateway_delivered.h"

/* gcc 12 takes what a list owns for lost when the list's owner is behind two pointers. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define HEAD offsetof(struct ipc_request, sources)

/*
 * @renewed: told of since the connection began. @until_ms: what is in force of it ends by then; 0:
 * nothing is. @body: HEAD bytes, then sources and decisions.
 */
struct kept {
	struct kept *prev, *next;
	bool renewed;
	uint64_t until_ms;
	uint16_t n_sources, n_decisions;
	char id[16];
	char body[];
};

/* @lists, @counts: closed ones at 0, open ones at 1. @changed: NULL: nobody watches */
struct gateway_requests {
	gateway_change_fn changed;
	void *changed_arg;
	struct kept *lists[2];
	size_t counts[2];
	uint64_t version;
	struct ipc_request lent;
	struct ipc_request ended; /* lent by gateway_requests_complete(), over calls that lend others */
	struct ipc_request each; /* lent by gateway_requests_each() */
};

int gateway_requests_new(struct gateway_requests **ret)
{
	struct gateway_requests *requests = calloc(1, sizeof(*requests));

	if (!requests)
		return -ENOMEM;
	*ret = requests;
	return 0;
}

static void forget(struct gateway_requests *requests, bool open, struct kept *kept)
{
	DL_DELETE(requests->lists[open], kept);
	requests->counts[open]--;
	free(kept);
}

struct gateway_requests *gateway_requests_free(struct gateway_requests *requests)
{
	if (!requests)
		return NULL;
	for (int open = 0; open < 2; open++)
		while (requests->lists[open])
			forget(requests, open, requests->lists[open]);
	free(requests);
	return NULL;
}

static struct kept *find_in(const struct gateway_requests *requests, bool open, const char *id)
{
	struct kept *kept = requests->lists[open];

	while (kept && strcmp(kept->id, id) != 0)
		kept = kept->next;
	return kept;
}

/*
 * When what is in force ends, of which sluiced tells only that it is: by the rule, so that what was
 * used up at once is not kept for long; what outlasts that is of a policy before.
 */
static uint64_t ends_ms(const struct ipc_request *request)
{
	uint64_t seconds = request->duration_s, end_ms;

	for (uint16_t i = 0; i < request->n_decisions; i++)
		if (seconds < request->decisions[i].standing_s)
			seconds = request->decisions[i].standing_s;
	end_ms = request->closed_ms + seconds * 1000;
	return end_ms > when_now() ? end_ms : delivered_request(request).expires_ms;
}

static struct kept *keep(const struct ipc_request *request)
{
	size_t sources = request->n_sources * sizeof(struct ipc_source);
	size_t decisions = request->n_decisions * sizeof(struct ipc_decision);
	struct kept *kept = malloc(sizeof(*kept) + HEAD + sources + decisions);

	if (!kept)
		return NULL;
	*kept = (struct kept){ .renewed = true,
			       .until_ms = request->revocable ? ends_ms(request) : 0,
			       .n_sources = request->n_sources,
			       .n_decisions = request->n_decisions };
	memcpy(kept->id, request->id, sizeof(kept->id));
	memcpy(kept->body, request, HEAD);
	memcpy(kept->body + HEAD, request->sources, sources);
	memcpy(kept->body + HEAD + sources, request->decisions, decisions);
	return kept;
}

static void lend(const struct kept *kept, struct ipc_request *ret)
{
	size_t sources = kept->n_sources * sizeof(struct ipc_source);

	memset(ret, 0, sizeof(*ret));
	memcpy(ret, kept->body, HEAD);
	ret->n_told = 0; /* of sluiced's answers only */
	memcpy(ret->sources, kept->body + HEAD, sources);
	memcpy(ret->decisions, kept->body + HEAD + sources,
	       kept->n_decisions * sizeof(struct ipc_decision));
}

/*
 * The oldest of each kind. What is in force is not forgotten for others: it could not be revoked
 * here any more. Of these sluiced has no more at once, and each ends by itself.
 */
static void forget_beyond(struct gateway_requests *requests)
{
	static const size_t most[] = { SLUICE_TOLD_CLOSED, SLUICE_MAX_GRANTS };
	uint64_t now_ms = when_now();
	size_t n[ARRAY_SIZE(most)] = {};
	struct kept *kept, *next;

	DL_FOREACH_SAFE(requests->lists[0], kept, next) {
		bool in_force = kept->until_ms > now_ms;

		if (++n[in_force] > most[in_force])
			forget(requests, false, kept);
	}
}

static void add_closed(struct gateway_requests *requests, struct kept *kept)
{
	DL_PREPEND(requests->lists[0], kept);
	requests->counts[0]++;
	forget_beyond(requests);
}

/* Open ones in the order they came, which is by age; one told of again stays in its place. */
static void add_open(struct gateway_requests *requests, struct kept *kept)
{
	struct kept *old = find_in(requests, true, kept->id);

	if (old) {
		DL_REPLACE_ELEM(requests->lists[1], old, kept);
		free(old);
		return;
	}
	DL_APPEND(requests->lists[1], kept);
	requests->counts[1]++;
}

static size_t body_size(const struct kept *kept)
{
	return HEAD + kept->n_sources * sizeof(struct ipc_source) +
	       kept->n_decisions * sizeof(struct ipc_decision);
}

static bool is_same(const struct kept *a, const struct kept *b)
{
	return a->n_sources == b->n_sources && a->n_decisions == b->n_decisions &&
	       memcmp(a->body, b->body, body_size(a)) == 0;
}

static uint32_t escalated_of(const struct kept *kept)
{
	uint32_t escalated_s;

	memcpy(&escalated_s, kept->body + offsetof(struct ipc_request, escalated_s),
	       sizeof(escalated_s));
	return escalated_s;
}

/* Whether it ended before, too, and nobody has revoked what it allowed since then. */
static bool ended_so(const struct kept *kept, const struct ipc_request *request)
{
	uint64_t revoked_ms;

	memcpy(&revoked_ms, kept->body + offsetof(struct ipc_request, revoked.time_ms),
	       sizeof(revoked_ms));
	return (uint8_t)kept->body[offsetof(struct ipc_request, state)] == request->state &&
	       revoked_ms == request->revoked.time_ms;
}

/* Before it is on its list. */
static void tell(const struct gateway_requests *requests, const struct ipc_request *request,
		 const struct kept *kept)
{
	bool open = request->state == IPC_PENDING;
	const struct kept *before = find_in(requests, open, request->id);

	if (requests->changed && !(before && is_same(before, kept)))
		requests->changed(requests->changed_arg, request,
				  before && (open ? escalated_of(before) == request->escalated_s
						  : ended_so(before, request)));
}

static void take(struct gateway_requests *requests, const struct ipc_request *request)
{
	bool open = request->state == IPC_PENDING;
	struct kept *kept = keep(request), *old;

	requests->version++;
	if (!kept) {
		log_error("no memory: request %s is missing in lists", request->id);
		return;
	}
	tell(requests, request, kept);
	old = find_in(requests, false, request->id);
	if (old)
		forget(requests, false, old);
	if (open) {
		add_open(requests, kept);
		return;
	}
	old = find_in(requests, true, request->id);
	if (old)
		forget(requests, true, old);
	add_closed(requests, kept);
}

void gateway_requests_opened(struct gateway_requests *requests, const struct ipc_request *request)
{
	if (request->state == IPC_PENDING && !find_in(requests, true, request->id) &&
	    requests->counts[1] >= SLUICE_MAX_REQUESTS) {
		log_error("more open requests than sluiced has (SLUICE_MAX_REQUESTS): %s is "
			  "missing in lists",
			  request->id);
		return;
	}
	take(requests, request);
}

void gateway_requests_closed(struct gateway_requests *requests, const struct ipc_request *request)
{
	take(requests, request);
}

void gateway_requests_begin(struct gateway_requests *requests)
{
	for (struct kept *kept = requests->lists[1]; kept; kept = kept->next)
		kept->renewed = false;
}

/* How it ended is not known here; that it did, is. */
static const struct ipc_request *end_unseen(struct gateway_requests *requests,
					    const struct kept *kept)
{
	struct ipc_request *request = &requests->ended;

	lend(kept, request);
	request->state = IPC_GONE;
	request->closed_ms = when_now();
	snprintf(request->outcome, sizeof(request->outcome),
		 "it ended while the gateway was not connected; see sluice show %s", request->id);
	take(requests, request);
	return request;
}

void gateway_requests_complete(struct gateway_requests *requests,
			       void (*ended)(void *arg, const struct ipc_request *request),
			       void *arg)
{
	struct kept *kept, *next;

	DL_FOREACH_SAFE(requests->lists[1], kept, next) {
		const struct ipc_request *request;

		if (kept->renewed)
			continue;
		request = end_unseen(requests, kept);
		if (ended)
			ended(arg, request);
	}
}

void gateway_requests_watch(struct gateway_requests *requests, gateway_change_fn changed, void *arg)
{
	requests->changed = changed;
	requests->changed_arg = arg;
}

uint64_t gateway_requests_version(const struct gateway_requests *requests)
{
	return requests->version;
}

size_t gateway_requests_count(const struct gateway_requests *requests, bool open)
{
	return requests->counts[open];
}

const struct ipc_request *gateway_requests_find(struct gateway_requests *requests, const char *id)
{
	const struct kept *kept = find_in(requests, true, id);

	if (!kept)
		kept = find_in(requests, false, id);
	if (!kept)
		return NULL;
	lend(kept, &requests->lent);
	return &requests->lent;
}

bool gateway_requests_behind(const struct ipc_request *request, const struct account *account)
{
	uint64_t mark = account_mark(account);

	for (size_t i = 0; i < SLUICE_MAX_BEHIND && request->behind[i]; i++)
		if (request->behind[i] == mark)
			return true;
	return false;
}

void gateway_requests_each(struct gateway_requests *requests, bool open, size_t skip,
			   bool (*fn)(void *arg, const struct ipc_request *request), void *arg)
{
	for (const struct kept *kept = requests->lists[open]; kept; kept = kept->next) {
		if (skip > 0) {
			skip--;
			continue;
		}
		lend(kept, &requests->each);
		if (!fn(arg, &requests->each))
			return;
	}
}
