/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal.c: "sluice journal": entries by filter, each checked before it is shown. Needs no
 * daemon. The verdict on a whole journal is cmd_verify.c's.
 */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd_journal.h"
#include "cmd_journal_count.h"
#include "cmd_journal_kept.h"
#include "cmd_vault.h"
#include "index/index_read.h"
#include "journal/journal_ocsf.h"
#include "journal/journal_print.h"
#include "journal/journal_read.h"
#include "policy/policy.h"

#define FOLLOW_NS 250000000L /* pause between two looks at the end of the file */

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

static const struct output {
	const char *name;
	void (*print)(FILE *out, const struct journal_entry *entry);
	void (*header)(FILE *out);
	bool for_people; /* the last line may be among the entries */
	bool for_others; /* for systems elsewhere: private text does not go there */
} outputs[] = {
	{ "short", journal_print_text, NULL, true, false },
	{ "json", journal_print_json, NULL, false, false },
	{ "csv", journal_print_csv, journal_print_csv_header, false, false },
	{ "ocsf", journal_print_ocsf, NULL, false, true },
	{ "raw", journal_print_raw, NULL, false, true },
};

/**
 * struct journal_input: the command line, and the reading in progress.
 * @place: file with the place to go on from, which @resume is; NULL: from the start
 * @keep: entries are kept until the end of the file is reached
 */
struct journal_input {
	struct cmd_input input;
	struct journal_filter filter;
	struct cmd_vault vault;
	struct journal_boots boots;
	const struct output *output;
	const char *file;
	const char *index; /* file of an index; NULL: the whole journal is read */
	const char *place;
	struct journal_resume resume;
	bool follow;
	bool all;
	bool keep;
	struct journal_kept kept;
	struct journal_population counted; /* where filter.counts */
	uint64_t n_printed;
};

static void print_entry(struct journal_input *input, const struct journal_entry *entry)
{
	struct journal_entry whole = *entry;
	json_auto_t *parsed = NULL;

	if (!whole.json || input->output->for_others)
		whole.json = parsed = json_loadb(entry->line, entry->size, JSON_ALLOW_NUL, NULL);
	if (parsed && !input->output->for_others && input->filter.reveal)
		reveal_json(input->filter.reveal, parsed);
	input->output->print(stdout, &whole);
	input->n_printed++;
}

static void print_kept(void *ctx, const struct journal_entry *entry)
{
	print_entry(ctx, entry);
}

/* Prints what was kept; from then on entries are printed as they come. */
static void flush_kept(struct journal_input *input)
{
	journal_kept_flush(&input->kept, input->boots.n, print_kept, input);
	input->keep = false;
}

static int take_entry(void *ctx, const struct journal_entry *entry)
{
	struct journal_input *input = ctx;
	int r;

	if (input->filter.counts) {
		r = journal_count_entry(&input->counted, &input->filter, entry);
		if (r < 0 || !journal_filter_fits(&input->filter, entry->json))
			return r;
	}
	if (input->keep)
		return journal_kept_add(&input->kept, input->boots.n, entry);
	print_entry(input, entry);
	return ferror(stdout) ? -EPIPE : 0;
}

/* At the end of a journal that is followed. Return: go on. */
static bool wait_for_more(void *ctx)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_NS };
	struct journal_input *input = ctx;

	if (input->keep)
		flush_kept(input);
	if (fflush(stdout))
		return false;
	nanosleep(&pause, NULL);
	return true;
}

/* How far the entries above can be trusted. */
static void summarize(struct journal_input *input, const struct journal_verify_result *result)
{
	uint64_t size = result->entries - result->unsigned_entries;
	FILE *out = input->output->for_people ? stdout : stderr;

	if (result->status == JOURNAL_INCOMPLETE)
		return;
	if (input->filter.counts && result->status != JOURNAL_TAMPERED)
		journal_count_say(&input->counted, &input->filter, out);
	fprintf(out, "-- %" PRIu64 " %s, verified through checkpoint %" PRIu64 ", root %s\n",
		input->n_printed, input->n_printed == 1 ? "entry" : "entries", size,
		size ? result->root : "none");
	if (result->removed_by)
		fprintf(out, "-- entries %" PRIu64 " to %" PRIu64 " were removed by retention "
			"(JournalKeep=), as entry %" PRIu64 " says\n",
			result->removed_first, result->removed_last, result->removed_by);
	if (result->from && (!result->removed_by || result->removed_first > 0))
		fprintf(out, "-- entries before %" PRIu64 " are in files that are not here\n",
			result->removed_by ? result->removed_first : result->from);
}

/* What is left to say and to do when everything is printed. */
static int conclude(struct journal_input *input, const char *path, int r,
		    const struct journal_verify_result *result)
{
	int code;

	if (input->place && (r == -EXDEV || r == -ESTALE || r == -ENODATA))
		return cmd_resume_lost(input->place, &input->resume, r);
	if (r == 0)
		summarize(input, result);
	if (fflush(stdout) || ferror(stdout))
		return cmd_fail(CMD_FAILED, "cannot write the entries: %s", strerror(errno));
	code = cmd_journal_verdict(path, r, result);
	if (code == CMD_OK && input->place)
		return cmd_resume_save(input->place, &input->resume, input->n_printed);
	return code;
}

/* By type and time alone: the totals that are signed say how many there have to be. */
static bool can_count(const struct journal_input *input)
{
	const struct journal_filter *filter = &input->filter;

	return filter->type && !input->index && !input->keep && !input->place && !input->follow &&
	       !filter->request && !filter->action && !filter->label && !filter->person &&
	       !filter->rule && !filter->decision && !filter->process && !filter->user &&
	       !filter->executable && !filter->path && !filter->destination &&
	       !filter->has_network && !filter->has_grep;
}

/* Return: CMD_…; -1: not by an index, which was said. */
static int read_by_index(struct journal_input *input, const char *path)
{
	FILE *out = input->output->for_people ? stdout : stderr;
	struct index_read_result result;
	char text[1024];
	int r = index_read(path, input->index, &input->filter, take_entry, input, &result, text,
			   sizeof(text));

	if (r == -EOPNOTSUPP && !input->n_printed) {
		cmd_fail(CMD_OK, "note: all of the journal is read: %s", text);
		return -1;
	}
	flush_kept(input);
	if (r == 0)
		fprintf(out,
			"-- %" PRIu64 " %s, each proven under checkpoint %" PRIu64
			", root %s, by an index\n",
			input->n_printed, input->n_printed == 1 ? "entry" : "entries", result.size,
			result.root);
	if (fflush(stdout) || ferror(stdout))
		return cmd_fail(CMD_FAILED, "cannot write the entries: %s", strerror(errno));
	if (r == -EBADMSG)
		return cmd_fail(CMD_FAILED, "%s; run 'sluice journal verify'", text);
	return r < 0 ? cmd_fail(cmd_exit_code(r), "cannot use the index: %s", text) : CMD_OK;
}

static int read_journal(struct journal_input *input)
{
	struct journal_verify_options options = { .ctx = input };
	struct journal_verify_result result = { 0 };
	_cleanup_free_ char *owned = NULL;
	const char *path = cmd_journal_path(input->input.common, input->file, &owned);
	int r, code;

	journal_kept_init(&input->kept);
	input->keep = input->kept.most || input->kept.reverse || input->kept.boot;
	/* of what is kept most is dropped again */
	input->filter.late = input->keep;
	input->filter.boots = input->kept.boot ? &input->boots : NULL;
	input->filter.counts = can_count(input);
	if (journal_population_init(&input->counted) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	if (input->follow)
		options.wait = wait_for_more;
	if (input->output->header)
		input->output->header(stdout);
	code = input->index ? read_by_index(input, path) : -1;
	if (code >= 0) {
		journal_population_done(&input->counted);
		return code;
	}
	r = journal_read(path, &input->filter, &options, take_entry, input, &result);
	flush_kept(input);
	code = conclude(input, path, r, &result);
	journal_population_done(&input->counted);
	return code;
}

static int read_revealed(struct journal_input *input)
{
	int r = cmd_vault_open(&input->vault);

	if (r == CMD_OK && input->vault.vault)
		input->filter.reveal = &input->vault.reveal;
	if (r == CMD_OK)
		r = read_journal(input);
	cmd_vault_close(&input->vault);
	return r;
}

static int read_from_place(struct journal_input *input)
{
	int r = CMD_OK;

	if (!input->place)
		return read_revealed(input);
	r = cmd_resume_load(input->place, &input->resume);
	input->filter.resume = &input->resume;
	input->filter.from_seq = input->resume.from.entries;
	if (r == CMD_OK)
		r = read_revealed(input);
	journal_resume_done(&input->resume);
	return r;
}

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

static error_t parse_journal(int key, char *arg, struct argp_state *state)
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

static const struct argp_option journal_options[] = {
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

int cmd_journal(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = { journal_options,
				   parse_journal,
				   NULL,
				   "Entries of the signed journal, each verified before it is "
				   "shown.\vThe last line says through which checkpoint the "
				   "journal is verified. 'sluice journal verify --help' and "
				   "'sluice journal prove --help' explain these. Private text "
				   "is shown to who can read the vault, and not in the forms ocsf "
				   "and raw.",
				   cmd_common_options,
				   NULL,
				   NULL };
	struct journal_input input = { .input.common = common };

	int r;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	r = read_from_place(&input);
	journal_filter_done(&input.filter);
	return r;
}

int cmd_events(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		journal_options,
		parse_journal,
		NULL,
		"What the kernel's part has told: reads, labels that moved, denials. "
		"Entries of the journal, as 'sluice journal' shows them.\vWith "
		"--follow: the last 10, then new ones as they come, unless --lines or "
		"--since says otherwise.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct journal_input input = { .input.common = common, .filter.type = "event" };
	int r;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	if (input.follow && !input.kept.most && !input.filter.since_ms)
		input.kept.most = 10;
	r = read_revealed(&input);
	journal_filter_done(&input.filter);
	return r;
}

const struct cmd cmd_journal_verbs[] = {
	{ "verify", cmd_verify, "check a whole journal, or a proof",
	  "  sluice journal verify\n"
	  "  sluice journal verify copy-of-journal.jsonl\n"
	  "  sluice journal verify --proof entry.tlog-proof --key 'sluice/host+...'",
	  NULL },
	{ "prove", cmd_prove, "write one entry as a proof for a stranger",
	  "  sluice journal prove 4711 >entry.tlog-proof", NULL },
	{ "reveal", cmd_reveal, "show what an entry keeps private, with its keys",
	  "  sluice journal reveal 4711", NULL },
	{ "erase", cmd_erase, "erase private text for good",
	  "  sluice journal erase --path '/home/*/private' --reason 'ticket 4712'\n"
	  "  sluice journal erase --before -180d --reason retention --yes",
	  NULL },
	{ .examples = "  sluice journal verify" },
};
