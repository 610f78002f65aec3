/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing.c: the list of standing approvals, what makes one, and the ends of one: see standing.h.
 * Their use is in standing_use.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/record.h"
#include "event/wording.h"
#include "grant.h"
#include "request/request.h"
#include "standing.h"
#include "standing_list.h"

struct standings *standings_new(void)
{
	return calloc(1, sizeof(struct standings));
}

static struct standing *standing_free(struct standing *standing)
{
	if (!standing)
		return NULL;
	free(standing->people);
	free(standing->subject);
	free(standing->target);
	free(standing);
	return NULL;
}

struct standings *standings_free(struct standings *standings)
{
	struct standing *standing, *next;

	if (!standings)
		return NULL;
	DL_FOREACH_SAFE(standings->list, standing, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		standing_free(standing);
	}
	free(standings);
	return NULL;
}

/*
 * A system service that starts what its unit says: in a session, under a user's own manager and in
 * the jobs of these a user has anything run.
 */
static bool is_narrow_service(const char *unit)
{
	static const char *const jobs[] = {
		"cron.service",	   "crond.service", "cronie.service",  "fcron.service",
		"anacron.service", "atd.service",   "incrond.service",
	};

	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		if (!strcmp(unit, jobs[i]))
			return false;
	return person_is_service(unit);
}

int standing_check(const struct request *request, const struct request_terms *terms,
		   uint32_t seconds, char *text, size_t size)
{
	const char *why = NULL;

	if (!terms->standing_s || seconds > terms->standing_s) {
		snprintf(text, size, "the rule lets approvals of it stand for at most %u s "
				     "(Standing=)",
			 terms->standing_s);
		return -ERANGE;
	}
	if (!is_narrow_service(request->who.owner_unit))
		why = "it was not asked by a system service that runs nothing else for users";
	else if (!request->exe_id.ino || !request->exe_time_ns)
		why = "its executable is not known for sure";
	else if (request->key.target.kind != SLUICE_TARGET_FILE &&
		 request->key.target.kind != SLUICE_TARGET_ENDPOINT)
		why = "it is about no one file or destination";
	else if (request->who.everyone || request->who.partial)
		why = "it is not known for sure who stands behind it";
	if (!why)
		return 0;
	snprintf(text, size, "no approval of %s can stand: %s; approve it once", request->id, why);
	return -EINVAL;
}

static void add(struct agent *agent, struct standing *standing)
{
	DL_APPEND(agent->standings->list, standing);
	request_in_force(agent, standing->request, true);
}

static void forget(struct agent *agent, struct standing *standing)
{
	DL_DELETE(agent->standings->list, standing);
	request_in_force(agent, standing->request, false);
	standing_free(standing);
}

/* Return: how many are left. */
static size_t drop_ended(struct agent *agent)
{
	struct standing *standing, *next;
	size_t n = 0;

	DL_FOREACH_SAFE(agent->standings->list, standing, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (standing->until_ns > agent_boot_ns())
			n++;
		else
			forget(agent, standing);
	}
	return n;
}

/* The shortest time that all approvers meant; 0 when one meant this once only. */
static uint32_t time_of_all(const struct request *request)
{
	uint32_t seconds = UINT32_MAX;

	for (size_t i = 0; i < request->n_decisions; i++)
		if (request->decisions[i].standing_s < seconds)
			seconds = request->decisions[i].standing_s;
	return request->n_decisions ? seconds : 0;
}

static int fill(struct standing *standing, const struct request *request, uint32_t seconds)
{
	char user[64];
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	snprintf(standing->id, sizeof(standing->id), "s-%08x", number);
	memcpy(standing->request, request->id, sizeof(standing->request));
	memcpy(standing->unit, request->who.owner_unit, sizeof(standing->unit));
	grant_key(request, POLICY_EXECUTABLE, &standing->key);
	standing->exe_time_ns = request->exe_time_ns;
	standing->labels = request->labels;
	standing->made_ns = agent_boot_ns();
	standing->until_ns = standing->made_ns + seconds * 1000000000ULL;
	standing->made_ms = agent_time_ms();
	standing->until_ms = standing->made_ms + seconds * 1000ULL;
	standing->people = calloc(request->n_decisions, sizeof(*standing->people));
	standing->target = strdup(request->target);
	wording_user(request->who.uid, user, sizeof(user));
	if (asprintf(&standing->subject, "%s run by %s in %s", request->exe, user,
		     standing->unit) < 0)
		standing->subject = NULL;
	if (!standing->people || !standing->target || !standing->subject)
		return -ENOMEM;
	memcpy(standing->people, request->decisions,
	       request->n_decisions * sizeof(*standing->people));
	standing->n_people = request->n_decisions;
	return 0;
}

static json_t *people_body(const struct standing *standing)
{
	json_t *people = json_array();

	for (size_t i = 0; i < standing->n_people; i++)
		json_array_append_new(people,
				      json_pack("{s:s, s:s, s:s}", "person",
						standing->people[i].person, "tier",
						policy_tier_name(standing->people[i].tier), "key",
						standing->people[i].key));
	return people;
}

static int announce(struct agent *agent, const struct standing *standing)
{
	return record_announce(
		agent,
		json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:s, s:I, s:I, s:I, s:I, "
			  "s:o}",
			  "standing", standing->id, "request", standing->request, "action",
			  policy_action_names[standing->key.action], "labels",
			  record_labels(agent, standing->labels), "key",
			  record_key(&standing->key), "target",
			  record_target(&standing->key.target, standing->target), "subject_text",
			  record_text(standing->subject), "exe_time_ns",
			  (json_int_t)standing->exe_time_ns, "unit", record_text(standing->unit),
			  "boot", agent->boot_id, "made_ns", (json_int_t)standing->made_ns,
			  "until_ns", (json_int_t)standing->until_ns, "made_ms",
			  (json_int_t)standing->made_ms, "until_ms",
			  (json_int_t)standing->until_ms, "people", people_body(standing)),
		"standing.made", "standing approval %s from %s: %s may %s%s without asking",
		standing->id, standing->request, standing->subject,
		wording_verb(standing->key.action), standing->target);
}

void standing_make(struct agent *agent, const struct request *request, char *text, size_t size)
{
	uint32_t seconds = time_of_all(request);
	struct standing *standing = NULL;
	size_t used = strlen(text);
	int r = 0;

	if (!seconds)
		return;
	if (drop_ended(agent) >= SLUICE_MAX_STANDING)
		r = -EDQUOT;
	if (!r)
		standing = calloc(1, sizeof(*standing));
	if (!r)
		r = standing ? fill(standing, request, seconds) : -ENOMEM;
	if (!r)
		r = announce(agent, standing);
	if (r < 0) {
		standing_free(standing);
		snprintf(text + used, size - used, "; it does not stand: %s",
			 r == -EDQUOT ? "too many do (SLUICE_MAX_STANDING)" : strerror(-r));
		return;
	}
	add(agent, standing);
	snprintf(text + used, size - used, "; the same again goes without asking for %u s: %s",
		 seconds, standing->id);
}

struct standing *standing_find(const struct standings *standings, const char *id)
{
	struct standing *standing;

	DL_FOREACH(standings->list, standing) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (!strcmp(standing->id, id) && standing->until_ns > agent_boot_ns())
			return standing;
	}
	return NULL;
}

struct standing *standing_from(const struct standings *standings, const char *request)
{
	struct standing *standing;

	DL_FOREACH(standings->list, standing) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (!strcmp(standing->request, request) && standing->until_ns > agent_boot_ns())
			return standing;
	}
	return NULL;
}

size_t standing_ids(const struct standings *standings, char (*ret)[16], size_t most)
{
	const struct standing *standing;
	size_t n = 0;

	DL_FOREACH(standings->list, standing) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (n < most && standing->until_ns > agent_boot_ns())
			memcpy(ret[n++], standing->id, sizeof(standing->id));
	}
	return n;
}

void standing_describe(const struct agent *agent, const struct standing *standing,
		       struct ipc_grant *ret)
{
	size_t used = 0;

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->id, standing->id, sizeof(ret->id));
	memcpy(ret->request, standing->request, sizeof(ret->request));
	snprintf(ret->action, sizeof(ret->action), "%s", policy_action_names[standing->key.action]);
	snprintf(ret->scope, sizeof(ret->scope), "standing");
	wording_labels(agent, standing->labels, ret->labels, sizeof(ret->labels));
	wording_copy(ret->subject, sizeof(ret->subject), standing->subject);
	wording_copy(ret->target, sizeof(ret->target), standing->target);
	for (size_t i = 0; i < standing->n_people && used < sizeof(ret->approved_by); i++)
		used += (size_t)snprintf(ret->approved_by + used, sizeof(ret->approved_by) - used,
					 "%s%s", i ? ", " : "", standing->people[i].person);
	ret->uses = UINT32_MAX;
	ret->issued_ms = standing->made_ms;
	ret->expires_ms = standing->until_ms;
}

const char *standing_request(const struct standing *standing)
{
	return standing->request;
}

void standing_revoke(struct agent *agent, struct standing *standing, const char *person,
		     const char *why, json_t *evidence)
{
	uint64_t now_ms = agent_time_ms();
	struct grant *grant, *next;

	record_add(agent, NULL,
		   json_pack("{s:s, s:s, s:s, s:o, s:I, s:O*}", "standing", standing->id, "request",
			     standing->request, "person", person, "reason", record_text(why),
			     "revoked_ms", (json_int_t)now_ms, "evidence", evidence),
		   "standing.revoked", "%s revoked standing approval %s: %s", person, standing->id,
		   *why ? why : "no reason given");
	request_revoked(agent, standing->request, person, why, now_ms);
	HASH_ITER(hh, agent->grants->by_number, grant, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (!strcmp(grant->standing, standing->id))
			grant_revoke(agent, grant, person, why, evidence);
	}
	forget(agent, standing);
}

static bool read_people(struct standing *standing, const json_t *people)
{
	const json_t *entry;
	size_t i, n = json_array_size(people);

	if (!n || n > SLUICE_MAX_REVIEWERS)
		return false;
	standing->people = calloc(n, sizeof(*standing->people));
	if (!standing->people)
		return false;
	json_array_foreach(people, i, entry) {
		struct ipc_decision *person = &standing->people[i];

		person->approve = 1;
		person->tier = POLICY_A3;
		if (!record_get_text(entry, "person", person->person, sizeof(person->person)) ||
		    !record_get_text(entry, "key", person->key, sizeof(person->key)))
			return false;
	}
	standing->n_people = n;
	return true;
}

static bool read_made(const struct agent *agent, struct standing *standing, const json_t *entry)
{
	char text[SLUICE_PATH_TEXT + 384];

	if (!record_get_text(entry, "standing", standing->id, sizeof(standing->id)) ||
	    !record_get_text(entry, "request", standing->request, sizeof(standing->request)) ||
	    !record_get_text(entry, "unit", standing->unit, sizeof(standing->unit)) ||
	    !record_get_key(entry, &standing->key) || standing->key.action >= SLUICE_ACTIONS ||
	    !record_get_u64(entry, "exe_time_ns", &standing->exe_time_ns) ||
	    !record_get_u64(entry, "made_ns", &standing->made_ns) ||
	    !record_get_u64(entry, "until_ns", &standing->until_ns) ||
	    !record_get_u64(entry, "made_ms", &standing->made_ms) ||
	    !record_get_u64(entry, "until_ms", &standing->until_ms))
		return false;
	standing->labels = record_get_labels(agent, entry);
	if (record_get_text(entry, "subject_text", text, sizeof(text)))
		standing->subject = strdup(text);
	if (record_get_text(json_object_get(entry, "target"), "text", text, sizeof(text)))
		standing->target = strdup(text);
	return standing->subject && standing->target && standing->labels &&
	       read_people(standing, json_object_get(entry, "people"));
}

bool standing_stands(struct agent *agent, const json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "standing"));

	return id && standing_find(agent->standings, id);
}

void standing_replay_made(struct agent *agent, const json_t *entry)
{
	const char *boot = json_string_value(json_object_get(entry, "boot"));
	struct standing *standing;

	if (!boot || strcmp(boot, agent->boot_id) != 0)
		return;
	standing = calloc(1, sizeof(*standing));
	if (standing && read_made(agent, standing, entry))
		add(agent, standing);
	else
		standing_free(standing);
}

void standing_replay_revoked(struct agent *agent, const json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "standing"));
	struct standing *standing = id ? standing_find(agent->standings, id) : NULL;

	if (standing)
		forget(agent, standing);
}
