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

#include "base/cleanup.h"
#include "base/text.h"
#include "gateway_config_private.h"
#include "setting_value.h"

/* gcc's analyzer loses what lists, tables and settings by offset hold on to; the leak sanitizer
 * watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define LINE_LENGTH 4096

int config_refuse(struct config_load *load, unsigned int line, int r, const char *format, ...)
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
static unsigned int line_to_blame(const struct config_load *load, const char *text)
{
	const struct config_section *section = &load->section;

	for (size_t i = 0; i < section->n_keys && i < MAX_KEYS; i++)
		if (load->lines[i] && is_about(text, &section->keys[i]))
			return load->lines[i];
	for (size_t i = 0; i < NOTIFIER_KEYS; i++)
		if (load->lines[MAX_KEYS + i] && is_about(text, &notifier_keys[i]))
			return load->lines[MAX_KEYS + i];
	return load->section_line;
}

/* Only one above it, so that nothing goes round in circles. */
static int find_before(struct config_load *load, struct setting_error *error)
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
static int close_section(struct config_load *load)
{
	const struct config_section *section = &load->section;
	struct setting_error error = {};
	int r;

	if (!load->section_line)
		return 0;
	for (size_t i = 0; i < section->n_keys; i++)
		if (section->keys[i].required && !load->lines[i])
			return config_refuse(load, load->section_line, -EINVAL,
					     "section [%s] needs %s=", section->kind,
					     section->keys[i].name);
	r = section->check(section->settings, &error);
	if (r == 0)
		r = find_before(load, &error);
	if (r < 0)
		return config_refuse(load, line_to_blame(load, error.text), r, "%s",
				     *error.text ? error.text : strerror(-r));
	return 0;
}

/* @line: "[Kind]" or "[Kind name]" */
static int begin_section(struct config_load *load, const char *line)
{
	char title[128];
	char *name;
	int end = 0;

	if (close_section(load) < 0)
		return load->r;
	if (sscanf(line, "[%127[^]\r\n]]%n", title, &end) != 1 || end == 0 ||
	    line[end + strspn(line + end, " \t\r\n")])
		return config_refuse(load, load->line, -EINVAL,
				     "not a section; write [Kind] or [Kind NAME]");
	name = strchr(title, ' ');
	if (name)
		*name++ = '\0';
	return config_open_section(load, title, name ? name : "");
}

static char *next_line(char *line, int size, void *arg)
{
	struct config_load *load = arg;
	const char *start;

	if (load->r < 0 || !fgets(line, size, load->file))
		return NULL;
	load->line++;
	if (!strchr(line, '\n') && !feof(load->file)) {
		config_refuse(load, load->line, -EINVAL,
			      "longer than %d bytes, or with a NUL in it", LINE_LENGTH - 3);
		return NULL;
	}
	start = line + strspn(line, " \t");
	if (*start == '[' && begin_section(load, start) < 0)
		return NULL;
	return line;
}

static int set_once(struct config_load *load, size_t index, const struct setting *key,
		    const char *value, void *settings)
{
	struct setting_error error = {};
	int r;

	if (load->lines[index])
		return config_refuse(load, load->line, -EINVAL,
				     "%s= is set a second time, first in line %u", key->name,
				     load->lines[index]);
	load->lines[index] = load->line;
	r = setting_set(key, value, settings, &error);
	return r < 0 ? config_refuse(load, load->line, r, "%s", error.text) : 0;
}

/* libinih wants 1 for success. */
static int on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct config_load *load = arg;
	const struct config_section *open = &load->section;

	(void)section;
	if (!load->section_line)
		return config_refuse(load, load->line, -EINVAL, "%s= stands before any section",
				     name) >= 0;
	for (size_t i = 0; open->notifier && i < NOTIFIER_KEYS; i++)
		if (strcmp(name, notifier_keys[i].name) == 0)
			return set_once(load, MAX_KEYS + i, &notifier_keys[i], value,
					open->notifier) >= 0;
	for (size_t i = 0; i < open->n_keys && i < MAX_KEYS; i++)
		if (strcmp(name, open->keys[i].name) == 0)
			return set_once(load, i, &open->keys[i], value, open->settings) >= 0;
	return config_refuse(load, load->line, -EINVAL,
			     "unknown key '%s' in section [%s]; see sluice-gateway.conf(5)", name,
			     open->kind) >= 0;
}

static int parse(struct config_load *load)
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
		return config_refuse(load, 0, -ENOMEM, "not enough memory");
	if (load->r == 0 && r != 0)
		return config_refuse(load, load->line, -EINVAL,
				     "neither a section, a comment nor Key=value");
	if (load->r == 0 && ferror(load->file))
		return config_refuse(load, 0, -EIO, "cannot be read");
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
static int check_whole(struct config_load *load)
{
	const struct gateway_config *config = load->config;
	struct setting_error error = {};

	if (config->clients.n > 0 && !config->web)
		return config_refuse(load, 0, -EINVAL,
				     "[Client %s] has nowhere to connect to; add a section [Web]",
				     config->clients.list[0]->name);
	if (config->n == 0 && !config->web && !config->metrics && config->n_sinks == 0)
		return config_refuse(load, 0, -EINVAL,
				     "names no channel; add a section [Teams] with WebhookFile=, "
				     "[TeamsBot], [Slack], [Webhook], [Web] or [Metrics]");
	if (config->bot && !config->web)
		return config_refuse(
			load, 0, -EINVAL,
			"[TeamsBot] needs a section [Web] with PublicURL= and Listen=, where "
			"Teams brings what people answer");
	if (needs_web(config) && !config->web)
		return config_refuse(
			load, 0, -EINVAL,
			"SigningSecretFile= of [Slack] needs [Web], at whose PublicURL= Slack "
			"posts what people answer");
	if (config->web && !config->web->issuer && !config->bot && !needs_web(config) &&
	    config->clients.n == 0)
		return config_refuse(
			load, 0, -EINVAL,
			"[Web] serves nobody; add Issuer=, ClientId= and ClientSecretFile= "
			"for the page, a section [TeamsBot] or [Client NAME], or "
			"SigningSecretFile= to [Slack]");
	if (api_clients_check(&config->clients, &error) < 0)
		return config_refuse(load, 0, -EINVAL, "%s", error.text);
	return 0;
}

int gateway_config_load(const char *path, struct gateway_config **ret,
			struct gateway_config_error *error)
{
	_cleanup_(gateway_config_freep) struct gateway_config *config = calloc(1, sizeof(*config));
	_cleanup_fclose_ FILE *file = NULL;
	struct config_load load = { .path = path, .config = config, .error = error };

	if (!config)
		return config_refuse(&load, 0, -ENOMEM, "not enough memory");
	file = fopen(path, "re");
	if (!file)
		return config_refuse(&load, 0, -errno, "cannot be read: %s", strerror(errno));
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
