// SPDX-License-Identifier: Apache-2.0
/*
 * bot_settings.c: see bot_settings.h. Owns the table of keys, what they are without a line in the
 * file (Microsoft's public cloud), and the list of hosts.
 */
#include "bot_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/account.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "gateway/secret.h"

/* gcc's analyzer loses what settings by offset hold on to; the leak sanitizer watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define DEFAULT_TIMEOUT_S 10
#define SECRET_MAX	  1024
#define CHANNEL_TEXT	  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@"

#define AT(field)	  offsetof(struct bot_settings, field)

const struct setting bot_settings_keys[BOT_SETTINGS_KEYS] = {
	{ .name = "AppId", .type = SETTING_TEXT, .offset = AT(app_id), .required = true },
	{ .name = "Tenant", .type = SETTING_TEXT, .offset = AT(tenant), .required = true },
	{ .name = "SecretFile",
	  .type = SETTING_SECRET,
	  .offset = AT(secret_file),
	  .required = true },
	{ .name = "Channel", .type = SETTING_TEXT, .offset = AT(channel), .required = true },
	{ .name = "ServiceURL", .type = SETTING_TEXT, .offset = AT(service_url) },
	{ .name = "Authority", .type = SETTING_TEXT, .offset = AT(authority) },
	{ .name = "Scope", .type = SETTING_TEXT, .offset = AT(scope) },
	{ .name = "Issuer", .type = SETTING_TEXT, .offset = AT(issuer) },
	{ .name = "Metadata", .type = SETTING_TEXT, .offset = AT(metadata) },
	REACH_KEYS(struct bot_settings, reach),
	REACH_TIMEOUT_KEY(struct bot_settings, reach),
};

/* Microsoft's public cloud; a national one has other addresses, see sluice-gateway.conf(5). */
static const struct {
	size_t offset;
	const char *value;
} defaults[] = {
	{ AT(service_url), "https://smba.trafficmanager.net/teams/" },
	{ AT(authority), "https://login.microsoftonline.com" },
	{ AT(scope), "https://api.botframework.com/.default" },
	{ AT(issuer), "https://api.botframework.com" },
	{ AT(metadata), "https://login.botframework.com/v1/.well-known/openidconfiguration" },
};

/* Where the Bot Connector of Teams is, in the public cloud and in the national ones. */
static const char *const service_hosts[] = {
	"https://smba.trafficmanager.net",
	"https://smba.infra.gcc.teams.microsoft.com",
	"https://smba.infra.gov.teams.microsoft.us",
	"https://smba.infra.dod.teams.microsoft.us",
	"https://frontend.botapi.msg.infra.teams.microsoftonline.cn",
};

void bot_settings_defaults(void *arg)
{
	struct bot_settings *settings = arg;

	settings->reach.timeout_s = DEFAULT_TIMEOUT_S;
}

void bot_settings_clear(void *arg)
{
	struct bot_settings *settings = arg;

	explicit_bzero(&settings->seal, sizeof(settings->seal));

	setting_free_texts(settings, bot_settings_keys, BOT_SETTINGS_KEYS);
	secret_free(settings->secret);
	bot_credential_forget(settings);
	*settings = (struct bot_settings){};
}

static int fill_defaults(struct bot_settings *settings)
{
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		char **field = (char **)((char *)settings + defaults[i].offset);

		if (!*field)
			*field = strdup(defaults[i].value);
		if (!*field)
			return -ENOMEM;
	}
	return 0;
}

/* Both in the spelling that accounts have, which is that of tokens. */
static int check_ids(struct bot_settings *settings, struct setting_error *error)
{
	struct account account;
	const char *why;

	if (account_set(ACCOUNT_ENTRA, settings->tenant, settings->tenant, &account, &why) < 0)
		return setting_refuse(error, -EINVAL, "Tenant=%s is no directory id: %s",
				      settings->tenant, why);
	memcpy(settings->tenant, account.issuer, strlen(settings->tenant));
	if (account_set(ACCOUNT_ENTRA, settings->app_id, settings->app_id, &account, &why) < 0)
		return setting_refuse(error, -EINVAL,
				      "AppId=%s is not the id of the bot's application, like "
				      "01234567-89ab-cdef-0123-456789abcdef",
				      settings->app_id);
	memcpy(settings->app_id, account.issuer, strlen(settings->app_id));
	if (strncmp(settings->channel, "19:", 3) != 0 ||
	    !text_is_made_of(settings->channel + 3, CHANNEL_TEXT))
		return setting_refuse(
			error, -EINVAL,
			"Channel=%s is no channel's id, like "
			"19:0a1b…@thread.tacv2; it stands in the channel's link, there "
			"with %%3a and %%40",
			settings->channel);
	return 0;
}

static int check_url(const struct bot_settings *settings, const char *key, const char *text,
		     struct url *ret, struct setting_error *error)
{
	int r;

	if (url_parse(text, ret) < 0 || strpbrk(text, "?#"))
		return setting_refuse(error, -EINVAL, "%s=%s is not a URL without ? and #", key,
				      text);
	r = reach_check_scheme(&settings->reach, key, text, ret, error);
	return r < 0 ? r : reach_check_proxy(&settings->reach, ret->plain, error);
}

/* Whoever gets the bot's token is the bot: it goes to Microsoft, or in tests to this machine. */
static int check_service(const struct bot_settings *settings, struct setting_error *error)
{
	const struct url *service = &settings->service;

	for (size_t i = 0; i < ARRAY_SIZE(service_hosts); i++)
		if (strcmp(service->origin, service_hosts[i]) == 0)
			return 0;
	if (service->loopback)
		return 0;
	return setting_refuse(error, -EINVAL,
			      "ServiceURL=%s is at no host of Microsoft's Bot Connector, and would "
			      "get the bot's token; see sluice-gateway.conf(5) for the hosts",
			      settings->service_url);
}

static int end_in_slash(char **url)
{
	size_t length = strlen(*url);
	char *longer;

	if ((*url)[length - 1] == '/')
		return 0;
	longer = realloc(*url, length + 2);
	if (!longer)
		return -ENOMEM;
	strcpy(longer + length, "/");
	*url = longer;
	return 0;
}

/* Of the bot's own directory: since 2025 there are no other bots. */
static int write_token_url(struct bot_settings *settings, struct setting_error *error)
{
	size_t length = strlen(settings->authority);

	if (length && settings->authority[length - 1] == '/')
		length--;
	if (snprintf(settings->token_url, URL_MAX, "%.*s/%s/oauth2/v2.0/token", (int)length,
		     settings->authority, settings->tenant) >= URL_MAX)
		return setting_refuse(error, -EINVAL, "Authority=%s is too long",
				      settings->authority);
	return 0;
}

static int check_urls(struct bot_settings *settings, struct setting_error *error)
{
	struct url url;
	int r = check_url(settings, "ServiceURL", settings->service_url, &settings->service, error);

	if (r == 0)
		r = check_service(settings, error);
	if (r == 0)
		r = check_url(settings, "Authority", settings->authority, &url, error);
	if (r == 0)
		r = check_url(settings, "Metadata", settings->metadata, &url, error);
	if (r == 0)
		r = end_in_slash(&settings->service_url);
	return r < 0 ? r : write_token_url(settings, error);
}

static int read_secret(struct bot_settings *settings, struct setting_error *error)
{
	char line[SECRET_MAX];
	int r = secret_read_line("SecretFile", settings->secret_file, "the bot's client secret",
				 line, sizeof(line), error);

	if (r < 0)
		return r;
	settings->secret = strdup(line);
	explicit_bzero(line, sizeof(line));
	return settings->secret ? 0 : -ENOMEM;
}

int bot_settings_check(void *arg, struct setting_error *error)
{
	struct bot_settings *settings = arg;
	int r = fill_defaults(settings);

	if (r == 0)
		r = check_ids(settings, error);
	if (r == 0)
		r = check_urls(settings, error);
	if (r == 0)
		r = reach_check_ca(&settings->reach, error);
	return r < 0 ? r : read_secret(settings, error);
}

bool bot_settings_serves(const struct bot_settings *settings, const char *text)
{
	struct url url;

	return url_parse(text, &url) == 0 && strcmp(url.origin, settings->service.origin) == 0;
}

struct http_target bot_settings_target(const struct bot_settings *settings, const char *url)
{
	struct url parsed;

	return reach_target(&settings->reach, url, url_parse(url, &parsed) == 0 && parsed.plain);
}
