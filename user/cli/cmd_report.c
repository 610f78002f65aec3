// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_report.c: "sluice report": a folder of evidence for an auditor. Needs no daemon: the facts
 * are the journal's. What is counted is report.c's, what is in the files report_*.c's.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/read_whole.h"
#include "base/when.h"
#include "cmd_journal.h"
#include "cmd_vault.h"
#include "policy/policy.h"
#include "report/report.h"
#include "report/report_evidence.h"
#include "report/report_page.h"
#include "report/report_seal.h"
#include "report/report_verify.h"

#define DEFAULT_POLICY "/etc/sluice/sluice.conf"
#define POLICY_BYTES   (1U << 20)
#define DAY_MS	       86400000ULL

enum { KEY_FRAMEWORK = 256, KEY_FROM, KEY_TO, KEY_FILE, KEY_POLICY };

struct report_input {
	struct cmd_input input;
	const struct report_framework *framework;
	uint64_t from_ms, to_ms;
	const char *folder, *file, *policy;
	struct cmd_vault vault;
	struct report report;
	struct journal_verify_result verified;
};

static int add_json(struct bundle *bundle, const char *name, const json_t *value)
{
	_cleanup_free_ char *text = json_dumps(value, JSON_INDENT(1) | JSON_ENSURE_ASCII);

	return text ? bundle_add(bundle, name, text, strlen(text)) : -ENOMEM;
}

static int add_page(struct bundle *bundle, const json_t *finished)
{
	_cleanup_free_ char *page = report_page(finished);

	return page ? bundle_add(bundle, "report.html", page, strlen(page)) : -ENOMEM;
}

static int add_signers(struct bundle *bundle, const json_t *finished)
{
	_cleanup_free_ char *text = NULL;
	const json_t *line;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	json_array_foreach(json_object_get(finished, "signers"), i, line)
		fprintf(out, "%s\n", json_string_value(line));
	return fclose(out) ? -ENOMEM : bundle_add(bundle, "keys/allowed_signers", text, size);
}

/* One file of the policy, under the name it has below its folder. */
static int add_policy_file(struct bundle *bundle, const char *path, bool fragment)
{
	_cleanup_free_ char *bytes = malloc(POLICY_BYTES);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char name[NAME_MAX + 32];
	ssize_t n = fd < 0 ? -errno : !bytes ? -ENOMEM : read_whole(fd, bytes, POLICY_BYTES);

	if (n < 0)
		return (int)n;
	snprintf(name, sizeof(name), "policy/%s%s", fragment ? "policy.d/" : "",
		 strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	return bundle_add(bundle, name, bytes, (size_t)n);
}

static int add_policy_files(struct bundle *bundle, char *const *files, size_t n)
{
	int r = bundle_folder(bundle, "policy");

	if (r == 0)
		r = bundle_folder(bundle, "policy/policy.d");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_policy_file(bundle, files[i], i > 0);
	return r;
}

/* What of the policy can be given along, and whether it is the one that the journal names. */
static int add_policy(struct bundle *bundle, const char *conf, json_t *finished)
{
	json_t *part = json_object_get(finished, "policy");
	const char *in_force = json_string_value(json_object_get(part, "in_force"));
	struct policy_error error = { 0 };
	struct policy *policy = NULL;
	char **files = NULL;
	size_t n = 0;
	int r = policy_files(conf, &files, &n, &error);

	if (r == 0)
		r = add_policy_files(bundle, files, n);
	if (r == 0 && policy_load(files, n, &policy, &error) == 0) {
		json_object_set_new(part, "files", json_string(policy->digest));
		json_object_set_new(part, "same",
				    json_boolean(in_force && !strcmp(in_force, policy->digest)));
	} else {
		json_object_set_new(part, "problem",
				    json_string(error.text[0] ? error.text : strerror(-r)));
		cmd_fail(CMD_OK, "note: the policy is not given along, or not checked: %s",
			 error.text[0] ? error.text : strerror(-r));
		r = r == -ENOENT || r == -EACCES || error.text[0] ? 0 : r;
	}
	policy_free(policy);
	policy_files_free(files);
	return r;
}

static void say_incomplete(const json_t *finished)
{
	const json_t *population = json_object_get(finished, "population");

	if (!json_is_true(json_object_get(population, "complete")))
		cmd_fail(CMD_OK, "note: not shown to be complete: %s",
			 json_string_value(json_object_get(population, "problem")));
}

static int add_all(struct bundle *bundle, const char *path, const struct report_input *input,
		   json_t *finished)
{
	_cleanup_free_ uint64_t *numbers = NULL;
	uint64_t proven = 0;
	size_t n = 0;
	int r = report_sequences(finished, &numbers, &n);

	if (r == 0)
		r = report_evidence(path, &input->verified, numbers, n, bundle, &proven);
	report_population_proven(finished, proven);
	say_incomplete(finished);
	if (r == 0)
		r = add_signers(bundle, finished);
	if (r == 0)
		r = add_policy(bundle, input->policy, finished);
	if (r == 0)
		r = add_json(bundle, "report.json", finished);
	if (r == 0)
		r = add_page(bundle, finished);
	return r < 0 ? r
		     : bundle_add(bundle, "VERIFY.md", report_verify_text,
				  strlen(report_verify_text));
}

/* A journal that was named may be another host's: nothing is written to that. */
static void seal(struct bundle *bundle, const char *path, const struct report_input *input,
		 const char *hash)
{
	struct ipc_report made = { .from_ms = input->from_ms,
				   .to_ms = input->to_ms,
				   .entries = input->verified.entries -
					      input->verified.unsigned_entries };
	char problem[1024] = "the journal was given with --file";
	uint64_t seq = 0;
	int r = -EINVAL;

	snprintf(made.manifest, sizeof(made.manifest), "%s", hash);
	snprintf(made.framework, sizeof(made.framework), "%s", input->framework->name);
	if (!input->file)
		r = report_seal(bundle, input->input.common->socket, path, input->verified.genesis,
				&made, &seq, problem, sizeof(problem));
	if (r == 0)
		printf("Journaled as entry %" PRIu64 "; " REPORT_SEAL_FILE " proves it.\n"
		       "SHA-256 of its MANIFEST.sha256:\n%s\n",
		       seq, hash);
	else
		printf("NOT JOURNALED: %s.\n"
		       "SHA-256 of its MANIFEST.sha256, which nothing signs; send it another way:\n"
		       "%s\n",
		       problem, hash);
}

static int write_bundle(const char *path, const struct report_input *input, json_t *finished)
{
	struct bundle bundle;
	char hash[65];
	int r = bundle_open(input->folder, &bundle);

	if (r == 0)
		r = add_all(&bundle, path, input, finished);
	if (r == 0)
		r = bundle_finish(&bundle, hash);
	if (r == 0) {
		printf("%s: evidence of %" PRIu64 " signed entries.\n", input->folder,
		       input->verified.entries - input->verified.unsigned_entries);
		seal(&bundle, path, input, hash);
	}
	bundle_close(&bundle);
	if (r == -ESTALE)
		return cmd_fail(CMD_FAILED, "the journal '%s' was replaced meanwhile; run it again",
				path);
	if (r < 0)
		return cmd_fail(cmd_exit_code(r), "cannot write the report to '%s': %s%s",
				input->folder, strerror(-r),
				r == -ENOTEMPTY ? "; name a folder that is new or empty" : "");
	return fflush(stdout) ? CMD_FAILED : CMD_OK;
}

/*
 * What retention has removed is said, and is before the period: the totals that the oldest file
 * begins with stand for it. They do only when that entry is older than the period.
 */
static int check_whole(const struct report_input *input)
{
	const struct journal_verify_result *verified = &input->verified;
	bool removed = verified->removed_by && verified->removed_first == 0;
	char time[WHEN_TEXT];

	if (verified->status == JOURNAL_INCOMPLETE || (verified->from && !removed))
		return cmd_fail(CMD_FAILED,
				"a report rests on the whole journal, and the file '%s' is not "
				"here: put it back, and all before it",
				verified->missing);
	if (verified->from && input->from_ms <= (uint64_t)verified->first_time)
		return cmd_fail(CMD_FAILED,
				"the entries before %" PRIu64 " were removed by retention "
				"(JournalKeep=): give a period that begins behind %s, as --from",
				verified->from, when_iso((uint64_t)verified->first_time, time));
	return CMD_OK;
}

static int make_report(struct report_input *input, const char *path)
{
	const struct journal_filter all = {
		.late = true,
		.reveal = input->vault.vault ? &input->vault.reveal : NULL,
	};
	json_auto_t *finished = NULL;
	int r = report_init(&input->report, input->from_ms, input->to_ms);

	input->report.reveal = all.reveal;

	if (r == 0)
		r = journal_read(path, &all, NULL, report_take, &input->report, &input->verified);
	if (r < 0)
		return cmd_journal_unreadable(path, r);
	if (input->verified.status == JOURNAL_TAMPERED)
		return cmd_fail(CMD_FAILED,
				"THE JOURNAL HAS BEEN TAMPERED WITH: %s; no report is made of it",
				input->verified.problem);
	r = check_whole(input);
	if (r != CMD_OK)
		return r;
	if (!input->verified.root[0])
		return cmd_fail(CMD_FAILED, "nothing in the journal '%s' is signed", path);
	if (input->verified.status != JOURNAL_OK)
		cmd_fail(CMD_OK, "note: %s", input->verified.problem);
	finished = report_finish(&input->report, input->framework, &input->verified);
	return finished ? write_bundle(path, input, finished)
			: cmd_fail(CMD_FAILED, "out of memory");
}

/* A day alone means from its begin, or to its end. */
static void parse_time(const char *arg, struct argp_state *state, bool to, uint64_t *ret)
{
	if (when_parse(arg, when_now(), ret) < 0)
		argp_error(state,
			   "'%s' is not a time; write 2026-11-22, '2026-11-22 14:00' or this-month",
			   arg);
	else if (to && strlen(arg) == strlen("2026-11-22") && strchr(arg, '-') == arg + 4)
		*ret += DAY_MS - 1;
}

static void check_options(struct argp_state *state, const struct report_input *input)
{
	if (!input->framework || !input->folder)
		argp_error(state, "--framework and --output are needed");
	if (input->from_ms > input->to_ms)
		argp_error(state, "--from is after --to");
	if (input->file && strcmp(input->file, "-") == 0)
		argp_error(state, "the journal is read twice: name a file");
}

static error_t parse_report(int key, char *arg, struct argp_state *state)
{
	struct report_input *input = state->input;

	switch (key) {
	case KEY_FRAMEWORK:
		input->framework = report_framework(arg);
		if (!input->framework)
			argp_error(state, "'%s' is no framework; write soc2, hipaa or fedramp",
				   arg);
		return 0;
	case KEY_FROM:
		parse_time(arg, state, false, &input->from_ms);
		return 0;
	case KEY_TO:
		parse_time(arg, state, true, &input->to_ms);
		return 0;
	case KEY_FILE:
		input->file = arg;
		return 0;
	case KEY_POLICY:
		input->policy = arg;
		return 0;
	case 'o':
		input->folder = arg;
		return 0;
	case ARGP_KEY_END:
		check_options(state, input);
		return cmd_parse_common(key, arg, state);
	default:
		return cmd_vault_parse(key, arg, &input->vault) ? cmd_parse_common(key, arg, state)
								: 0;
	}
}

static const struct argp_option report_options[] = {
	{ "framework", KEY_FRAMEWORK, "FRAMEWORK", 0, "soc2, hipaa or fedramp", 0 },
	{ "from", KEY_FROM, "TIME", 0, "Begin of the period; default: that of the journal", 0 },
	{ "to", KEY_TO, "TIME", 0, "Its end, a day included; default: now", 0 },
	{ "output", 'o', "FOLDER", 0, "Where to write it: new or empty", 0 },
	{ "policy", KEY_POLICY, "FILE", 0, "sluice.conf to give along, with policy.d beside it",
	  0 },
	CMD_VAULT_OPTIONS,
	{ "file", KEY_FILE, "PATH", 0, "Of this journal", 0 },
	{ "journal", KEY_FILE, NULL, OPTION_ALIAS, NULL, 0 },
	{ 0 },
};

int cmd_report(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		report_options,
		parse_report,
		"--framework=FRAMEWORK --output=FOLDER",
		"Evidence for an auditor: a page, the entries it rests on with "
		"their proofs, keys, policy, and how to check all of it.\v"
		"The journal is verified first; of one that was tampered with no "
		"report is made. Private text stands in its page and report.json "
		"for root, unless --sealed is given, and never in the entries.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct report_input input = { .input.common = common,
				      .to_ms = when_now(),
				      .policy = DEFAULT_POLICY };
	_cleanup_free_ char *owned = NULL;
	int r;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	r = cmd_vault_open(&input.vault);
	if (r == CMD_OK)
		r = make_report(&input, cmd_journal_path(common, input.file, &owned));
	cmd_vault_close(&input.vault);
	report_done(&input.report);
	return r;
}
