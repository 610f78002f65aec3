// SPDX-License-Identifier: Apache-2.0
/*
 * sluiced.c: main of the daemon: options, and the order of start and stop.
 *
 * Owns: that order and nothing else; each step is a module. Whatever fails at start leaves the
 * kernel as it was: what enforced before goes on.
 */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "agent.h"
#include "check.h"
#include "cleanup.h"
#include "control.h"
#include "deploy.h"
#include "endpoint.h"
#include "enforcement.h"
#include "event.h"
#include "grant.h"
#include "hold.h"
#include "ipc.h"
#include "journal.h"
#include "kernel.h"
#include "label.h"
#include "lineage.h"
#include "log.h"
#include "notify.h"
#include "record.h"
#include "request.h"

struct options {
	const char *conf;
	const char *control;
	const char *gateway;
	bool detach;
	bool release;
};

struct daemon {
	struct agent agent;
	struct options options;
	struct endpoints *endpoints;
	struct deploy *deploy;
	struct event *events[6];
	size_t n_events;
	struct journal_recovery recovery;
	bool adopted;
};

static void usage(FILE *out)
{
	fputs("Usage: sluiced [OPTION]\n"
	      "Stops labeled data from leaving until a person has said yes.\n\n"
	      "  -c, --config FILE    policy and settings (/etc/sluice/sluice.conf; policy.d "
	      "beside it is read too)\n"
	      "      --control PATH   socket for sluice (" IPC_CONTROL_SOCKET ")\n"
	      "      --gateway PATH   socket for sluice-gateway (" IPC_GATEWAY_SOCKET ")\n"
	      "      --release        wake every held process, as a failed one, and exit\n"
	      "      --detach         end all enforcement and exit\n"
	      "  -v, --verbose        more messages\n"
	      "  -h, --help           this text\n"
	      "  -V, --version        version\n",
	      out);
}

enum { OPT_CONTROL = 256, OPT_GATEWAY, OPT_RELEASE, OPT_DETACH };

/* Return: -1 to go on, else the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "control", required_argument, NULL, OPT_CONTROL },
		{ "gateway", required_argument, NULL, OPT_GATEWAY },
		{ "release", no_argument, NULL, OPT_RELEASE },
		{ "detach", no_argument, NULL, OPT_DETACH },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:vhV", table, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->conf = optarg;
			break;
		case OPT_CONTROL:
			options->control = optarg;
			break;
		case OPT_GATEWAY:
			options->gateway = optarg;
			break;
		case OPT_RELEASE:
			options->release = true;
			break;
		case OPT_DETACH:
			options->detach = true;
			break;
		case 'v':
			log_set_level(LOG_DEBUG);
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("sluiced " SLUICE_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	log_error("sluiced takes no argument '%s'; see --help", argv[optind]);
	return 2;
}

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
	agent->grants = grants_new();
	agent->record = record_new();
	agent->base = event_base_new();
	if (!agent->lineage || !agent->requests || !agent->grants || !agent->record || !agent->base)
		return log_error_errno(-ENOMEM, "Cannot start");
	return 0;
}

/* The journal is opened before the kernel is touched: without it nothing could be granted. */
static int open_journal(struct daemon *daemon, const struct policy *policy)
{
	struct agent *agent = &daemon->agent;
	char key[SLUICE_PATH_TEXT], origin[128], text[1024] = "";
	struct policy_error error;
	int err;

	snprintf(key, sizeof(key), "%s/journal.key", policy->settings.state);
	snprintf(origin, sizeof(origin), "%s/journal", agent->host);
	err = make_folder_of(key, 0700);
	if (!err)
		err = make_folder_of(policy->settings.journal, 0750);
	if (err)
		return err;
	err = label_names_load(policy->settings.state, &agent->names, &error);
	if (err) {
		log_error("%s", error.text);
		return err;
	}
	err = journal_open(policy->settings.journal, key, origin, record_replay, agent,
			   &agent->journal, &daemon->recovery, text, sizeof(text));
	if (err)
		log_error("%s", text);
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
				 json_pack("{s:{s:s,s:b,s:b}}", "agent", "version", agent->version,
					   "adopted", daemon->adopted, "clean", recovery->clean),
				 "agent.start", "agent started%s",
				 daemon->adopted ? ", enforcement was in force" : "");
	if (!err)
		err = record_commit(agent);
	if (err)
		log_error_errno(err, "The journal cannot be written");
	return err;
}

static void consume(struct agent *agent)
{
	int n = kernel_consume(agent->kernel, event_handle, agent);

	if (n < 0)
		log_error_errno(n, "Cannot read events from the kernel");
	event_flush(agent);
}

static void on_ring(evutil_socket_t fd, short what, void *ctx)
{
	struct daemon *daemon = ctx;

	(void)fd;
	(void)what;
	consume(&daemon->agent);
}

/* What could not be written (a full disk) is tried again until it can: nothing else would. */
static void repair_journal(struct agent *agent)
{
	if (!record_broken(agent) || journal_repair(agent->journal))
		return;
	log_notice("the journal can be written again");
	record_add(
		agent, NULL, json_object(), "journal.repaired",
		"the journal can be written again; what waited for it follows or came just before");
	record_commit(agent);
}

/* The heartbeat beats only when a whole turn went through: a daemon that hangs holds nobody. */
static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct daemon *daemon = ctx;

	(void)fd;
	(void)what;
	repair_journal(&daemon->agent);
	consume(&daemon->agent);
	enforcement_look(&daemon->agent);
	kernel_heartbeat(daemon->agent.kernel, agent_boot_ns());
	if (notify_watchdog_us())
		notify_send("WATCHDOG=1");
}

static void on_hangup(evutil_socket_t fd, short what, void *ctx)
{
	struct daemon *daemon = ctx;

	(void)fd;
	(void)what;
	deploy_reload(daemon->deploy);
}

static void on_stop(evutil_socket_t fd, short what, void *ctx)
{
	struct daemon *daemon = ctx;

	(void)fd;
	(void)what;
	event_base_loopbreak(daemon->agent.base);
}

static int add_event(struct daemon *daemon, int fd, short what, event_callback_fn fn,
		     const struct timeval *interval)
{
	struct event *event = event_new(daemon->agent.base, fd, what | EV_PERSIST, fn, daemon);

	if (!event || event_add(event, interval))
		return -ENOMEM;
	daemon->events[daemon->n_events++] = event;
	return 0;
}

static int start_loop(struct daemon *daemon)
{
	struct timeval beat = { .tv_sec = SLUICE_HEARTBEAT_MS / 1000,
				.tv_usec = SLUICE_HEARTBEAT_MS % 1000 * 1000 };
	struct agent *agent = &daemon->agent;
	int err;

	signal(SIGPIPE, SIG_IGN);
	err = add_event(daemon, kernel_event_fd(agent->kernel), EV_READ, on_ring, NULL);
	if (!err)
		err = add_event(daemon, -1, 0, on_tick, &beat);
	if (!err)
		err = add_event(daemon, SIGHUP, EV_SIGNAL, on_hangup, NULL);
	if (!err)
		err = add_event(daemon, SIGTERM, EV_SIGNAL, on_stop, NULL);
	if (!err)
		err = add_event(daemon, SIGINT, EV_SIGNAL, on_stop, NULL);
	if (!err)
		err = deploy_start(daemon->deploy);
	return err ? log_error_errno(err, "Cannot start the event loop") : 0;
}

static void policy_freep(struct policy **policy)
{
	policy_free(*policy);
}

/* From a policy that was read to one that is in force. */
static int enforce(struct daemon *daemon, struct policy **policy)
{
	struct policy_error error = {};
	int err = deploy_new(&daemon->agent, daemon->options.conf, daemon->endpoints,
			     &daemon->deploy);

	if (!err)
		err = start_loop(daemon);
	if (err)
		return err;
	err = deploy_policy(daemon->deploy, *policy, &error);
	if (err) {
		log_error("%s", error.text);
		return err;
	}
	*policy = NULL;
	daemon->agent.enforcing = true;
	return 0;
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
	consume(agent);
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

static int start(struct daemon *daemon)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_error error = {};
	int err = check_prerequisites();

	if (err)
		return err;
	raise_limits();
	err = endpoints_new(&daemon->endpoints);
	if (err)
		return log_error_errno(err, "Cannot start the resolver");
	err = deploy_read(daemon->options.conf, &policy, &error);
	if (err) {
		log_error("%s", error.text);
		return err;
	}
	err = agent_facts(&daemon->agent);
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
	struct kernel_error error;

	if (kernel_detach(&error))
		log_error("%s", error.text);
}

static void stop(struct daemon *daemon, bool started)
{
	struct agent *agent = &daemon->agent;
	size_t i;

	agent->control = control_close(agent->control);
	if (started) {
		consume(agent);
		record_add(agent, NULL, json_object(), "agent.stop",
			   "agent stopped, enforcement goes on");
		record_commit(agent);
	}
	for (i = 0; i < daemon->n_events; i++)
		event_free(daemon->events[i]);
	deploy_free(daemon->deploy);
	endpoints_free(daemon->endpoints);
	requests_free(agent->requests);
	grants_free(agent->grants);
	lineage_free(agent->lineage);
	events_free(agent->events);
	record_free(agent->record);
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

/* Wakes all that are held: without a fresh heartbeat their calls fail. */
static int release(void)
{
	struct kernel_error error = {};
	struct kernel *kernel = NULL;
	int n;

	if (!kernel_pinned())
		return 0;
	if (kernel_open_maps(&kernel, &error)) {
		log_error("%s", error.text);
		return 1;
	}
	kernel_heartbeat(kernel, 0);
	n = hold_release_all(kernel);
	kernel_close(kernel);
	if (n < 0)
		log_error_errno(n, "Cannot wake the held processes");
	else if (n)
		log_notice("%d held processes were woken; what they tried is refused", n);
	return n < 0;
}

static int detach(void)
{
	struct kernel_error error = {};

	if (kernel_detach(&error)) {
		log_error("%s", error.text);
		return 1;
	}
	log_notice("no BPF program of the agent is attached any more: nothing is enforced");
	return 0;
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
	int status = parse_options(argc, argv, &daemon.options);

	if (status >= 0)
		return status;
	if (daemon.options.detach)
		return release() | detach();
	if (daemon.options.release)
		return release();
	return run(&daemon);
}
