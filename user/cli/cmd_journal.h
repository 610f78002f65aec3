/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal.h: what "sluice journal" and the commands below it share: finding the file, and
 * saying why not.
 */
#ifndef SLUICE_CMD_JOURNAL_H
#define SLUICE_CMD_JOURNAL_H

#include "cmd.h"
#include "journal/journal_resume.h"
#include "journal/journal_verify.h"

/**
 * cmd_journal_path() - @file, or the journal that sluiced writes, or when it does not answer the
 * one that this host's configuration names, or the default one.
 * @ret_owned: NULL before; memory that the result may stand in, to be freed by the caller
 */
const char *cmd_journal_path(const struct cmd_common *common, const char *file, char **ret_owned);

/* Says why @path cannot be read (@r: negative errno). Return: CMD_…. */
int cmd_journal_unreadable(const char *path, int r);

/* Says what is wrong after a reading that returned @r (0 or a negative errno). Return: CMD_…. */
int cmd_journal_verdict(const char *path, int r, const struct journal_verify_result *result);

/* A time of the command line, in ms since 1970. */
void cmd_journal_time(const char *arg, struct argp_state *state, int64_t *ret);

/* The place in @path. Return: CMD_…; what is wrong has been said. */
int cmd_resume_load(const char *path, struct journal_resume *ret);
/* Says why the place is not in the journal (@error of journal_read()). Return: CMD_…. */
int cmd_resume_lost(const char *path, const struct journal_resume *resume, int error);
/* Keeps the place that was reached, once what was printed is out. Return: CMD_…. */
int cmd_resume_save(const char *path, const struct journal_resume *resume, uint64_t n_printed);

int cmd_verify(int argc, char **argv, struct cmd_common *common);
int cmd_reveal(int argc, char **argv, struct cmd_common *common);
int cmd_erase(int argc, char **argv, struct cmd_common *common);
int cmd_prove(int argc, char **argv, struct cmd_common *common);

/* The verdict on a proof alone, by the key @vkey. Return: CMD_…. */
int cmd_verify_proof(const struct cmd_common *common, const char *path, const char *vkey);

#endif
