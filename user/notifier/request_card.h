/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_card.h: what a message in a chat says about a request, the same in every chat.
 *
 * Owns: what a reviewer reads, in which words and order. Must not own: a chat's elements, its
 * buttons, or its limits (teams_card.h, slack_card.h).
 */
#ifndef SLUICE_REQUEST_CARD_H
#define SLUICE_REQUEST_CARD_H

#include <stdbool.h>

#include "ipc.h"
#include "notifier_card.h"

/* @way: how else than by a command it can be decided: "by the button below", or "" */
void request_card_question(struct card *card, const struct ipc_request *request, const char *way);

/* The short answer of one that is closed. */
void request_card_answer(struct card *card, const struct ipc_request *request);

/* Whether id and digest can be typed into a shell safely: a message has commands to paste. */
bool request_card_typable(const struct ipc_request *request);

/* That all below is a test; and a made-up request for it, sent by @host. */
void request_card_test_notice(struct card *card);
void request_card_test(const char *host, struct ipc_request *ret);

#endif
