// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_config_section.c: the sections of gateway.conf, by their kind.
 *
 * Owns: how many of a kind there may be, and their names. Must not own: what stands in a section.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway_config_private.h"
#include "metrics_settings.h"

/* gcc's analyzer loses what lists, tables and settings by offset hold on to; the leak sanitizer
 * watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static int open_section(struct config_load *load, const struct config_section *section)
{
	load->section = *section;
	load->section_line = load->line;
	memset(load->lines, 0, sizeof(load->lines));
	return 0;
}

static int add_notifier(struct config_load *load, const struct notifier_ops *ops, const char *name)
{
	struct gateway_config *config = load->config;
	struct notifier *notifier = &config->notifiers[config->n];
	int r;

	if (config->n == GATEWAY_MAX_NOTIFIERS)
		return config_refuse(load, load->line, -EINVAL, "more than %d channels",
				     GATEWAY_MAX_NOTIFIERS);
	if (ops->single && *name)
		return config_refuse(load, load->line, -EINVAL, "the section [%s] has no name",
				     ops->kind);
	r = notifier_init(notifier, ops, name);
	if (r < 0)
		return config_refuse(
			load, load->line, r,
			"name '%s' must be letters, digits, '-', '_' or '.', and short", name);
	config->n++;
	for (size_t i = 0; i + 1 < config->n; i++) {
		if (ops->single && config->notifiers[i].ops == ops)
			return config_refuse(load, load->line, -EINVAL, "a second section [%s]",
					     ops->kind);
		if (strcmp(config->notifiers[i].name, notifier->name) == 0)
			return config_refuse(
				load, load->line, -EINVAL,
				"a second section for '%s'; give each a name: [%s NAME]",
				notifier->name, ops->kind);
	}
	return open_section(load, &(struct config_section){ .kind = ops->kind,
							    .keys = ops->keys,
							    .n_keys = ops->n_keys,
							    .settings = notifier->settings,
							    .notifier = notifier,
							    .check = ops->check });
}

static int add_web(struct config_load *load, const char *name)
{
	struct gateway_config *config = load->config;

	if (config->web)
		return config_refuse(load, load->line, -EINVAL, "a second section [Web]");
	if (*name)
		return config_refuse(load, load->line, -EINVAL, "the section [Web] has no name");
	config->web = web_settings_new();
	if (!config->web)
		return config_refuse(load, load->line, -ENOMEM, "not enough memory");
	return open_section(load, &(struct config_section){ .kind = "Web",
							    .keys = web_settings_keys,
							    .n_keys = web_settings_n_keys,
							    .settings = config->web,
							    .check = web_settings_check });
}

static int add_metrics(struct config_load *load, const char *name)
{
	struct gateway_config *config = load->config;

	if (config->metrics)
		return config_refuse(load, load->line, -EINVAL, "a second section [Metrics]");
	if (*name)
		return config_refuse(load, load->line, -EINVAL,
				     "the section [Metrics] has no name");
	config->metrics = web_settings_new();
	if (!config->metrics)
		return config_refuse(load, load->line, -ENOMEM, "not enough memory");
	return open_section(load, &(struct config_section){ .kind = "Metrics",
							    .keys = metrics_settings_keys,
							    .n_keys = metrics_settings_n_keys,
							    .settings = config->metrics,
							    .check = metrics_settings_check });
}

static int add_client(struct config_load *load, const char *name)
{
	struct api_client *client = api_client_add(&load->config->clients, name);

	if (!client && errno == EINVAL)
		return config_refuse(
			load, load->line, -EINVAL,
			"a client needs a name: [Client NAME], of small letters, digits, "
			"'-', '_' and '.', a letter first");
	if (!client && errno == EEXIST)
		return config_refuse(load, load->line, -EINVAL, "a second section [Client %s]",
				     name);
	if (!client && errno == ENOSPC)
		return config_refuse(load, load->line, -EINVAL, "more than %d clients",
				     API_MAX_CLIENTS);
	if (!client)
		return config_refuse(load, load->line, -ENOMEM, "not enough memory");
	return open_section(load, &(struct config_section){ .kind = "Client",
							    .keys = api_client_keys,
							    .n_keys = api_client_n_keys,
							    .settings = client,
							    .check = api_client_check });
}

static int add_sink(struct config_load *load, const struct sink_ops *ops, const char *name)
{
	struct gateway_config *config = load->config;
	struct sink *sink = &config->sinks[config->n_sinks];
	int r;

	if (config->n_sinks == SLUICE_MAX_SINKS)
		return config_refuse(load, load->line, -EINVAL,
				     "more than %d places for the journal", SLUICE_MAX_SINKS);
	r = sink_init(sink, ops, name);
	if (r < 0)
		return config_refuse(
			load, load->line, r,
			"name '%s' must be letters, digits, '-', '_' or '.', and short", name);
	config->n_sinks++;
	for (size_t i = 0; i + 1 < config->n_sinks; i++)
		if (strcmp(config->sinks[i].name, sink->name) == 0)
			return config_refuse(
				load, load->line, -EINVAL,
				"a second section for '%s'; give each a name: [%s NAME]",
				sink->name, ops->kind);
	return open_section(load, &(struct config_section){ .kind = ops->kind,
							    .keys = ops->keys,
							    .n_keys = ops->n_keys,
							    .settings = sink->settings,
							    .check = ops->check });
}

static const struct {
	const char *kind;
	int (*add)(struct config_load *load, const char *name);
} singles[] = {
	{ "Web", add_web },
	{ "Metrics", add_metrics },
	{ "Client", add_client },
};

int config_open_section(struct config_load *load, const char *kind, const char *name)
{
	const struct sink_ops *sink = sink_find(kind);
	const struct notifier_ops *notifier = notifier_find(kind);

	for (size_t i = 0; i < ARRAY_SIZE(singles); i++)
		if (strcmp(kind, singles[i].kind) == 0)
			return singles[i].add(load, name);
	if (sink)
		return add_sink(load, sink, name);
	if (notifier)
		return add_notifier(load, notifier, name);
	return config_refuse(load, load->line, -EINVAL,
			     "unknown section [%s]; known are [Slack], [Teams], [TeamsBot], "
			     "[Webhook], [Web], [Metrics], [Client NAME], [Folder], [Collector], "
			     "[Syslog] and [Witness]",
			     kind);
}
