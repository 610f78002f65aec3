/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_verify.c: "sluice journal verify": the verdict on a whole journal, here or on a copy taken
 * elsewhere.
 */
#include "cmd.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/view.h"
#include "base/when.h"
#include "cmd_journal.h"
#include "journal/journal_anchor.h"
#include "journal/journal_stream.h"
#include "journal/journal_verify.h"

struct verify_input {
	struct cmd_input input;
	struct journal_verify_options options;
	char genesis[MERKLE_HEX];
	const char *proof;
	const char *cosigned; /* path */
	struct note_key *witness;
	struct journal_anchors anchors;
};

enum { KEY_WITNESS = 256, KEY_COSIGNED, KEY_NOTED, KEY_ELSEWHERE };
#define COSIGNED_MAX 65536

/* On a terminal a long check says how far it is, and takes the line back when it is done. */
struct progress {
	uint64_t size, last_ms;
	bool shown;
};

#define PROGRESS_MS 200

static void show_progress(void *ctx, uint64_t entries, uint64_t bytes)
{
	struct progress *progress = ctx;
	uint64_t now = when_now();

	if (now - progress->last_ms < PROGRESS_MS)
		return;
	progress->last_ms = now;
	progress->shown = true;
	if (progress->size > bytes)
		fprintf(stderr, "\r%3" PRIu64 " %%, %" PRIu64 " entries\x1b[K",
			100 * bytes / progress->size, entries);
	else
		fprintf(stderr, "\r%" PRIu64 " entries\x1b[K", entries);
}

/* All files of it, for those who wait. */
static uint64_t size_of(const char *path)
{
	struct journal_stream stream;
	uint64_t size = 0;

	if (strcmp(path, "-") != 0) {
		size = journal_stream_open(path, &stream) < 0 ? 0 : stream.bytes;
		journal_stream_done(&stream);
	}
	return size;
}

/* What has to be compared with each checkpoint takes the lines one by one. */
static int verify_anchored(const char *path, const struct journal_verify_options *options,
			   struct journal_anchors *anchors,
			   struct journal_verify_result *ret_result)
{
	int r;

	if (!anchors->witness && anchors->n == 0)
		return journal_verify(path, options, ret_result);
	r = journal_verify_lines(path, options, journal_anchors_line, anchors, ret_result);
	if (r == 0)
		journal_anchors_conclude(anchors, ret_result);
	return r;
}

static int verify(const char *path, struct verify_input *input,
		  struct journal_verify_result *ret_result)
{
	struct journal_verify_options options = input->options;
	struct progress progress = { .size = size_of(path), .last_ms = when_now() };
	int r;

	if (isatty(STDERR_FILENO)) {
		options.progress = show_progress;
		options.ctx = &progress;
	}
	options.unparsed = true;
	options.hash_files = true;
	r = verify_anchored(path, &options, &input->anchors, ret_result);
	if (progress.shown)
		fputs("\r\x1b[K", stderr);
	return r;
}

static const struct table_column fields[] = {
	{ "verdict", "Verdict", 0 },
	{ "problem", "Problem", TABLE_HIDE_EMPTY },
	{ "line", "At line", TABLE_HIDE_EMPTY },
	{ "entry", "Entries before it", TABLE_HIDE_EMPTY },
	{ "file", "Journal", 0 },
	{ "files", "Files", 0 },
	{ "missing", "File before them, not here", TABLE_HIDE_EMPTY },
	{ "from", "... they begin with entry", TABLE_HIDE_EMPTY },
	{ "removed_first", "Removed by JournalKeep=: entry", TABLE_HIDE_EMPTY },
	{ "removed_last", "... up to", TABLE_HIDE_EMPTY },
	{ "removed_by", "... as says entry", TABLE_HIDE_EMPTY },
	{ "removed_time", "... of", TABLE_TIME | TABLE_HIDE_EMPTY },
	{ "origin", "Name", 0 },
	{ "entries", "Entries", 0 },
	{ "unsigned_entries", "... not signed", 0 },
	{ "torn_bytes", "Torn bytes", 0 },
	{ "checkpoints", "Checkpoints", 0 },
	{ "epochs", "Epochs of keys", 0 },
	{ "breaks", "... in place of a lost key", 0 },
	{ "totals_checked", "Totals that fit", 0 },
	{ "other_signatures", "Other signatures, not checked", 0 },
	{ "witnessed", "Entries the witness has seen", TABLE_HIDE_EMPTY },
	{ "witnessed_time", "... at", TABLE_TIME | TABLE_HIDE_EMPTY },
	{ "witnessed_wrong", "... signatures in its name that are wrong", TABLE_HIDE_EMPTY },
	{ "first", "First entry", TABLE_TIME },
	{ "last", "Last entry", TABLE_TIME },
	{ "clean_stop", "Ends with a stop", 0 },
	{ "pinned", "Pinned", 0 },
	{ "genesis", "Genesis", 0 },
	{ "root", "Root", 0 },
	{ "vkey", "Key", 0 },
	{ "signer", "Key at the end", 0 },
};

static const struct view_member members[] = {
	VIEW_MEMBER("problem", VIEW_TEXT, journal_verify_result, problem),
	VIEW_MEMBER("line", VIEW_SOME, journal_verify_result, line),
	VIEW_MEMBER("entry", VIEW_NUMBER, journal_verify_result, entry),
	VIEW_MEMBER("files", VIEW_NUMBER, journal_verify_result, files),
	VIEW_MEMBER("missing", VIEW_TEXT, journal_verify_result, missing),
	VIEW_MEMBER("from", VIEW_SOME, journal_verify_result, from),
	VIEW_MEMBER("origin", VIEW_TEXT, journal_verify_result, origin),
	VIEW_MEMBER("entries", VIEW_NUMBER, journal_verify_result, entries),
	VIEW_MEMBER("unsigned_entries", VIEW_NUMBER, journal_verify_result, unsigned_entries),
	VIEW_MEMBER("torn_bytes", VIEW_NUMBER, journal_verify_result, torn_bytes),
	VIEW_MEMBER("checkpoints", VIEW_NUMBER, journal_verify_result, checkpoints),
	VIEW_MEMBER("epochs", VIEW_NUMBER, journal_verify_result, epochs),
	VIEW_MEMBER("breaks", VIEW_NUMBER, journal_verify_result, breaks),
	VIEW_MEMBER("totals_checked", VIEW_NUMBER, journal_verify_result, totals_checked),
	VIEW_MEMBER("other_signatures", VIEW_NUMBER, journal_verify_result, other_signatures),
	VIEW_MEMBER("witnessed", VIEW_SOME, journal_verify_result, witnessed),
	VIEW_MEMBER("witnessed_time", VIEW_TIME, journal_verify_result, witnessed_time),
	VIEW_MEMBER("witnessed_wrong", VIEW_SOME, journal_verify_result, witnessed_wrong),
	VIEW_MEMBER("first", VIEW_TIME, journal_verify_result, first_time),
	VIEW_MEMBER("last", VIEW_TIME, journal_verify_result, last_time),
	VIEW_MEMBER("clean_stop", VIEW_FLAG, journal_verify_result, clean),
	VIEW_MEMBER("pinned", VIEW_FLAG, journal_verify_result, pinned),
	VIEW_MEMBER("genesis", VIEW_TEXT, journal_verify_result, genesis),
	VIEW_MEMBER("root", VIEW_TEXT, journal_verify_result, root),
	VIEW_MEMBER("vkey", VIEW_TEXT, journal_verify_result, vkey),
	VIEW_MEMBER("signer", VIEW_TEXT, journal_verify_result, signer),
};

/* Entry 0 is one of them, as a rule: so it is none only where there are none. */
static int add_removed(json_t *verdict, const struct journal_verify_result *result)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "removed_first", result->removed_first },
		{ "removed_last", result->removed_last },
		{ "removed_by", result->removed_by },
	};
	int r = json_object_set_new(verdict, "removed_time",
				    view_time((uint64_t)result->removed_time));

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		r |= json_object_set_new(verdict, numbers[i].name,
					 result->removed_by ? json_integer((json_int_t)numbers[i].value)
							    : json_null());
	return r;
}

static json_t *record(const char *path, const struct journal_verify_result *result)
{
	json_t *verdict = view_record(result, members, ARRAY_SIZE(members));
	int r;

	r = json_object_set_new(verdict, "verdict",
				json_string(journal_status_name(result->status)));
	r |= add_removed(verdict, result);
	r |= json_object_set_new(verdict, "ok", json_boolean(result->status == JOURNAL_OK));
	r |= json_object_set_new(verdict, "file", view_text(path));
	if (result->status == JOURNAL_OK)
		r |= json_object_set_new(verdict, "entry", json_null());
	if (r == 0)
		return verdict;
	json_decref(verdict);
	return NULL;
}

static int exit_code(enum journal_status status)
{
	switch (status) {
	case JOURNAL_OK:
		return CMD_OK;
	case JOURNAL_BREAK:
		return CMD_BREAK;
	case JOURNAL_UNSIGNED_TAIL:
	case JOURNAL_TORN:
		return CMD_USAGE;
	default:
		return CMD_FAILED;
	}
}

static void say_missing(const struct journal_verify_result *result)
{
	if (!result->from || result->status == JOURNAL_TAMPERED)
		return;
	if (result->removed_by)
		printf("\nThe files with entries %" PRIu64 " to %" PRIu64 " were removed by "
		       "retention (JournalKeep=): entry %" PRIu64 ",\nwhich is signed, says so, and "
		       "names the hash of the last one.\n",
		       result->removed_first, result->removed_last, result->removed_by);
	if (!result->removed_by || result->removed_first > 0)
		printf("\nNothing in the journal says who took the files before entry %" PRIu64
		       " away.\n",
		       result->removed_by ? result->removed_first : result->from);
	printf("\nWhat stands before entry %" PRIu64 " was not looked at: only the host's key, "
	       "which --key\nnames, says that it was right. Verify the older files where they "
	       "are.\n",
	       result->from);
}

static int show(const struct cmd_common *common, const char *path,
		const struct journal_verify_result *result)
{
	json_auto_t *verdict = record(path, result);

	if (!verdict)
		return cmd_fail(CMD_FAILED, "out of memory");
	if (common->json) {
		if (cmd_print_json(verdict))
			return CMD_FAILED;
	} else {
		if (table_fields(stdout, fields, ARRAY_SIZE(fields), verdict, table_width(stdout)) <
		    0)
			return cmd_fail(CMD_FAILED, "out of memory");
		say_missing(result);
		if (!result->pinned && result->status != JOURNAL_INCOMPLETE &&
		    result->status != JOURNAL_TAMPERED)
			puts("\nNothing pins this journal: entry 0 was believed. Give --genesis or "
			     "--key, noted when "
			     "the\nagent was installed, to know that it is the journal that was "
			     "begun then.");
	}
	return exit_code(result->status);
}

static error_t parse_verify(int key, char *arg, struct argp_state *state)
{
	struct verify_input *input = state->input;

	switch (key) {
	case 'p':
		input->proof = arg;
		return 0;
	case ARGP_KEY_END:
		if (input->proof &&
		    (!input->options.vkey || input->options.genesis || input->input.positional.n))
			argp_error(state,
				   "--proof needs --key, which 'sluice journal verify' prints "
				   "as Key, and nothing else");
		if (input->cosigned && !input->witness)
			argp_error(state, "--cosigned needs --witness, the key of who signed");
		return cmd_parse_common(key, arg, state);
	case 'k':
		input->options.vkey = arg;
		return 0;
	case KEY_ELSEWHERE:
		input->options.elsewhere = true;
		return 0;
	case KEY_WITNESS:
		note_key_free(input->witness);
		if (note_key_parse_witness(arg, &input->witness) < 0)
			argp_error(state,
				   "'%s' is not the key of a witness (name+id+base64, as Key= of "
				   "[Witness] in gateway.conf)",
				   arg);
		input->anchors.witness = input->witness;
		return 0;
	case KEY_COSIGNED:
		input->cosigned = arg;
		return 0;
	case KEY_NOTED:
		if (journal_anchors_add_text(&input->anchors, arg) < 0)
			argp_error(state,
				   "'%s' is not ENTRIES:HASH with 8 to 64 hex digits, at most %d "
				   "times",
				   arg, JOURNAL_ANCHORS);
		return 0;
	case 'g':
		if (strlen(arg) != sizeof(input->genesis) - 1 ||
		    arg[strspn(arg, "0123456789abcdefABCDEF")])
			argp_error(state, "'%s' is not the hash of an entry (64 hex digits)", arg);
		for (size_t i = 0; i < sizeof(input->genesis) - 1; i++)
			input->genesis[i] = (char)tolower((unsigned char)arg[i]);
		input->options.genesis = input->genesis;
		return 0;
	default:
		return cmd_parse_common(key, arg, state);
	}
}

static const struct argp_option verify_options[] = {
	{ "key", 'k', "VKEY", 0, "The host's key as noted at installation (name+id+key)", 0 },
	{ "genesis", 'g', "HEX", 0, "Hash of entry 0 as noted at installation", 0 },
	{ "witness", KEY_WITNESS, "VKEY", 0, "Signatures of this witness must be there and right", 0 },
	{ "cosigned", KEY_COSIGNED, "PATH", 0,
	  "What the witness has signed, kept elsewhere: the journal must have grown from it", 0 },
	{ "noted", KEY_NOTED, "ENTRIES:HASH", 0, "The same from a card or a page; may be repeated", 0 },
	{ "older-elsewhere", KEY_ELSEWHERE, NULL, 0,
	  "Older files of the journal are kept in another place: begin behind the last that is missing",
	  0 },
	{ "proof", 'p', "PATH", 0, "Check this proof of one entry instead of a journal", 0 },
	{ 0 },
};

static int read_cosigned(struct verify_input *input)
{
	_cleanup_fclose_ FILE *file = fopen(input->cosigned, "re");
	_cleanup_free_ char *note = calloc(1, COSIGNED_MAX);
	int r;

	if (!file || !note || (fread(note, 1, COSIGNED_MAX - 1, file) == 0 && ferror(file)))
		/* cppcheck-suppress memleak; freed by its cleanup attribute */
		return cmd_fail(CMD_FAILED, "cannot read '%s': %s", input->cosigned,
				strerror(errno));
	r = journal_anchors_add_note(&input->anchors, note);
	if (r == 0)
		return CMD_OK;
	return cmd_fail(CMD_FAILED, "'%s' proves nothing: %s", input->cosigned,
			r == -ENOKEY	       ? "the witness has not signed it"
			: r == -EKEYREJECTED   ? "the signature of the witness is wrong"
			: r == -EBADMSG	       ? "it is not a checkpoint"
					       : strerror(-r));
}

/* The whole journal and what others say of it. */
static int verify_all(struct cmd_common *common, struct verify_input *input)
{
	struct journal_verify_result result = { 0 };
	_cleanup_free_ char *owned = NULL;
	const char *path = cmd_journal_path(
		common, input->input.positional.n ? input->input.positional.values[0] : NULL,
		&owned);
	int r = input->cosigned ? read_cosigned(input) : CMD_OK;

	if (r != CMD_OK)
		return r;
	r = verify(path, input, &result);
	return r < 0 ? cmd_journal_unreadable(path, r) : show(common, path, &result);
}

int cmd_verify(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		verify_options,
		parse_verify,
		"[FILE]\n--proof=PATH --key=VKEY",
		"Check every entry, the chain, the tree and all signatures of a journal.\vFILE: - "
		"is standard input; default is this host's journal, with the full files beside it. The exit code "
		"is 0 when all is "
		"right, 1 when it was tampered with, is not what others have seen, or lacks a file, 2 when only "
		"the end is unsigned or torn, 6 when it is right, but the key of an epoch was lost in a "
		"crash.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct verify_input input = { .input = { .common = common, .positional = { .max = 1 } } };
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	if (input.proof)
		return cmd_verify_proof(common, input.proof, input.options.vkey);
	code = verify_all(common, &input);
	journal_anchors_done(&input.anchors);
	note_key_free(input.witness);
	return code;
}
