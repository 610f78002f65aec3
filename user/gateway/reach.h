/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach.h: how servers of HTTPS are reached: the keys that each section with such a server has.
 *
 * Owns: these keys, and where plain http is good enough. Must not own: URLs, and what is sent there
 * (gateway_http.h).
 */
#ifndef SLUICE_REACH_H
#define SLUICE_REACH_H

#include "gateway_http.h"
#include "notifier/url.h"
#include "setting.h"

/* As in the file; @timeout_s: of those who have the key */
struct reach {
	char *ca_file;
	char *proxy;
	uint64_t timeout_s;
	bool allow_loopback_http;
};

/* clang-format off */
/* Entries of a table of keys; @type_: of the settings that have the reach as @field */
#define REACH_KEYS(type_, field)                                                                   \
	{ .name = "CAFile", .type = SETTING_PATH, .offset = offsetof(type_, field.ca_file) },      \
	{ .name = "Proxy", .type = SETTING_TEXT, .offset = offsetof(type_, field.proxy) },         \
	{ .name = "AllowLoopbackHttp",                                                             \
	  .type = SETTING_FLAG,                                                                    \
	  .offset = offsetof(type_, field.allow_loopback_http) }
#define REACH_TIMEOUT_KEY(type_, field)                                                            \
	{ .name = "Timeout",                                                                       \
	  .type = SETTING_SECONDS,                                                                 \
	  .offset = offsetof(type_, field.timeout_s),                                              \
	  .min = 1,                                                                                \
	  .max = 120 }
/* clang-format on */

void reach_clear(struct reach *reach);

/* Each returns 0, or a negative errno with @error. */
int reach_check_ca(const struct reach *reach, struct setting_error *error);
int reach_check_proxy(const struct reach *reach, bool plain, struct setting_error *error);

/* @url: of @text, which @key has: plain only on this machine, and where the settings say so. */
int reach_check_scheme(const struct reach *reach, const char *key, const char *text,
		       const struct url *url, struct setting_error *error);

/* All is borrowed. @plain: http, not https */
struct http_target reach_target(const struct reach *reach, const char *url, bool plain);

#endif
