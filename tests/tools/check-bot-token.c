// SPDX-License-Identifier: Apache-2.0
/*
 * check-bot-token.c: the gateway's check of a token of the Bot Connector, for tests that compare it
 * with others: check-bot-token APPID KEYS. KEYS is a file with a JWK set; each line of standard
 * input is "TOKEN SERVICE", and "accept", or "refuse" and why, is the line that is printed for it.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "teams/bot_token.h"

static const char *check(const struct bot_settings *settings, const struct jwt_keys *keys,
			 const char *token, const char *service)
{
	_cleanup_free_ char *header = NULL, *claimed = NULL;
	const char *taken, *why;

	if (asprintf(&header, "Bearer %s", token) < 0)
		return "no memory";
	if (bot_token_check(settings, keys, header, time(NULL), &taken, &claimed, &why) < 0)
		return why;
	return bot_token_same_service(claimed, service) ? NULL : "it is for another service";
}

int main(int argc, char **argv)
{
	struct bot_settings settings = { .issuer = (char *)"https://api.botframework.com" };
	static char text[65536], token[16384], service[1024];
	struct jwt_keys *keys = NULL;
	FILE *file = argc == 3 ? fopen(argv[2], "re") : NULL;
	size_t size;

	if (!file)
		return EXIT_FAILURE;
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	settings.app_id = argv[1];
	if (jwt_keys_parse(text, size, &keys) < 0)
		return EXIT_FAILURE;
	while (scanf("%16383s %1023s", token, service) == 2) {
		const char *why = check(&settings, keys, token, service);

		printf("%s%s\n", why ? "refuse " : "accept", why ? why : "");
	}
	jwt_keys_free(keys);
	return EXIT_SUCCESS;
}
