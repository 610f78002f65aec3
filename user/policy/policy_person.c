/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_person.c: what the keys of [Person] do.
 *
 * Owns: one setter a key, and that an account, a key or an id belongs to one person only: who asks
 * and who answers must each be one human. Must not own: what people may (decision.h,
 * policy_check.c).
 */
#include <ctype.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

static struct policy_person *current_person(struct policy_build *build)
{
	return &build->policy->people[build->policy->n_people - 1];
}

int policy_set_person_display(struct policy_build *build, const char *value)
{
	return policy_value_text(build, value, &current_person(build)->display);
}

/* A uid is one person's: who asked must be one answer. */
static int refuse_owned_uid(struct policy_build *build, uid_t uid)
{
	const struct policy_person *owner = policy_person_by_uid(build->policy, uid);

	if (!owner)
		return 0;
	return policy_fail(build,
			   "uid %u belongs to [Person %s] at %s:%u already; name it in one of them",
			   (unsigned int)uid, owner->name, owner->origin.file, owner->origin.line);
}

int policy_set_person_uid(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	struct policy_person *person = current_person(build);
	int r = policy_value_words(build, value, &words);

	for (size_t i = 0; r == 0 && words[i]; i++) {
		uid_t uid = 0, *slot;

		r = policy_value_user(build, words[i], &uid);
		if (r == 0)
			r = refuse_owned_uid(build, uid);
		if (r < 0)
			break;
		slot = ARRAY_APPEND(person->uids, person->n_uids);
		if (!slot)
			return policy_fail_memory(build);
		*slot = uid;
	}
	return r;
}

static int add_unit(struct policy_build *build, struct policy_person *person, const char *word)
{
	char **slot = ARRAY_APPEND(person->units, person->n_units);
	int r = slot ? policy_value_unit(build, word, slot) : policy_fail_memory(build);

	if (r < 0)
		return r;
	for (char **other = person->units; other < slot; other++)
		if (!strcmp(*other, *slot))
			return policy_fail(build, "Unit=%s is named twice; keep one of them",
					   *slot);
	return 0;
}

int policy_set_person_unit(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = policy_value_words(build, value, &words);

	for (size_t i = 0; r == 0 && words[i]; i++)
		r = add_unit(build, current_person(build), words[i]);
	return r;
}

#define GUID_LENGTH 36

static bool is_guid(const char *text)
{
	static const char form[GUID_LENGTH + 1] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != GUID_LENGTH)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	return true;
}

static bool is_entra_object(const struct policy_person *person, const char *id)
{
	for (size_t i = 0; i < person->n_accounts; i++)
		if (person->accounts[i].account.kind == ACCOUNT_ENTRA &&
		    !strcmp(person->accounts[i].account.subject, id))
			return true;
	return person->teams && !strcmp(person->teams, id);
}

int policy_set_person_teams(struct policy_build *build, const char *value)
{
	struct policy_person *person = current_person(build);
	char id[GUID_LENGTH + 1] = "";

	if (!is_guid(value))
		return policy_fail(build,
				   "Teams=%.100s is no object id; copy it from Entra, like "
				   "01234567-89ab-cdef-0123-456789abcdef",
				   value);
	for (size_t i = 0; i < GUID_LENGTH; i++)
		id[i] = (char)tolower((unsigned char)value[i]);
	for (const struct policy_person *other = build->policy->people; other < person; other++)
		if (is_entra_object(other, id))
			return policy_fail(build,
					   "Teams=%s is [Person %s] at %s:%u already; one human is "
					   "one person",
					   id, other->name, other->origin.file, other->origin.line);
	return policy_value_text(build, id, &person->teams);
}

int policy_set_person_covers(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_PERSON_COVERS,
				       build->policy->n_people - 1);
}

static int refuse_owned_key(struct policy_build *build, const struct sshkey *key)
{
	const struct policy_key *other = NULL;
	const struct policy_person *owner = policy_person_by_key(build->policy, key, &other);

	if (!owner)
		return policy_refuse_channel_key(build, key);
	return policy_fail(build,
			   "key %s belongs to [Person %s] at %s:%u already; a key is one person's, "
			   "once",
			   other->fingerprint, owner->name, other->origin.file, other->origin.line);
}

int policy_set_person_key(struct policy_build *build, const char *value)
{
	struct policy_person *person = current_person(build);
	const char *why = "";
	struct policy_key *slot;
	struct sshkey key;
	int r;

	if (sshkey_from_line(value, &key, &why) < 0)
		return policy_fail(build, "Key=%.30s... %s", value, why);
	r = refuse_owned_key(build, &key);
	if (r < 0)
		return r;
	if (person->n_keys == SLUICE_MAX_KEYS)
		return policy_fail(build, "more than %d Key= of one person; remove old ones",
				   SLUICE_MAX_KEYS);
	slot = ARRAY_APPEND(person->keys, person->n_keys);
	if (!slot || sshkey_fingerprint(&key, slot->fingerprint) < 0)
		return policy_fail_memory(build);
	slot->origin = build->here;
	slot->key = key;
	return 0;
}
