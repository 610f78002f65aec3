// SPDX-License-Identifier: Apache-2.0
/*
 * slack_settings.c: see slack_settings.h. Owns the table of keys.
 */
#include "slack_settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/account.h"
#include "base/cleanup.h"
#include "gateway/secret.h"
#include "slack_place.h"

/* gcc's analyzer loses what lists, tables and settings by offset hold on to; the leak sanitizer
 * watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define API		  "https://slack.com/api"
#define DEFAULT_TIMEOUT_S 20
#define TOKEN_MAX	  512

#define AT(field)	  offsetof(struct slack_settings, field)

const struct setting slack_settings_keys[SLACK_SETTINGS_KEYS] = {
	{ .name = "TokenFile", .type = SETTING_SECRET, .offset = AT(token_file), .required = true },
	{ .name = "AppTokenFile", .type = SETTING_SECRET, .offset = AT(app_token_file) },
	{ .name = "SigningSecretFile", .type = SETTING_SECRET, .offset = AT(signing_secret_file) },
	{ .name = "Team", .type = SETTING_TEXT, .offset = AT(team), .required = true },
	{ .name = "Channel", .type = SETTING_TEXT, .offset = AT(channel), .required = true },
	{ .name = "ApiUrl", .type = SETTING_TEXT, .offset = AT(api_url) },
	REACH_KEYS(struct slack_settings, reach),
	REACH_TIMEOUT_KEY(struct slack_settings, reach),
};

/* @start: what the secret begins with, so that one is not taken for the other */
static const struct {
	const char *key;
	const char *what;
	const char *start;
	size_t file;
	size_t secret;
} secrets[] = {
	{ "TokenFile", "the bot token (xoxb-…)", "xoxb-", AT(token_file), AT(token) },
	{ "AppTokenFile", "the app-level token (xapp-…)", "xapp-", AT(app_token_file),
	  AT(app_token) },
	{ "SigningSecretFile", "the app's signing secret", "", AT(signing_secret_file),
	  AT(signing_secret) },
};

static char **text_at(struct slack_settings *settings, size_t offset)
{
	return (char **)(void *)((char *)settings + offset);
}

void slack_settings_defaults(void *arg)
{
	struct slack_settings *settings = arg;

	settings->reach.timeout_s = DEFAULT_TIMEOUT_S;
}

void slack_settings_clear(void *arg)
{
	struct slack_settings *settings = arg;

	setting_free_texts(settings, slack_settings_keys, SLACK_SETTINGS_KEYS);
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		secret_free(*text_at(settings, secrets[i].secret));
	*settings = (struct slack_settings){};
}

/* Messages name the file, never what is in it. */
static int read_secret(struct slack_settings *settings, size_t i, struct setting_error *error)
{
	const char *path = *text_at(settings, secrets[i].file);
	char **secret = text_at(settings, secrets[i].secret);
	char line[TOKEN_MAX];
	int r;

	if (!path)
		return 0;
	r = secret_read_line(secrets[i].key, path, secrets[i].what, line, sizeof(line), error);
	if (r < 0)
		return r;
	if (strncmp(line, secrets[i].start, strlen(secrets[i].start)) != 0)
		r = setting_refuse(error, -EINVAL, "%s=%s must hold %s", secrets[i].key, path,
				   secrets[i].what);
	else
		*secret = strdup(line);
	explicit_bzero(line, sizeof(line));
	return r < 0 ? r : *secret ? 0 : -ENOMEM;
}

static int check_ids(const struct slack_settings *settings, struct setting_error *error)
{
	const char *why, *channel = settings->channel;
	struct slack_place place;
	struct account account;

	if (account_set(ACCOUNT_SLACK, settings->team, "U00", &account, &why) < 0)
		return setting_refuse(error, -EINVAL,
				      "Team=%s must be the id of the workspace: T and capitals and "
				      "digits, like T024BE7LD",
				      settings->team);
	if (!slack_place_set(channel, "0", &place))
		return setting_refuse(error, -EINVAL,
				      "Channel=%s must be the id of a channel, like C024BE91L: it "
				      "stands at the end of what Slack shows about the channel",
				      channel);
	return 0;
}

static int check_api(struct slack_settings *settings, struct setting_error *error)
{
	settings->test = settings->api_url;
	if (!settings->api_url)
		settings->api_url = strdup(API);
	if (!settings->api_url)
		return -ENOMEM;
	if (url_parse(settings->api_url, &settings->api) < 0 ||
	    settings->api_url[strlen(settings->api_url) - 1] == '/')
		return setting_refuse(error, -EINVAL,
				      "ApiUrl=%s is not a URL without a slash at its end",
				      settings->api_url);
	if (settings->test && (!settings->reach.allow_loopback_http || !settings->api.loopback))
		return setting_refuse(error, -EINVAL,
				      "ApiUrl=%s is for tests: an address of this machine in "
				      "numbers, with AllowLoopbackHttp=yes",
				      settings->api_url);
	return reach_check_proxy(&settings->reach, settings->api.plain, error);
}

int slack_settings_check(void *arg, struct setting_error *error)
{
	struct slack_settings *settings = arg;
	int r = check_ids(settings, error);

	if (r == 0 && !settings->app_token_file && !settings->signing_secret_file)
		r = setting_refuse(
			error, -EINVAL,
			"section [Slack] needs AppTokenFile= (Socket Mode), or "
			"SigningSecretFile= and [Web]: without one its buttons would lead "
			"nowhere");

	if (r == 0)
		r = check_api(settings, error);
	if (r == 0)
		r = reach_check_ca(&settings->reach, error);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(secrets); i++)
		r = read_secret(settings, i, error);
	return r;
}
