/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slack_card.h: a request as a message of Slack, and the form that asks for a reason.
 *
 * Owns: the blocks, and what a button carries: which request, and the digest that the person saw;
 * nothing that would give its holder a right. Must not own: what a reviewer reads
 * (request_card.h), sending it (notifier_slack.c), or what an answer means (slack_payload.h).
 * Format: Slack's Block Kit: header, rich_text, actions, input.
 */
#ifndef SLUICE_SLACK_CARD_H
#define SLUICE_SLACK_CARD_H

#include <jansson.h>
#include <stdbool.h>

#include "ipc.h"

/* Slack refuses messages of about 13,200 characters on (msg_blocks_too_long); bytes of JSON. */
#define SLACK_CARD_MAX 12000

/* Names of buttons, of what they stand in, of the form, and of how far an approval goes. */
#define SLACK_APPROVE "approve"
#define SLACK_DENY    "deny"
#define SLACK_REVOKE  "revoke"
#define SLACK_LOOK    "look"
#define SLACK_DECIDE  "decide"
#define SLACK_REASON  "reason"
#define SLACK_LIMIT   "limit"

/**
 * slack_card() - the question of an open request, or the short answer of one that is closed.
 * @page: address of the page to link to, or NULL
 * There is no button to approve when text is hidden or the rule wants more than a button in a chat
 * (tier A3).
 * Return: a new reference to what chat.postMessage takes besides the channel: {"text", "blocks"…},
 * at most SLACK_CARD_MAX; NULL with errno EINVAL for an id or digest that cannot be typed, EMSGSIZE
 * or ENOMEM.
 */
json_t *slack_card(const struct ipc_request *request, const char *page);

/* A message with an invented request, marked as a test. Return: as slack_card(). */
json_t *slack_card_test(const char *host);

/* Whether the message of this request has a button to approve it. */
bool slack_card_approvable(const struct ipc_request *request, const char *page);

/* The form that asks for a reason, and how far an approval goes, as views.open takes it. Return: a new reference, or NULL. */
json_t *slack_card_form(const struct ipc_request *request, bool approve);

/* A text that one person sees, which may hold anything, as a response URL takes it. */
json_t *slack_card_note(const char *text);

#endif
