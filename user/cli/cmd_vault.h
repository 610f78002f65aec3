/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_vault.h: private text for the commands that show entries of a journal.
 *
 * Owns: which vault is meant, and what is said when it cannot be read. Must not own: where text is
 * put in (reveal.h).
 */
#ifndef SLUICE_CMD_VAULT_H
#define SLUICE_CMD_VAULT_H

#include <argp.h>
#include <stdbool.h>

#include "vault/reveal.h"
#include "vault/vault.h"

/**
 * struct cmd_vault: zeroed, then options.
 * @path: the file, or NULL: for root that of this host, if there is one
 * @sealed: commitments stay
 * @needed: without a vault there is nothing to do, so that not even the host's may be missing
 */
struct cmd_vault {
	const char *path;
	bool sealed;
	bool needed;
	struct vault *vault;
	struct reveal reveal;
};

enum { CMD_VAULT_PATH = 768, CMD_VAULT_SEALED };

/* Rows for a command's own table of options. */
#define CMD_VAULT_OPTIONS                                                                          \
	{ "vault", CMD_VAULT_PATH, "FILE", 0, "Take private text from this vault", 0 },            \
	{                                                                                          \
		"sealed", CMD_VAULT_SEALED, NULL, 0, "Leave commitments in place of private text", \
			0                                                                          \
	}

error_t cmd_vault_parse(int key, char *arg, struct cmd_vault *vault);

/*
 * Opens it. A vault that was not named and cannot be read is told, and commitments stay. Return:
 * CMD_….
 */
int cmd_vault_open(struct cmd_vault *vault);
void cmd_vault_close(struct cmd_vault *vault); /* tells what could not be read */

#endif
