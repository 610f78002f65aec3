/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal.h: what "sluice journal" and the commands below it share: finding the file, and
 * saying why not.
 */
#ifndef SLUICE_CMD_JOURNAL_H
#define SLUICE_CMD_JOURNAL_H

#include "cmd.h"

/**
 * cmd_journal_path() - @file, or the journal that sluiced writes, or when it does not answer the
 * one that this host's configuration names, or the default one.
 * @ret_owned: NULL before; memory that the result may stand in, to be freed by the caller
 */
const char *cmd_journal_path(const struct cmd_common *common, const char *file, char **ret_owned);

/* Says why @path cannot be read (@r: negative errno). Return: CMD_…. */
int cmd_journal_unreadable(const char *path, int r);

int cmd_verify(int argc, char **argv, struct cmd_common *common);
int cmd_prove(int argc, char **argv, struct cmd_common *common);

/* The verdict on a proof alone, by the key @vkey. Return: CMD_…. */
int cmd_verify_proof(const struct cmd_common *common, const char *path, const char *vkey);

#endif
