// SPDX-License-Identifier: Apache-2.0
/*
 * sluiced.c: main of the daemon: the order of start and stop.
 *
 * Owns: that order and nothing else; each step is a module. Whatever fails at start leaves the
 * kernel as it was: what enforced before goes on.
 */
#include <errno.h>
#include <event2/event.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "agent.h"
#include "check.h"
#include "clean.h"
#include "cleanup.h"
#include "control.h"
#include "deploy.h"
#include "endpoint.h"
#include "event.h"
#include "grant.h"
#include "guard.h"
#include "ipc.h"
#include "journal.h"
#include "kernel.h"
#include "label.h"
#include "label_keep.h"
#include "label_stay.h"
#include "lineage.h"
#include "lineage_follow.h"
#include "log.h"
#include "loop.h"
#include "mount_watch.h"
#include "notify.h"
#include "options.h"
#include "process_reader.h"
#include "reason.h"
#include "record.h"
#include "rehearse.h"
#include "release.h"
#include "renew.h"
#include "request.h"
#include "review.h"
#include "sandbox.h"
#include "standing.h"

struct daemon {
	struct agent agent;
	struct options options;
	struct endpoints *endpoints;
	struct deploy *deploy;
	struct loop loop;
	struct mount_watch *mounts;
	struct journal_recovery recovery;
	bool adopted;
};

/* Every problem is told with its remedy, not only the first. */
static int check_prerequisites(void)
{
	struct check_result results[32];
	size_t n = check_all(results, ARRAY_SIZE(results)), i;
	int err = 0;

	for (i = 0; i < n; i++) {
		if (results[i].ok == 1)
			continue;
		log_message(results[i].ok ? LOG_WARNING : LOG_ERR, "%s: %s; %s", results[i].name,
			    results[i].found, results[i].remedy);
		if (!results[i].ok)
			err = -ENOTSUP;
	}
	return err;
}

static int make_folder_of(const char *file, mode_t mode)
{
	char path[SLUICE_PATH_TEXT], *slash;

	snprintf(path, sizeof(path), "%s", file);
	slash = strrchr(path, '/');
	if (!slash || slash == path)
		return 0;
	*slash = '\0';
	if (mkdir(path, mode) && errno != EEXIST)
		return log_error_errno(-errno, "Cannot make the folder '%s'", path);
	return 0;
}

static uid_t gateway_user(void)
{
	const struct passwd *user = getpwnam("sluice-gateway");

	return user ? user->pw_uid : 0;
}

static int agent_facts(struct agent *agent)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file || !fgets(agent->boot_id, sizeof(agent->boot_id), file))
		return log_error_errno(-EIO, "Cannot read the boot id");
	if (gethostname(agent->host, sizeof(agent->host) - 1))
		return log_error_errno(-errno, "Cannot read the host's name");
	agent->version = SLUICE_VERSION;
	agent->started_ms = agent_time_ms();
	agent->gateway_uid = gateway_user();
	memset(agent->bit_of_label, -1, sizeof(agent->bit_of_label));
	memset(agent->label_of_bit, -1, sizeof(agent->label_of_bit));
	agent->lineage = lineage_new(SLUICE_MAX_NODES, NULL);
	agent->requests = requests_new();
	agent->reasons = reasons_new();
	agent->standings = standings_new();
	agent->reviews = reviews_new();
	agent->grants = grants_new();
	agent->record = record_new();
	agent->base = event_base_new();
	if (!agent->lineage || !agent->requests || !agent->reasons || !agent->standings ||
	    !agent->reviews || !agent->grants || !agent->record || !agent->base)
		return log_error_errno(-ENOMEM, "Cannot start");
	return 0;
}

/* The journal is opened before the kernel is touched: without it nothing could be granted. */
static int open_journal(struct daemon *daemon, const struct policy *policy)
{
	struct agent *agent = &daemon->agent;
	char key[SLUICE_PATH_TEXT], origin[128], text[1024] = "";
	struct policy_error error = { 0 };
	int err;

	snprintf(key, sizeof(key), "%s/journal.key", policy->settings.state);
	snprintf(origin, sizeof(origin), "%s/journal", agent->host);
	err = make_folder_of(key, 0700);
	if (!err)
		err = make_folder_of(policy->settings.journal, 0750);
	if (err)
		return err;
	snprintf(agent->journal_path, sizeof(agent->journal_path), "%s", policy->settings.journal);
	err = label_names_load(policy->settings.state, &agent->names, &error);
	if (err) {
		log_error("%s", error.text);
		return err;
	}
	err = label_keep_new(policy->settings.state, &agent->keep, text, sizeof(text));
	if (err) {
		log_error("%s", text);
		return err;
	}
	err = journal_open(policy->settings.journal, key, origin, record_replay, agent,
			   &agent->journal, &daemon->recovery, text, sizeof(text));
	if (err) {
		log_error("%s", text);
		return err;
	}
	err = lineage_follow_new(agent, policy->settings.state, policy->settings.journal,
				 &agent->follow);
	return err ? log_error_errno(err, "Cannot index the lineage") : 0;
}

static int open_kernel(struct daemon *daemon)
{
	struct agent *agent = &daemon->agent;
	struct kernel_error error = {};
	int err = kernel_open(&agent->kernel, &daemon->adopted, &error);

	if (err) {
		log_error("%s", error.text);
		return err;
	}
	err = sandbox_loaded();
	if (err)
		return log_error_errno(err, "Cannot give up what a daemon does not need");
	err = kernel_register_agent(agent->kernel);
	if (err)
		return log_error_errno(err, "Cannot register with the BPF programs");
	agent->generation = kernel_generation(agent->kernel);
	agent->events = events_new(daemon->adopted);
	return agent->events ? 0 : -ENOMEM;
}

static int journal_start(struct daemon *daemon)
{
	const struct journal_recovery *recovery = &daemon->recovery;
	struct agent *agent = &daemon->agent;
	int err = 0;

	if (recovery->torn_bytes || recovery->adopted)
		err = record_add(agent, NULL,
				 json_pack("{s:I,s:I,s:s}", "adopted",
					   (json_int_t)recovery->adopted, "torn_bytes",
					   (json_int_t)recovery->torn_bytes, "torn_sha256",
					   recovery->torn_sha256),
				 "journal.recovered",
				 "journal recovered after an unclean end: %llu entries signed "
				 "again, %llu torn bytes kept aside",
				 (unsigned long long)recovery->adopted,
				 (unsigned long long)recovery->torn_bytes);
	if (!err)
		err = record_add(agent, NULL,
				 json_pack("{s:{s:s,s:b,s:b},s:s}", "agent", "version",
					   agent->version, "adopted", daemon->adopted, "clean",
					   recovery->clean, "boot", agent->boot_id),
				 "agent.start", "agent started%s",
				 daemon->adopted ? ", enforcement was in force" : "");
	if (!err)
		err = record_commit(agent);
	if (err)
		log_error_errno(err, "The journal cannot be written");
	return err;
}

static void policy_freep(struct policy **policy)
{
	policy_free(*policy);
}

/* What objects have carried before, and where the file systems are. */
static int start_labels(struct daemon *daemon, const char *state)
{
	struct agent *agent = &daemon->agent;
	char text[1024] = "";
	int err = mount_watch_new(agent, &daemon->mounts);

	if (err)
		return log_error_errno(err, "Cannot read what is mounted");
	err = label_keep_start(agent, state, daemon->adopted, text, sizeof(text));
	if (err) {
		log_error("%s", text);
		return err;
	}
	if (daemon->adopted)
		err = label_stay_adopt(agent, !kernel_idle_slot(agent->kernel));
	return err ? log_error_errno(err, "Cannot read which files are labeled") : 0;
}

/* From a policy that was read to one that is in force. */
static int enforce(struct daemon *daemon, struct policy **policy)
{
	struct policy_error error = {};
	int err = deploy_new(&daemon->agent, daemon->options.conf, daemon->endpoints,
			     &daemon->deploy);

	daemon->loop.agent = &daemon->agent;
	daemon->loop.deploy = daemon->deploy;
	if (!err)
		err = start_labels(daemon, (*policy)->settings.state);
	if (!err)
		err = loop_start(&daemon->loop);
	if (!err)
		err = mount_watch_start(daemon->mounts, daemon->deploy);
	if (err)
		return err;
	err = deploy_policy(daemon->deploy, *policy, &error);
	if (err) {
		log_error("%s", error.text);
		return err;
	}
	*policy = NULL;
	daemon->agent.enforcing = true;
	/* What enforced before has seen every file that was opened. */
	return deploy_find(daemon->deploy, !daemon->adopted);
}

static int open_sockets(struct daemon *daemon)
{
	const struct options *options = &daemon->options;
	int err = make_folder_of(options->control, 0755);

	if (!err)
		err = make_folder_of(options->gateway, 0755);
	if (err)
		return err;
	err = control_open(&daemon->agent, options->control, options->gateway,
			   &daemon->agent.control);
	if (err)
		return log_error_errno(err, "Cannot listen on '%s' and '%s'", options->control,
				       options->gateway);
	return 0;
}

/*
 * What was open when the agent ended. Grants first, since a request may have got one. Then what the
 * ring still holds: an event says more about a question than can be found out afterwards.
 */
static int take_up(struct agent *agent)
{
	int err = grant_recover(agent);

	if (err)
		return err;
	agent->away_until_ns = agent_boot_ns();
	loop_consume(agent, SLUICE_RING_BYTES / sizeof(struct sluice_event));
	return request_recover(agent);
}

/*
 * A held process has a descriptor here; without room for all of them the sockets could not answer
 * any more.
 */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		log_warning_errno(-errno, "Cannot raise the number of open files");
}

/* Before anything is written: by what the policy says, files could be overwritten that are not. */
static int ask_guard(const struct daemon *daemon, const struct policy *policy)
{
	char text[1024] = "";
	int err = guard_admits(policy, daemon->options.conf, text, sizeof(text));

	if (err)
		log_error("%s", text);
	return err;
}

/* Last: what it guards is there by now. */
static int raise_guard(struct daemon *daemon)
{
	const struct guard_places places = {
		.conf = daemon->options.conf,
		.control = daemon->options.control,
		.gateway = daemon->options.gateway,
	};
	int err;

	daemon->agent.guard = guard_new(&places);
	if (!daemon->agent.guard)
		return log_error_errno(-ENOMEM, "Cannot start");
	glass_take_up(&daemon->agent);
	guard_vouch(&daemon->agent, daemon->agent.policy);
	err = guard_apply(&daemon->agent);
	if (!err)
		glass_tick(&daemon->agent); /* its time may have ended while no agent ran */
	return err;
}

static int start(struct daemon *daemon)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_error error = {};
	int err = check_prerequisites();

	if (err)
		return err;
	raise_limits();
	err = sandbox_daemon();
	if (err)
		return log_error_errno(err, "Cannot give up what a daemon does not need");
	err = endpoints_new(&daemon->endpoints);
	if (err)
		return log_error_errno(err, "Cannot start the resolver");
	err = process_reader_start(); /* before the journal's key is in memory */
	if (err)
		return log_error_errno(err, "Cannot start the reader of command lines");
	err = rehearse_read(daemon->options.conf, &policy, &error);
	if (err) {
		log_error("%s", error.text);
		return err;
	}
	err = agent_facts(&daemon->agent);
	if (!err)
		err = ask_guard(daemon, policy);
	if (!err)
		err = open_journal(daemon, policy);
	if (!err)
		err = open_kernel(daemon);
	if (!err)
		err = journal_start(daemon);
	if (!err)
		err = enforce(daemon, &policy);
	if (!err)
		err = take_up(&daemon->agent);
	if (!err)
		err = open_sockets(daemon);
	if (!err)
		err = raise_guard(daemon);
	if (!err) /* not before somebody can answer: what is held has to be woken by us */
		kernel_heartbeat(daemon->agent.kernel, agent_boot_ns());
	return err;
}

/*
 * A first start that failed: without a policy in force the programs would be of no use and look
 * like protection.
 */
static void leave_nothing(void)
{
	struct kernel_error error = { 0 };

	if (kernel_detach(&error))
		log_error("%s", error.text);
}

static void stop(struct daemon *daemon, bool started)
{
	struct agent *agent = &daemon->agent;

	agent->control = control_close(agent->control);
	if (started) {
		loop_consume(agent, SLUICE_RING_BYTES / sizeof(struct sluice_event));
		label_keep_tick(agent);
		record_add(agent, NULL, json_object(), "agent.stop",
			   "agent stopped, enforcement goes on");
		record_commit(agent);
	}
	loop_end(&daemon->loop);
	mount_watch_free(daemon->mounts);
	deploy_free(daemon->deploy);
	endpoints_free(daemon->endpoints);
	process_reader_stop();
	requests_free(agent->requests);
	reasons_free(agent->reasons);
	standings_free(agent->standings);
	reviews_free(agent->reviews);
	grants_free(agent->grants);
	lineage_free(agent->lineage);
	guard_free(agent->guard);
	events_free(agent->events);
	record_free(agent->record);
	label_keep_free(agent->keep);
	lineage_follow_free(agent->follow);
	label_places_clear(&agent->places[0]);
	label_places_clear(&agent->places[1]);
	journal_close(agent->journal);
	if (agent->kernel && !started && !daemon->adopted)
		leave_nothing();
	kernel_close(agent->kernel);
	if (agent->base)
		event_base_free(agent->base);
}

static int run(struct daemon *daemon)
{
	int err = start(daemon);

	if (!err) {
		log_notice("enforcing, policy generation %u", daemon->agent.generation);
		notify_send("READY=1");
		event_base_dispatch(daemon->agent.base);
		notify_send("STOPPING=1");
	}
	stop(daemon, !err);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct daemon daemon = {
		.options = {
			.conf = "/etc/sluice/sluice.conf",
			.control = IPC_CONTROL_SOCKET,
			.gateway = IPC_GATEWAY_SOCKET,
		},
	};
	int status;

	clean_environment(argc, argv);
	status = options_parse(argc, argv, &daemon.options);
	if (status >= 0)
		return status;
	if (daemon.options.detach)
		return release_all();
	if (daemon.options.release)
		return release_held();
	if (daemon.options.new_key)
		return renew_key(daemon.options.conf);
	return run(&daemon);
}
