// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_enroll.c: "sluice enroll": what to keep in another place on the day on which the agent was
 * installed, so that its journal can be told from every other one later.
 */
#include "cmd.h"

#include "cleanup.h"
#include "cmd_journal.h"
#include "journal_verify.h"
#include "view.h"

static const struct table_column fields[] = {
	{ "origin", "Name", 0 },
	{ "genesis", "Genesis", 0 },
	{ "vkey", "Key", 0 },
	{ "signer", "Key that signs now", 0 },
};

static const struct view_member members[] = {
	VIEW_MEMBER("origin", VIEW_TEXT, journal_verify_result, origin),
	VIEW_MEMBER("genesis", VIEW_TEXT, journal_verify_result, genesis),
	VIEW_MEMBER("vkey", VIEW_TEXT, journal_verify_result, vkey),
	VIEW_MEMBER("signer", VIEW_TEXT, journal_verify_result, signer),
};

static int show(const struct cmd_common *common, const struct journal_verify_result *result)
{
	json_auto_t *record = view_record(result, members, ARRAY_SIZE(members));

	if (!record)
		return cmd_fail(CMD_FAILED, "out of memory");
	if (common->json)
		return cmd_print_json(record);
	if (table_fields(stdout, fields, ARRAY_SIZE(fields), record, table_width(stdout)) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	printf("\nKeep this in another place than this host. A copy of the journal is checked "
	       "there by:\nsluice journal verify COPY --genesis %s\n",
	       result->genesis);
	return fflush(stdout) ? CMD_FAILED : CMD_OK;
}

int cmd_enroll(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		NULL,
		cmd_parse_common,
		"[FILE]",
		"Print what tells this host's journal from every other one: the hash of its first "
		"entry, and the host's key.\vThe whole journal is verified first: of one that was "
		"tampered with nothing is printed.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct cmd_input input = { .common = common, .positional = { .max = 1 } };
	struct journal_verify_result result = { 0 };
	_cleanup_free_ char *owned = NULL;
	const char *path;
	int r;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	path = cmd_journal_path(common, input.positional.n ? input.positional.values[0] : NULL,
				&owned);
	r = journal_verify(path, NULL, &result);
	if (r < 0)
		return cmd_journal_unreadable(path, r);
	if (result.status == JOURNAL_TAMPERED)
		return cmd_fail(CMD_FAILED, "THE JOURNAL HAS BEEN TAMPERED WITH: %s",
				result.problem);
	return show(common, &result);
}
