// SPDX-License-Identifier: Apache-2.0
/*
 * deploy.c: see deploy.h.
 */
#include "deploy.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "decision/grant.h"
#include "endpoint.h"
#include "event/record.h"
#include "event/record_vault.h"
#include "guard/guard.h"
#include "kernel/kernel.h"
#include "label.h"
#include "label_stay.h"
#include "policy/rehearse.h"
#include "policy/ruleset.h"
#include "request/request.h"
#include "unit.h"

/* a unit that starts is cleared this soon; before, it is asked like any other */
#define UNITS_REFRESH_S 2

struct deploy {
	struct agent *agent;
	struct endpoints *endpoints;
	struct policy *policy;
	char *conf;
	unsigned int numbers[SLUICE_MAX_LABELS];
	struct ruleset_address *own;
	size_t n_own;
	uint64_t units_seen; /* sum over the cgroups of the policy's units */
	struct event *timer;
	struct event *again;
};

static int name_executable(void *context, const char *path, struct sluice_object_id *ret)
{
	struct deploy *deploy = context;
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	return kernel_identify(deploy->agent->kernel, fd, ret, NULL);
}

static int name_unit(void *context, const char *unit, uint64_t **ret, size_t *ret_n)
{
	(void)context;
	return unit_cgroups(unit, ret, ret_n);
}

static int name_host(void *context, const char *host, struct ruleset_address **ret, size_t *ret_n)
{
	struct deploy *deploy = context;

	return endpoints_host(deploy->endpoints, host, ret, ret_n);
}

static void warn(void *context, const struct policy_origin *origin, const char *text)
{
	(void)context;
	log_warning("%s:%u: %s", origin->file, origin->line, text);
}

static void ruleset_freep(struct ruleset **ruleset)
{
	ruleset_free(*ruleset);
}

static int compile(struct deploy *deploy, const struct policy *policy, const unsigned int *numbers,
		   struct ruleset **ret, struct policy_error *error)
{
	struct ruleset_names names = {
		.numbers = numbers,
		.context = deploy,
		.executable = name_executable,
		.unit = name_unit,
		.host = name_host,
		.warn = warn,
	};
	int err;

	free(deploy->own);
	deploy->own = NULL;
	err = endpoints_own(&deploy->own, &deploy->n_own);
	if (err) {
		snprintf(error->text, sizeof(error->text),
			 "cannot list the host's own addresses: %s", strerror(-err));
		return err;
	}
	names.own = deploy->own;
	names.n_own = deploy->n_own;
	return ruleset_compile(policy, &names, kernel_idle_slot(deploy->agent->kernel),
			       deploy->agent->generation + 1, ret, error);
}

static void take_over(struct deploy *deploy, struct policy *policy, const unsigned int *numbers)
{
	struct agent *agent = deploy->agent;
	size_t i;

	memset(agent->bit_of_label, -1, sizeof(agent->bit_of_label));
	memset(agent->label_of_bit, -1, sizeof(agent->label_of_bit));
	for (i = 0; i < policy->n_labels; i++) {
		agent->bit_of_label[i] = (int8_t)numbers[i];
		agent->label_of_bit[numbers[i]] = (int8_t)i;
	}
	memcpy(deploy->numbers, numbers, sizeof(deploy->numbers));
	agent->policy = policy;
	agent->privacy = policy;
	agent->policy_ms = agent_time_ms();
	policy_free(deploy->policy);
	deploy->policy = policy;
}

/* Write-ahead: a policy takes effect only when its journal entry is durable. */
static int journal_policy(struct agent *agent, const struct policy *policy)
{
	json_t *body =
		json_pack("{s:{s:s,s:i,s:b,s:i,s:i,s:i}}", "policy", "digest", policy->digest,
			  "generation", (int)agent->generation + 1, "monitor",
			  policy->settings.monitor, "labels", (int)policy->n_labels, "rules",
			  (int)policy->n_rules, "people", (int)policy->n_people);
	int err = record_add(agent, NULL, body, "policy.loaded",
			     "policy %.12s loaded: %zu label%s, %zu rule%s, %zu %s%s",
			     policy->digest, policy->n_labels, policy->n_labels == 1 ? "" : "s",
			     policy->n_rules, policy->n_rules == 1 ? "" : "s", policy->n_people,
			     policy->n_people == 1 ? "person" : "people",
			     policy->settings.monitor ? ", monitor mode" : "");

	return err ? err : record_commit(agent);
}

static int apply(struct deploy *deploy, const struct policy *policy, const unsigned int *numbers,
		 struct policy_error *error)
{
	_cleanup_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct kernel_error kernel_error = { 0 };
	int err = compile(deploy, policy, numbers, &ruleset, error);

	if (err)
		return err;
	if (policy != deploy->policy && journal_policy(deploy->agent, policy)) {
		snprintf(error->text, sizeof(error->text),
			 "the journal cannot be written (%s): no policy is loaded",
			 record_broken(deploy->agent));
		return -EIO;
	}
	err = kernel_apply(deploy->agent->kernel, ruleset, &kernel_error);
	if (err)
		snprintf(error->text, sizeof(error->text), "%s", kernel_error.text);
	else
		deploy->agent->generation++;
	return err;
}

static uint64_t sum_subjects(const struct policy_subject *subjects, size_t n)
{
	uint64_t sum = 0;
	size_t i, k;

	for (i = 0; i < n; i++) {
		_cleanup_free_ uint64_t *ids = NULL;
		size_t count = 0;

		if (!subjects[i].unit || unit_cgroups(subjects[i].unit, &ids, &count))
			continue;
		for (k = 0; k < count; k++)
			sum += ids[k];
	}
	return sum;
}

/* Ids of control groups are never used twice, so that a sum tells whether others are there. */
static uint64_t sum_units(const struct policy *policy)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < policy->n_rules; i++)
		sum += sum_subjects(policy->rules[i].cleared, policy->rules[i].n_cleared);
	for (i = 0; i < policy->n_trusted; i++)
		sum += sum_subjects(policy->trusted[i].subjects, policy->trusted[i].n_subjects);
	return sum;
}

int deploy_policy(struct deploy *deploy, struct policy *policy, struct policy_error *error)
{
	struct agent *agent = deploy->agent;
	unsigned int numbers[SLUICE_MAX_LABELS] = {}, slot = kernel_idle_slot(agent->kernel);
	uint64_t units = sum_units(policy); /* what comes after this is seen as a change */
	int err;

	err = record_vault_open(agent, policy, error->text, sizeof(error->text));
	if (!err)
		err = label_numbers(policy, policy->settings.state, &agent->names, numbers, error);
	if (!err)
		err = label_apply(agent, policy, numbers, slot, error);
	if (!err)
		err = label_stay(agent, policy, slot, error);
	if (!err)
		err = apply(deploy, policy, numbers, error);
	if (err) {
		kernel_object_clear_slot(agent->kernel, slot);
		return err;
	}
	kernel_policy_note(agent->kernel, policy->digest);
	take_over(deploy, policy, numbers);
	deploy->units_seen = units;
	kernel_set_stale(agent->kernel, policy->settings.stale_ms * 1000000ULL);
	kernel_set_files(agent->kernel, policy->settings.files_per_user);
	endpoints_watch(deploy->endpoints, policy);
	grant_policy_changed(agent);
	request_policy_changed(agent);
	return 0;
}

int deploy_find(struct deploy *deploy, bool open)
{
	int err = kernel_find(deploy->agent->kernel, open);

	return err ? log_error_errno(err, "Cannot look which processes have labeled files %s",
				     open ? "open or mapped" : "mapped")
		   : 0;
}

int deploy_reload(struct deploy *deploy)
{
	struct policy_error error = {};
	struct policy *policy = NULL;
	int err = rehearse_read(deploy->conf, &policy, &error);

	if (!err)
		err = guard_admits_reload(deploy->agent, policy, error.text, sizeof(error.text));
	if (!err)
		err = deploy_policy(deploy, policy, &error);
	if (!err && deploy->agent->guard) {
		guard_vouch(deploy->agent, policy);
		guard_apply(deploy->agent);
	}
	if (!err) {
		log_notice("policy %.12s is in force, generation %u", policy->digest,
			   deploy->agent->generation);
		deploy_find(deploy, false);
		return 0;
	}
	policy_free(policy);
	log_error("the new policy is refused, the old one stays in force: %s", error.text);
	record_add(deploy->agent, NULL, json_pack("{s:o}", "error", record_text(error.text)),
		   "policy.refused", "new policy refused, the old one stays in force");
	record_commit(deploy->agent);
	return err;
}

/* The same policy once more: addresses or units have changed. */
static void apply_again(evutil_socket_t fd, short what, void *ctx)
{
	struct deploy *deploy = ctx;
	struct kernel *kernel = deploy->agent->kernel;
	struct policy_error error = {};
	unsigned int slot = kernel_idle_slot(kernel);
	int err;

	(void)fd;
	(void)what;
	if (!deploy->policy)
		return;
	err = label_copy(deploy->agent, !slot, slot);
	if (!err)
		err = apply(deploy, deploy->policy, deploy->numbers, &error);
	if (err)
		log_error_errno(err, "New addresses or units are not in force: %s", error.text);
}

void deploy_relabel(struct deploy *deploy)
{
	struct agent *agent = deploy->agent;
	unsigned int slot = kernel_idle_slot(agent->kernel);
	struct policy_error error = {};
	int err;

	if (!deploy->policy)
		return;
	err = label_apply(agent, deploy->policy, deploy->numbers, slot, &error);
	if (!err)
		err = label_stay(agent, deploy->policy, slot, &error);
	if (!err)
		err = apply(deploy, deploy->policy, deploy->numbers, &error);
	if (!err) {
		deploy_find(deploy, false);
		return;
	}
	kernel_object_clear_slot(agent->kernel, slot);
	log_warning("what is mounted has changed, and labels by policy stay as they were: %s",
		    error.text);
}

/* Several changes in one turn of the loop are one. */
static void changed(void *ctx)
{
	struct deploy *deploy = ctx;
	struct timeval soon = { .tv_usec = 50000 };

	if (!event_pending(deploy->again, EV_TIMEOUT, NULL))
		event_add(deploy->again, &soon);
}

/* Control groups come and go with their units. */
static void look_at_units(evutil_socket_t fd, short what, void *ctx)
{
	struct deploy *deploy = ctx;
	uint64_t sum;

	(void)fd;
	(void)what;
	if (!deploy->policy)
		return;
	sum = sum_units(deploy->policy);
	if (sum != deploy->units_seen) {
		deploy->units_seen = sum;
		changed(deploy);
	}
}

int deploy_start(struct deploy *deploy)
{
	struct timeval interval = { .tv_sec = UNITS_REFRESH_S };

	deploy->timer = event_new(deploy->agent->base, -1, EV_PERSIST, look_at_units, deploy);
	deploy->again = event_new(deploy->agent->base, -1, 0, apply_again, deploy);
	if (!deploy->timer || !deploy->again || event_add(deploy->timer, &interval))
		return -ENOMEM;
	return endpoints_start(deploy->endpoints, deploy->agent->base, changed, deploy);
}

int deploy_new(struct agent *agent, const char *conf, struct endpoints *endpoints,
	       struct deploy **ret)
{
	struct deploy *deploy = calloc(1, sizeof(*deploy));

	if (!deploy)
		return -ENOMEM;
	deploy->agent = agent;
	deploy->endpoints = endpoints;
	deploy->conf = strdup(conf);
	if (!deploy->conf) {
		free(deploy);
		return -ENOMEM;
	}
	*ret = deploy;
	return 0;
}

struct deploy *deploy_free(struct deploy *deploy)
{
	if (!deploy)
		return NULL;
	if (deploy->timer)
		event_free(deploy->timer);
	if (deploy->again)
		event_free(deploy->again);
	policy_free(deploy->policy);
	free(deploy->own);
	free(deploy->conf);
	free(deploy);
	return NULL;
}
