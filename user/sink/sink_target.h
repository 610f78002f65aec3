/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_target.h: where a place for the journal is, when it is a server of HTTPS.
 *
 * Owns: the keys that all such kinds have. Must not own: what is posted, what answers mean.
 */
#ifndef SLUICE_SINK_TARGET_H
#define SLUICE_SINK_TARGET_H

#include "gateway/gateway_http.h"
#include "gateway/reach.h"
#include "gateway/setting.h"

/* @plain: http, not https; @token: as the file says, secret, or NULL */
struct sink_target {
	char *url;
	struct reach reach;
	char *token_file;
	bool plain;
	char *token;
};

/* clang-format off */
/* Entries of a table of keys; @type: of the settings that have the target as @field */
#define SINK_TARGET_KEYS(type_, field)                                                             \
	{ .name = "URL",                                                                           \
	  .type = SETTING_TEXT,                                                                    \
	  .offset = offsetof(type_, field.url),                                                    \
	  .required = true },                                                                      \
	{ .name = "TokenFile",                                                                     \
	  .type = SETTING_SECRET,                                                                  \
	  .offset = offsetof(type_, field.token_file) },                                           \
	REACH_KEYS(type_, field.reach),                                                            \
	REACH_TIMEOUT_KEY(type_, field.reach)
/* clang-format on */

void sink_target_defaults(struct sink_target *target);
int sink_target_check(struct sink_target *target, struct setting_error *error);
void sink_target_clear(struct sink_target *target);

/**
 * sink_target_post() - as http_send(), with the token.
 * @path: put behind the URL, or NULL
 */
int sink_target_post(const struct sink_target *target, struct http *http, const char *path,
		     const struct http_message *message, http_done_fn done, void *arg,
		     struct http_transfer **ret);

#endif
