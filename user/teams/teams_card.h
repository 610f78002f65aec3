/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teams_card.h: a request as a card of Microsoft Teams.
 *
 * Owns: the Adaptive Card and its buttons. Must not own: what a reviewer reads (request_card.h), or
 * sending it (notifier_teams.c, notifier_bot.c). A card of a "Workflows" webhook informs:
 * nobody would say who pressed a button. That of a bot has buttons, which carry no authority: the
 * id of the request, its digest as the card shows it, and a seal. Formats: adaptivecards.io, schema 1.4, of
 * a bot 1.5 (refresh); envelope: Microsoft's page on incoming webhooks by Workflows.
 */
#ifndef SLUICE_TEAMS_CARD_H
#define SLUICE_TEAMS_CARD_H

#include <jansson.h>
#include <stdbool.h>

#include "button_seal.h"
#include "ipc.h"

/* Teams refuses messages from about 28 KB on, some tenants earlier; bytes of compact JSON. */
#define TEAMS_CARD_MAX 20000

/* Of the buttons. TEAMS_VIEW decides nothing: a client asks for the card as one person sees it. */
enum teams_verb { TEAMS_VIEW, TEAMS_APPROVE, TEAMS_DENY, TEAMS_REVOKE, TEAMS_VERBS };
extern const char *const teams_verbs[TEAMS_VERBS];

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

/**
 * struct teams_reader: whom a bot's card is for.
 * @page: as for teams_card()
 * @buttons: it may be decided on the card; what cannot be shown whole, or takes more than a button,
 * can only be denied there
 * @seal: of the buttons
 * @note: what became of this reader's answer, or NULL
 */
struct teams_reader {
	const char *page;
	bool buttons;
	const struct button_seal *seal;
	const char *note;
};

/* The card of a bot, without an envelope. Return: as teams_card(). */
json_t *teams_bot_card(const struct ipc_request *request, const struct teams_reader *reader);
json_t *teams_bot_card_test(const char *host);

/*
 * Whether the request can be approved by a button: its card shows all of it, and it takes no surer
 * proof.
 */
bool teams_bot_can_approve(const struct ipc_request *request, const struct teams_reader *reader);

/* A card with an invented request, marked as a test; @host is shown as the sender. Return: as
 * teams_card(). */
json_t *teams_card_test(const char *host);

#endif
