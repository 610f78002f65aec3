/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bot_settings.h: section [TeamsBot] of gateway.conf, checked: a bot in Azure and the channel of
 * Microsoft Teams in which it asks.
 *
 * Owns: what belongs together in it, its secret, and to which hosts the bot's token may go. Must
 * not own: the form of the file (gateway_config.c), or anything that is sent.
 */
#ifndef SLUICE_BOT_SETTINGS_H
#define SLUICE_BOT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "bot_credential.h"
#include "button_seal.h"
#include "gateway/reach.h"
#include "gateway/setting.h"
#include "notifier/url.h"

/**
 * struct bot_settings: as in the file, and what follows from it.
 * @app_id, @tenant: 8-4-4-4-12 digits, letters small
 * @channel: id of the channel, "19:…@thread.tacv2"
 * @service_url: of the Bot Connector; ends in a slash
 * @authority: where the bot signs in; @scope: for what
 * @issuer: of tokens that the Connector sends; @metadata: what publishes its keys
 * @service: of @service_url
 * @token_url: where the bot's own token is had
 * @secret, @credential: of the bot
 * @seal: of the buttons; set by the gateway, which has its key
 */
struct bot_settings {
	char *app_id;
	char *tenant;
	char *secret_file;
	char *channel;
	char *service_url;
	char *authority;
	char *scope;
	char *issuer;
	char *metadata;
	struct reach reach;

	struct url service;
	char token_url[URL_MAX];
	char *secret;
	struct bot_credential credential;
	struct button_seal seal;
};

#define BOT_SETTINGS_KEYS 13
extern const struct setting bot_settings_keys[BOT_SETTINGS_KEYS];

/* As those of struct notifier_ops. */
void bot_settings_defaults(void *settings);
int bot_settings_check(void *settings, struct setting_error *error);
void bot_settings_clear(void *settings);

/* How to reach @url. */
struct http_target bot_settings_target(const struct bot_settings *settings, const char *url);

/* Whether @url is of the service of the settings: only it gets the bot's token. */
bool bot_settings_serves(const struct bot_settings *settings, const char *url);

#endif
