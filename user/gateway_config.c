// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_config.c: see gateway_config.h. Owns the strict reading: libinih forgives much by
 * default, and it does not tell of sections without keys, so lines pass through next_line() first,
 * which counts them and opens the sections.
 */
#include "gateway_config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <string.h>

#include "cleanup.h"
#include "metrics_settings.h"
#include "secret.h"
#include "text.h"

/* gcc's analyzer loses what lists, tables and settings by offset hold on to; the leak sanitizer
 * watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define LINE_LENGTH 4096
#define MAX_KEYS    24

/* What the section that is open is made of. @notifier: of a channel, else NULL. */
struct section {
	const char *kind;
	const struct setting *keys;
	size_t n_keys;
	void *settings;
	struct notifier *notifier;
	int (*check)(void *settings, struct setting_error *error);
};

/* The load in progress. @lines: where each key of the open section was set; the last entries are
 * of notifier_keys. */
struct load {
	const char *path;
	FILE *file;
	unsigned int line;
	int r;
	struct gateway_config *config;
	struct gateway_config_error *error;
	struct section section;
	unsigned int section_line;
	unsigned int lines[MAX_KEYS + NOTIFIER_KEYS];
};

/* Keeps the first error; returns it. */
__attribute__((format(printf, 4, 5))) static int refuse(struct load *load, unsigned int line, int r,
							const char *format, ...)
{
	char text[900];
	va_list ap;

	if (load->r < 0)
		return load->r;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (line > 0)
		snprintf(load->error->text, sizeof(load->error->text), "%s:%u: %s", load->path,
			 line, text);
	else
		snprintf(load->error->text, sizeof(load->error->text), "%s: %s", load->path, text);
	text_scrub(load->error->text);
	load->r = r;
	return r;
}

static bool is_about(const char *text, const struct setting *key)
{
	size_t length = strlen(key->name);

	return strncmp(text, key->name, length) == 0 && text[length] == '=';
}

/* The line of the key that @text begins with; else that of the section. */
static unsigned int line_to_blame(const struct load *load, const char *text)
{
	const struct section *section = &load->section;

	for (size_t i = 0; i < section->n_keys && i < MAX_KEYS; i++)
		if (load->lines[i] && is_about(text, &section->keys[i]))
			return load->lines[i];
	for (size_t i = 0; i < NOTIFIER_KEYS; i++)
		if (load->lines[MAX_KEYS + i] && is_about(text, &notifier_keys[i]))
			return load->lines[MAX_KEYS + i];
	return load->section_line;
}

/* Only one above it, so that nothing goes round in circles. */
static int find_before(struct load *load, struct setting_error *error)
{
	const struct gateway_config *config = load->config;
	struct notifier *notifier = load->section.notifier;

	if (!notifier || (!notifier->after && !load->lines[MAX_KEYS + NOTIFIER_HAND_OVER]))
		return 0;
	if (!notifier->after)
		return setting_refuse(error, -EINVAL, "HandOverAfter= needs After=");
	for (size_t i = 0; i + 1 < config->n; i++)
		if (strcmp(config->notifiers[i].name, notifier->after) == 0)
			notifier->before = &config->notifiers[i];
	if (!notifier->before)
		return setting_refuse(error, -EINVAL,
				      "After=%s is no channel above this one; name it as --check "
				      "does: teams, or teams-NAME",
				      notifier->after);
	return 0;
}

/* The section is complete: are required keys there, and does its owner agree with its settings? */
static int close_section(struct load *load)
{
	const struct section *section = &load->section;
	struct setting_error error = {};
	int r;

	if (!load->section_line)
		return 0;
	for (size_t i = 0; i < section->n_keys; i++)
		if (section->keys[i].required && !load->lines[i])
			return refuse(load, load->section_line, -EINVAL,
				      "section [%s] needs %s=", section->kind,
				      section->keys[i].name);
	r = section->check(section->settings, &error);
	if (r == 0)
		r = find_before(load, &error);
	if (r < 0)
		return refuse(load, line_to_blame(load, error.text), r, "%s",
			      *error.text ? error.text : strerror(-r));
	return 0;
}

static int open_section(struct load *load, const struct section *section)
{
	load->section = *section;
	load->section_line = load->line;
	memset(load->lines, 0, sizeof(load->lines));
	return 0;
}

static int add_notifier(struct load *load, const struct notifier_ops *ops, const char *name)
{
	struct gateway_config *config = load->config;
	struct notifier *notifier = &config->notifiers[config->n];
	int r;

	if (config->n == GATEWAY_MAX_NOTIFIERS)
		return refuse(load, load->line, -EINVAL, "more than %d channels",
			      GATEWAY_MAX_NOTIFIERS);
	if (ops->single && *name)
		return refuse(load, load->line, -EINVAL, "the section [%s] has no name", ops->kind);
	r = notifier_init(notifier, ops, name);
	if (r < 0)
		return refuse(load, load->line, r,
			      "name '%s' must be letters, digits, '-', '_' or '.', and short",
			      name);
	config->n++;
	for (size_t i = 0; i + 1 < config->n; i++) {
		if (ops->single && config->notifiers[i].ops == ops)
			return refuse(load, load->line, -EINVAL, "a second section [%s]",
				      ops->kind);
		if (strcmp(config->notifiers[i].name, notifier->name) == 0)
			return refuse(load, load->line, -EINVAL,
				      "a second section for '%s'; give each a name: [%s NAME]",
				      notifier->name, ops->kind);
	}
	return open_section(load, &(struct section){ .kind = ops->kind,
						     .keys = ops->keys,
						     .n_keys = ops->n_keys,
						     .settings = notifier->settings,
						     .notifier = notifier,
						     .check = ops->check });
}

static int add_web(struct load *load, const char *name)
{
	struct gateway_config *config = load->config;

	if (config->web)
		return refuse(load, load->line, -EINVAL, "a second section [Web]");
	if (*name)
		return refuse(load, load->line, -EINVAL, "the section [Web] has no name");
	config->web = web_settings_new();
	if (!config->web)
		return refuse(load, load->line, -ENOMEM, "not enough memory");
	return open_section(load, &(struct section){ .kind = "Web",
						     .keys = web_settings_keys,
						     .n_keys = web_settings_n_keys,
						     .settings = config->web,
						     .check = web_settings_check });
}

static int add_metrics(struct load *load, const char *name)
{
	struct gateway_config *config = load->config;

	if (config->metrics)
		return refuse(load, load->line, -EINVAL, "a second section [Metrics]");
	if (*name)
		return refuse(load, load->line, -EINVAL, "the section [Metrics] has no name");
	config->metrics = web_settings_new();
	if (!config->metrics)
		return refuse(load, load->line, -ENOMEM, "not enough memory");
	return open_section(load, &(struct section){ .kind = "Metrics",
						     .keys = metrics_settings_keys,
						     .n_keys = metrics_settings_n_keys,
						     .settings = config->metrics,
						     .check = metrics_settings_check });
}

static int add_client(struct load *load, const char *name)
{
	struct api_client *client = api_client_add(&load->config->clients, name);

	if (!client && errno == EINVAL)
		return refuse(load, load->line, -EINVAL,
			      "a client needs a name: [Client NAME], of small letters, digits, "
			      "'-', '_' and '.', a letter first");
	if (!client && errno == EEXIST)
		return refuse(load, load->line, -EINVAL, "a second section [Client %s]", name);
	if (!client && errno == ENOSPC)
		return refuse(load, load->line, -EINVAL, "more than %d clients", API_MAX_CLIENTS);
	if (!client)
		return refuse(load, load->line, -ENOMEM, "not enough memory");
	return open_section(load, &(struct section){ .kind = "Client",
						     .keys = api_client_keys,
						     .n_keys = api_client_n_keys,
						     .settings = client,
						     .check = api_client_check });
}

static int add_sink(struct load *load, const struct sink_ops *ops, const char *name)
{
	struct gateway_config *config = load->config;
	struct sink *sink = &config->sinks[config->n_sinks];
	int r;

	if (config->n_sinks == SLUICE_MAX_SINKS)
		return refuse(load, load->line, -EINVAL, "more than %d places for the journal",
			      SLUICE_MAX_SINKS);
	r = sink_init(sink, ops, name);
	if (r < 0)
		return refuse(load, load->line, r,
			      "name '%s' must be letters, digits, '-', '_' or '.', and short",
			      name);
	config->n_sinks++;
	for (size_t i = 0; i + 1 < config->n_sinks; i++)
		if (strcmp(config->sinks[i].name, sink->name) == 0)
			return refuse(load, load->line, -EINVAL,
				      "a second section for '%s'; give each a name: [%s NAME]",
				      sink->name, ops->kind);
	return open_section(load, &(struct section){ .kind = ops->kind,
						     .keys = ops->keys,
						     .n_keys = ops->n_keys,
						     .settings = sink->settings,
						     .check = ops->check });
}

/* @line: "[Kind]" or "[Kind name]" */
static int begin_section(struct load *load, const char *line)
{
	char title[128];
	const struct notifier_ops *ops;
	const struct sink_ops *sink;
	char *name;
	int end = 0;

	if (close_section(load) < 0)
		return load->r;
	if (sscanf(line, "[%127[^]\r\n]]%n", title, &end) != 1 || end == 0 ||
	    line[end + strspn(line + end, " \t\r\n")])
		return refuse(load, load->line, -EINVAL,
			      "not a section; write [Kind] or [Kind NAME]");
	name = strchr(title, ' ');
	if (name)
		*name++ = '\0';
	if (strcmp(title, "Web") == 0)
		return add_web(load, name ? name : "");
	if (strcmp(title, "Metrics") == 0)
		return add_metrics(load, name ? name : "");
	if (strcmp(title, "Client") == 0)
		return add_client(load, name ? name : "");
	sink = sink_find(title);
	if (sink)
		return add_sink(load, sink, name ? name : "");
	ops = notifier_find(title);
	if (!ops)
		return refuse(load, load->line, -EINVAL,
			      "unknown section [%s]; known are [Slack], [Teams], [TeamsBot], "
			      "[Webhook], [Web], [Metrics], [Client NAME], [Folder], [Collector] "
			      "and [Witness]",
			      title);
	return add_notifier(load, ops, name ? name : "");
}

static char *next_line(char *line, int size, void *arg)
{
	struct load *load = arg;
	const char *start;

	if (load->r < 0 || !fgets(line, size, load->file))
		return NULL;
	load->line++;
	if (!strchr(line, '\n') && !feof(load->file)) {
		refuse(load, load->line, -EINVAL, "longer than %d bytes, or with a NUL in it",
		       LINE_LENGTH - 3);
		return NULL;
	}
	start = line + strspn(line, " \t");
	if (*start == '[' && begin_section(load, start) < 0)
		return NULL;
	return line;
}

static int set_secret(struct load *load, const struct setting *key, const char *value, char **field)
{
	struct setting_error error = {};
	int r = secret_path(key->name, value, field, &error);

	return r < 0 ? refuse(load, load->line, r, "%s", error.text) : 0;
}

static int set_text(struct load *load, const struct setting *key, const char *value, char **field)
{
	char *copy;

	if (!*value)
		return refuse(load, load->line, -EINVAL, "%s= is empty; leave the line out",
			      key->name);
	if (key->type == SETTING_PATH && *value != '/')
		return refuse(load, load->line, -EINVAL, "%s=%s must be an absolute path",
			      key->name, value);
	if (key->type == SETTING_SECRET)
		return set_secret(load, key, value, field);
	copy = strdup(value);
	if (!copy)
		return refuse(load, load->line, -ENOMEM, "not enough memory");
	*field = copy;
	return 0;
}

static int set_number(struct load *load, const struct setting *key, const char *value,
		      uint64_t *field)
{
	uint64_t number = 0;
	int r;

	r = key->type == SETTING_SECONDS ? text_to_seconds(value, key->max, &number)
					 : text_to_number(value, key->max, &number);
	if (r < 0 || number < key->min)
		return refuse(load, load->line, -EINVAL, "%s=%s must be %s from %llu to %llu",
			      key->name, value,
			      key->type == SETTING_SECONDS ? "a time in seconds (20, 20s, 1min)"
							   : "a number",
			      (unsigned long long)key->min, (unsigned long long)key->max);
	*field = number;
	return 0;
}

static int set_flag(struct load *load, const struct setting *key, const char *value, bool *field)
{
	if (text_to_bool(value, field) < 0)
		return refuse(load, load->line, -EINVAL, "%s=%s must be yes or no", key->name,
			      value);
	return 0;
}

static int set_key(struct load *load, const struct setting *key, const char *value, void *field)
{
	switch (key->type) {
	case SETTING_PATH:
	case SETTING_SECRET:
	case SETTING_TEXT:
		return set_text(load, key, value, field);
	case SETTING_NUMBER:
	case SETTING_SECONDS:
		return set_number(load, key, value, field);
	case SETTING_FLAG:
		return set_flag(load, key, value, field);
	}
	return -EINVAL;
}

static int set_once(struct load *load, size_t index, const struct setting *key, const char *value,
		    void *settings)
{
	if (load->lines[index])
		return refuse(load, load->line, -EINVAL,
			      "%s= is set a second time, first in line %u", key->name,
			      load->lines[index]);
	load->lines[index] = load->line;
	return set_key(load, key, value, (char *)settings + key->offset);
}

/* libinih wants 1 for success. */
static int on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct load *load = arg;
	const struct section *open = &load->section;

	(void)section;
	if (!load->section_line)
		return refuse(load, load->line, -EINVAL, "%s= stands before any section", name) >=
		       0;
	for (size_t i = 0; open->notifier && i < NOTIFIER_KEYS; i++)
		if (strcmp(name, notifier_keys[i].name) == 0)
			return set_once(load, MAX_KEYS + i, &notifier_keys[i], value,
					open->notifier) >= 0;
	for (size_t i = 0; i < open->n_keys && i < MAX_KEYS; i++)
		if (strcmp(name, open->keys[i].name) == 0)
			return set_once(load, i, &open->keys[i], value, open->settings) >= 0;
	return refuse(load, load->line, -EINVAL,
		      "unknown key '%s' in section [%s]; see sluice-gateway.conf(5)", name,
		      open->kind) >= 0;
}

static int parse(struct load *load)
{
	int r;

	ini_use_stack = false;
	ini_max_line = LINE_LENGTH;
	ini_initial_alloc = LINE_LENGTH;
	ini_allow_realloc = false;
	ini_allow_multiline = false;
	ini_allow_bom = false;
	ini_allow_inline_comments = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = true;
	r = ini_parse_stream(next_line, load, on_key, load);
	if (load->r == 0 && r == -2)
		return refuse(load, 0, -ENOMEM, "not enough memory");
	if (load->r == 0 && r != 0)
		return refuse(load, load->line, -EINVAL,
			      "neither a section, a comment nor Key=value");
	if (load->r == 0 && ferror(load->file))
		return refuse(load, 0, -EIO, "cannot be read");
	return load->r;
}

const struct slack_settings *gateway_config_slack(const struct gateway_config *config)
{
	for (size_t i = 0; i < config->n; i++)
		if (config->notifiers[i].ops == &notifier_slack)
			return config->notifiers[i].settings;
	return NULL;
}

static bool needs_web(const struct gateway_config *config)
{
	const struct slack_settings *slack = gateway_config_slack(config);

	return slack && slack->signing_secret;
}

/* What belongs together in several sections. */
static int check_whole(struct load *load)
{
	const struct gateway_config *config = load->config;
	struct setting_error error = {};

	if (config->clients.n > 0 && !config->web)
		return refuse(load, 0, -EINVAL,
			      "[Client %s] has nowhere to connect to; add a section [Web]",
			      config->clients.list[0]->name);
	if (config->n == 0 && !config->web && !config->metrics && config->n_sinks == 0)
		return refuse(load, 0, -EINVAL,
			      "names no channel; add a section [Teams] with WebhookFile=, "
			      "[TeamsBot], [Slack], [Webhook], [Web] or [Metrics]");
	if (config->bot && !config->web)
		return refuse(load, 0, -EINVAL,
			      "[TeamsBot] needs a section [Web] with PublicURL= and Listen=, where "
			      "Teams brings what people answer");
	if (needs_web(config) && !config->web)
		return refuse(
			load, 0, -EINVAL,
			"SigningSecretFile= of [Slack] needs [Web], at whose PublicURL= Slack "
			"posts what people answer");
	if (config->web && !config->web->issuer && !config->bot && !needs_web(config) &&
	    config->clients.n == 0)
		return refuse(load, 0, -EINVAL,
			      "[Web] serves nobody; add Issuer=, ClientId= and ClientSecretFile= "
			      "for the page, a section [TeamsBot] or [Client NAME], or "
			      "SigningSecretFile= to [Slack]");
	if (api_clients_check(&config->clients, &error) < 0)
		return refuse(load, 0, -EINVAL, "%s", error.text);
	return 0;
}

int gateway_config_load(const char *path, struct gateway_config **ret,
			struct gateway_config_error *error)
{
	_cleanup_(gateway_config_freep) struct gateway_config *config = calloc(1, sizeof(*config));
	_cleanup_fclose_ FILE *file = NULL;
	struct load load = { .path = path, .config = config, .error = error };

	if (!config)
		return refuse(&load, 0, -ENOMEM, "not enough memory");
	file = fopen(path, "re");
	if (!file)
		return refuse(&load, 0, -errno, "cannot be read: %s", strerror(errno));
	load.file = file;
	if (parse(&load) < 0 || close_section(&load) < 0)
		return load.r;
	for (size_t i = 0; i < config->n; i++)
		if (config->notifiers[i].ops == &notifier_bot)
			config->bot = &config->notifiers[i];
	if (check_whole(&load) < 0)
		return load.r;
	for (size_t i = 0; config->web && config->web->issuer && i < config->n; i++)
		config->notifiers[i].page = config->web->public.origin;
	*ret = TAKE_PTR(config);
	return 0;
}

struct gateway_config *gateway_config_free(struct gateway_config *config)
{
	if (!config)
		return NULL;
	for (size_t i = 0; i < config->n; i++)
		notifier_clear(&config->notifiers[i]);
	for (size_t i = 0; i < config->n_sinks; i++)
		sink_clear(&config->sinks[i]);
	web_settings_free(config->web);
	web_settings_free(config->metrics);
	api_clients_clear(&config->clients);
	free(config);
	return NULL;
}

void gateway_config_freep(struct gateway_config **config)
{
	gateway_config_free(*config);
}
