/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slack_settings.h: section [Slack] of gateway.conf, checked: one app in one workspace, which posts
 * in one channel.
 *
 * Owns: what belongs together in it, and the secrets that it names. Must not own: the form of the
 * file (gateway_config.c).
 */
#ifndef SLUICE_SLACK_SETTINGS_H
#define SLUICE_SLACK_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/reach.h"
#include "gateway/setting.h"
#include "notifier/url.h"

/**
 * struct slack_settings: as in the file, and what follows from it.
 * @token: xoxb-…, with which messages are posted
 * @app_token: xapp-…, with which Socket Mode connects, or NULL
 * @signing_secret: of what Slack posts to the page, or NULL
 * @api: where methods are called, without a slash at its end
 * @test: @api is no address of Slack's
 */
struct slack_settings {
	char *token_file;
	char *app_token_file;
	char *signing_secret_file;
	char *team;
	char *channel;
	char *api_url;
	struct reach reach;

	char *token;
	char *app_token;
	char *signing_secret;
	struct url api;
	bool test;
};

#define SLACK_SETTINGS_KEYS 10
extern const struct setting slack_settings_keys[SLACK_SETTINGS_KEYS];

/* As those of struct notifier_ops. */
void slack_settings_defaults(void *settings);
int slack_settings_check(void *settings, struct setting_error *error);
void slack_settings_clear(void *settings);

#endif
