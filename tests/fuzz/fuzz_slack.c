// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_slack.c: a payload of Slack's of any bytes. What is taken names somebody of the team and a
 * request in the one form that both have, and a place that can be written down and read again.
 * Sources: fuzz_slack.c user/{slack_payload,slack_place,account,text}.c.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "slack/slack_payload.h"

#define TEAM "T024BE7LD"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_person(const struct slack_payload *payload)
{
	if (payload->account.kind != ACCOUNT_SLACK || strcmp(payload->account.issuer, TEAM) != 0 ||
	    !strchr("UW", payload->account.subject[0]) ||
	    !text_is_made_of(payload->account.subject, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
		abort();
}

static void check_request(const struct slack_payload *payload)
{
	if (strlen(payload->digest) != 64 ||
	    !text_is_made_of(payload->digest, "0123456789abcdef") || !payload->id[0] ||
	    strpbrk(payload->id, " /\"\n"))
		abort();
}

static void check_place(const struct slack_payload *payload)
{
	struct slack_place again;
	char text[2 * SLACK_ID_MAX];

	slack_place_write(&payload->place, text, sizeof(text));
	if (!slack_place_read(text, &again) || !slack_place_equal(&payload->place, &again))
		abort();
}

static void check(const json_t *root)
{
	struct slack_payload payload;
	const char *why = "";
	int r = slack_payload_read(root, TEAM, &payload, &why);

	if (r < 0 && (!*why || (r != -EBADMSG && r != -EPERM && r != -E2BIG)))
		abort();
	if ((r < 0 && payload.step == SLACK_PRESSED) ||
	    (payload.step == SLACK_FILLED && r != 0 && r != -E2BIG))
		abort();
	if (r < 0 || payload.step == SLACK_NOTHING)
		return;
	check_person(&payload);
	check_request(&payload);
	if (payload.step == SLACK_PRESSED)
		check_place(&payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *root = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

	if (root)
		check(root);
	json_decref(root);
	return 0;
}
