// SPDX-License-Identifier: Apache-2.0
/*
 * policy_channel.c: what the keys of [Channel] do, and the accounts of people that channels name.
 *
 * Owns: one setter a key, and that an account, and a channel's key, is of one only. Must not own:
 * the forms of accounts (account.h), or what a channel's word is worth for a request
 * (decision_channel.h).
 */
#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

static struct policy_channel *current_channel(struct policy_build *build)
{
	return &build->policy->channels[build->policy->n_channels - 1];
}

/* Who holds the channel's key speaks for many people; that is no person, and no other channel. */
int policy_refuse_channel_key(struct policy_build *build, const struct sshkey *key)
{
	const struct policy *policy = build->policy;

	for (size_t i = 0; i < policy->n_channels; i++) {
		const struct policy_channel *other = &policy->channels[i];

		if (other->key.origin.file && sshkey_equal(&other->key.key, key))
			return policy_fail(build,
					   "key %s is that of [Channel %s] at %s:%u already; make "
					   "another one",
					   other->key.fingerprint, other->name,
					   other->key.origin.file, other->key.origin.line);
	}
	return 0;
}

int policy_set_channel_key(struct policy_build *build, const char *value)
{
	struct policy_key *slot = &current_channel(build)->key;
	const struct policy_key *other = NULL;
	const struct policy_person *owner;
	const char *why = "";
	struct sshkey key;
	int r;

	if (sshkey_from_line(value, &key, &why) < 0)
		return policy_fail(build, "Key=%.30s... %s", value, why);
	if (key.sk)
		return policy_fail(build, "Key=%.30s... is of a security key, which a person "
					  "touches; paste what sluice-gateway --print-keys says",
				   value);
	owner = policy_person_by_key(build->policy, &key, &other);
	if (owner)
		return policy_fail(build,
				   "key %s belongs to [Person %s] at %s:%u already; paste what "
				   "sluice-gateway --print-keys says",
				   other->fingerprint, owner->name, other->origin.file,
				   other->origin.line);
	r = policy_refuse_channel_key(build, &key);
	if (r < 0)
		return r;
	if (sshkey_fingerprint(&key, slot->fingerprint) < 0)
		return policy_fail_memory(build);
	slot->origin = build->here;
	slot->key = key;
	return 0;
}

int policy_set_channel_tier(struct policy_build *build, const char *value)
{
	return policy_value_tier(build, value, &current_channel(build)->tier);
}

int policy_set_channel_accounts(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	struct policy_channel *channel = current_channel(build);
	int r = policy_value_words(build, value, &words);

	for (size_t i = 0; r == 0 && words[i]; i++) {
		unsigned int kind = 0;

		r = policy_value_choice(build, words[i], account_kind_names, &kind);
		if (r == 0 && channel->accounts & 1U << kind)
			r = policy_fail(build, "%s is named twice here; keep one of them",
					words[i]);
		channel->accounts |= 1U << kind;
	}
	return r;
}

/* Also when one is by Teams= and the other by Entra=: an object is in one directory only. */
static const struct policy_person *owner_of(const struct policy *policy,
					    const struct policy_person *person,
					    const struct account *account)
{
	const struct policy_person *owner = policy_person_by_account(policy, account);

	for (size_t i = 0; !owner && account->kind == ACCOUNT_ENTRA && i < policy->n_people; i++) {
		const struct policy_person *other = &policy->people[i];

		if (other != person && other->teams && !strcmp(other->teams, account->subject))
			owner = other;
	}
	return owner;
}

static int add_account(struct policy_build *build, enum account_kind kind, const char *issuer,
		       const char *subject)
{
	struct policy_person *person = &build->policy->people[build->policy->n_people - 1];
	const struct policy_person *owner;
	struct policy_account *slot;
	struct account account;
	const char *why = "";

	if (account_set(kind, issuer, subject, &account, &why) < 0)
		return policy_fail(build, "%s= is not such an account; %s", build->key, why);
	owner = owner_of(build->policy, person, &account);
	if (owner)
		return policy_fail(build,
				   "%s=%.100s %.100s is [Person %s] at %s:%u already; one human is "
				   "one person",
				   build->key, account.issuer, account.subject, owner->name,
				   owner->origin.file, owner->origin.line);
	if (person->n_accounts == SLUICE_MAX_ACCOUNTS)
		return policy_fail(build, "more than %d accounts of one person; remove old ones",
				   SLUICE_MAX_ACCOUNTS);
	slot = ARRAY_APPEND(person->accounts, person->n_accounts);
	if (!slot)
		return policy_fail_memory(build);
	slot->origin = build->here;
	slot->account = account;
	return 0;
}

static int set_account(struct policy_build *build, const char *value, enum account_kind kind)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = policy_value_words(build, value, &words);

	if (r < 0)
		return r;
	if (!words[1] || words[2])
		return policy_fail(build, "%s= takes two words, an issuer and a subject; quote "
					  "what holds a space",
				   build->key);
	return add_account(build, kind, words[0], words[1]);
}

int policy_set_person_oidc(struct policy_build *build, const char *value)
{
	return set_account(build, value, ACCOUNT_OIDC);
}

int policy_set_person_entra(struct policy_build *build, const char *value)
{
	return set_account(build, value, ACCOUNT_ENTRA);
}

int policy_set_person_slack(struct policy_build *build, const char *value)
{
	return set_account(build, value, ACCOUNT_SLACK);
}

/* Names alone: who keeps these accounts is the gateway of this host. */
int policy_set_person_client(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = policy_value_words(build, value, &words);

	for (size_t i = 0; r == 0 && words[i]; i++)
		r = add_account(build, ACCOUNT_CLIENT, ACCOUNT_GATEWAY, words[i]);
	return r;
}

/*
 * A button in a chat is at most what the chat's owner says, and the token of a program is in the
 * hands of whoever runs it; A3 is a sign-in at our own page.
 */
int policy_check_channel(struct policy_build *build, const struct policy_section *section)
{
	const struct policy_channel *channel = &build->policy->channels[section->index];
	struct policy_origin origin = policy_key_origin(section, "Tier");

	if (channel->tier < POLICY_A3)
		return 0;
	if (channel->accounts & 1U << ACCOUNT_SLACK)
		return policy_fail_at(build, &origin,
				      "Tier=A3 takes a sign-in for each answer, and a button in "
				      "Slack is none; write A2, or take slack out of Accounts=");
	if (channel->accounts & 1U << ACCOUNT_CLIENT)
		return policy_fail_at(build, &origin,
				      "Tier=A3 takes a sign-in for each answer, and a client's "
				      "token is none; write A1 or A2, or take client out of "
				      "Accounts=");
	return 0;
}
