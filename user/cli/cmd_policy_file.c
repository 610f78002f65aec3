/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_policy_file.c: which files are meant, and why they are no policy: see cmd_policy.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/view.h"
#include "cmd_policy.h"

static char default_folder[] = "/etc/sluice";

void cmd_policy_freep(struct policy **policy)
{
	policy_free(*policy);
}

int cmd_policy_refused(const struct cmd_common *common, int r, const struct policy_error *error)
{
	json_auto_t *record = NULL;

	if (common->json) {
		record = json_pack("{s:b, s:o}", "valid", 0, "error", view_text(error->text));
		cmd_print_json(record);
	}
	return cmd_fail(cmd_exit_code(r), "%s", *error->text ? error->text : strerror(-r));
}

/* What sluiced would read with its configuration in @folder. */
static int find_in_folder(const struct cmd_common *common, const char *folder,
			  struct cmd_policy_files *ret)
{
	struct policy_error error = { 0 };
	_cleanup_free_ char *conf = NULL;
	int r;

	if (asprintf(&conf, "%s/sluice.conf", folder) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	if (access(conf, F_OK) < 0 && errno == ENOENT) {
		snprintf(error.text, sizeof(error.text),
			 "%s: holds no sluice.conf; name a folder that does, or the policy files "
			 "themselves",
			 folder);
		return cmd_policy_refused(common, -ENOENT, &error);
	}
	r = policy_files(conf, &ret->owned, &ret->n, &error);
	ret->list = ret->owned;
	return r < 0 ? cmd_policy_refused(common, r, &error) : CMD_OK;
}

int cmd_policy_files(const struct cmd_common *common, char *const *args, size_t n,
		     struct cmd_policy_files *ret)
{
	struct stat st;

	*ret = (struct cmd_policy_files){ .list = args, .n = n };
	if (n == 0)
		return find_in_folder(common, default_folder, ret);
	if (n == 1 && stat(args[0], &st) == 0 && S_ISDIR(st.st_mode))
		return find_in_folder(common, args[0], ret);
	return CMD_OK;
}

void cmd_policy_files_done(struct cmd_policy_files *files)
{
	policy_files_free(files->owned);
}

int cmd_policy_load(const struct cmd_common *common, const struct cmd_policy_files *files,
		    const struct policy_extra *extra, size_t n_extra, struct policy **ret)
{
	struct policy_error error = { 0 };
	int r = policy_load_with(files->list, files->n, extra, n_extra, ret, &error);

	return r < 0 ? cmd_policy_refused(common, r, &error) : CMD_OK;
}
