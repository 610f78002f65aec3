/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_replay.c: requests read back from the journal's entries: see request.h and record.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "event/process.h"
#include "event/record.h"
#include "request.h"
#include "request_told.h"

static char *get_string(const json_t *entry, const char *name)
{
	char text[REQUEST_COMMAND_MAX];

	return strdup(record_get_text(entry, name, text, sizeof(text)) ? text : "");
}

static uint64_t get_u64(const json_t *entry, const char *name)
{
	uint64_t value = 0;

	record_get_u64(entry, name, &value);
	return value;
}

/* Entries of before there were other ways are of the environment. */
static enum reason_origin get_reason_from(const struct request *request, const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "reason_from"));

	if (!name)
		return request->reason && *request->reason ? REASON_ENVIRONMENT : REASON_NONE;
	return reason_origin_by_name(name);
}

static void read_who(struct request *request, const json_t *subject, const json_t *who)
{
	struct identity *identity = &request->who;
	const json_t *uid;
	size_t i;

	identity->uid = (uid_t)get_u64(subject, "uid");
	identity->loginuid = json_object_get(subject, "loginuid")
				     ? (uint32_t)get_u64(subject, "loginuid")
				     : PROCESS_NO_LOGIN;
	identity->partial = json_is_true(json_object_get(who, "partial"));
	/* An entry without all roads conflicts with everyone, as an unreadable process does. */
	identity->everyone = !json_is_false(json_object_get(who, "everyone"));
	json_array_foreach(json_object_get(who, "uids"), i, uid)
		identity_add(identity, (uid_t)json_integer_value(uid));
	json_array_foreach(json_object_get(who, "claims"), i, uid)
		identity_claim(identity, (uid_t)json_integer_value(uid));
	record_get_text(who, "unit", identity->unit, sizeof(identity->unit));
	record_get_text(who, "owner_unit", identity->owner_unit, sizeof(identity->owner_unit));
}

static void read_sources(const struct agent *agent, struct request *request, const json_t *sources)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(sources, i, entry) {
		struct request_source *source = &request->sources[request->n_sources];

		if (request->n_sources == SLUICE_MAX_SOURCES)
			return;
		source->path = get_string(entry, "path");
		if (!source->path)
			return;
		record_get_text(entry, "reader", source->reader, sizeof(source->reader));
		source->labels = record_get_labels(agent, entry);
		source->time_ms = get_u64(entry, "time_ms");
		request->n_sources++;
	}
}

static bool read_subject(struct request *request, const json_t *subject)
{
	const char *id = json_string_value(json_object_get(subject, "exe_id"));
	unsigned long long ino;

	request->pid = (pid_t)get_u64(subject, "pid");
	request->start_ns = get_u64(subject, "start_ns");
	record_get_text(subject, "comm", request->comm, sizeof(request->comm));
	if (!id || sscanf(id, "%u:%u:%llu", &request->exe_id.dev, &request->exe_id.gen, &ino) != 3)
		return false;
	request->exe_id.ino = ino;
	request->exe = get_string(subject, "exe");
	return request->exe;
}

static bool read_opened(const struct agent *agent, struct request *request, const json_t *entry)
{
	const json_t *subject = json_object_get(entry, "subject");
	const char *boot = json_string_value(json_object_get(entry, "boot"));
	const char *verdict = json_string_value(json_object_get(entry, "verdict"));

	if (!boot || !verdict || !record_get_key(entry, &request->key) ||
	    request->key.action >= SLUICE_ACTIONS ||
	    !record_get_text(entry, "request", request->id, sizeof(request->id)) ||
	    !request->id[0] ||
	    !record_get_text(entry, "digest", request->digest, sizeof(request->digest)) ||
	    !read_subject(request, subject))
		return false;
	request->earlier_boot = strcmp(boot, agent->boot_id) != 0;
	request->held = !strcmp(verdict, "hold");
	request->failed = !request->held;
	request->tries = 1;
	request->labels = record_get_labels(agent, entry);
	request->deadline_ns = get_u64(entry, "deadline_ns");
	request->opened_ms = get_u64(entry, "opened_ms");
	request->expires_ms = get_u64(entry, "expires_ms");
	request->journal_entries = get_u64(json_object_get(entry, "signed"), "entries");
	record_get_text(json_object_get(entry, "signed"), "root", request->journal_root,
			sizeof(request->journal_root));
	request->scope = POLICY_EXECUTABLE; /* of no approver yet; decisions narrow it */
	request->duration_s = SLUICE_MAX_DURATION_S;
	request->told = true; /* before the restart */
	record_get_text(entry, "requester", request->requester, sizeof(request->requester));
	read_who(request, subject, json_object_get(entry, "who"));
	read_sources(agent, request, json_object_get(entry, "sources"));
	request->more_sources = get_u64(entry, "more_sources");
	request->command = get_string(entry, "command");
	request->reason = get_string(entry, "reason");
	request->reason_from = get_reason_from(request, entry);
	request->target = get_string(json_object_get(entry, "target"), "text");
	return request->command && request->reason && request->target;
}

void request_replay_opened(struct agent *agent, const json_t *entry)
{
	struct request *request = calloc(1, sizeof(*request)), *older;

	if (!request || !read_opened(agent, request, entry) ||
	    request_find(agent->requests, request->id)) {
		request_free(request);
		return;
	}
	HASH_FIND(by_key, agent->requests->by_key, &request->key, sizeof(request->key), older);
	if (older) {
		older->state = IPC_GONE;
		request_close_quietly(agent, older);
	}
	if (request_table_add(agent, request) < 0)
		request_free(request);
}

static struct request *named(struct agent *agent, const json_t *entry)
{
	char id[16];

	return record_get_text(entry, "request", id, sizeof(id)) ? request_find(agent->requests, id)
								 : NULL;
}

bool request_stands(struct agent *agent, const json_t *entry)
{
	return named(agent, entry);
}

int request_facts(const struct requests *requests, json_t *facts)
{
	return json_object_set_new(facts, "deliveries",
				   json_integer((json_int_t)requests->deliveries)) ||
			       json_object_set_new(facts, "channels",
						   told_channels_facts(&requests->channels))
		       ? -ENOMEM
		       : 0;
}

void request_recall(struct requests *requests, const json_t *facts)
{
	requests->deliveries = get_u64(facts, "deliveries");
	told_channels_recall(&requests->channels, json_object_get(facts, "channels"));
}

/* Entries of before there were tiers are of a session on this host. */
static uint32_t get_tier(const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "tier"));

	for (uint32_t tier = POLICY_A0; name && tier <= POLICY_A3; tier++)
		if (!strcmp(name, policy_tier_name(tier)))
			return tier;
	return name ? POLICY_A0 : POLICY_A1;
}

/* Return: whether it came by one. */
static bool read_account(const json_t *entry, struct account *ret)
{
	const json_t *body = json_object_get(json_object_get(entry, "evidence"), "account");
	const char *kind = json_string_value(json_object_get(body, "kind"));
	const char *issuer = json_string_value(json_object_get(body, "issuer"));
	const char *subject = json_string_value(json_object_get(body, "subject")), *why;

	for (int i = 0; kind && issuer && subject && account_kind_names[i]; i++)
		if (!strcmp(account_kind_names[i], kind))
			return !account_set((enum account_kind)i, issuer, subject, ret, &why);
	return false;
}

/* The account whose session gave it; of one that does not say it is nobody's. */
static uid_t read_login(const json_t *entry)
{
	const json_t *sender = json_object_get(json_object_get(entry, "evidence"), "sender");
	const struct identity who = { .uid = (uid_t)get_u64(sender, "uid"),
				      .loginuid = (uint32_t)get_u64(sender, "loginuid") };

	return sender ? person_account(&who) : PROCESS_NO_LOGIN;
}

void request_replay_decision(struct agent *agent, const json_t *entry)
{
	struct request *request = named(agent, entry);
	struct ipc_decision *list, decision = { 0 };
	struct account account;

	if (!request || request->n_decisions >= SLUICE_MAX_REVIEWERS ||
	    !record_get_text(entry, "person", decision.person, sizeof(decision.person)))
		return;
	for (size_t i = 0; i < request->n_decisions; i++)
		if (!strcmp(request->decisions[i].person, decision.person))
			return;
	record_get_text(entry, "reason", decision.reason, sizeof(decision.reason));
	record_get_text(json_object_get(entry, "evidence"), "key", decision.key,
			sizeof(decision.key));
	decision.tier = get_tier(entry);
	decision.approve = json_is_true(json_object_get(entry, "approve"));
	decision.time_ms = get_u64(entry, "time_ms");
	decision.standing_s = (uint32_t)get_u64(entry, "standing_s");
	list = realloc(request->decisions, (request->n_decisions + 1) * sizeof(*list));
	if (!list)
		return;
	request->decisions = list;
	if (request_note_account(request, read_account(entry, &account) ? &account : NULL) < 0)
		return;
	request->logins[request->n_decisions] = read_login(entry);
	request->decisions[request->n_decisions++] = decision;
	if (decision.approve && get_u64(entry, "scope_number") < request->scope)
		request->scope = (enum policy_scope)get_u64(entry, "scope_number");
	if (decision.approve && get_u64(entry, "duration_s") < request->duration_s)
		request->duration_s = (uint32_t)get_u64(entry, "duration_s");
}

void request_replay_void(struct agent *agent, const json_t *entry)
{
	struct request *request = named(agent, entry);
	const char *person = json_string_value(json_object_get(entry, "person"));

	if (request && person && request->n_decisions &&
	    !strcmp(request->decisions[request->n_decisions - 1].person, person))
		request->n_decisions--;
}

void request_replay_closed(struct agent *agent, const json_t *entry)
{
	struct request *request = named(agent, entry);
	const char *state = json_string_value(json_object_get(entry, "state"));

	if (!request || !state || request->state != IPC_PENDING)
		return;
	for (int i = IPC_APPROVED; i < IPC_STATES; i++)
		if (!strcmp(state, request_state_names[i]))
			request->state = (enum ipc_state)i;
	if (request->state == IPC_PENDING)
		return;
	record_get_text(entry, "outcome", request->outcome, sizeof(request->outcome));
	request->tries = (uint32_t)get_u64(entry, "tries");
	request->closed_ms = get_u64(entry, "closed_ms");
	request_close_quietly(agent, request);
}

void request_replay_escalated(struct agent *agent, const json_t *entry)
{
	struct request *request = named(agent, entry);

	if (request)
		request->escalated_s = (uint32_t)get_u64(entry, "after_s");
}

void request_replay_reason(struct agent *agent, const json_t *entry)
{
	struct request *request = named(agent, entry);
	char *reason = request ? get_string(entry, "reason") : NULL;

	if (!reason)
		return;
	free(request->reason);
	request->reason = reason;
	request->reason_from = get_reason_from(request, entry);
}

void request_replay_delivery(struct agent *agent, const json_t *entry)
{
	struct request *request = named(agent, entry);

	if (request_told_replay(agent->requests, request, entry) != IPC_DELIVERED)
		return;
	agent->requests->deliveries++;
	if (request)
		request->delivered = true;
}
