// SPDX-License-Identifier: Apache-2.0
/*
 * review.c: see review.h.
 */
#include "review.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/when.h"
#include "event/record.h"
#include "event/wording.h"
#include "guard/guard.h"

#define ID_BYTES 4

/* @waiting: entries glass.broken, the oldest first */
struct reviews {
	json_t *waiting;
};

static const char *text_of(const json_t *entry, const char *name)
{
	return json_string_value(json_object_get(entry, name)) ?: "";
}

struct reviews *reviews_new(void)
{
	struct reviews *reviews = calloc(1, sizeof(*reviews));

	if (reviews)
		reviews->waiting = json_array();
	if (reviews && !reviews->waiting)
		return reviews_free(reviews);
	return reviews;
}

struct reviews *reviews_free(struct reviews *reviews)
{
	if (!reviews)
		return NULL;
	json_decref(reviews->waiting);
	free(reviews);
	return NULL;
}

/* Sessions are numbered from 1 on after each start of the host. */
static json_t *make_id(const struct agent *agent, uint32_t session)
{
	unsigned char hash[EVP_MAX_MD_SIZE] = { 0 };
	char text[128], hex[2 * ID_BYTES + 1];

	snprintf(text, sizeof(text), "%s glass %u %llu", agent->boot_id, session,
		 (unsigned long long)agent_time_ms());
	if (EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	wording_hex(hash, ID_BYTES, hex);
	return json_sprintf("b-%s", hex);
}

static bool is_behind(const struct agent *agent, const struct identity *sessions, size_t n,
		      const struct policy_person *person)
{
	for (size_t i = 0; i < n; i++)
		if (person_behind(agent->policy, &sessions[i], person))
			return true;
	return false;
}

static json_t *people_of(const struct agent *agent, const struct identity *sessions, size_t n)
{
	const struct policy *policy = agent->policy;
	json_t *names = json_array();

	for (size_t i = 0; i < policy->n_people; i++)
		if (is_behind(agent, sessions, n, &policy->people[i]))
			json_array_append_new(names, json_string(policy->people[i].name));
	return names;
}

/* Root is everybody's, and nobody's own. */
static json_t *uids_of(const struct identity *sessions, size_t n)
{
	json_t *uids = json_array();

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < sessions[i].n_uids; j++)
			if (sessions[i].uids[j])
				json_array_append_new(uids, json_integer(sessions[i].uids[j]));
	return uids;
}

json_t *review_body(const struct agent *agent, uint32_t session, const struct identity *sessions,
		    size_t n, json_t *body)
{
	if (!json_object_set_new(body, "id", make_id(agent, session)) &&
	    !json_object_set_new(body, "people", people_of(agent, sessions, n)) &&
	    !json_object_set_new(body, "uids", uids_of(sessions, n)))
		return body;
	json_decref(body);
	return NULL;
}

void review_owe(struct agent *agent, const json_t *entry)
{
	if (*text_of(entry, "id") &&
	    json_array_append(agent->reviews->waiting, (json_t *)entry) < 0)
		log_warning("no memory to remember that a break-glass has to be reviewed, before "
			    "the next start");
}

static size_t find(const struct agent *agent, const char *id)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(agent->reviews->waiting, i, entry) {
		if (!strcmp(text_of(entry, "id"), id))
			break;
	}
	return i;
}

/* The newest one, as long as the glass is not whole again. */
static bool is_under_way(const struct agent *agent, size_t i)
{
	return agent->guard && agent->guard->glass.broken_until_ns &&
	       i + 1 == json_array_size(agent->reviews->waiting);
}

size_t review_waiting(const struct agent *agent, char *ids, size_t size)
{
	const json_t *entry;
	size_t i, n = 0, used = 0;

	if (size)
		*ids = '\0';
	json_array_foreach(agent->reviews->waiting, i, entry) {
		const char *id = text_of(entry, "id");

		if (is_under_way(agent, i))
			break;
		n++;
		if (used + strlen(id) + 2 < size)
			used += (size_t)snprintf(ids + used, size - used, "%s%s", used ? ", " : "",
						 id);
	}
	return n;
}

static const char *time_of(const json_t *entry, char text[WHEN_TEXT])
{
	return when_iso((uint64_t)json_integer_value(json_object_get(entry, "broken_ms")), text);
}

void review_describe(const struct agent *agent, char *text, size_t size)
{
	const json_t *oldest = json_array_get(agent->reviews->waiting, 0);
	char ids[64], when[WHEN_TEXT];
	size_t n = review_waiting(agent, ids, sizeof(ids));

	*text = '\0';
	if (n == 1)
		snprintf(
			text, size,
			"nobody has reviewed the break-glass %s of %s by %s; who took no part in "
			"it must look at what was done: sluice break-glass review %s --reason TEXT",
			ids, time_of(oldest, when), text_of(oldest, "by"), ids);
	if (n > 1)
		snprintf(text, size,
			 "nobody has reviewed %zu break-glasses (%s); who took no part in one must "
			 "look at what was done: sluice break-glass review ID --reason TEXT",
			 n, ids);
}

/* Whether one who took part is behind @who: by name in the policy in force, or by uid. */
static bool took_part(const struct agent *agent, const json_t *entry,
		      const struct policy_person *reviewer, const struct identity *who)
{
	const struct policy *policy = agent->policy;
	const json_t *item;
	size_t i, j;

	json_array_foreach(json_object_get(entry, "people"), i, item) {
		if (!strcmp(json_string_value(item) ?: "", reviewer->name))
			return true;
		for (j = 0; j < policy->n_people; j++)
			if (!strcmp(json_string_value(item) ?: "", policy->people[j].name) &&
			    person_behind(policy, who, &policy->people[j]))
				return true;
	}
	json_array_foreach(json_object_get(entry, "uids"), i, item) {
		for (j = 0; j < who->n_uids; j++)
			if (json_integer_value(item) == (json_int_t)who->uids[j])
				return true;
		for (j = 0; j < reviewer->n_uids; j++)
			if (json_integer_value(item) == (json_int_t)reviewer->uids[j])
				return true;
	}
	return false;
}

__attribute__((format(printf, 4, 5))) static int answer(char *text, size_t size, int error,
							const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, size, format, ap);
	va_end(ap);
	return error;
}

/* Return: who reviews, or NULL with the reason in @text. */
static const struct policy_person *admit(struct agent *agent, const json_t *entry,
					 const struct decider *reviewer, char *text, size_t size)
{
	const struct policy_person *person;
	const char *why = "";

	person = person_deciding(agent->policy, &reviewer->who, &why);
	if (!person) {
		answer(text, size, 0, "%s", why);
		return NULL;
	}
	if (decision_check_taint(agent, reviewer, text, size))
		return NULL;
	if (took_part(agent, entry, person, &reviewer->who)) {
		answer(text, size, 0,
		       "%s took part in this break-glass; somebody who did not must review it",
		       person->name);
		return NULL;
	}
	return person;
}

static int journal(struct agent *agent, const json_t *entry, const char *person,
		   const char *comment)
{
	const char *id = text_of(entry, "id");
	char when[WHEN_TEXT];
	json_t *body = json_pack("{s:s, s:O*, s:s, s:o}", "id", id, "glass",
				 json_object_get(entry, "glass"), "person", person, "reason",
				 record_text(comment));
	int err = record_announce(agent, body, "glass.reviewed",
				  "%s has reviewed the break-glass %s of %s by %s: %s", person, id,
				  time_of(entry, when), text_of(entry, "by"), comment);

	return err || record_commit(agent) ? -EIO : 0;
}

int review_give(struct agent *agent, const char *id, const char *comment,
		const struct decider *reviewer, char *text, size_t size)
{
	size_t i = find(agent, id);
	const json_t *entry = json_array_get(agent->reviews->waiting, i);
	const struct policy_person *person;
	char words[SLUICE_REASON_MAX];

	if (!entry)
		return answer(text, size, -ENOENT,
			      "no break-glass %s waits to be reviewed; sluice status names those "
			      "that do",
			      id);
	if (is_under_way(agent, i))
		return answer(text, size, -EAGAIN,
			      "%s is not over; end it first with: sluice break-glass --end", id);
	if (!comment[strspn(comment, " \t\r\n")])
		return answer(text, size, -EINVAL,
			      "say what was found: sluice break-glass review %s --reason TEXT", id);
	person = admit(agent, entry, reviewer, text, size);
	if (!person)
		return -EPERM;
	wording_copy(words, sizeof(words), comment);
	if (journal(agent, entry, person->name, words))
		return answer(text, size, -EIO, "nothing was done: the journal cannot be written");
	answer(text, size, 0, "%s is reviewed by %s", id, person->name);
	json_array_remove(agent->reviews->waiting, i);
	return 0;
}

bool review_stands(struct agent *agent, const json_t *entry)
{
	return find(agent, text_of(entry, "id")) < json_array_size(agent->reviews->waiting);
}

void review_replay_reviewed(struct agent *agent, const json_t *entry)
{
	json_array_remove(agent->reviews->waiting, find(agent, text_of(entry, "id")));
}
