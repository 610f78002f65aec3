// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_enroll.c: "sluice enroll": what to keep in another place on the day on which the agent was
 * installed, so that its journal can be told from every other one later.
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/view.h"
#include "cmd_journal.h"
#include "journal/journal_verify.h"
#include "policy/policy.h"

#define DEFAULT_POLICY "/etc/sluice/sluice.conf"

enum { KEY_POLICY = 256 };

/* @policy: of this host, where a journal is not named; NULL: its channels are not asked for. */
struct enroll_input {
	struct cmd_input input;
	const char *policy;
};

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

static const struct table_column channel_fields[] = {
	{ "channel", "CHANNEL", 0 },
	{ "key", "KEY", 0 },
};

/*
 * The keys by which the gateway's channels sign decisions, as the policy names them: whoever checks
 * a decision later must not have to ask this host then. Return: NULL when @record has them.
 */
static const char *add_channels(json_t *record, const char *conf, struct policy_error *error)
{
	struct policy *policy = NULL;
	json_t *rows = json_array();
	int r = policy_read(conf, &policy, error);

	for (size_t i = 0; r == 0 && i < policy->n_channels; i++) {
		const struct policy_channel *channel = &policy->channels[i];
		char line[SSHKEY_LINE_MAX];

		sshkey_line(&channel->key.key, line);
		json_array_append_new(
			rows, json_pack("{s:s, s:s}", "channel", channel->name, "key", line));
	}
	policy_free(policy);
	if (r == 0 && json_object_set(record, "channels", rows) < 0)
		r = -ENOMEM;
	json_decref(rows);
	if (r == 0)
		return NULL;
	return error->text[0] ? error->text : strerror(-r);
}

static int print_record(const json_t *record, const struct journal_verify_result *result)
{
	const json_t *channels = json_object_get(record, "channels");
	unsigned int width = table_width(stdout);
	int r = table_fields(stdout, fields, ARRAY_SIZE(fields), record, width);

	if (r == 0 && json_array_size(channels)) {
		putchar('\n');
		r = table_print(stdout, channel_fields, ARRAY_SIZE(channel_fields), channels, width);
	}
	if (r < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	printf("\nKeep this in another place than this host, with the key of each witness, which you "
	       "get from\nwho runs it. A copy of the journal is checked there by:\n"
	       "sluice journal verify COPY --genesis %s\n",
	       result->genesis);
	return fflush(stdout) ? CMD_FAILED : CMD_OK;
}

static int show(const struct enroll_input *input, const struct journal_verify_result *result)
{
	json_auto_t *record = view_record(result, members, ARRAY_SIZE(members));
	struct policy_error error = { 0 };
	const char *problem = NULL;

	if (!record)
		return cmd_fail(CMD_FAILED, "out of memory");
	if (input->policy)
		problem = add_channels(record, input->policy, &error);
	if (problem)
		cmd_fail(CMD_OK, "note: without the keys of channels, for which the policy is "
				 "read: %s", problem);
	return input->input.common->json ? cmd_print_json(record) : print_record(record, result);
}

static error_t parse_enroll(int key, char *arg, struct argp_state *state)
{
	struct enroll_input *input = state->input;

	if (key == KEY_POLICY) {
		input->policy = arg;
		return 0;
	}
	if (key == ARGP_KEY_END && !input->policy && !input->input.positional.n)
		input->policy = DEFAULT_POLICY;
	return cmd_parse_common(key, arg, state);
}

static const struct argp_option enroll_options[] = {
	{ "policy", KEY_POLICY, "FILE", 0,
	  "sluice.conf that names the channels; default: that of this host, unless FILE is given",
	  0 },
	{ 0 },
};

int cmd_enroll(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		enroll_options,
		parse_enroll,
		"[FILE]",
		"Print what tells this host's journal from every other one: the hash of its first "
		"entry, the host's key, and the keys of the gateway's channels.\vThe whole journal is verified first: of one that was "
		"tampered with nothing is printed.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct enroll_input input = { .input = { .common = common, .positional = { .max = 1 } } };
	const struct journal_verify_options options = { .from_oldest = true };
	struct journal_verify_result result = { 0 };
	_cleanup_free_ char *owned = NULL;
	const char *path;
	int r;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	path = cmd_journal_path(common, input.input.positional.n ? input.input.positional.values[0]
							 : NULL,
				&owned);
	r = journal_verify(path, &options, &result);
	if (r < 0)
		return cmd_journal_unreadable(path, r);
	if (result.status == JOURNAL_TAMPERED || result.status == JOURNAL_INCOMPLETE)
		return cmd_journal_verdict(path, 0, &result);
	return show(&input, &result);
}
