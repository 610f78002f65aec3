/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_private.h: the parts of the page among themselves.
 *
 * Owns: struct web, for web.c (server), web_route.c (paths), web_sign_in.c, web_decide.c,
 * web_bot.c, web_slack.c, web_metrics.c. Must not own: anything that others need.
 */
#ifndef SLUICE_WEB_PRIVATE_H
#define SLUICE_WEB_PRIVATE_H

#include "api/api.h"
#include "oidc.h"
#include "web.h"
#include "web_crowd.h"
#include "web_exchange.h"

/*
 * @api: NULL: there is none; @oidc, @sessions, @attempts: NULL without a page
 * @crowd: whose connections there are; @redeeming: and whose sign-ins the provider is asked about
 * @closed: a connection, in this turn; @ending: nobody is served any more
 * @asked: of the server of [Metrics]: sluiced's last answers, and whether it is asked just now
 * @origin: as browsers send it; @secure: they come by https, so cookies are marked so
 */
struct web {
	struct web_options options;
	struct MHD_Daemon *daemon;
	struct event *ready;
	struct event *timer;
	struct api *api;
	struct oidc *oidc;
	struct sessions *sessions;
	struct attempts *attempts;
	struct exchange *waiting;
	struct {
		struct ipc_status status;
		struct ipc_metrics metrics;
		bool under_way;
	} asked;
	struct crowd crowd;
	struct crowd redeeming;
	const char *origin;
	const char *host;
	bool secure;
	bool closed;
	bool ending;
};

/* Leaves the exchange open; web_resume() goes on with it, which has its response by then. */
void web_wait(struct exchange *exchange);
void web_resume(struct exchange *exchange);

/*
 * Of a response that is read piece by piece (exchange_stream()), from inside its reader: there is
 * nothing to send for now, or there was something; web_go_on() has the reader called again.
 */
void web_pause(struct exchange *exchange);
void web_progress(struct exchange *exchange);
void web_go_on(struct exchange *exchange);

/* No more than that waits in the kernel to be read by the other end. */
void web_bound(struct exchange *exchange, int bytes);

/* The other end of its connection; NULL: not known. */
const struct sockaddr *web_peer(const struct exchange *exchange);

/* Sets the response for what has come in whole, or waits. */
void web_route(struct exchange *exchange);

/* Names of the cookies. */
const char *web_session_cookie(const struct web *web);
const char *web_attempt_cookie(const struct web *web);

void web_set_cookie(struct exchange *exchange, const char *name, const char *value,
		    unsigned int age_s);

/* Whether that is where the bot's messages come in. */
bool web_is_bots(const struct web *web, const char *path);
void web_bot(struct exchange *exchange); /* POST /api/messages */
/* Whether that is where Slack brings what people do there. */
bool web_is_slacks(const struct web *web, const char *path);
void web_slack(struct exchange *exchange);

void web_metrics(struct exchange *exchange); /* GET /metrics, on its own server */

/* The session of the exchange, or NULL. */
struct session *web_session(const struct exchange *exchange, bool touch);

/* A page that says so. */
void web_say(struct exchange *exchange, unsigned int status, const char *title, const char *text);

void web_sign_in(struct exchange *exchange);   /* GET /login */
void web_come_back(struct exchange *exchange); /* GET /callback */
void web_sign_out(struct exchange *exchange, struct session *session);
void web_decide(struct exchange *exchange, struct session *session, const char *id);

#endif
