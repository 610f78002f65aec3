/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slack_payload.h: what Slack says that a person has done: pressed a button, sent a form.
 *
 * Owns: the form of such a payload, and whose account it names. Must not own: how it came here
 * (slack_socket.h, slack_sign.h), or whether it fits what is open (slack.h). Formats: Slack's
 * interaction payloads "block_actions" and "view_submission".
 */
#ifndef SLUICE_SLACK_PAYLOAD_H
#define SLUICE_SLACK_PAYLOAD_H

#include <jansson.h>
#include <stdbool.h>

#include "base/account.h"
#include "ipc.h"
#include "notifier/url.h"
#include "slack_place.h"

enum slack_step {
	SLACK_NOTHING, /* to be acknowledged, no more: a link was followed, a form closed */
	SLACK_PRESSED, /* a button of a message */
	SLACK_FILLED,  /* the form for a reason was sent */
};

/**
 * struct slack_payload: one step of a person.
 * @id, @digest: the request, as the button or form had it, which is what the person saw
 * @place: SLACK_PRESSED: of the message
 * @action_ts: SLACK_PRESSED: when, in Slack's words
 * @trigger: SLACK_PRESSED: with it a form may be opened, for some seconds
 * @response_url: SLACK_PRESSED: where an answer to this person may be posted; not checked
 * @limit: what was chosen, as struct request_limit spells it; "": nobody did
 * @reason: SLACK_FILLED
 */
struct slack_payload {
	enum slack_step step;
	bool approve;
	bool revoke;
	struct account account;
	char id[16];
	char digest[65];
	struct slack_place place;
	char action_ts[SLACK_ID_MAX];
	char trigger[256];
	char response_url[URL_MAX];
	char limit[32];
	char reason[SLUICE_REASON_MAX];
};

/**
 * slack_payload_read() - take a payload apart.
 * @team: the one team whose people are heard. An account of another one, of an enterprise as a
 * whole, or of a bot is refused.
 * @ret: also on -E2BIG
 * @ret_why: a sentence on failure
 * Return: 0, -EBADMSG for another form, -EPERM for somebody who is not heard, -E2BIG for a reason
 * that is too long.
 */
int slack_payload_read(const json_t *payload, const char *team, struct slack_payload *ret,
		       const char **ret_why);

#endif
