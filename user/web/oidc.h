/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oidc.h: sign-in with the organisation's identity provider: the authorization code flow of OpenID
 * Connect with PKCE (RFC 7636).
 *
 * Owns: the address to which a person is sent, and turning the code they come back with into claims
 * that the provider has signed for this sign-in. Must not own: cookies and sessions
 * (web_session.h).
 */
#ifndef SLUICE_OIDC_H
#define SLUICE_OIDC_H

#include "base/base64.h"
#include "oidc_provider.h"
#include "web_settings.h"

#define OIDC_SECRET BASE64URL_SIZE(32) /* random bytes as text, with the NUL */

/* Codes that are redeemed at once: each is a request to the provider, and anybody may bring one. */
#define OIDC_REDEMPTIONS 16

/**
 * struct oidc_attempt: one sign-in that has begun.
 * @state: comes back with the person; @nonce: comes back in the token; @verifier: shows to the
 * provider that who redeems the code is who asked for it
 */
struct oidc_attempt {
	char state[OIDC_SECRET];
	char nonce[OIDC_SECRET];
	char verifier[OIDC_SECRET];
};

struct oidc;

/* Borrows @settings and @http. Return: 0 or a negative errno. */
int oidc_new(const struct web_settings *settings, struct http *http, struct oidc **ret);
/* Nobody who waits is told. Returns NULL; accepts NULL. */
struct oidc *oidc_free(struct oidc *oidc);

/* 32 random bytes as text. Return: 0 or -EIO. */
int oidc_random(char ret[OIDC_SECRET]);

/*
 * Calls @ready, at once or later, when oidc_address() can be called.
 * Return: as provider_want_addresses().
 */
int oidc_prepare(struct oidc *oidc, provider_ready_fn ready, void *arg);

/* Where to send the person. Return: owned by the caller; NULL with errno. */
char *oidc_address(const struct oidc *oidc, const struct oidc_attempt *attempt);

/*
 * Whether the provider that sent the person back says so itself; @issuer is NULL when it did not.
 */
bool oidc_came_from(const struct oidc *oidc, const char *issuer);

/*
 * @claims: NULL when refused, else borrowed for the call. @token: that they stand in.
 * @why: for the person: "", or what went wrong.
 */
typedef void (*oidc_done_fn)(void *arg, const json_t *claims, const char *token, const char *why);

/* Whether OIDC_REDEMPTIONS are under way. */
bool oidc_is_busy(const struct oidc *oidc);

/*
 * oidc_redeem() - exchange @code for a token and check that; not while oidc_is_busy().
 * @done: called exactly once, from the loop, not from oidc_free()
 * Return: 0, or a negative errno, and then @done is not called.
 */
int oidc_redeem(struct oidc *oidc, const struct oidc_attempt *attempt, const char *code,
		oidc_done_fn done, void *arg);

#endif
