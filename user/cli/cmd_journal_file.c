/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal_file.c: which journal is meant, why it cannot be read, and how far it can be trusted:
 * see cmd_journal.h.
 */
#include <errno.h>
#include <string.h>

#include "base/when.h"
#include "cmd_journal.h"
#include "policy/policy.h"

#define DEFAULT_CONF	"/etc/sluice/sluice.conf"
#define DEFAULT_JOURNAL "/var/log/sluice/journal.jsonl"

static int take_path(void *ctx, const union ipc_any *item)
{
	char **ret = ctx;

	if (!*ret && item->status.journal[0])
		*ret = strdup(item->status.journal);
	return 0;
}

/* The configuration may be another than the default, or newer than the daemon. */
static void ask_sluiced(const struct cmd_common *common, char **ret)
{
	const struct client_call call = { .socket = common->socket,
					  .type = IPC_STATUS,
					  .item = IPC_STATUS_ITEM,
					  .item_fn = take_path,
					  .ctx = ret };
	struct ipc_result result;

	client_call(&call, &result);
}

const char *cmd_journal_path(const struct cmd_common *common, const char *file, char **ret_owned)
{
	struct policy_error error = { 0 };
	struct policy *policy = NULL;

	if (file)
		return file;
	ask_sluiced(common, ret_owned);
	if (!*ret_owned && policy_read(DEFAULT_CONF, &policy, &error) == 0)
		*ret_owned = strdup(policy->settings.journal);
	policy_free(policy);
	return *ret_owned ? *ret_owned : DEFAULT_JOURNAL;
}

int cmd_journal_unreadable(const char *path, int r)
{
	return cmd_fail(cmd_exit_code(r), "cannot read the journal '%s': %s%s", path, strerror(-r),
			r == -EACCES ? "; only root may read the journal of this host" : "");
}

int cmd_journal_verdict(const char *path, int r, const struct journal_verify_result *result)
{
	if (r < 0)
		return cmd_journal_unreadable(path, r);
	if (result->status == JOURNAL_TAMPERED)
		return cmd_fail(CMD_FAILED, "THE JOURNAL HAS BEEN TAMPERED WITH: %s",
				result->problem);
	if (result->status == JOURNAL_INCOMPLETE)
		return cmd_fail(CMD_FAILED, "the journal '%s' is not whole: %s", path,
				result->problem);
	if (result->status != JOURNAL_OK)
		cmd_fail(CMD_OK, "note: %s", result->problem);
	return CMD_OK;
}

void cmd_journal_time(const char *arg, struct argp_state *state, int64_t *ret)
{
	uint64_t ms;

	if (when_parse(arg, when_now(), &ms) < 0)
		argp_error(
			state,
			"'%s' is not a time; write 2026-11-22, '2026-11-22 14:00', today or -10min",
			arg);
	else
		*ret = (int64_t)ms;
}
