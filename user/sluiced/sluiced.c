// SPDX-License-Identifier: Apache-2.0
/*
 * sluiced.c: main of the daemon: the order of start and stop.
 *
 * Owns: that order and nothing else; each step is a module. Whatever fails at start leaves the
 * kernel as it was: what enforced before goes on.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "agent.h"
#include "agent_parts.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/sandbox.h"
#include "check/check.h"
#include "clean.h"
#include "control/control.h"
#include "decision/grant.h"
#include "event/event.h"
#include "event/process_reader.h"
#include "event/record.h"
#include "folder.h"
#include "guard/guard.h"
#include "ipc.h"
#include "journal/journal.h"
#include "journal_start.h"
#include "kernel/kernel.h"
#include "label/deploy.h"
#include "label/endpoint.h"
#include "label/label.h"
#include "label/label_keep.h"
#include "label/label_stay.h"
#include "label/mount_watch.h"
#include "loop.h"
#include "options.h"
#include "policy/rehearse.h"
#include "release.h"
#include "renew.h"
#include "request/request.h"
#include "vault/vault.h"

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
	int err = folder_make_of(options->control, 0755);

	if (!err)
		err = folder_make_of(options->gateway, 0755);
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
	err = agent_parts_new(&daemon->agent);
	if (!err)
		err = ask_guard(daemon, policy);
	if (!err) /* before the kernel is touched: without it nothing could be granted */
		err = journal_start_open(&daemon->agent, policy, &daemon->recovery);
	if (!err)
		err = open_kernel(daemon);
	if (!err)
		err = journal_start_tell(&daemon->agent, &daemon->recovery, daemon->adopted);
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
	agent_parts_free(agent);
	journal_close(agent->journal);
	vault_close(agent->vault);
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
