/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_vault.c: see record_vault.h.
 */
#include "record_vault.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "journal/journal.h"
#include "policy/policy.h"
#include "record.h"
#include "vault/vault.h"

int record_vault_open(struct agent *agent, const struct policy *policy, char *text, size_t size)
{
	bool needed = policy_has_private(policy);
	int err;

	if (agent->vault)
		return 0;
	err = vault_open(policy->settings.state, needed, &agent->vault, text, size);
	if (err == -ENOENT && !needed)
		err = 0;
	if (!err && agent->vault && agent->journal)
		record_vault_attach(agent);
	return err;
}

static int commit(void *ctx)
{
	return vault_commit(ctx);
}

void record_vault_attach(struct agent *agent)
{
	struct journal_before before = { .fn = commit, .ctx = agent->vault, .what = "vault" };

	if (!agent->vault)
		return;
	before.path = vault_path(agent->vault);
	journal_write_behind(agent->journal, &before);
	if (record_erased(agent))
		log_notice(
			"%llu entries of the journal name private text that is not in the vault: "
			"such requests and grants are not taken up",
			(unsigned long long)record_erased(agent));
	if (vault_was_made(agent->vault))
		record_add(agent, NULL, json_object(), "vault.made",
			   "a vault begins for what the policy keeps out of the journal");
}

/* A reader in the way, or a disk that is full, is one for the next second. */
void record_vault_tick(struct agent *agent)
{
	int r;

	if (!agent->vault || !vault_scrub_pending(agent->vault))
		return;
	r = vault_scrub(agent->vault);
	if (r < 0)
		log_debug("what was erased is not overwritten everywhere yet: %s", strerror(-r));
	if (r == 0)
		record_add(agent, NULL, json_object(), "vault.rewritten",
			   "no byte is left in the vault's file of what was erased");
}
