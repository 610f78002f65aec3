// SPDX-License-Identifier: Apache-2.0
/*
 * bot_check.c: see bot_check.h. Owns the table of checks; none has an effect beyond what it writes
 * into the press. A later one may rely on those before it.
 */
#include "bot_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "bot_token.h"
#include "notifier/notifier.h"

static bool is_teams(struct bot_press *press)
{
	return strcmp(press->activity->channel, "msteams") == 0;
}

/* "28:" and the id of the application */
static bool is_for_us(struct bot_press *press)
{
	const char *recipient = press->activity->recipient;

	return strncmp(recipient, "28:", 3) == 0 &&
	       strcasecmp(recipient + 3, press->settings->app_id) == 0;
}

/* Both places say it, and people of other directories can be guests in a channel. */
static bool is_our_tenant(struct bot_press *press)
{
	return strcasecmp(press->activity->conversation_tenant, press->settings->tenant) == 0 &&
	       strcasecmp(press->activity->tenant, press->settings->tenant) == 0;
}

static bool is_our_service(struct bot_press *press)
{
	return bot_settings_serves(press->settings, press->activity->service) &&
	       bot_token_same_service(press->service, press->activity->service);
}

static bool is_invoke(struct bot_press *press)
{
	return strcmp(press->activity->type, "invoke") == 0;
}

static bool is_card_action(struct bot_press *press)
{
	return strcmp(press->activity->name, "adaptiveCard/action") == 0 &&
	       strcmp(press->activity->action, "Action.Execute") == 0;
}

static bool take_verb(struct bot_press *press)
{
	for (unsigned int i = 0; i < TEAMS_VERBS; i++) {
		if (strcmp(press->activity->verb, teams_verbs[i]) != 0)
			continue;
		press->verb = (enum teams_verb)i;
		return true;
	}
	return false;
}

/* Clients also act by themselves, to refresh a card; that is nobody's answer. */
static bool is_pressed(struct bot_press *press)
{
	const char *trigger = press->activity->trigger;

	return press->verb == TEAMS_VIEW || !*trigger || strcmp(trigger, "manual") == 0;
}

static bool is_known(struct bot_press *press)
{
	return press->request;
}

/* A copy of the card elsewhere, or a button that somebody made up, has another place. */
static bool is_our_card(struct bot_press *press)
{
	char place[NOTIFIER_PLACE_MAX];

	if (bot_place_write(press->activity->conversation, press->activity->card, place,
			    sizeof(place)) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(press->places); i++)
		if (press->places[i] && strcmp(press->places[i], place) == 0)
			return true;
	return false;
}

/* Never by name, nor by the id that the person has with this bot only. */
static bool take_account(struct bot_press *press)
{
	const char *why;

	return account_set(ACCOUNT_ENTRA, press->settings->tenant, press->activity->person,
			   &press->account, &why) == 0;
}

static bool has_digest(struct bot_press *press)
{
	return press->verb == TEAMS_VIEW ||
	       strcmp(press->activity->digest, press->request->digest) == 0;
}

/* Of this very button, as this gateway made it. */
static bool has_seal(struct bot_press *press)
{
	return press->verb == TEAMS_VIEW ||
	       button_seal_fits(&press->settings->seal, press->request, press->activity->verb,
				press->activity->seal);
}

static bool is_open(struct bot_press *press)
{
	enum ipc_state wanted = press->verb == TEAMS_REVOKE ? IPC_APPROVED : IPC_PENDING;

	return press->verb == TEAMS_VIEW || press->request->state == wanted;
}

static const struct {
	bool (*holds)(struct bot_press *press);
	enum bot_finding otherwise;
	const char *why;
} checks[] = {
	{ is_teams, BOT_FORBIDDEN, "it does not come from Teams" },
	{ is_for_us, BOT_FORBIDDEN, "it is for another bot" },
	{ is_our_tenant, BOT_FORBIDDEN, "it comes from another directory" },
	{ is_our_service, BOT_FORBIDDEN,
	  "it names another service than ServiceURL=, or than its token" },
	{ is_invoke, BOT_IGNORED, "it is no button" },
	{ is_card_action, BOT_MALFORMED, "it is no button of a card" },
	{ take_verb, BOT_MALFORMED, "it is no button of ours" },
	{ is_pressed, BOT_MALFORMED, "nobody pressed the button" },
	{ is_known, BOT_SAY,
	  "This request is not known here, or it was closed long ago. Nothing was decided." },
	{ has_digest, BOT_SAY,
	  "Nothing was decided: the request is not what that card showed. Look at its newest "
	  "card." },
	{ has_seal, BOT_MALFORMED, "the button is none that this gateway has made" },
	{ is_our_card, BOT_MALFORMED, "it is not on the card that was posted for this request" },
	{ take_account, BOT_SAY,
	  "Nothing was decided: Teams does not say who you are in the directory." },
	{ is_open, BOT_SHOW, "It was closed already, or nothing of it was approved." },
};

enum bot_finding bot_check(struct bot_press *press, const char **ret_why)
{
	*ret_why = "";
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		if (checks[i].holds(press))
			continue;
		*ret_why = checks[i].why;
		return checks[i].otherwise;
	}
	return BOT_FINE;
}

int bot_place_write(const char *conversation, const char *card, char *ret, size_t size)
{
	int n = snprintf(ret, size, "%s/%s", conversation, card);

	if (!*conversation || !*card || strchr(card, '/') || n < 0 || (size_t)n >= size)
		return -EINVAL;
	for (const char *c = ret; *c; c++)
		if (*c <= ' ' || *c > '~')
			return -EINVAL;
	return 0;
}
