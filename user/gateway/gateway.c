// SPDX-License-Identifier: Apache-2.0
/*
 * gateway.c: sluice-gateway, the program that tells people about requests over the network.
 *
 * Owns: the order of the start (settings and secrets, sandbox, loop), and how the parts are wired.
 * Must not own: the parts, or any decision: it brings what people answer in its channels, each
 * signed with the channel's key, and sluiced checks all of it.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/sandbox.h"
#include "gateway_channels.h"
#include "gateway_config.h"
#include "gateway_delivered.h"
#include "gateway_keys.h"
#include "gateway_link.h"
#include "gateway_loop.h"
#include "gateway_options.h"
#include "gateway_requests.h"
#include "gateway_sinks.h"
#include "gateway_summary.h"
#include "gateway_test_card.h"
#include "gateway_token.h"
#include "slack/slack_socket.h"
#include "teams/bot_settings.h"
#include "web/web.h"

struct gateway {
	struct gateway_options options;
	struct gateway_config *config;
	struct gateway_loop loop;
	struct http *http;
	struct delivered *delivered;
	struct gateway_channels channels;
	struct channel_keys *keys;
	struct gateway_requests *requests;
	struct gateway_link_options link_options;
	struct gateway_link *link;
	struct slack *slack;
	struct slack_socket *slack_socket;
	int web_fd;
	int metrics_fd;
	struct bot *bot;
	struct web *web;
	struct web *metrics;
	struct gateway_sinks sinks;
};

static void on_connected(void *arg)
{
	struct gateway *gateway = arg;

	gateway_requests_begin(gateway->requests);
	gateway_sinks_again(&gateway->sinks);
}

static void on_journal(void *arg, const struct ipc_journal *news, int fd)
{
	struct gateway *gateway = arg;

	gateway_sinks_journal(&gateway->sinks, news, fd);
}

static void on_all(void *arg)
{
	struct gateway *gateway = arg;

	gateway_channels_all(&gateway->channels);
}

static void on_open(void *arg, const struct ipc_request *request)
{
	struct gateway *gateway = arg;

	gateway_requests_opened(gateway->requests, request);
	gateway_channels_open(&gateway->channels, request);
}

static void on_closed(void *arg, const struct ipc_request *request)
{
	struct gateway *gateway = arg;

	gateway_requests_closed(gateway->requests, request);
	gateway_channels_closed(&gateway->channels, request);
}

static int start_loop(struct gateway *gateway)
{
	int r = gateway_loop_start(&gateway->loop);

	if (r == 0 && http_new(gateway->loop.base, &gateway->http) < 0)
		r = log_error_errno(-ENOMEM, "cannot start");
	return r;
}

static int enter_sandbox(const struct gateway *gateway)
{
	struct sandbox_path paths[GATEWAY_MAX_NOTIFIERS + 2 * SLUICE_MAX_SINKS + 2];
	struct sandbox_report report;
	size_t n = 0;
	int r;

	if (gateway->options.mode == MODE_RUN)
		paths[n++] = (struct sandbox_path){ gateway->options.state, 1 };
	for (size_t i = 0; i < gateway->config->n; i++) {
		const struct notifier *notifier = &gateway->config->notifiers[i];
		const char *path = notifier->ops->readable(notifier->settings);

		if (path)
			paths[n++] = (struct sandbox_path){ path, 0 };
	}
	if (gateway->config->web && gateway->config->web->reach.ca_file)
		paths[n++] = (struct sandbox_path){ gateway->config->web->reach.ca_file, 0 };
	n = gateway_sinks_paths(gateway->config, paths, n);
	r = sandbox_gateway(paths, n, &report);
	if (r < 0)
		return log_error_errno(r, "cannot enter the sandbox");
	if (report.landlock_abi == 0)
		log_notice("this kernel has no Landlock: files are protected by their permissions "
			   "only");
	return 0;
}

static int start_channels(struct gateway *gateway)
{
	const struct gateway_channels_options options = {
		.base = gateway->loop.base,
		.http = gateway->http,
		.config = gateway->config,
		.delivered = gateway->delivered,
		.requests = gateway->requests,
	};

	return gateway_channels_start(&gateway->channels, &options);
}

/* Before the link, which wakes them. */
static int start_sinks(struct gateway *gateway)
{
	return gateway_sinks_start(&gateway->sinks, gateway->config, gateway->loop.base,
				   gateway->http, gateway->options.state);
}

static int start_link(struct gateway *gateway)
{
	struct gateway_link_options *options = &gateway->link_options;
	size_t length = 0;

	*options = (struct gateway_link_options){
		.path = gateway->options.socket,
		.hello = { .notifiers = (uint32_t)gateway->config->n,
			   .sinks = (uint32_t)gateway->config->n_sinks },
		.keys = gateway->keys,
		.on_connected = on_connected,
		.on_all = on_all,
		.on_journal = on_journal,
		.on_open = on_open,
		.on_closed = on_closed,
		.arg = gateway,
	};
	for (size_t i = 0; i < gateway->config->n && length < sizeof(options->hello.names); i++)
		length += (size_t)snprintf(options->hello.names + length,
					   sizeof(options->hello.names) - length, "%s%s",
					   i > 0 ? ", " : "", gateway->config->notifiers[i].name);
	if (gateway_link_new(gateway->loop.base, options, &gateway->link) < 0)
		return -ENOMEM;
	gateway->channels.link = gateway->link;
	gateway->sinks.link = gateway->link;
	return 0;
}

/* Before the sandbox, in which nothing can begin to listen. */
static int listen_for(const struct web_settings *settings, const char *section, int *ret_fd)
{
	if (!settings)
		return 0;
	*ret_fd = web_listen(settings);
	if (*ret_fd < 0)
		return log_error_errno(*ret_fd, "cannot listen on Listen=%s of [%s]",
				       settings->listen, section);
	return 0;
}

static int start_bot(struct gateway *gateway)
{
	const struct bot_options options = {
		.base = gateway->loop.base,
		.http = gateway->http,
		.notifier = gateway->config->bot,
		.delivered = gateway->delivered,
		.requests = gateway->requests,
		.link = gateway->link,
	};
	int r = options.notifier ? bot_new(&options, &gateway->bot) : 0;

	return r < 0 ? log_error_errno(r, "cannot start the bot") : 0;
}

static bool stands_at(void *arg, const struct ipc_request *request, const struct slack_place *place)
{
	const struct gateway *gateway = arg;
	const struct delivered_request key = delivered_request(request);
	const char *places[DELIVERED_PLACES];
	struct slack_place known;

	delivered_places(gateway->delivered, "slack", &key, places);
	for (size_t i = 0; i < DELIVERED_PLACES; i++)
		if (places[i] && slack_place_read(places[i], &known) &&
		    slack_place_equal(&known, place))
			return true;
	return false;
}

static int start_slack(struct gateway *gateway)
{
	const struct slack_options options = {
		.base = gateway->loop.base,
		.settings = gateway_config_slack(gateway->config),
		.http = gateway->http,
		.link = gateway->link,
		.requests = gateway->requests,
		.page = gateway->config->web && gateway->config->web->issuer
				? gateway->config->web->public.origin
				: NULL,
		.stands_at = stands_at,
		.arg = gateway,
	};
	int r = options.settings ? slack_new(&options, &gateway->slack) : 0;

	if (r == 0 && options.settings && options.settings->app_token)
		r = slack_socket_new(gateway->loop.base, gateway->http, options.settings,
				     gateway->slack, &gateway->slack_socket);
	return r;
}

static int start_web(struct gateway *gateway)
{
	const struct slack_settings *slack = gateway_config_slack(gateway->config);
	const char *secret = slack ? slack->signing_secret : NULL;
	const struct web_options options = {
		.base = gateway->loop.base,
		.settings = gateway->config->web,
		.clients = &gateway->config->clients,
		.http = gateway->http,
		.link = gateway->link,
		.requests = gateway->requests,
		.bot = gateway->bot,
		.slack = secret ? gateway->slack : NULL,
		.slack_secret = secret,
		.fd = gateway->web_fd,
	};
	int r = options.settings ? web_new(&options, &gateway->web) : 0;

	if (r < 0)
		return log_error_errno(r, "cannot serve [Web]; are CertificateFile= and KeyFile= "
					  "PEM, and do they fit?");
	return 0;
}

static int start_metrics(struct gateway *gateway)
{
	const struct web_options options = {
		.base = gateway->loop.base,
		.settings = gateway->config->metrics,
		.link = gateway->link,
		.channels = gateway_channels_shown(&gateway->channels),
		.metrics = true,
		.fd = gateway->metrics_fd,
	};
	int r = options.settings ? web_new(&options, &gateway->metrics) : 0;

	if (r < 0)
		return log_error_errno(r, "cannot serve [Metrics]; are CertificateFile= and "
					  "KeyFile= PEM, and do they fit?");
	return 0;
}

/* Before the sandbox: a credential is nowhere that it may look later. */
static int load_keys(struct gateway *gateway)
{
	char error[512];
	int r = channel_keys_load(gateway->options.state, &gateway->keys, error, sizeof(error));

	for (size_t i = 0; r == 0 && i < gateway->config->n; i++) {
		struct notifier *notifier = &gateway->config->notifiers[i];
		struct bot_settings *bot = notifier->settings;

		if (notifier->ops != &notifier_bot)
			continue;
		snprintf(error, sizeof(error), "the key of the channel teams cannot be used");
		r = channel_keys_derive(gateway->keys, "teams", "sluice-button-v1", bot->seal.key);
	}
	if (r < 0)
		log_error("%s", error);
	return r;
}

static int run(struct gateway *gateway)
{
	int r;

	if (geteuid() == 0) {
		log_error("sluice-gateway does not run as root; start sluice-gateway.service, "
			  "which has a user of its own");
		return -EPERM;
	}
	r = load_keys(gateway);
	if (r == 0)
		r = listen_for(gateway->config->web, "Web", &gateway->web_fd);
	if (r == 0)
		r = listen_for(gateway->config->metrics, "Metrics", &gateway->metrics_fd);
	if (r == 0)
		r = start_loop(gateway);
	if (r == 0)
		r = enter_sandbox(gateway);
	if (r < 0)
		return r;
	r = delivered_load(gateway->options.state, &gateway->delivered);
	if (r < 0)
		return log_error_errno(
			r, "cannot use the state folder %s; it must belong to this user",
			gateway->options.state);
	if (gateway_requests_new(&gateway->requests) < 0 || start_channels(gateway) < 0 ||
	    start_sinks(gateway) < 0 || start_link(gateway) < 0 || start_slack(gateway) < 0)
		return log_error_errno(-ENOMEM, "cannot start");
	r = start_bot(gateway);
	if (r == 0)
		r = start_web(gateway);
	if (r == 0)
		r = start_metrics(gateway);
	if (r < 0)
		return r;
	notify_send("READY=1");
	event_base_dispatch(gateway->loop.base);
	notify_send("STOPPING=1");
	return 0;
}

static int test_cards(struct gateway *gateway)
{
	int r = start_loop(gateway);

	if (r == 0)
		r = enter_sandbox(gateway);
	return r < 0 ? r : gateway_test_cards(gateway->loop.base, gateway->http, gateway->config);
}

static int check(struct gateway *gateway)
{
	gateway_summary_print(gateway->config, gateway->options.config);
	return 0;
}

static int new_token(struct gateway *gateway)
{
	return gateway_token_print(gateway->options.client);
}

static int print_keys(struct gateway *gateway)
{
	return gateway_keys_print(gateway->options.state);
}

static void clear(struct gateway *gateway)
{
	gateway_channels_stop(&gateway->channels);
	gateway_sinks_stop(&gateway->sinks);
	gateway_link_free(gateway->link);
	slack_free(gateway->slack);
	slack_socket_free(gateway->slack_socket);
	web_free(gateway->web);
	web_free(gateway->metrics);
	bot_free(gateway->bot);
	gateway_requests_free(gateway->requests);
	channel_keys_free(gateway->keys);
	delivered_free(gateway->delivered);
	http_free(gateway->http);
	gateway_loop_stop(&gateway->loop);
	gateway_config_free(gateway->config);
}

int main(int argc, char **argv)
{
	static int (*const modes[])(struct gateway *) = {
		[MODE_RUN] = run,
		[MODE_CHECK] = check,
		[MODE_TEST_CARD] = test_cards,
		[MODE_PRINT_KEYS] = print_keys,
		[MODE_NEW_TOKEN] = new_token,
	};
	static struct gateway gateway;
	struct gateway_config_error error;
	int r;

	gateway_options_parse(argc, argv, &gateway.options);
	escape_locale();
	if (gateway.options.mode >= MODE_PRINT_KEYS) /* needed before there are settings */
		r = 0;
	else
		r = gateway_config_load(gateway.options.config, &gateway.config, &error);
	if (r < 0)
		log_error("%s", error.text);
	else
		r = modes[gateway.options.mode](&gateway);
	clear(&gateway);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
