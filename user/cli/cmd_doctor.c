/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_doctor.c: "sluice doctor": what this host lacks (check.h), how the installation (health.h),
 * the policy (advice.h) and the daemon are, each with a remedy.
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>

#include "abi.h"
#include "base/cleanup.h"
#include "base/view.h"
#include "check/advice.h"
#include "check/check.h"
#include "check/health.h"
#include "policy/policy.h"

#define MAX_CHECKS     64
#define DEFAULT_FOLDER "/etc/sluice"
#define GATEWAY_STATE  "/var/lib/sluice-gateway"

static const struct table_column columns[] = {
	{ "result", "", 0 },
	{ "name", "CHECK", 0 },
	{ "found", "FOUND", TABLE_WRAP },
	{ "remedy", "REMEDY", TABLE_WRAP },
};

static const char *result_name(int ok)
{
	if (ok > 0)
		return "ok";
	return ok < 0 ? "warning" : "PROBLEM";
}

/* The remedy of what is well is not worth reading. */
static json_t *row(const char *name, int ok, const char *found, const char *remedy)
{
	return json_pack("{s:s, s:o, s:o, s:o}", "result", result_name(ok), "name", view_text(name),
			 "found", view_text(found), "remedy",
			 ok > 0 ? json_null() : view_text(remedy));
}

static int add_host(json_t *rows)
{
	struct check_result *results = calloc(MAX_CHECKS, sizeof(*results));
	int r = results ? 0 : -ENOMEM;
	size_t n;

	n = results ? check_all(results, MAX_CHECKS) : 0;
	for (size_t i = 0; i < n && i < MAX_CHECKS && r == 0; i++)
		if (json_array_append_new(rows, row(results[i].name, results[i].ok,
						    results[i].found, results[i].remedy)) < 0)
			r = -ENOMEM;
	free(results);
	return r;
}

static void add_result(json_t *rows, const struct check_result *result)
{
	json_array_append_new(rows, row(result->name, result->ok, result->found, result->remedy));
}

static void add_advice(void *arg, const struct policy_origin *where, const char *text,
		       const char *remedy)
{
	_cleanup_free_ char *found = NULL;

	if (asprintf(&found, "%s:%u: %s", where->file, where->line, text) >= 0)
		json_array_append_new(arg, row("policy", -1, found, remedy));
}

/* One row that all is well, or one for each thing that is hardly meant. */
static void add_policy(json_t *rows, const struct policy *policy)
{
	size_t before = json_array_size(rows);
	char found[128];

	advice_on(policy, add_advice, rows);
	if (json_array_size(rows) > before)
		return;
	snprintf(found, sizeof(found), "%zu rules for %zu labels and %zu people", policy->n_rules,
		 policy->n_labels, policy->n_people);
	json_array_append_new(rows, row("policy", 1, found, ""));
}

static void add_files(json_t *rows, const struct policy *policy)
{
	struct check_result result = { 0 };

	health_disk(&result, policy->settings.journal);
	add_result(rows, &result);
	health_journal_files(&result, policy->settings.journal);
	add_result(rows, &result);
	health_vault(&result, policy->settings.state);
	add_result(rows, &result);
	health_host_key(&result, policy->settings.state);
	add_result(rows, &result);
	health_channel_keys(&result, GATEWAY_STATE);
	add_result(rows, &result);
}

static void freepolicyp(struct policy **policy)
{
	policy_free(*policy);
}

/* @folder: of sluice.conf; without one nothing is wrong yet. */
static void add_settings(json_t *rows, const char *folder)
{
	_cleanup_(freepolicyp) struct policy *policy = NULL;
	struct policy_error error = { 0 };
	char conf[SLUICE_PATH_TEXT];
	int r;

	snprintf(conf, sizeof(conf), "%s/sluice.conf", folder);
	r = policy_read(conf, &policy, &error);
	if (r == 0) {
		add_policy(rows, policy);
		add_files(rows, policy);
		return;
	}
	if (r == -EACCES)
		json_array_append_new(rows, row("policy", -1, error.text,
						"look as root: sudo sluice doctor"));
	else if (r == -ENOENT)
		json_array_append_new(rows, row("policy", -1, error.text,
						"name the folder of the settings: sluice doctor "
						"FOLDER; or begin with the examples"));
	else
		json_array_append_new(rows, row("policy", 0, error.text,
						"correct it, then: sluice policy check; a daemon "
						"that runs keeps the former policy"));
}

static void add_health(json_t *rows)
{
	static void (*const topics[])(struct check_result * result) = {
		health_kernel,
		health_sandbox,
		health_clock,
	};

	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		struct check_result result = { 0 };

		topics[i](&result);
		add_result(rows, &result);
	}
}

static int take_status(void *ctx, const union ipc_any *item)
{
	*(struct ipc_status *)ctx = item->status;
	return 0;
}

/* One row a reason why it does not enforce, or one that all is well. */
static void add_enforcing(json_t *rows, const struct ipc_status *status)
{
	json_auto_t *reasons = view_list(status->why, "\n");

	if (json_array_size(reasons) == 0)
		json_array_append_new(rows, row("enforcing", status->enforcing != 0,
						status->enforcing ? "every program is attached"
								  : "no, without a reason",
						"see: journalctl -u sluiced"));
	for (size_t i = 0; i < json_array_size(reasons); i++)
		json_array_append_new(rows,
				      row("enforcing", status->enforcing ? -1 : 0,
					  json_string_value(json_array_get(reasons, i)) ?: "?",
					  "see: sluice status"));
}

static void add_guard(json_t *rows, const struct ipc_status *status)
{
	static const char *const found[] = {
		[SLUICE_GUARD_OFF] = "off: root can push the agent aside",
		[SLUICE_GUARD_MONITOR] = "watches only: root can push the agent aside",
		[SLUICE_GUARD_ENFORCE] = "in force",
	};
	bool known = status->guard < ARRAY_SIZE(found);

	json_array_append_new(rows, row("guard", status->guard == SLUICE_GUARD_ENFORCE ? 1 : -1,
					known ? found[status->guard] : "unknown",
					"set Mode=enforce in [Guard] and end monitor mode"));
}

static void add_gateway(json_t *rows, const struct ipc_status *status)
{
	json_array_append_new(
		rows,
		row("gateway", status->gateway_connected ? 1 : -1,
		    status->gateway_connected ? "connected" : "not connected: nobody is notified",
		    "systemctl start sluice-gateway; or decide with: sluice approve"));
	if (*status->gateway)
		json_array_append_new(rows, row("delivery", -1, status->gateway,
						"correct the notifier that it names; see: "
						"journalctl -u sluice-gateway"));
}

static void add_losses(json_t *rows, const struct ipc_status *status)
{
	char found[64];

	snprintf(found, sizeof(found), "%llu", (unsigned long long)status->gaps);
	json_array_append_new(rows, row("lost events", status->gaps ? -1 : 1, found,
					"they are journaled: sluice journal --type journal.gap"));
}

static void add_missed(json_t *rows, const struct ipc_status *status)
{
	char found[128];

	snprintf(found, sizeof(found), "%llu%s", (unsigned long long)status->missed,
		 status->missed ? " times: labels that came then may not have been taken" : "");
	json_array_append_new(rows,
			      row("programs left out", status->missed ? -1 : 1, found,
				  "see which: sluice journal --type enforcement.missed; for a "
				  "remedy see the line: preemption"));
}

static void add_daemon(json_t *rows, const struct cmd_common *common)
{
	struct ipc_status status = { 0 };
	const struct client_call call = {
		.socket = common->socket,
		.type = IPC_STATUS,
		.item = IPC_STATUS_ITEM,
		.item_fn = take_status,
		.ctx = &status,
	};
	struct ipc_result result;

	if (client_call(&call, &result) < 0 || result.error) {
		json_array_append_new(rows, row("daemon", 0, "does not answer", result.text));
		return;
	}
	json_array_append_new(rows, row("daemon", 1, status.version, ""));
	add_enforcing(rows, &status);
	add_guard(rows, &status);
	add_gateway(rows, &status);
	add_losses(rows, &status);
	add_missed(rows, &status);
}

static size_t problems(const json_t *rows)
{
	const char *result;
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		result = json_string_value(json_object_get(json_array_get(rows, i), "result"));
		n += !result || strcmp(result, result_name(0)) == 0;
	}
	return n;
}

int cmd_doctor(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common, .positional.max = 1 };
	json_auto_t *rows = json_array();
	int code;

	cmd_parse_simple("[FOLDER]",
			 "What this host lacks to run Sluice, and what is wrong with kernel, clock, "
			 "disk, keys, policy and daemon, each with its remedy.\vFOLDER: of the settings, "
			 "by default " DEFAULT_FOLDER
			 ". The exit code is 0 when nothing is a problem; warnings do not count.",
			 argc, argv, &input);
	if (!rows || add_host(rows) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	add_health(rows);
	add_settings(rows, input.positional.n ? input.positional.values[0] : DEFAULT_FOLDER);
	add_daemon(rows, common);
	code = cmd_print_rows(common, rows, columns, ARRAY_SIZE(columns), "Nothing was checked.");
	return code == CMD_OK && problems(rows) ? CMD_FAILED : code;
}
