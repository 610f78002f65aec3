/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bot_fixture.h: a bot, the press of a button on a card of its own, and tokens for it, right but
 * for what a test changes. Owns no test.
 */
#ifndef SLUICE_TEST_BOT_FIXTURE_H
#define SLUICE_TEST_BOT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "jwt_fixture.h"
#include "teams/bot_activity.h"
#include "teams/bot_check.h"
#include "teams/bot_settings.h"
#include "teams/bot_token.h"

#define APP	     "0a0a0a0a-1111-2222-3333-444444444444"
#define TENANT	     "0b0b0b0b-1111-2222-3333-444444444444"
#define CARLA	     "0c0c0c0c-1111-2222-3333-444444444444"
#define CHANNEL_ID   "19:abc@thread.tacv2"
#define CONVERSATION CHANNEL_ID ";messageid=1700000000001"
#define CARD	     "1700000000001"
#define SERVICE	     "https://smba.trafficmanager.net/emea/"
#define DIGEST	     "3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"
#define ISSUER	     "https://api.botframework.com"

static struct bot_settings settings = {
	.app_id = (char *)APP,
	.tenant = (char *)TENANT,
	.channel = (char *)CHANNEL_ID,
	.service_url = (char *)"https://smba.trafficmanager.net/teams/",
	.issuer = (char *)ISSUER,
	.metadata = (char *)"https://login.botframework.com/v1/.well-known/openidconfiguration",
	.service = { .origin = "https://smba.trafficmanager.net" },
	.seal = { "a key of the test's own" },
};

/* The request on the card: what of it the seal of a button is over. */
static struct ipc_request sealed = { .id = "r-abc123", .digest = DIGEST, .expires_ms = 1795400000000 };

static inline const char *seal_of(const char *verb)
{
	static char text[BUTTON_SEAL_TEXT];

	assert_int_equal(button_seal_make(&settings.seal, &sealed, verb, text), 0);
	return text;
}

/* What Teams sends when somebody presses Approve; owned by the caller. */
static inline json_t *good_activity(void)
{
	json_t *root = json_pack(
		"{s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s},s:{s:s},s:{s:s,s:s,s:b,s:s},"
		"s:{s:{s:s},s:{s:s},s:{s:s}},s:s,s:{s:{s:s,s:s,s:{s:s,s:s,s:s,s:s}},s:s}}",
		"type", "invoke", "name", "adaptiveCard/action", "id", "f:1", "channelId",
		"msteams", "serviceUrl", SERVICE, "from", "id", "29:1xyz", "name", "Carla",
		"aadObjectId", CARLA, "recipient", "id", "28:" APP, "conversation", "id",
		CONVERSATION, "conversationType", "channel", "isGroup", 1, "tenantId", TENANT,
		"channelData", "tenant", "id", TENANT, "channel", "id", CHANNEL_ID, "team", "id",
		"19:team", "replyToId", CARD, "value", "action", "type", "Action.Execute", "verb",
		"sluice.approve", "data", "rid", "r-abc123", "d", DIGEST, "mac",
		seal_of("sluice.approve"), "reason", "known partner", "trigger", "manual");

	assert_non_null(root);
	return root;
}

/* Sets the member at @path ("value.action.verb") to @value, taken over; NULL removes it. */
static inline void put(json_t *root, const char *path, json_t *value)
{
	char name[64];
	const char *dot;

	while ((dot = strchr(path, '.'))) {
		snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
		root = json_object_get(root, name);
		assert_non_null(root);
		path = dot + 1;
	}
	if (value)
		json_object_set_new(root, path, value);
	else
		assert_int_equal(json_object_del(root, path), 0);
}

/* As if another button of the card had been pressed, which has a seal of its own. */
static inline void put_verb(json_t *root, const char *verb)
{
	put(root, "value.action.verb", json_string(verb));
	put(root, "value.action.data.mac", json_string(seal_of(verb)));
}

/* Takes over @root. */
static inline char *text_of(json_t *root)
{
	char *text = json_dumps(root, JSON_COMPACT);

	json_decref(root);
	assert_non_null(text);
	return text;
}

#define BOT_HEADER "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"

/* Claims as the Connector has them, of @now_s. */
static inline char *good_claims(int64_t now_s)
{
	char *text;

	if (asprintf(&text,
		     "{\"serviceurl\":\"" SERVICE "\",\"nbf\":%lld,\"exp\":%lld,"
		     "\"iss\":\"" ISSUER "\",\"aud\":\"" APP "\"}",
		     (long long)now_s - 10, (long long)now_s + 3600) < 0)
		abort();
	return text;
}

/* A set with one key for Teams. */
static inline struct jwt_keys *keys_of(EVP_PKEY *key, const char *endorsements)
{
	_cleanup_free_ char *more = NULL, *jwk = NULL, *set = NULL;
	struct jwt_keys *keys = NULL;

	if (asprintf(&more, ",\"use\":\"sig\"%s%s", *endorsements ? ",\"endorsements\":" : "",
		     endorsements) < 0)
		abort();
	jwk = rsa_jwk(key, "k1", more);
	if (asprintf(&set, "{\"keys\":[%s]}", jwk) < 0 ||
	    jwt_keys_parse(set, strlen(set), &keys) < 0)
		abort();
	return keys;
}

#endif
