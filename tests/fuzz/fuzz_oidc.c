// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_oidc.c: an identity provider that answers with any bytes: its description, a token, its keys,
 * a line each. Nobody is ever signed in, since nobody here signs; who waits is told once; and people
 * and secrets go to addresses with TLS only. Sources: fuzz_oidc.c user/web/oidc.c
 * user/web/oidc_provider.c user/key/jwt.c.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/oidc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ISSUER "https://idp.example"

static struct {
	http_done_fn done;
	void *arg;
	unsigned int told;
} world;

static void expect(bool holds)
{
	if (!holds)
		abort();
}

int http_send(struct http *http, const struct http_target *target,
	      const struct http_message *message, http_done_fn done, void *arg,
	      struct http_transfer **ret)
{
	(void)http;
	expect(!strncasecmp(target->url, "https://", 8) && !target->plain && !world.done);
	expect(message->answer_max > 0);
	world.done = done;
	world.arg = arg;
	*ret = (struct http_transfer *)&world;
	return 0;
}

void http_cancel(struct http_transfer *transfer)
{
	if (transfer)
		world.done = NULL;
}

static void on_ready(void *arg, int r)
{
	(void)arg;
	(void)r;
	world.told++;
}

static void on_done(void *arg, const json_t *claims, const char *token, const char *why)
{
	(void)arg;
	(void)token;
	expect(!claims && *why);
	world.told++;
}

/* One line of @text, to whoever waits for an answer. Return: what follows. */
static char *answer(char *text)
{
	size_t length = strcspn(text, "\n");
	char *next = text[length] ? text + length + 1 : text + length;
	const struct http_answer answer = { .status = 200, .body = text, .error = "" };
	http_done_fn done = world.done;

	text[length] = '\0';
	world.done = NULL;
	if (done)
		done(world.arg, &answer);
	return next;
}

static void sign_in(struct oidc *oidc, char *text)
{
	const struct oidc_attempt attempt = { .state = "s", .nonce = "n", .verifier = "v" };
	char *address;
	bool known;

	expect(oidc_prepare(oidc, on_ready, NULL) == 0);
	text = answer(text);
	expect(world.told == 1);
	address = oidc_address(oidc, &attempt);
	expect(address);
	known = !strncasecmp(address, "https://", 8);
	expect(known || *address == '?');
	free(address);
	if (!known) /* nobody was sent there */
		return;
	oidc_came_from(oidc, "x");
	world.told = 0;
	if (oidc_redeem(oidc, &attempt, "code", on_done, NULL) < 0)
		return;
	for (int i = 0; i < 4 && world.done; i++)
		text = answer(text);
	expect(world.told <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct web_settings *settings;
	struct oidc *oidc = NULL;
	char *text = malloc(size + 1);

	if (!settings) {
		settings = web_settings_new();
		expect(settings);
		settings->issuer = strdup(ISSUER);
		settings->client_id = strdup("sluice");
		settings->client_secret = strdup("secret");
		settings->scopes = strdup("openid");
	}
	expect(text && oidc_new(settings, NULL, &oidc) == 0);
	memcpy(text, data, size);
	text[size] = '\0';
	world.done = NULL;
	world.told = 0;
	sign_in(oidc, text);
	oidc_free(oidc);
	free(text);
	return 0;
}
