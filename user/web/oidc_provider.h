/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oidc_provider.h: what an issuer of tokens publishes about itself: its addresses (OpenID Connect
 * Discovery 1.0) and its keys.
 *
 * Owns: fetching both when they are needed, how old they may be and how often they are asked for.
 * Must not own: anybody's sign-in (oidc.h).
 */
#ifndef SLUICE_OIDC_PROVIDER_H
#define SLUICE_OIDC_PROVIDER_H

#include <stdbool.h>

#include "gateway/gateway_http.h"
#include "key/jwt.h"
#include "notifier/url.h"

/* An asked-for document is not asked for again within this. */
#define PROVIDER_RETRY_S 10

struct provider;

/**
 * struct provider_options: all strings borrowed for its life.
 * @what: for messages: "the identity provider"
 * @discovery: address of its description; when that is plain http, so may be what it names on this
 * machine
 * @issuer: as it must call itself
 * @signs_in: people go there: it must name the addresses for that
 */
struct provider_options {
	const char *what;
	const char *discovery;
	const char *issuer;
	const char *ca_file;
	const char *proxy;
	bool signs_in;
};

/* All strings empty until the addresses are known. @names_itself: it adds iss to its redirects */
struct provider_addresses {
	char authorize[URL_MAX];
	char token[URL_MAX];
	char keys[URL_MAX];
	bool names_itself;
};

/* @http: borrowed. Return: 0 or -ENOMEM. */
int provider_new(const struct provider_options *options, struct http *http, struct provider **ret);
/* Nobody who waits is told. Returns NULL; accepts NULL. */
struct provider *provider_free(struct provider *provider);

/* @r: 0, or what is asked for is not to be had: -EAGAIN, -EIO, -EBADMSG */
typedef void (*provider_ready_fn)(void *arg, int r);

/*
 * Calls @ready, at once or from the loop, when the addresses, or addresses and keys, are known.
 * @fresh: known ones do not do: a token was signed with another key
 * Return: 0, or -ENOMEM, and then @ready is not called.
 */
int provider_want_addresses(struct provider *provider, provider_ready_fn ready, void *arg);
int provider_want_keys(struct provider *provider, bool fresh, provider_ready_fn ready, void *arg);
void provider_forget(struct provider *provider, const void *arg); /* whoever waits with it */

const struct provider_addresses *provider_addresses(const struct provider *provider);
/* NULL: none yet, or none that could be had for days */
const struct jwt_keys *provider_keys(const struct provider *provider);

/* How to reach @url of this provider. */
struct http_target provider_target(const struct provider *provider, const char *url);

#endif
