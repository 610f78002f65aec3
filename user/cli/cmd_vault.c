/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_vault.c: see cmd_vault.h.
 */
#include "cmd_vault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd.h"
#include "policy/policy.h"

#define DEFAULT_CONF  "/etc/sluice/sluice.conf"
#define DEFAULT_STATE "/var/lib/sluice"

error_t cmd_vault_parse(int key, char *arg, struct cmd_vault *vault)
{
	switch (key) {
	case CMD_VAULT_PATH:
		vault->path = arg;
		return 0;
	case CMD_VAULT_SEALED:
		vault->sealed = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *default_path(void)
{
	struct policy_error error = { 0 };
	struct policy *policy = NULL;
	char *ret = NULL;
	int r = policy_read(DEFAULT_CONF, &policy, &error);

	if (asprintf(&ret, "%s/" VAULT_FILE, r == 0 ? policy->settings.state : DEFAULT_STATE) < 0)
		ret = NULL;
	policy_free(policy);
	return ret;
}

/* Only root can read that of the host, and nobody else is told of it. */
static int open_default(struct cmd_vault *vault, char *text, size_t size)
{
	_cleanup_free_ char *path = geteuid() == 0 || vault->needed ? default_path() : NULL;
	int r = path ? vault_open_reader(path, &vault->vault, text, size) : -ENOENT;

	if (vault->needed)
		return r;
	if (r < 0 && r != -ENOENT)
		cmd_fail(CMD_OK, "note: private text stays hidden: %s", text);
	return 0;
}

int cmd_vault_open(struct cmd_vault *vault)
{
	char text[512] = "";
	int r;

	if (vault->sealed)
		return CMD_OK;
	r = vault->path ? vault_open_reader(vault->path, &vault->vault, text, sizeof(text))
			: open_default(vault, text, sizeof(text));
	if (r < 0)
		return cmd_fail(cmd_exit_code(r), "%s", text);
	vault->reveal.vault = vault->vault;
	return CMD_OK;
}

void cmd_vault_close(struct cmd_vault *vault)
{
	if (vault->reveal.error)
		cmd_fail(CMD_OK,
			 "note: some private text stays hidden: the vault '%s' cannot be "
			 "read: %s",
			 vault_path(vault->vault), strerror(-vault->reveal.error));
	vault->vault = vault_close(vault->vault);
	vault->reveal = (struct reveal){ 0 };
}
