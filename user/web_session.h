/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_session.h: who is signed in to the page, and sign-ins that have begun.
 *
 * Owns: both tables, in memory only: a restart signs everybody out. Must not own: cookies
 * (web_exchange.h), or what a session may decide.
 */
#ifndef SLUICE_WEB_SESSION_H
#define SLUICE_WEB_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "ipc.h"
#include "oidc.h"

#define WEB_IDLE_S 1800	   /* without a page being asked for by hand */
#define WEB_ATTEMPT_S 600  /* a sign-in may take */
#define WEB_PATH_MAX 64	   /* of the page to go to after it, with the NUL */
#define WEB_REFUSALS 16	   /* remembered of one session */

/**
 * struct session: one person in one browser.
 * @id: secret, in the cookie; @token: secret, in each form
 * @name: to be shown, says nothing
 * @evidence: JSON object, owned
 * @message: what the next page says, once
 * @refusals: requests that sluiced has refused this account: id and why
 */
struct session {
	char id[OIDC_SECRET];
	char token[OIDC_SECRET];
	struct account account;
	char name[128];
	char *evidence;
	uint64_t expires_s;
	uint64_t used_s;
	char message[1024];
	bool failed;
	struct {
		char id[16];
		char why[512];
	} refusals[WEB_REFUSALS];
	unsigned int n_refusals;
};

/* @browser: secret, in a cookie of the browser that began; @path: where to go to afterwards */
struct attempt {
	struct oidc_attempt oidc;
	char browser[OIDC_SECRET];
	char path[WEB_PATH_MAX];
	uint64_t expires_s;
};

struct sessions;

int sessions_new(uint64_t life_s, struct sessions **ret); /* 0 or -ENOMEM */
struct sessions *sessions_free(struct sessions *sessions); /* returns NULL; accepts NULL */

/*
 * A new one, with new secrets whatever the browser had before; the one that was idle longest gives
 * way. Takes over @evidence. Return: lent until the next call of sessions_begin(); NULL with errno.
 */
struct session *sessions_begin(struct sessions *sessions, const struct account *account,
			       const char *name, char *evidence);

/* @touch: a person asks, not a timer in the browser. Return: NULL for none, or one that is over. */
struct session *sessions_find(struct sessions *sessions, const char *id, bool touch);
void session_end(struct session *session);

/* What sluiced refused, to be shown instead of buttons. */
void session_refuse(struct session *session, const char *request, const char *why);
const char *session_refused(const struct session *session, const char *request); /* NULL: not */

/* Return: lent until the next call; NULL with errno. The oldest gives way. */
struct attempt *attempts_begin(struct sessions *sessions, const char *path);

/*
 * The attempt of @state in the browser that began it: once, and then it is over, whoever asks.
 * Return: 0, -ENOENT for an unknown or used one, -ETIMEDOUT, -EPERM for another browser's.
 */
int attempts_take(struct sessions *sessions, const char *state, const char *browser,
		  struct attempt *ret);

#endif
