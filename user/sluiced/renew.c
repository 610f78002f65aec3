// SPDX-License-Identifier: Apache-2.0
/*
 * renew.c: see renew.h.
 */
#include "renew.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "guard/guard.h"
#include "journal/journal.h"
#include "key/host_key.h"
#include "policy/policy.h"

static void policy_freep(struct policy **policy)
{
	policy_free(*policy);
}

struct paths {
	const char *journal;
	char key[SLUICE_PATH_TEXT], next[SLUICE_PATH_TEXT + sizeof(".next")];
};

/* Opens the journal, which checks all of it and takes a key that waits, and closes it again. */
static int pass_through(const struct paths *paths, bool tell)
{
	struct journal_recovery recovery;
	struct journal *journal = NULL;
	char text[1024] = "";
	int err = journal_open(paths->journal, paths->key, "", NULL, &journal, &recovery,
			       text, sizeof(text));

	if (err) {
		log_error("%s", text);
		return err;
	}
	if (recovery.adopted || recovery.torn_bytes) {
		log_error("the journal's end is torn: start sluiced once, so that it says so, stop "
			  "it, and try again");
		err = -EAGAIN;
	} else if (tell) {
		printf("the journal goes on under the host key %s\n", journal_vkey(journal));
	}
	journal_close(journal);
	return err;
}

/*
 * A key that is made before it is known that it can be taken would be taken by the next start. What
 * the journal may name already must stay, so it is removed only when nothing was written.
 */
static int make_and_take(const struct paths *paths)
{
	char text[1024] = "";
	int err = journal_make_next_key(paths->key, text, sizeof(text));

	if (err) {
		log_error("%s", text);
		return err;
	}
	err = pass_through(paths, true);
	if (err == -EBUSY || err == -EBADMSG || err == -EAGAIN)
		unlink(paths->next);
	return err;
}

static int renew(const struct policy *policy)
{
	struct paths paths = { .journal = policy->settings.journal };
	bool waits;
	int err;

	snprintf(paths.key, sizeof(paths.key), "%s/" HOST_KEY_FILE, policy->settings.state);
	snprintf(paths.next, sizeof(paths.next), "%s.next", paths.key);
	if (access(paths.key, F_OK) || access(paths.journal, F_OK))
		return log_error_errno(-ENOENT, "There is no journal '%s' with a key '%s' (a sealed "
				       "one is unsealed first: sluiced(8), SEALED KEYS)",
				       paths.journal, paths.key);
	waits = access(paths.next, F_OK) == 0;
	err = pass_through(&paths, waits);
	return err || waits ? err : make_and_take(&paths);
}

int renew_key(const char *conf)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_error error = { 0 };
	char text[1024] = "";

	if (policy_read(conf, &policy, &error)) {
		log_error("%s", error.text);
		return 1;
	}
	if (guard_admits(policy, conf, text, sizeof(text))) {
		log_error("%s", text);
		return 1;
	}
	return renew(policy) ? 1 : 0;
}
