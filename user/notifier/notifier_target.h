/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notifier_target.h: where a channel posts to when its address is a webhook's.
 *
 * Owns: the keys that all such channels have, and the URL, which is a secret: whoever knows it can
 * post there. Must not own: what is posted (notifier_teams.c, notifier_webhook.c).
 */
#ifndef SLUICE_NOTIFIER_TARGET_H
#define SLUICE_NOTIFIER_TARGET_H

#include "gateway/gateway_http.h"
#include "gateway/reach.h"
#include "gateway/setting.h"
#include "notifier.h"

/* @url: as the file says, secret; @plain: it is http, not https */
struct notifier_target {
	char *webhook_file;
	struct reach reach;
	char *url;
	bool plain;
};

/* clang-format off */
/* Entries of a table of keys; @type_: of the settings that have the target as @field */
#define NOTIFIER_TARGET_KEYS(type_, field)                                                         \
	{ .name = "WebhookFile",                                                                   \
	  .type = SETTING_SECRET,                                                                  \
	  .offset = offsetof(type_, field.webhook_file),                                           \
	  .required = true },                                                                      \
	REACH_KEYS(type_, field.reach),                                                            \
	REACH_TIMEOUT_KEY(type_, field.reach)
/* clang-format on */

void notifier_target_defaults(struct notifier_target *target);
int notifier_target_check(struct notifier_target *target, struct setting_error *error);
void notifier_target_clear(struct notifier_target *target);

/* As http_send(). */
int notifier_target_post(const struct notifier_target *target, struct http *http,
			 const struct http_message *message, http_done_fn done, void *arg,
			 struct http_transfer **ret);

#endif
