/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_request.h: the page of one request, and the answer that its form brings.
 *
 * Owns: the form, both ways. Must not own: whether the answer counts: sluiced checks it.
 */
#ifndef SLUICE_WEB_REQUEST_H
#define SLUICE_WEB_REQUEST_H

#include "base/html.h"
#include "gateway/gateway_requests.h"
#include "key/channel_decision.h"
#include "web_session.h"

/*
 * A3: the organisation's identity provider has signed who it is, and that they have shown it
 * lately; after that, A2: somebody is at the browser in which they did.
 */
#define WEB_TIER_FRESH 3
#define WEB_TIER_STALE 2

/**
 * struct web_answer: the fields of the form as they came, NUL-terminated.
 * @token: of the session, against forms of other sites
 */
struct web_answer {
	char token[OIDC_SECRET];
	char digest[65];
	char verdict[8];
	char scope[16];
	char duration[12];
	char reason[SLUICE_REASON_MAX];
};

/* Whole. @request may be lent by @requests, of which others like it are shown. Return: 0 or
 * -ENOMEM.
 */
int page_request(const struct ipc_request *request, struct session *session,
		 struct gateway_requests *requests, struct html *ret);

/* Whether an approval takes a sign-in that is not as old as this one. */
bool web_is_stale(const struct ipc_request *request, const struct session *session);

/*
 * What the person has answered, checked as far as the form goes: scope and duration are not wider
 * than the rule's.
 * Return: 0, or -EINVAL with a sentence in @ret_why.
 */
int web_answer_read(const struct web_answer *answer, const struct ipc_request *request,
		    struct channel_decision *decision, const char **ret_why);

#endif
