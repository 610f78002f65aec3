/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_policy_replay.c: "sluice policy replay": what a policy would have made of the attempts in a
 * journal, and what of that is another than it was.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cmd_policy.h"
#include "policy/evaluate.h"

#define VERDICTS (POLICY_DENY + 1)

/* What an attempt was and would be. @n: attempts; @examples: records of the first ones */
struct change {
	uint64_t n;
	json_t *examples;
};

struct replay {
	struct cmd_policy_past past;
	uint64_t before[VERDICTS];
	uint64_t after[VERDICTS];
	struct change changes[VERDICTS][VERDICTS];
};

static const char *const words[VERDICTS] = { "allowed", "allowed, and journaled", "asked about",
					     "refused" };

static const struct table_column sum_columns[] = {
	{ "what", "ATTEMPTS", 0 },
	{ "before", "BEFORE", TABLE_RIGHT },
	{ "after", "AFTER", TABLE_RIGHT },
};

static const struct table_column example_columns[] = {
	{ "n", "TIMES", TABLE_RIGHT },
	{ "action", "ACTION", 0 },
	{ "user", "USER", 0 },
	{ "executable", "EXECUTABLE", TABLE_WRAP },
	{ "target", "WHAT", TABLE_WRAP },
	{ "labels", "LABELS", TABLE_WRAP },
	{ "rule", "RULE", 0 },
	{ "entry", "ENTRY", TABLE_RIGHT },
};

static int add_example(struct change *change, const struct past_list *list, const struct past *past,
		       const struct policy_rule *rule)
{
	json_t *record = past_record(list, past);

	if (json_object_set_new(record, "rule", rule ? json_string(rule->name) : json_null()) ||
	    json_array_append(change->examples, record)) {
		json_decref(record);
		return -ENOMEM;
	}
	json_decref(record);
	return 0;
}

static int try_past(struct replay *replay, const struct evaluator *evaluator,
		    const struct past_list *list, const struct past *past)
{
	struct evaluation evaluation;
	struct change *change;

	evaluate(evaluator, &past->attempt, &evaluation);
	replay->before[past->before] += past->n;
	replay->after[evaluation.verdict] += past->n;
	change = &replay->changes[past->before][evaluation.verdict];
	change->n += past->n;
	if (past->before == evaluation.verdict)
		return 0;
	if (!change->examples)
		change->examples = json_array();
	if (json_array_size(change->examples) >= replay->past.examples)
		return 0;
	return add_example(change, list, past, evaluation.rule);
}

static json_t *counts(const uint64_t n[VERDICTS])
{
	json_t *record = json_object();

	for (unsigned int i = 0; i < VERDICTS; i++)
		json_object_set_new(record, policy_verdict_name(i), json_integer((json_int_t)n[i]));
	return record;
}

static json_t *changes(const struct replay *replay)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < VERDICTS * VERDICTS; i++) {
		unsigned int from = i / VERDICTS, to = i % VERDICTS;
		const struct change *change = &replay->changes[from][to];

		if (from != to && change->n)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:O}", "from",
							      policy_verdict_name(from), "to",
							      policy_verdict_name(to), "n",
							      (json_int_t)change->n, "examples",
							      change->examples));
	}
	return list;
}

static int print_json(const struct replay *replay, const struct past_list *list,
		      const struct policy *policy)
{
	json_auto_t *record = json_pack(
		"{s:s, s:I, s:I, s:I, s:o, s:o, s:o}", "policy", policy->digest, "entries",
		(json_int_t)list->n_entries, "other_labels", (json_int_t)list->n_other, "verified",
		(json_int_t)(replay->past.result.entries - replay->past.result.unsigned_entries),
		"before", counts(replay->before), "after", counts(replay->after), "changes",
		changes(replay));

	return cmd_print_json(record);
}

static int print_sums(const struct replay *replay)
{
	json_auto_t *rows = json_array();

	for (unsigned int i = 0; i < VERDICTS; i++)
		json_array_append_new(rows, json_pack("{s:s, s:I, s:I}", "what", words[i], "before",
						      (json_int_t)replay->before[i], "after",
						      (json_int_t)replay->after[i]));
	putchar('\n');
	return table_print(stdout, sum_columns, ARRAY_SIZE(sum_columns), rows, table_width(stdout));
}

static int print_change(const struct change *change, unsigned int from, unsigned int to)
{
	printf("\n%" PRIu64 " %s %s and would be %s:\n", change->n, change->n == 1 ? "was" : "were",
	       words[from], words[to]);
	if (!json_array_size(change->examples))
		return 0;
	return table_print(stdout, example_columns, ARRAY_SIZE(example_columns), change->examples,
			   table_width(stdout));
}

static int print_text(const struct replay *replay, const struct past_list *list)
{
	bool same = true;
	int r;

	cmd_policy_past_summary(&replay->past, list);
	r = list->n ? print_sums(replay) : 0;
	for (unsigned int i = 0; r == 0 && i < VERDICTS * VERDICTS; i++) {
		unsigned int from = i / VERDICTS, to = i % VERDICTS;

		if (from == to || !replay->changes[from][to].n)
			continue;
		same = false;
		r = print_change(&replay->changes[from][to], from, to);
	}
	if (r == 0 && same)
		puts("\nNothing would be another than it was.");
	return r < 0 ? cmd_fail(CMD_FAILED, "out of memory") : CMD_OK;
}

static int replay_list(struct replay *replay, const struct policy *policy, struct past_list *list)
{
	_cleanup_(evaluator_freep) struct evaluator *evaluator = NULL;
	struct policy_error error = { 0 };
	int r = evaluator_new(policy, &evaluator, &error), code;

	if (r < 0)
		return cmd_policy_refused(replay->past.common, r, &error);
	code = cmd_policy_past_read(&replay->past, list);
	if (code != CMD_OK)
		return code;
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = try_past(replay, evaluator, list, list->list[i]);
	if (r < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	return replay->past.common->json ? print_json(replay, list, policy)
					 : print_text(replay, list);
}

static int replay_policy(struct replay *replay, const struct policy *policy)
{
	struct past_list list;
	int code = past_begin(&list, policy) ? cmd_fail(CMD_FAILED, "out of memory")
					     : replay_list(replay, policy, &list);

	past_done(&list);
	for (unsigned int i = 0; i < VERDICTS * VERDICTS; i++)
		json_decref(replay->changes[i / VERDICTS][i % VERDICTS].examples);
	cmd_policy_past_done(&replay->past);
	return code;
}

int cmd_policy_replay(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		cmd_policy_past_options,
		cmd_policy_past_parse,
		"[FILE... | FOLDER]",
		"What a policy would have made of the attempts in the journal: how many would be "
		"allowed, asked about and refused, and which are other than they were.\vFiles and "
		"folders as in 'sluice policy check'. What a rule let through without a word is "
		"in no journal, so a new rule's refusals of that are not foreseen: give it "
		"Monitor=yes for a while. sluice(1) has what else cannot be known.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct replay replay = { .past.common = common };
	_cleanup_(cmd_policy_freep) struct policy *policy = NULL;
	struct cmd_policy_files files;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &replay);
	code = cmd_policy_files(common, replay.past.files, replay.past.n, &files);
	if (code == CMD_OK)
		code = cmd_policy_load(common, &files, NULL, 0, &policy);
	if (code == CMD_OK)
		code = replay_policy(&replay, policy);
	cmd_policy_files_done(&files);
	return code;
}
