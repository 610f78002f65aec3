/* SPDX-License-Identifier: Apache-2.0 */
/*
 * person.c: see person.h. Owns no state.
 */
#include "person.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

_Static_assert(PERSON_MAX_UIDS <= 32, "a bit of claims for each");

static size_t find_uid(const struct identity *identity, uid_t uid)
{
	size_t i = 0;

	while (i < identity->n_uids && identity->uids[i] != uid)
		i++;
	return i;
}

static void note_uid(struct identity *identity, uid_t uid, bool claim)
{
	size_t i = find_uid(identity, uid);

	if (uid == (uid_t)PROCESS_NO_LOGIN)
		return;
	if (i == PERSON_MAX_UIDS) {
		identity->everyone = true;
		return;
	}
	if (!claim)
		identity->claims &= ~(1U << i);
	else if (i == identity->n_uids)
		identity->claims |= 1U << i;
	if (i == identity->n_uids)
		identity->uids[identity->n_uids++] = uid;
}

void identity_add(struct identity *identity, uid_t uid)
{
	note_uid(identity, uid, false);
}

void identity_claim(struct identity *identity, uid_t uid)
{
	note_uid(identity, uid, true);
}

bool identity_has(const struct identity *identity, uid_t uid)
{
	size_t i = find_uid(identity, uid);

	return i < identity->n_uids && !(identity->claims >> i & 1);
}

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/*
 * pam_systemd and the manager of a user make these after the login was set, and nobody else can
 * move a process there: in them the login is what it was when somebody logged in.
 */
static bool unit_vouches(const char *unit, uint32_t loginuid)
{
	static const char scope[] = ".scope";
	size_t length = strlen(unit);
	char own[40];

	snprintf(own, sizeof(own), "user@%u.service", loginuid);
	return !strcmp(unit, own) || (starts_with(unit, "session-") && length > strlen(scope) &&
				      !strcmp(unit + length - strlen(scope), scope));
}

static void add_login(struct identity *identity, const struct process *p)
{
	if (unit_vouches(p->owner_unit, p->loginuid))
		identity_add(identity, p->loginuid);
	else
		identity_claim(identity, p->loginuid);
}

/* Programs that change the user on a person's behalf, and how they say whose. */
static bool changes_user(const struct process *p)
{
	static const char *const programs[] = {
		"/usr/bin/sudo",   "/bin/sudo",	    "/usr/local/bin/sudo", "/usr/bin/sudo-rs",
		"/usr/bin/su",	   "/bin/su",	    "/usr/bin/doas",	   "/usr/local/bin/doas",
		"/usr/bin/pkexec", "/usr/bin/run0",
	};

	if (p->euid != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (!strcmp(p->exe, programs[i]))
			return true;
	return false;
}

static void add_claimed(struct identity *identity, const struct process *child)
{
	static const char *const variables[] = { "SUDO_UID", "PKEXEC_UID" };
	char text[32];
	uint64_t uid;

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		int r = process_environ(child->pid, child->start_ns, variables[i], text,
					sizeof(text));

		if (!r && !text_to_number(text, UINT32_MAX - 1, &uid))
			identity_claim(identity, (uid_t)uid);
		/* Somebody is named there whom we do not know. */
		if (r && r != -ENOENT && r != -ESRCH)
			identity->partial = true;
	}
}

/*
 * Walks from @child to pid 1. A parent that starts after its child is none: the child was given to
 * another.
 */
static int follow_ancestors(struct identity *identity, struct process child)
{
	for (int depth = 0; depth < PERSON_MAX_DEPTH; depth++) {
		struct process parent;
		int r;

		if (child.ppid <= 1)
			return 0;
		r = process_read(child.ppid, 0, &parent);
		/* ended between two looks: the child has a new parent, or is gone too */
		if (r == -ESRCH) {
			pid_t old = child.ppid;

			r = process_read(child.pid, child.start_ns, &child);
			if (r < 0 || child.ppid == old)
				return -ESRCH;
			continue;
		}
		if (r < 0)
			return r;
		if (parent.uid != 0)
			identity_add(identity, parent.uid);
		add_login(identity, &parent);
		if (changes_user(&parent))
			add_claimed(identity, &child);
		child = parent;
	}
	return -ELOOP;
}

int identity_of(pid_t pid, uint64_t start_ns, struct identity *ret)
{
	struct identity identity = { .loginuid = PROCESS_NO_LOGIN };
	struct process p;
	int r = process_read(pid, start_ns, &p);

	if (r < 0) {
		identity.everyone = r != -ESRCH;
		identity.partial = r == -ESRCH;
		*ret = identity;
		return r;
	}
	identity.uid = p.uid;
	identity.loginuid = p.loginuid;
	add_login(&identity, &p);
	identity_add(&identity, p.uid);
	snprintf(identity.unit, sizeof(identity.unit), "%s", p.unit);
	snprintf(identity.owner_unit, sizeof(identity.owner_unit), "%s", p.owner_unit);
	r = follow_ancestors(&identity, p);
	if (r < 0 && process_alive(pid, p.start_ns, NULL))
		identity.everyone = true;
	else if (r < 0)
		identity.partial |= !identity_has(&identity, p.loginuid);
	*ret = identity;
	return 0;
}

static bool owns_unit(const struct policy_person *person, const char *unit)
{
	for (size_t i = 0; *unit && i < person->n_units; i++)
		if (!strcmp(person->units[i], unit))
			return true;
	return false;
}

static bool owns_uid(const struct policy_person *person, uid_t uid)
{
	for (size_t i = 0; i < person->n_uids; i++)
		if (person->uids[i] == uid)
			return true;
	return false;
}

bool person_behind(const struct policy *policy, const struct identity *identity,
		   const struct policy_person *person)
{
	(void)policy;
	if (identity->everyone)
		return true;
	for (size_t i = 0; i < identity->n_uids; i++)
		if (owns_uid(person, identity->uids[i]))
			return true;
	return owns_unit(person, identity->unit) || owns_unit(person, identity->owner_unit);
}

const struct policy_person *person_common(const struct policy *policy, const struct identity *a,
					  const struct identity *b)
{
	for (size_t i = 0; i < policy->n_people; i++)
		if (person_behind(policy, a, &policy->people[i]) &&
		    person_behind(policy, b, &policy->people[i]))
			return &policy->people[i];
	return NULL;
}

static const struct policy_person *owner_of_unit(const struct policy *policy, const char *unit)
{
	for (size_t i = 0; i < policy->n_people; i++)
		if (owns_unit(&policy->people[i], unit))
			return &policy->people[i];
	return NULL;
}

const struct policy_person *person_requester(const struct policy *policy,
					     const struct identity *identity)
{
	const struct policy_person *person = NULL;

	if (identity->loginuid != PROCESS_NO_LOGIN && identity_has(identity, identity->loginuid))
		person = policy_person_by_uid(policy, identity->loginuid);
	if (!person && identity->n_uids)
		person = policy_person_by_uid(policy, identity->uid);
	if (!person)
		person = owner_of_unit(policy, identity->owner_unit);
	for (size_t i = 0; !person && i < identity->n_uids; i++)
		if (!(identity->claims >> i & 1))
			person = policy_person_by_uid(policy, identity->uids[i]);
	return person;
}

bool person_is_service(const char *unit)
{
	static const char *const logins[] = {
		"user@",
		"ssh.service",
		"sshd.service",
		"ssh@",
		"sshd@",
		"getty@",
		"serial-getty@",
		"console-getty.service",
		"container-getty@",
		"autovt@",
	};
	static const char end[] = ".service";
	size_t length = strlen(unit);

	for (size_t i = 0; i < ARRAY_SIZE(logins); i++)
		if (starts_with(unit, logins[i]))
			return false;
	return length > strlen(end) && !strcmp(unit + length - strlen(end), end);
}

uid_t person_account(const struct identity *identity)
{
	return identity->loginuid != PROCESS_NO_LOGIN ? identity->loginuid : identity->uid;
}

static const struct policy_person *deciding_by_login(const struct policy *policy,
						     const struct identity *identity,
						     const char **ret_why)
{
	const struct policy_person *person = policy_person_by_uid(policy, identity->loginuid);

	if (!identity_has(identity, identity->loginuid)) {
		*ret_why = "the login of your session is only claimed: no process on the way to it "
			   "runs as that account; decide from a shell of the account that you log "
			   "in with";
		return NULL;
	}
	if (!person)
		*ret_why = "the account that you logged in with belongs to no person of the "
			   "policy; log in as yourself, or add the account's Uid= to a person in "
			   "the policy";
	return person;
}

const struct policy_person *person_deciding(const struct policy *policy,
					    const struct identity *identity, const char **ret_why)
{
	const struct policy_person *person;

	if (person_is_service(identity->owner_unit)) {
		*ret_why = "a system service is not a person; log in as a person named in the "
			   "policy";
		return NULL;
	}
	if (identity->loginuid != PROCESS_NO_LOGIN)
		return deciding_by_login(policy, identity, ret_why);
	if (identity->uid == 0) {
		*ret_why = "root without a login is nobody in particular; log in as a person named "
			   "in the policy";
		return NULL;
	}
	person = policy_person_by_uid(policy, identity->uid);
	if (!person)
		*ret_why = "your account belongs to no person of the policy; log in as yourself, "
			   "or add the account's Uid= to a person in the policy";
	return person;
}
