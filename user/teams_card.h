/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teams_card.h: a request as a message for a Microsoft Teams "Workflows" webhook.
 *
 * Owns: the envelope and the Adaptive Card 1.4 in it. Must not own: what a reviewer reads
 * (request_card.h), or sending it (notifier_teams.c). A card informs; it has no buttons that
 * decide, because nothing signs who pressed one. Formats: adaptivecards.io schema 1.4; envelope:
 * Microsoft's page on incoming webhooks by Workflows.
 */
#ifndef SLUICE_TEAMS_CARD_H
#define SLUICE_TEAMS_CARD_H

#include <jansson.h>

#include "ipc.h"

/* Teams refuses messages from about 28 KB on, some tenants earlier; bytes of compact JSON. */
#define TEAMS_CARD_MAX 20000

/**
 * teams_card() - the question of an open request, or the short answer of one that is closed
 * (@request->state).
 * @page: address of the page where it can be decided, or NULL. Every text of @request is untrusted
 * and is shown as it is, in monospace, with what could deceive spelled out; what does not fit is
 * cut from the middle, and the card says so.
 * Return: a new reference, at most TEAMS_CARD_MAX as compact JSON; NULL with errno EINVAL when the
 * id or the digest could not be typed into a shell safely, else ENOMEM.
 */
json_t *teams_card(const struct ipc_request *request, const char *page);

/* A card with an invented request, marked as a test; @host is shown as the sender. Return: as
 * teams_card(). */
json_t *teams_card_test(const char *host);

#endif
