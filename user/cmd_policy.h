/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_policy.h: what the commands below "sluice policy" share: finding the files, and saying what
 * is wrong with them.
 */
#ifndef SLUICE_CMD_POLICY_H
#define SLUICE_CMD_POLICY_H

#include "cmd.h"
#include "policy.h"
#include "process.h"

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

int cmd_policy_explain(int argc, char **argv, struct cmd_common *common);

#endif
