// SPDX-License-Identifier: Apache-2.0
/*
 * api_decide.c: decisions that clients of the API bring: see api.h. Owns the way of one to sluiced
 * and back, and that one sent twice is brought once. Must not own: any check of who may decide.
 */
#include <errno.h>
#include <string.h>

#include "api_answer.h"
#include "api_private.h"
#include "api_problem.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "web/web_private.h"

#define CHANNEL "api"
#define LATER_S 5

/* A decision that sluiced is asked about. */
struct pending {
	struct call call;
	struct api_key key;
	const char *verdict;
};

static const char *verdict_of(const struct api_answer *answer)
{
	return answer->revoke ? "revoke" : answer->answer.approve ? "approve" : "deny";
}

static void send_decided(struct call *call, const char *verdict, const char *text)
{
	json_auto_t *body = json_pack("{s:s, s:s, s:s}", "request", call->id, "verdict", verdict,
				      "message", text);

	api_send(call->exchange, body);
}

/* As sluiced says. */
static void refuse(struct exchange *exchange, unsigned int status, const char *text)
{
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		api_problem_later(exchange, status, LATER_S, "%s", text);
	else
		api_problem(exchange, status, "%s", text);
}

static void on_decided(void *arg, int error, const char *text)
{
	struct pending *pending = arg;
	struct exchange *exchange = pending->call.exchange;

	api_done_end(pending->call.api->done, &pending->key, error ? NULL : text);
	log_info("client %s: %s %s: %s", pending->call.client->name, pending->verdict,
		 pending->call.id, text);
	if (error)
		refuse(exchange, api_problem_status(error), text);
	else
		send_decided(&pending->call, pending->verdict, text);
	free(pending);
	web_resume(exchange);
}

/* What could not even be sent to sluiced. @r: negative */
static void not_sent(struct exchange *exchange, int r)
{
	if (r == -EINVAL)
		api_problem(exchange, MHD_HTTP_UNPROCESSABLE_CONTENT,
			    "this cannot be stated: the reason must be one line of text, and the "
			    "request one of a policy in force");
	else if (r == -ENOTCONN)
		api_problem_later(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, LATER_S,
				  "nothing was decided: sluiced does not answer; try again in a "
				  "while");
	else
		api_problem_later(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, LATER_S,
				  "nothing was decided: too much is under way, or the gateway has "
				  "no key for this channel or no memory; try again in a while");
}

/* As the client itself answers. */
static int bring_own(const struct call *call, const struct api_answer *answer,
		     const struct ipc_request *request, struct pending *pending)
{
	json_auto_t *evidence = json_pack("{s:s, s:s, s:s}", "kind", "client", "client",
					  call->client->name, "nonce", answer->nonce);
	_cleanup_free_ char *text = evidence ? json_dumps(evidence, JSON_COMPACT) : NULL;
	struct channel_decision decision;
	struct ipc_decide *decide = &decision.statement.answer;
	const char *why;

	if (!text)
		return -ENOMEM;
	channel_decision_begin(request, &decision);
	snprintf(decision.channel, sizeof(decision.channel), "%s", CHANNEL);
	decision.tier = call->client->tier;
	decide->approve = answer->answer.approve;
	decision.statement.revoke = answer->revoke;
	memcpy(decide->digest, answer->answer.digest, sizeof(decide->digest));
	memcpy(decide->reason, answer->answer.reason, sizeof(decide->reason));
	if (answer->answer.scope != IPC_SCOPE_RULE)
		decide->scope = answer->answer.scope;
	if (answer->answer.duration_s)
		decide->duration_s = answer->answer.duration_s;
	if (account_set(ACCOUNT_CLIENT, ACCOUNT_GATEWAY, call->client->name, &decision.account,
			&why) < 0)
		return -EINVAL;
	return gateway_link_decide(call->api->options->link, &decision, text, on_decided, pending);
}

static void bring(struct call *call, const struct api_answer *answer,
		  const struct ipc_request *request, const struct api_key *key)
{
	struct pending *pending = calloc(1, sizeof(*pending));
	int r = -ENOMEM;

	if (pending) {
		*pending = (struct pending){ .call = *call,
					     .key = *key,
					     .verdict = verdict_of(answer) };
		web_wait(call->exchange);
		r = answer->is_signed ? gateway_link_submit(call->api->options->link,
							    &answer->message, on_decided, pending)
				      : bring_own(call, answer, request, pending);
		if (r == 0)
			return;
		web_resume(call->exchange);
	}
	free(pending);
	api_done_end(call->api->done, key, NULL);
	not_sent(call->exchange, r);
}

/* Return: true when it is to be brought; else the response is set. */
static bool begin(struct call *call, const struct api_answer *answer, const struct api_key *key)
{
	const char *text = "";
	int r = api_done_begin(call->api->done, key, &text);

	if (r == 0)
		return true;
	if (r == -EALREADY)
		send_decided(call, verdict_of(answer), text);
	else if (r == -EINPROGRESS)
		api_problem_later(call->exchange, MHD_HTTP_CONFLICT, 1,
				  "this very decision is under way; send it again for its outcome");
	else if (r == -EEXIST)
		api_problem(call->exchange, MHD_HTTP_UNPROCESSABLE_CONTENT,
			    "the nonce was used for another decision on this request; take a new "
			    "one");
	else
		not_sent(call->exchange, r);
	return false;
}

/*
 * Of a client's own answer the request must be known here, for what its statement says besides. A
 * signed one has all of that, and sluiced knows whether there is such a request.
 */
static bool find_pending(struct call *call, const struct api_answer *answer,
			 const struct ipc_request **ret)
{
	const struct ipc_request *request =
		gateway_requests_find(call->api->options->requests, call->id);

	*ret = request;
	if (answer->is_signed ||
	    (request && request->state == (answer->revoke ? IPC_APPROVED : IPC_PENDING)))
		return true;
	if (request && answer->revoke)
		api_problem(call->exchange, MHD_HTTP_CONFLICT,
			    "%s is not approved: there is nothing to revoke", call->id);
	else if (request)
		api_problem(call->exchange, MHD_HTTP_CONFLICT,
			    "%s is closed already: GET /api/v1/requests/%s tells how", call->id,
			    call->id);
	else
		api_no_such_request(call);
	return false;
}

static bool read_answer(struct call *call, struct api_answer *answer)
{
	const struct exchange *exchange = call->exchange;
	char why[512] = "";
	int r = api_answer_parse(exchange->raw ? exchange->raw : "", exchange->raw_size, answer,
				 why, sizeof(why));

	if (r < 0) {
		api_problem(call->exchange,
			    r == -EBADMSG ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_UNPROCESSABLE_CONTENT,
			    "nothing was decided: %s", why);
		return false;
	}
	if (answer->is_signed && strcmp(answer->answer.id, call->id) != 0) {
		api_problem(call->exchange, MHD_HTTP_UNPROCESSABLE_CONTENT,
			    "nothing was decided: the statement is about %s, and the path about "
			    "%s",
			    answer->answer.id, call->id);
		return false;
	}
	return true;
}

void api_decide(struct call *call)
{
	const struct exchange *exchange = call->exchange;
	const struct ipc_request *request;
	struct api_answer answer;
	struct api_key key;

	if (!read_answer(call, &answer))
		return;
	if (api_key_make(call->client->name, call->id, answer.nonce, exchange->raw,
			 exchange->raw_size, &key) < 0)
		not_sent(call->exchange, -EIO);
	else if (begin(call, &answer, &key)) {
		if (find_pending(call, &answer, &request))
			bring(call, &answer, request, &key);
		else
			api_done_end(call->api->done, &key, NULL);
	}
}
