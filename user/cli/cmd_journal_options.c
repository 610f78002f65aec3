/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal_options.c: the command line of "sluice journal" and "sluice events": see
 * cmd_journal_private.h. Owns the options and the forms of output. Must not own: reading.
 */
#include "cmd_journal_private.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "journal/journal_ocsf.h"
#include "journal/journal_print.h"
#include "policy/policy.h"

enum {
	KEY_REQUEST = 256,
	KEY_ACTION,
	KEY_LABEL,
	KEY_PERSON,
	KEY_TYPE,
	KEY_FILE,
	KEY_SINCE,
	KEY_UNTIL,
	KEY_PATH,
	KEY_DESTINATION,
	KEY_RULE,
	KEY_DECISION,
	KEY_CHECKPOINT,
	KEY_INDEX,
};

static const struct journal_output outputs[] = {
	{ "short", journal_print_text, NULL, true, false },
	{ "json", journal_print_json, NULL, false, false },
	{ "csv", journal_print_csv, journal_print_csv_header, false, false },
	{ "ocsf", journal_print_ocsf, NULL, false, true },
	{ "raw", journal_print_raw, NULL, false, true },
};

/* "0" or nothing is the last boot, "-1" the one before. */
static void parse_boot(const char *arg, struct argp_state *state, struct journal_input *input)
{
	input->kept.boot = true;
	if (arg && text_to_number(arg + (*arg == '-'), UINT32_MAX, &input->kept.back) < 0)
		argp_error(state,
			   "'%s' is no boot; write 0 for the last one, -1 for the one before", arg);
}

static void parse_output(const char *arg, struct argp_state *state, struct journal_input *input)
{
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		if (strcmp(outputs[i].name, arg) == 0)
			input->output = &outputs[i];
	if (!input->output)
		argp_error(state, "'%s' is no output; write short, json, csv, ocsf or raw", arg);
}

static bool is_action(const char *word)
{
	for (size_t i = 0; i < SLUICE_ACTIONS; i++)
		if (strcmp(policy_action_names[i], word) == 0)
			return true;
	return false;
}

static bool is_decision(const char *word)
{
	static const char *const words[] = { "approved", "denied", "expired", "gone" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* What takes more than storing the argument. */
static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct journal_input *input = state->input;

	switch (key) {
	case 'f':
		input->follow = true;
		return 0;
	case 'a':
		input->all = true;
		return 0;
	case 'r':
		input->kept.reverse = true;
		return 0;
	case 'n':
		if (text_to_number(arg, UINT32_MAX, &input->kept.most) < 0 || !input->kept.most)
			argp_error(state, "'%s' is not a number of entries", arg);
		return 0;
	case 'b':
		parse_boot(arg, state, input);
		return 0;
	case 'o':
		parse_output(arg, state, input);
		return 0;
	case 'g':
		if (journal_filter_grep(&input->filter, arg) < 0)
			argp_error(state, "'%s' is no regular expression", arg);
		return 0;
	case KEY_SINCE:
		cmd_journal_time(arg, state, &input->filter.since_ms);
		return 0;
	case KEY_UNTIL:
		cmd_journal_time(arg, state, &input->filter.until_ms);
		return 0;
	case KEY_DESTINATION:
		if (journal_filter_destination(&input->filter, arg) < 0)
			argp_error(state, "'%s' has no such prefix", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void check_options(struct argp_state *state, struct journal_input *input)
{
	const struct journal_filter *filter = &input->filter;

	if (filter->action && !is_action(filter->action))
		argp_error(state, "'%s' is no action; write open, write, egress or credential",
			   filter->action);
	if (filter->decision && !is_decision(filter->decision))
		argp_error(state, "'%s' is no decision; write approved, denied, expired or gone",
			   filter->decision);
	if (input->follow && (input->kept.reverse || input->kept.back))
		argp_error(state, "--follow excludes --reverse and earlier boots");
	if (input->place &&
	    (input->follow || input->kept.most || input->kept.reverse || input->kept.boot))
		argp_error(state, "--checkpoint excludes --boot, --follow, --lines and --reverse");
	if (input->index && (input->place || input->follow || input->kept.boot))
		argp_error(state, "--index excludes --boot, --checkpoint and --follow");
	if (!input->output)
		input->output = &outputs[input->input.common->json];
	input->filter.no_upkeep = input->output->for_people && !input->all && !filter->type;
}

error_t cmd_journal_parse(int key, char *arg, struct argp_state *state)
{
	struct journal_input *input = state->input;
	const struct {
		int key;
		const char **text;
	} texts[] = {
		{ KEY_REQUEST, &input->filter.request },
		{ KEY_ACTION, &input->filter.action },
		{ KEY_LABEL, &input->filter.label },
		{ KEY_PERSON, &input->filter.person },
		{ KEY_TYPE, &input->filter.type },
		{ KEY_RULE, &input->filter.rule },
		{ KEY_DECISION, &input->filter.decision },
		{ 'p', &input->filter.process },
		{ 'u', &input->filter.user },
		{ 'x', &input->filter.executable },
		{ KEY_PATH, &input->filter.path },
		{ KEY_FILE, &input->file },
		{ KEY_CHECKPOINT, &input->place },
		{ KEY_INDEX, &input->index },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (key != texts[i].key)
			continue;
		*texts[i].text = arg;
		return 0;
	}
	if (key == ARGP_KEY_END)
		check_options(state, input);
	if (parse_option(key, arg, state) == 0 || cmd_vault_parse(key, arg, &input->vault) == 0)
		return 0;
	return cmd_parse_common(key, arg, state);
}

const struct argp_option cmd_journal_options[] = {
	{ "request", KEY_REQUEST, "ID", 0, "Entries about this request", 0 },
	{ "action", KEY_ACTION, "ACTION", 0, "open, write, egress or credential", 0 },
	{ "label", KEY_LABEL, "LABEL", 0, "Entries about this label", 0 },
	{ "person", KEY_PERSON, "NAME", 0, "Entries that name this person", 0 },
	{ "type", KEY_TYPE, "TYPE", 0, "Entries of a type (grant.used) or kind (grant)", 0 },
	{ "process", 'p', "PID", 0, "Entries about this process", 0 },
	{ "user", 'u', "NAME", 0, "Entries about processes of this user: name or number", 0 },
	{ "executable", 'x', "PATTERN", 0, "Entries about this program: '/usr/bin/python*', curl",
	  0 },
	{ "path", KEY_PATH, "PATTERN", 0, "Entries about this file: '/srv/data/*'", 0 },
	{ "destination", KEY_DESTINATION, "WHERE", 0,
	  "Entries about this address, network (10.0.0.0/8) or pattern ('*:443')", 0 },
	{ "rule", KEY_RULE, "NAME", 0, "Requests under this rule", 0 },
	{ "decision", KEY_DECISION, "WHAT", 0, "approved, denied, expired or gone", 0 },
	{ "grep", 'g', "REGEX", 0, "Entries whose message has this", 0 },
	{ "boot", 'b', "N", OPTION_ARG_OPTIONAL, "Of the host's last boot; -b-1: the one before",
	  0 },
	{ "since", KEY_SINCE, "WHEN", 0, "Not older: 2026-11-22, '2026-11-22 14:00', today, -10min",
	  0 },
	{ "until", KEY_UNTIL, "WHEN", 0, "Not newer", 0 },
	{ "lines", 'n', "N", 0, "Only the last N", 0 },
	{ "follow", 'f', NULL, 0, "Go on with new entries as they come", 0 },
	{ "reverse", 'r', NULL, 0, "Newest first", 0 },
	{ "all", 'a', NULL, 0, "In the form for people, too, each entry: new keys, heartbeats", 0 },
	{ "checkpoint", KEY_CHECKPOINT, "FILE", 0,
	  "Go on where the last run with this file ended; then note the place in it", 0 },
	{ "index", KEY_INDEX, "FILE", 0,
	  "By an index in FILE, which is made where there is none: for long journals", 0 },
	{ "output", 'o', "FORM", 0, "short, json, csv, ocsf or raw (the line as it was signed)",
	  0 },
	CMD_VAULT_OPTIONS,
	{ "file", KEY_FILE, "PATH", 0, "Read this journal; - is standard input", 0 },
	{ "journal", KEY_FILE, NULL, OPTION_ALIAS, NULL, 0 },
	{ 0 },
};
