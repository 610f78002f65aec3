/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal.c: "sluice journal": entries by filter, each checked before it is shown. Needs no
 * daemon. The verdict on a whole journal is cmd_verify.c's.
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "cleanup.h"
#include "cmd_journal.h"
#include "journal_print.h"
#include "journal_read.h"
#include "policy.h"
#include "text.h"
#include "when.h"

#define DEFAULT_CONF	"/etc/sluice/sluice.conf"
#define DEFAULT_JOURNAL "/var/log/sluice/journal.jsonl"
#define FOLLOW_NS	250000000L /* pause between two looks at the end of the file */

/* Long options; up to KEY_FILE they are texts that are only stored. */
enum {
	KEY_REQUEST = 256,
	KEY_ACTION,
	KEY_LABEL,
	KEY_PERSON,
	KEY_TYPE,
	KEY_FILE,
	KEY_SINCE,
	KEY_UNTIL
};

/* An entry that outlives its callback. */
struct kept {
	STAILQ_ENTRY(kept) next;
	struct journal_entry entry;
	char *line;
};

STAILQ_HEAD(kept_list, kept);

/**
 * struct journal_input: the command line, and the reading in progress.
 * @most: of the last entries to show, 0 for all
 * @keep: entries are kept until the end of the file is reached, for @most or @reverse
 */
struct journal_input {
	struct cmd_input input;
	struct journal_filter filter;
	const char *file;
	bool follow;
	bool reverse;
	bool keep;
	uint64_t most;
	struct kept_list kept;
	uint64_t n_kept;
};

static void print_entry(const struct journal_input *input, const struct journal_entry *entry)
{
	if (input->input.common->json)
		journal_print_json(stdout, entry);
	else
		journal_print_text(stdout, entry);
}

static struct kept *kept_free(struct kept *kept)
{
	if (kept) {
		json_decref(kept->entry.json);
		free(kept->line);
	}
	free(kept);
	return NULL;
}

static struct kept *kept_new(const struct journal_entry *entry)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	if (!kept)
		return NULL;
	kept->line = strndup(entry->line, entry->size);
	if (!kept->line)
		return kept_free(kept);
	kept->entry = *entry;
	kept->entry.line = kept->line;
	kept->entry.json = json_incref(entry->json);
	return kept;
}

static void drop_first(struct journal_input *input)
{
	struct kept *first = STAILQ_FIRST(&input->kept);

	STAILQ_REMOVE_HEAD(&input->kept, next);
	input->n_kept--;
	kept_free(first);
}

static int keep(struct journal_input *input, const struct journal_entry *entry)
{
	struct kept *kept = kept_new(entry);

	if (!kept)
		return -ENOMEM;
	STAILQ_INSERT_TAIL(&input->kept, kept, next);
	input->n_kept++;
	if (input->most && input->n_kept > input->most)
		drop_first(input);
	return 0;
}

static void reverse(struct kept_list *list)
{
	struct kept_list turned = STAILQ_HEAD_INITIALIZER(turned);
	struct kept *kept;

	while ((kept = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, next);
		STAILQ_INSERT_HEAD(&turned, kept, next);
	}
	STAILQ_CONCAT(list, &turned);
}

/* Prints what was kept; from then on entries are printed as they come. */
static void flush_kept(struct journal_input *input)
{
	if (input->reverse)
		reverse(&input->kept);
	while (!STAILQ_EMPTY(&input->kept)) {
		print_entry(input, &STAILQ_FIRST(&input->kept)->entry);
		drop_first(input);
	}
	input->keep = false;
}

static int take_entry(void *ctx, const struct journal_entry *entry)
{
	struct journal_input *input = ctx;

	if (input->keep)
		return keep(input, entry);
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
			r == -EACCES ? "; be root, or a member of the group that may read it" : "");
}

static int report(const char *path, int r, const struct journal_verify_result *result)
{
	if (r < 0)
		return cmd_journal_unreadable(path, r);
	if (result->status == JOURNAL_TAMPERED)
		return cmd_fail(CMD_FAILED, "THE JOURNAL HAS BEEN TAMPERED WITH: %s",
				result->problem);
	if (result->status != JOURNAL_OK)
		cmd_fail(CMD_OK, "note: %s", result->problem);
	return CMD_OK;
}

static int read_journal(struct journal_input *input)
{
	struct journal_verify_options options = { .ctx = input };
	struct journal_verify_result result = { 0 };
	_cleanup_free_ char *owned = NULL;
	const char *path = cmd_journal_path(input->input.common, input->file, &owned);
	int r;

	STAILQ_INIT(&input->kept);
	input->keep = input->most || input->reverse;
	if (input->follow)
		options.wait = wait_for_more;
	r = journal_read(path, &input->filter, &options, take_entry, input, &result);
	flush_kept(input);
	if (fflush(stdout) || ferror(stdout))
		return cmd_fail(CMD_FAILED, "cannot write the entries: %s", strerror(errno));
	return report(path, r, &result);
}

static void parse_time(const char *arg, struct argp_state *state, int64_t *ret)
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

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct journal_input *input = state->input;

	switch (key) {
	case 'f':
		input->follow = true;
		return 0;
	case 'r':
		input->reverse = true;
		return 0;
	case 'n':
		if (text_to_number(arg, UINT32_MAX, &input->most) < 0 || !input->most)
			argp_error(state, "'%s' is not a number of entries", arg);
		return 0;
	case KEY_SINCE:
		parse_time(arg, state, &input->filter.since_ms);
		return 0;
	case KEY_UNTIL:
		parse_time(arg, state, &input->filter.until_ms);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool is_action(const char *word)
{
	for (size_t i = 0; i < SLUICE_ACTIONS; i++)
		if (strcmp(policy_action_names[i], word) == 0)
			return true;
	return false;
}

static error_t parse_journal(int key, char *arg, struct argp_state *state)
{
	struct journal_input *input = state->input;
	const char **const texts[] = {
		&input->filter.request, &input->filter.action, &input->filter.label,
		&input->filter.person,	&input->filter.type,   &input->file,
	};

	if (key == KEY_ACTION && !is_action(arg))
		argp_error(state, "'%s' is no action; write open, write, egress or credential",
			   arg);
	if (key >= KEY_REQUEST && key <= KEY_FILE) {
		*texts[key - KEY_REQUEST] = arg;
		return 0;
	}
	if (key == ARGP_KEY_END && input->follow && input->reverse)
		argp_error(state, "--follow and --reverse exclude each other");
	if (parse_option(key, arg, state) == 0)
		return 0;
	return cmd_parse_common(key, arg, state);
}

static const struct argp_option journal_options[] = {
	{ "request", KEY_REQUEST, "ID", 0, "Entries about this request", 0 },
	{ "action", KEY_ACTION, "ACTION", 0, "open, write, egress or credential", 0 },
	{ "label", KEY_LABEL, "LABEL", 0, "Entries about this label", 0 },
	{ "person", KEY_PERSON, "NAME", 0, "Entries that name this person", 0 },
	{ "type", KEY_TYPE, "TYPE", 0, "Entries of a type (grant.used) or kind (grant)", 0 },
	{ "since", KEY_SINCE, "TIME", 0, "Not older: 2026-11-22, '2026-11-22 14:00', today, -10min",
	  0 },
	{ "until", KEY_UNTIL, "TIME", 0, "Not newer", 0 },
	{ "lines", 'n', "N", 0, "Only the last N", 0 },
	{ "follow", 'f', NULL, 0, "Go on with new entries as they come", 0 },
	{ "reverse", 'r', NULL, 0, "Newest first", 0 },
	{ "file", KEY_FILE, "PATH", 0, "Read this journal; - is standard input", 0 },
	{ 0 },
};

static int journal_show(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = { journal_options,
				   parse_journal,
				   "\nverify [FILE]",
				   "Entries of the signed journal, each verified before it is "
				   "shown.\vWith --json each "
				   "entry is printed as it stands in the journal, one a line.",
				   cmd_common_options,
				   NULL,
				   NULL };
	struct journal_input input = { .input.common = common };

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	return read_journal(&input);
}

static const struct cmd commands[] = {
	{ "verify", cmd_verify, "check a whole journal" },
};

int cmd_journal(int argc, char **argv, struct cmd_common *common)
{
	if (argc >= 2 && strcmp(argv[1], commands[0].name) == 0)
		return cmd_dispatch(commands, ARRAY_SIZE(commands), argc, argv, common);
	return journal_show(argc, argv, common);
}
