// SPDX-License-Identifier: Apache-2.0
/*
 * web_decide.c: a form that was sent, on its way to sluiced and back to the person.
 *
 * Owns: what is told when. Must not own: the form (web_request.h), or any check of the person.
 */
#include <errno.h>
#include <string.h>

#include "web_private.h"

#define CHANNEL "web"

/* The next page says it, if the session still is. */
static void tell(struct exchange *exchange, bool failed, const char *text)
{
	struct session *session = web_session(exchange, false);
	char where[32];

	if (session) {
		snprintf(session->message, sizeof(session->message), "%s", text);
		session->failed = failed;
	}
	snprintf(where, sizeof(where), "/r/%s", exchange->request);
	exchange_redirect(exchange, where);
}

/*
 * What stays so for this person and this request. EACCES does not: a denial takes no tier, more
 * people may be asked. Of EPERM only that they stand behind it: else another policy may end it.
 */
static bool is_final(const struct exchange *exchange, const struct session *session, int error)
{
	const struct ipc_request *request =
		gateway_requests_find(exchange->web->options.requests, exchange->request);

	return error == EEXIST ||
	       (error == EPERM && request && gateway_requests_behind(request, &session->account));
}

static void on_decided(void *arg, int error, const char *text)
{
	struct exchange *exchange = arg;
	struct session *session = web_session(exchange, false);

	if (session && is_final(exchange, session, error))
		session_refuse(session, exchange->request, text);
	tell(exchange, error != 0, text);
	web_resume(exchange);
}

static void nothing_to_decide(struct exchange *exchange)
{
	web_say(exchange, MHD_HTTP_CONFLICT, "Nothing to decide",
		"This request is closed, or not known here.");
}

void web_decide(struct exchange *exchange, struct session *session, const char *id)
{
	struct web *web = exchange->web;
	const struct ipc_request *request = gateway_requests_find(web->options.requests, id);
	struct channel_decision decision;
	const char *why = NULL;
	int r;

	if (!request) {
		nothing_to_decide(exchange);
		return;
	}
	memcpy(exchange->request, request->id, sizeof(exchange->request));
	r = web_answer_read(&exchange->form, request, &decision, &why);
	if (request->state != (decision.statement.revoke ? IPC_APPROVED : IPC_PENDING)) {
		nothing_to_decide(exchange);
		return;
	}
	if (r < 0) {
		tell(exchange, true, why);
		return;
	}
	if (decision.statement.answer.approve && web_is_stale(request, session)) {
		tell(exchange, true,
		     session->undated
			     ? "Nothing was decided: the identity provider does not say when you "
			       "signed in, and this takes a sign-in that is not long ago."
			     : "Nothing was decided: your sign-in is too old for that. Sign in "
			       "anew.");
		return;
	}
	snprintf(decision.channel, sizeof(decision.channel), "%s", CHANNEL);
	decision.tier = session_is_fresh(session) ? WEB_TIER_FRESH : WEB_TIER_STALE;
	decision.account = session->account;
	web_wait(exchange);
	r = gateway_link_decide(web->options.link, &decision, session->evidence, on_decided,
				exchange);
	if (r < 0) {
		tell(exchange, true, channel_decision_unsent(r));
		web_resume(exchange);
	}
}
