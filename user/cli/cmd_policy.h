/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_policy.h: what the commands below "sluice policy" share: finding the files, and saying what
 * is wrong with them.
 */
#ifndef SLUICE_CMD_POLICY_H
#define SLUICE_CMD_POLICY_H

#include "cmd.h"
#include "cmd_vault.h"
#include "event/process.h"
#include "policy/past.h"
#include "policy/policy.h"

/* @list is borrowed, but for what is in @owned. */
struct cmd_policy_files {
	char *const *list;
	size_t n;
	char **owned;
};

/**
 * cmd_policy_files() - the files that @args mean: these, or those of the one folder that they name,
 * or without any those of this host.
 * @ret: to be released by cmd_policy_files_done(), whatever is returned
 * Return: CMD_…; what is wrong has been said.
 */
int cmd_policy_files(const struct cmd_common *common, char *const *args, size_t n,
		     struct cmd_policy_files *ret);
void cmd_policy_files_done(struct cmd_policy_files *files);

/* Says why the policy was refused, as JSON too. @r: negative errno. Return: CMD_…. */
int cmd_policy_refused(const struct cmd_common *common, int r, const struct policy_error *error);

/* policy_load_with(), and what is wrong is said. The caller owns @ret. Return: CMD_…. */
int cmd_policy_load(const struct cmd_common *common, const struct cmd_policy_files *files,
		    const struct policy_extra *extra, size_t n_extra, struct policy **ret);

void cmd_policy_freep(struct policy **policy);

/**
 * struct cmd_policy_process: a process that a policy is asked about.
 * @carried: its labels, as sluiced told them: an array of names, or NULL
 * @above: units around the innermost one, pieces of @cgroup
 */
struct cmd_policy_process {
	struct process facts;
	json_t *carried;
	char *cgroup;
	char **above;
	size_t n_above;
};

/*
 * Reads the process with the number @word from /proc and with @ask from sluiced, into @ret, which
 * is zero before and to be released by cmd_policy_process_done(). Return: CMD_…; what is wrong has
 * been said.
 */
int cmd_policy_process(const struct cmd_common *common, const char *word, bool ask,
		       struct cmd_policy_process *ret);
void cmd_policy_process_done(struct cmd_policy_process *process);

/**
 * struct cmd_policy_past: what is read of the past, and how.
 * @files, @n: of the policy, as on the command line
 * @journal: NULL for this host's
 * @path: filled with the journal that was read, memory of @owned
 */
struct cmd_policy_past {
	struct cmd_common *common;
	char **files;
	size_t n;
	const char *journal;
	struct journal_filter filter;
	struct cmd_vault vault;
	uint64_t examples;
	const char *path;
	char *owned;
	struct journal_verify_result result;
};

extern const struct argp_option cmd_policy_past_options[];
/* What the parser of a command does with these, with @input as the first member of its own. */
error_t cmd_policy_past_parse(int key, char *arg, struct argp_state *state);

/*
 * Reads and verifies the journal into @list, which knows its policy. Return: CMD_…; nothing of a
 * journal that was tampered with is to be used.
 */
int cmd_policy_past_read(struct cmd_policy_past *past, struct past_list *list);
void cmd_policy_past_done(struct cmd_policy_past *past);
/* How far what was read can be trusted, for people. */
void cmd_policy_past_summary(const struct cmd_policy_past *past, const struct past_list *list);

int cmd_policy_explain(int argc, char **argv, struct cmd_common *common);
int cmd_policy_replay(int argc, char **argv, struct cmd_common *common);
int cmd_policy_learn(int argc, char **argv, struct cmd_common *common);

#endif
