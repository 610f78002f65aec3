// SPDX-License-Identifier: Apache-2.0
/*
 * renew.c: see renew.h.
 */
#include "renew.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cleanup.h"
#include "guard.h"
#include "journal.h"
#include "log.h"
#include "policy.h"

static void policy_freep(struct policy **policy)
{
	policy_free(*policy);
}

/* Opening the journal does it, once the new key is there. */
static int renew(const struct policy *policy)
{
	char key[SLUICE_PATH_TEXT], text[1024] = "";
	struct journal_recovery recovery;
	struct journal *journal = NULL;
	int err;

	snprintf(key, sizeof(key), "%s/journal.key", policy->settings.state);
	if (access(key, F_OK) || access(policy->settings.journal, F_OK))
		return log_error_errno(-ENOENT, "There is no journal '%s' with a key '%s' yet",
				       policy->settings.journal, key);
	err = journal_make_next_key(key, text, sizeof(text));
	if (!err)
		err = journal_open(policy->settings.journal, key, "", NULL, NULL, &journal,
				   &recovery, text, sizeof(text));
	if (err) {
		log_error("%s", text);
		return err;
	}
	if (recovery.adopted || recovery.torn_bytes) {
		log_error("the journal's end is torn: start sluiced once, so that it says so, stop "
			  "it, and try again");
		err = -EAGAIN;
	} else {
		printf("the journal goes on under the host key %s\n", journal_vkey(journal));
	}
	journal_close(journal);
	return err;
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
