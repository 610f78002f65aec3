/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_config.h: gateway.conf, checked: which channels there are, the page, who may use the API,
 * where metrics are served, and where the journal is sent to.
 *
 * Owns: the file's form: sections, known keys, each once, lines in messages. Must not own: what a
 * channel's settings mean (its struct notifier_ops), the page's (web_settings.h), a client's
 * (api_client.h), or those of a place for the journal (sink.h).
 */
#ifndef SLUICE_GATEWAY_CONFIG_H
#define SLUICE_GATEWAY_CONFIG_H

#include "api/api_client.h"
#include "notifier/notifier.h"
#include "sink/sink.h"
#include "slack/slack_settings.h"
#include "web/web_settings.h"

#define GATEWAY_CONFIG	      "/etc/sluice/gateway.conf"
#define GATEWAY_MAX_NOTIFIERS SLUICE_MAX_NOTIFIERS

/*
 * @web: NULL: nothing is served; @bot: the one of notifiers whose messages come in there, or NULL
 * @metrics: NULL: none are served
 */
struct gateway_config {
	struct notifier notifiers[GATEWAY_MAX_NOTIFIERS];
	size_t n;
	struct sink sinks[SLUICE_MAX_SINKS];
	size_t n_sinks;
	struct web_settings *web;
	struct web_settings *metrics;
	const struct notifier *bot;
	struct api_clients clients;
};

/* One line: "file:line: what is wrong; remedy". */
struct gateway_config_error {
	char text[1024];
};

/**
 * gateway_config_load() - read @path and the secrets that it names.
 * @ret: on success owned by the caller, gateway_config_free()
 * Return: 0, -EINVAL for content, another negative errno for what cannot be read; @error is filled
 * on failure.
 */
int gateway_config_load(const char *path, struct gateway_config **ret,
			struct gateway_config_error *error);

/* Those of section [Slack], or NULL. */
const struct slack_settings *gateway_config_slack(const struct gateway_config *config);

struct gateway_config *
gateway_config_free(struct gateway_config *config); /* returns NULL; accepts NULL */
void gateway_config_freep(struct gateway_config **config);

#endif
