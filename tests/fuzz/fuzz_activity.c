// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_activity.c: any bytes as what the Bot Connector sends. Whatever is fine names the one
 * request that is open, on its card, with its digest and seal, by somebody of the directory. Sources:
 * fuzz_activity.c user/teams/bot_activity.c user/teams/bot_check.c user/teams/bot_token.c user/policy/account.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "teams/bot_activity.h"
#include "teams/bot_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SERVICE "https://smba.trafficmanager.net/emea/"

static const struct bot_settings settings = {
	.app_id = (char *)"0a0a0a0a-1111-2222-3333-444444444444",
	.tenant = (char *)"0b0b0b0b-1111-2222-3333-444444444444",
	.service = { .origin = "https://smba.trafficmanager.net" },
};
static const struct ipc_request request = {
	.id = "r-1",
	.digest = "3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b",
};

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct bot_activity *activity)
{
	struct bot_press press = {
		.settings = &settings,
		.activity = activity,
		.service = SERVICE,
		.request = strcmp(activity->request, request.id) ? NULL : &request,
		.places = { "19:a/1" },
	};
	const char *why;

	if (bot_check(&press, &why) != BOT_FINE) {
		expect(*why);
		return;
	}
	expect(!*why && press.request == &request && press.account.kind == ACCOUNT_ENTRA);
	expect(!strcmp(press.account.issuer, settings.tenant));
	expect(!strcmp(activity->conversation, "19:a") && !strcmp(activity->card, "1"));
	expect(press.verb == TEAMS_VIEW ||
	       (!strcmp(activity->digest, request.digest) &&
		strcmp(activity->trigger, "automatic") != 0 &&
		button_seal_fits(&settings.seal, &request, activity->verb, activity->seal)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bot_activity activity;

	if (bot_activity_parse((const char *)data, size, &activity) == 0) {
		check(&activity);
		bot_activity_clear(&activity);
	}
	return 0;
}
