// SPDX-License-Identifier: Apache-2.0
/*
 * web_sign_in.c: from somebody unknown to a session, and out again.
 *
 * Owns: cookies, whose sign-in may go on now, and which account the claims of a token mean. Must
 * not own: tokens (oidc.h).
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "web_private.h"

#define PER_NETWORK (OIDC_REDEMPTIONS / 4) /* sign-ins that the provider is asked about at once */

/* Browsers take __Host- only by https, for this host and all its paths, from nobody else. */
const char *web_session_cookie(const struct web *web)
{
	return web->secure ? "__Host-sluice" : "sluice";
}

const char *web_attempt_cookie(const struct web *web)
{
	return web->secure ? "__Host-sluice-sign-in" : "sluice-sign-in";
}

/*
 * Lax, not Strict: a reviewer comes by a link in a chat and back from the identity provider, both
 * from other sites, and no GET changes anything.
 */
void web_set_cookie(struct exchange *exchange, const char *name, const char *value,
		    unsigned int age_s)
{
	char text[512];

	snprintf(text, sizeof(text), "%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%u%s", name,
		 value, age_s, exchange->web->secure ? "; Secure" : "");
	exchange_add_header(exchange, "Set-Cookie", text);
}

struct session *web_session(const struct exchange *exchange, bool touch)
{
	const char *id = exchange_cookie(exchange, web_session_cookie(exchange->web));

	return id ? sessions_find(exchange->web->sessions, id, touch) : NULL;
}

/* Only to pages of ours. */
static const char *next_path(const struct exchange *exchange)
{
	const char *next = exchange_query(exchange, "next");

	if (!next || strlen(next) >= WEB_PATH_MAX)
		return "/";
	if (strcmp(next, "/history") == 0)
		return next;
	return strncmp(next, "/r/", 3) == 0 &&
			       text_is_made_of(next + 3, "-0123456789abcdefghijklmnopqrstuvwxyz")
		       ? next
		       : "/";
}

static void send_away(struct exchange *exchange)
{
	struct web *web = exchange->web;
	char sealed[WEB_SEALED_SIZE];
	struct attempt attempt;
	int r = attempts_begin(web->attempts, next_path(exchange), &attempt, sealed);
	_cleanup_free_ char *address = r == 0 ? oidc_address(web->oidc, &attempt.oidc) : NULL;

	if (!address) {
		exchange_plain(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "Not enough memory.\n");
		return;
	}
	exchange_redirect(exchange, address);
	web_set_cookie(exchange, web_attempt_cookie(web), sealed, WEB_ATTEMPT_S);
}

static void on_prepared(void *arg, int r)
{
	struct exchange *exchange = arg;

	if (r == 0)
		send_away(exchange);
	else
		web_say(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "No sign-in",
			"The identity provider does not answer as it should. Try again in a "
			"while; the gateway's log says more.");
	web_resume(exchange);
}

void web_sign_in(struct exchange *exchange)
{
	web_wait(exchange);
	if (oidc_prepare(exchange->web->oidc, on_prepared, exchange) < 0)
		on_prepared(exchange, -ENOMEM);
}

static const char *claim(const json_t *claims, const char *name)
{
	return json_string_value(json_object_get(claims, name));
}

static int find_account(const struct web *web, const json_t *claims, struct account *ret,
			const char **ret_why)
{
	bool entra = web->options.settings->entra;
	const char *issuer = claim(claims, entra ? "tid" : "iss");
	const char *subject = claim(claims, entra ? "oid" : "sub");

	*ret_why = "the identity provider does not say who you are";
	if (!issuer || !subject)
		return -EINVAL;
	return account_set(entra ? ACCOUNT_ENTRA : ACCOUNT_OIDC, issuer, subject, ret, ret_why);
}

static int add_token(json_t *evidence, const char *token)
{
	/* a token that is too long for the journal is named only */
	const size_t room = SLUICE_EVIDENCE_MAX - 2048;
	char digest[65];

	if (strlen(token) < room)
		return json_object_set_new(evidence, "id_token", json_string(token));
	if (channel_evidence_digest(token, digest) < 0)
		return -EIO;
	return json_object_set_new(evidence, "id_token_sha256", json_string(digest));
}

/*
 * What the page rests on, for the journal. Return: owned by the caller; NULL when memory ran out.
 */
static char *make_evidence(const struct account *account, const char *token)
{
	json_t *evidence =
		json_pack("{s:s,s:s,s:s,s:I}", "kind", "oidc", "issuer", account->issuer, "subject",
			  account->subject, "signed_in_s", (json_int_t)time(NULL));
	char *text = NULL;

	if (evidence && add_token(evidence, token) == 0)
		text = json_dumps(evidence, JSON_COMPACT);
	json_decref(evidence);
	return text;
}

static const char *name_of(const json_t *claims)
{
	static const char *const names[] = { "name", "preferred_username", "email", "sub" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (claim(claims, names[i]) && *claim(claims, names[i]))
			return claim(claims, names[i]);
	return "somebody";
}

/*
 * Since the person has shown who they are. A provider that does not say when may not have heeded
 * max_age either: its token's own age says only when the browser came by.
 */
static uint64_t age_of(const json_t *claims)
{
	const json_t *shown = json_object_get(claims, "auth_time");
	json_int_t then = json_integer_value(shown), now = time(NULL);

	if (!shown)
		return WEB_AGE_UNKNOWN;
	return then < now ? (uint64_t)(now - then) : 0;
}

/* A session that the browser had before is over: nobody can have set it there to know it now. */
static int begin_session(struct exchange *exchange, const struct account *account,
			 const json_t *claims, const char *token)
{
	struct web *web = exchange->web;
	struct session *session = web_session(exchange, false);
	char *evidence = make_evidence(account, token);

	if (!evidence)
		return -ENOMEM;
	if (session)
		session_end(session);
	session = sessions_begin(web->sessions, account, name_of(claims), evidence, age_of(claims));
	if (!session)
		return -errno;
	log_info("page: %s signed in", session->name);
	exchange_redirect(exchange, exchange->attempt.path);
	web_set_cookie(exchange, web_session_cookie(web), session->id,
		       (unsigned int)web->options.settings->session_s);
	web_set_cookie(exchange, web_attempt_cookie(web), "", 0);
	return 0;
}

static void on_redeemed(void *arg, const json_t *claims, const char *token, const char *why)
{
	struct exchange *exchange = arg;
	struct account account;
	char text[512];

	crowd_leave(&exchange->web->redeeming, web_peer(exchange));
	if (claims && find_account(exchange->web, claims, &account, &why) == 0) {
		if (begin_session(exchange, &account, claims, token) < 0)
			exchange_plain(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				       "Not enough memory.\n");
	} else {
		snprintf(text, sizeof(text), "You are not signed in: %s.", why);
		web_say(exchange, MHD_HTTP_FORBIDDEN, "Sign-in refused", text);
	}
	web_resume(exchange);
}

/* Return: NULL, or why it goes no further. */
static const char *open_attempt(struct exchange *exchange)
{
	const char *state = exchange_query(exchange, "state");
	const char *sealed = exchange_cookie(exchange, web_attempt_cookie(exchange->web));
	int r = attempts_open(exchange->web->attempts, state ? state : "", sealed ? sealed : "",
			      &exchange->attempt);

	if (r == -ETIMEDOUT)
		return "The sign-in took too long. Begin anew.";
	if (r < 0)
		return "No sign-in that is under way in this browser belongs to this. Begin anew.";
	return NULL;
}

/* Anybody may bring a made-up code, and none may take the places of all others with it. */
static bool is_crowded(const struct exchange *exchange)
{
	const struct web *web = exchange->web;

	if (oidc_is_busy(web->oidc))
		return true;
	/* behind a proxy all have one address, and it bounds them itself */
	return !web->options.settings->loopback &&
	       crowd_count(&web->redeeming, web_peer(exchange)) >= PER_NETWORK;
}

/* The attempt is used up whatever follows. Return: NULL, or why it goes no further. */
static const char *check_return(const struct exchange *exchange)
{
	attempts_use(exchange->web->attempts, &exchange->attempt);
	if (!oidc_came_from(exchange->web->oidc, exchange_query(exchange, "iss")))
		return "The answer is from another identity provider.";
	if (!exchange_query(exchange, "code"))
		return "The identity provider did not sign you in.";
	return NULL;
}

static void redeem(struct exchange *exchange)
{
	web_wait(exchange);
	crowd_enter(&exchange->web->redeeming, web_peer(exchange));
	if (oidc_redeem(exchange->web->oidc, &exchange->attempt.oidc,
			exchange_query(exchange, "code"), on_redeemed, exchange) < 0)
		on_redeemed(exchange, NULL, NULL, "the identity provider cannot be asked");
}

void web_come_back(struct exchange *exchange)
{
	const char *why = open_attempt(exchange);

	if (!why && is_crowded(exchange)) {
		web_say(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "Not signed in yet",
			"Too many people sign in at once. Load this page again in a moment.");
		return;
	}
	if (!why)
		why = check_return(exchange);
	if (why)
		web_say(exchange, MHD_HTTP_BAD_REQUEST, "Sign-in refused", why);
	else
		redeem(exchange);
}

void web_sign_out(struct exchange *exchange, struct session *session)
{
	session_end(session);
	exchange_redirect(exchange, "/signed-out");
	web_set_cookie(exchange, web_session_cookie(exchange->web), "", 0);
}
