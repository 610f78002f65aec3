/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_session.h: who is signed in to the page.
 *
 * Owns: the table, in memory only: a restart signs everybody out. Must not own: sign-ins that have
 * begun (web_attempt.h), cookies (web_sign_in.c), or what a session may decide.
 */
#ifndef SLUICE_WEB_SESSION_H
#define SLUICE_WEB_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/account.h"
#include "ipc.h"
#include "oidc.h"

#define WEB_IDLE_S   1800 /* without a page being asked for by hand */
#define WEB_SESSIONS 4	  /* of one account */
#define WEB_REFUSALS 16	  /* remembered of one session */

/* The identity provider does not say when the person has shown who they are. */
#define WEB_AGE_UNKNOWN UINT64_MAX

/**
 * struct session: one person in one browser.
 * @id: secret, in the cookie; @token: secret, in each form
 * @name: to be shown, says nothing
 * @evidence: JSON object, owned
 * @fresh_until_s: the person has shown the identity provider who they are not long before
 * @undated: nobody knows when that was: it is never fresh
 * @message: what the next page says, once
 * @refusals: requests that sluiced has refused this account for good: id and why
 */
struct session {
	char id[OIDC_SECRET];
	char token[OIDC_SECRET];
	struct account account;
	char name[128];
	char *evidence;
	uint64_t expires_s;
	uint64_t used_s;
	uint64_t fresh_until_s;
	bool undated;
	char message[1024];
	bool failed;
	struct {
		char id[16];
		char why[512];
	} refusals[WEB_REFUSALS];
	unsigned int n_refusals;
};

struct sessions;

/* @fresh_s: how long a sign-in is fresh. Return: 0 or -ENOMEM. */
int sessions_new(uint64_t life_s, uint64_t fresh_s, struct sessions **ret);
struct sessions *sessions_free(struct sessions *sessions); /* returns NULL; accepts NULL */

/*
 * A new one, with new secrets whatever the browser had before; of an account that has WEB_SESSIONS
 * the one that began first gives way, else, when there are too many, the idlest of all. Takes over
 * @evidence. @age_s: since the person has shown who they are, or WEB_AGE_UNKNOWN.
 * Return: lent until the next call of sessions_begin(); NULL with errno.
 */
struct session *sessions_begin(struct sessions *sessions, const struct account *account,
			       const char *name, char *evidence, uint64_t age_s);

/* @touch: a person asks, not a timer in the browser. Return: NULL for none, or one that is over. */
struct session *sessions_find(struct sessions *sessions, const char *id, bool touch);
void session_end(struct session *session);
bool session_is_fresh(const struct session *session);

/* What sluiced refused for good, to be shown instead of buttons. */
void session_refuse(struct session *session, const char *request, const char *why);
const char *session_refused(const struct session *session, const char *request); /* NULL: not */

#endif
