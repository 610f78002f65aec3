// SPDX-License-Identifier: Apache-2.0
/*
 * slack.c: see slack.h. Owns struct step: one thing that a person did, until nothing more is to be
 * said about it. That it is taken once only needs little here: a person answers a request once, and
 * sluiced refuses the second time.
 */
#include "slack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "key/channel_decision.h"
#include "notifier/request_limit.h"
#include "slack_api.h"
#include "slack_card.h"
#include "slack_payload.h"

/* gcc 12 takes what a list owns for lost when the list's owner is behind two pointers. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define CHANNEL "slack"
#define TIER	2 /* Slack says who it was; nobody had to show it */

/* Slack waits 3 s for what becomes of a form. */
#define REPLY_MS  2000
#define MAX_STEPS 64
/* Steps that are known when they come again, which they do when our word for one got lost. */
#define MAX_SEEN  256
#define SEEN_SIZE (SLACK_ID_MAX * 2)

/**
 * struct step: one thing that a person did.
 * @reply: NULL: Slack has its answer
 * @timer: of a form
 * @transfer: a form that is being opened, or a note that is being posted
 */
struct step {
	struct step *prev, *next;
	struct slack *slack;
	struct slack_payload payload;
	json_t *way;
	slack_reply_fn reply;
	void *arg;
	struct event *timer;
	struct http_transfer *transfer;
};

struct slack {
	struct slack_options options;
	struct step *steps;
	size_t n_steps;
	char seen[MAX_SEEN][SEEN_SIZE];
	size_t next_seen;
};

int slack_new(const struct slack_options *options, struct slack **ret)
{
	struct slack *slack = calloc(1, sizeof(*slack));

	if (!slack)
		return -ENOMEM;
	slack->options = *options;
	*ret = slack;
	return 0;
}

static void reply_with(struct step *step, const json_t *body)
{
	slack_reply_fn reply = step->reply;

	step->reply = NULL;
	if (reply)
		reply(step->arg, body);
}

static void end(struct step *step)
{
	struct slack *slack = step->slack;

	reply_with(step, NULL);
	http_cancel(step->transfer);
	if (step->timer)
		event_free(step->timer);
	json_decref(step->way);
	DL_DELETE(slack->steps, step);
	slack->n_steps--;
	explicit_bzero(&step->payload, sizeof(step->payload));
	free(step);
}

struct slack *slack_free(struct slack *slack)
{
	if (!slack)
		return NULL;
	while (slack->steps)
		end(slack->steps); /* lint: it takes the step off this list */
	free(slack);
	return NULL;
}

/* ---- what a person is told ---- */

static void on_told(void *arg, const struct http_answer *answer)
{
	struct step *step = arg;

	step->transfer = NULL; /* gone after this call */
	if (answer->status != 200)
		log_warning("slack: a person could not be told why nothing was decided: HTTP %ld "
			    "%s",
			    answer->status, answer->error);
	end(step);
}

/* A note below the message, which only this person sees. */
static void post_note(struct step *step, const char *text)
{
	const struct slack_options *options = &step->slack->options;
	json_auto_t *note = slack_card_note(text);
	_cleanup_free_ char *body = note ? json_dumps(note, JSON_COMPACT) : NULL;
	int r = -ENOMEM;

	if (body)
		r = slack_api_respond(options->settings, options->http, step->payload.response_url,
				      body, on_told, step, &step->transfer);
	if (r == 0)
		return;
	log_warning_errno(r, "slack: a person could not be told why nothing was decided");
	end(step);
}

static void mark_form(struct step *step, const char *text)
{
	json_auto_t *body = json_pack("{s:s,s:{s:s}}", "response_action", "errors", "errors",
				      SLACK_REASON, text);

	reply_with(step, body);
	end(step);
}

/* What ends the step: to this person only. @text: may hold anything */
static void tell(struct step *step, const char *text)
{
	char plain[1024];

	snprintf(plain, sizeof(plain), "%s", *text ? text : "Nothing was decided.");
	text_scrub(plain);
	if (step->payload.step == SLACK_FILLED)
		mark_form(step, plain);
	else
		post_note(step, plain);
}

/* ---- to sluiced ---- */

static void on_decided(void *arg, int error, const char *text)
{
	struct step *step = arg;

	log_info("slack: %s of %s by %s: %s",
		 step->payload.revoke	 ? "revocation"
		 : step->payload.approve ? "approval"
					 : "denial",
		 step->payload.id, step->payload.account.subject, text);
	/* a form that was too late for it is closed; the message will show what became of it */
	if (error && (step->payload.step == SLACK_PRESSED || step->reply))
		tell(step, text);
	else
		end(step);
}

/* What the channel rests on, for the journal: no handle with which something can be done. */
static char *make_evidence(const struct step *step)
{
	const struct slack_payload *payload = &step->payload;
	json_auto_t *evidence = json_pack("{s:s,s:s,s:s,s:s,s:O}", "kind", "slack", "step",
					  payload->step == SLACK_FILLED ? "form" : "button", "team",
					  payload->account.issuer, "user", payload->account.subject,
					  "way", step->way);

	if (evidence && payload->step == SLACK_PRESSED &&
	    json_object_update_new(evidence,
				   json_pack("{s:s,s:s,s:s}", "channel", payload->place.channel,
					     "message", payload->place.ts, "pressed",
					     payload->action_ts)) < 0)
		return NULL;
	return evidence ? json_dumps(evidence, JSON_COMPACT) : NULL;
}

static void decide(struct step *step, const struct ipc_request *request)
{
	const struct slack_payload *payload = &step->payload;
	_cleanup_free_ char *evidence = make_evidence(step);
	struct channel_decision decision;
	struct ipc_decide *answer = &decision.statement.answer;
	int r = -ENOMEM;

	channel_decision_begin(request, &decision);
	snprintf(decision.channel, sizeof(decision.channel), "%s", CHANNEL);
	decision.tier = TIER;
	decision.account = payload->account;
	answer->approve = payload->approve;
	decision.statement.revoke = payload->revoke;
	memcpy(answer->digest, payload->digest, sizeof(answer->digest));
	memcpy(answer->reason, payload->reason, sizeof(answer->reason));
	if (evidence)
		r = answer->approve ? request_limit_take(request, payload->limit, answer) : 0;
	if (r == 0)
		r = gateway_link_decide(step->slack->options.link, &decision, evidence, on_decided,
					step);
	if (r < 0)
		tell(step, channel_decision_unsent(r));
}

/* ---- what fits ---- */

/* Return: NULL when it fits, or why not. */
static const char *find_fault(const struct step *step, const struct ipc_request *request)
{
	const struct slack_options *options = &step->slack->options;
	const struct slack_payload *payload = &step->payload;

	if (request && payload->revoke && request->state != IPC_APPROVED)
		return "Nothing was revoked: this request is not approved.";
	if (!request || (!payload->revoke && request->state != IPC_PENDING))
		return "Nothing was decided: this request is closed, or not known here.";
	if (strcmp(request->digest, payload->digest) != 0)
		return "Nothing was decided: this is not the request that is open now. Look at its "
		       "newest message.";
	if (payload->step == SLACK_PRESSED &&
	    !options->stands_at(options->arg, request, &payload->place))
		return "Nothing was decided: this is not the message that was posted for the "
		       "request. Use the newest one, or a command.";
	if (payload->approve && !slack_card_approvable(request, options->page))
		return "Nothing was decided: this takes more than a button in Slack.";
	return NULL;
}

/* ---- the form for a reason ---- */

static void on_form_opened(void *arg, const struct http_answer *answer)
{
	struct step *step = arg;
	char error[128];
	json_t *root = slack_api_read(answer, error, sizeof(error));

	step->transfer = NULL;
	json_decref(root);
	if (root) {
		end(step);
		return;
	}
	log_warning("slack: the form for a reason could not be opened: %s", error);
	tell(step, "Nothing was decided: the form for a reason could not be opened. Press the "
		   "button again.");
}

static void open_form(struct step *step, const struct ipc_request *request)
{
	const struct slack_options *options = &step->slack->options;
	json_auto_t *arguments = json_pack("{s:s,s:o}", "trigger_id", step->payload.trigger, "view",
					   slack_card_form(request, step->payload.approve));
	_cleanup_free_ char *body = arguments ? json_dumps(arguments, JSON_COMPACT) : NULL;
	int r = -ENOMEM;

	if (body)
		r = slack_api_call(options->settings, options->http, "views.open",
				   options->settings->token, body, on_form_opened, step,
				   &step->transfer);
	if (r < 0)
		tell(step, "Nothing was decided: the form for a reason could not be opened.");
}

/* Slack is told in time, and the person that it is still under way. */
static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct step *step = arg;
	json_auto_t *body =
		json_pack("{s:s,s:{s:s}}", "response_action", "errors", "errors", SLACK_REASON,
			  "It was sent, and the agent has not answered yet. The message "
			  "will show whether it was decided.");

	(void)fd;
	(void)what;
	reply_with(step, body);
}

/* ---- beginning ---- */

/* Whether this press came before. */
static bool seen_before(struct slack *slack, const struct slack_payload *payload)
{
	char key[SEEN_SIZE];

	snprintf(key, sizeof(key), "%.30s %.31s", payload->account.subject, payload->action_ts);
	for (size_t i = 0; i < MAX_SEEN; i++)
		if (strcmp(slack->seen[i], key) == 0)
			return true;
	memcpy(slack->seen[slack->next_seen], key, sizeof(key));
	slack->next_seen = (slack->next_seen + 1) % MAX_SEEN;
	return false;
}

static void take_press(struct step *step)
{
	struct slack *slack = step->slack;
	const struct ipc_request *request =
		gateway_requests_find(slack->options.requests, step->payload.id);
	const char *fault = find_fault(step, request);

	reply_with(step, NULL);
	if (seen_before(slack, &step->payload))
		end(step);
	else if (fault)
		tell(step, fault);
	else if (request->reason_required && !step->payload.revoke)
		open_form(step, request);
	else
		decide(step, request);
}

static void take_form(struct step *step)
{
	const struct timeval tv = { .tv_usec = REPLY_MS % 1000 * 1000, .tv_sec = REPLY_MS / 1000 };
	const struct ipc_request *request =
		gateway_requests_find(step->slack->options.requests, step->payload.id);
	const char *fault = find_fault(step, request);

	step->timer = evtimer_new(step->slack->options.base, on_late, step);
	if (!step->timer || evtimer_add(step->timer, &tv) < 0)
		fault = "Nothing was decided: the gateway has no memory.";
	if (fault)
		tell(step, fault);
	else
		decide(step, request);
}

/* Takes over @way, also when there is no memory. */
static struct step *new_step(struct slack *slack, json_t *way, slack_reply_fn reply, void *arg)
{
	struct step *step = slack->n_steps < MAX_STEPS ? calloc(1, sizeof(*step)) : NULL;

	if (!step || !way) {
		log_error("slack: no memory, or too much at once: an answer is lost");
		json_decref(way);
		free(step);
		return NULL;
	}
	step->slack = slack;
	step->way = way;
	step->reply = reply;
	step->arg = arg;
	DL_APPEND(slack->steps, step);
	slack->n_steps++;
	return step;
}

void slack_take(struct slack *slack, const json_t *payload, json_t *way, slack_reply_fn reply,
		void *arg)
{
	struct step *step = new_step(slack, way, reply, arg);
	const char *why = "";
	int r;

	if (!step) {
		reply(arg, NULL);
		return;
	}
	r = slack_payload_read(payload, slack->options.settings->team, &step->payload, &why);
	if (r == -E2BIG) {
		tell(step, why);
		return;
	}
	if (r < 0)
		log_warning("slack: refused what somebody did there: %s", why);
	if (r < 0 || step->payload.step == SLACK_NOTHING)
		end(step);
	else if (step->payload.step == SLACK_PRESSED)
		take_press(step);
	else
		take_form(step);
}
