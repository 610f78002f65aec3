// SPDX-License-Identifier: Apache-2.0
/*
 * bot_token.c: see bot_token.h. Owns no state.
 */
#include "bot_token.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

#define SCHEME "Bearer "
#define SKEW_S 300
/* The channel of the Bot Framework that Teams is. */
#define TEAMS "msteams"

static int refuse(const char **ret_why, int r, const char *why)
{
	*ret_why = why;
	return r;
}

static int take_service(const json_t *claims, char **ret_service, const char **ret_why)
{
	const char *service = json_string_value(json_object_get(claims, "serviceurl"));

	if (!service)
		return refuse(ret_why, -EACCES, "the token does not say for which service it is");
	*ret_service = strdup(service);
	return *ret_service ? 0 : refuse(ret_why, -ENOMEM, "not enough memory");
}

int bot_token_check(const struct bot_settings *settings, const struct jwt_keys *keys,
		    const char *authorization, int64_t now_s, const char **ret_token,
		    char **ret_service, const char **ret_why)
{
	const struct jwt_rules rules = {
		.issuer = settings->issuer,
		.audience = settings->app_id,
		.algorithm = "RS256",
		.endorsement = TEAMS,
		.now_s = now_s,
		.skew_s = SKEW_S,
		.iat_optional = true,
	};
	json_auto_t *claims = NULL;
	int r;

	if (!authorization || strncasecmp(authorization, SCHEME, strlen(SCHEME)) != 0)
		return refuse(ret_why, -EBADMSG, "there is no token");
	*ret_token = authorization + strlen(SCHEME);
	if (strlen(*ret_token) > BOT_TOKEN_MAX)
		return refuse(ret_why, -EBADMSG, "the token is too long");
	r = jwt_check(keys, *ret_token, &rules, &claims, ret_why);
	return r < 0 ? r : take_service(claims, ret_service, ret_why);
}

/* Characters of scheme and host. */
static size_t length_of_host(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/") : 0;
}

bool bot_token_same_service(const char *a, const char *b)
{
	size_t length_a = strlen(a), length_b = strlen(b), host = length_of_host(a);

	if (!host || host != length_of_host(b) || strncasecmp(a, b, host) != 0)
		return false;
	length_a -= length_a > host && a[length_a - 1] == '/';
	length_b -= length_b > host && b[length_b - 1] == '/';
	return length_a == length_b && memcmp(a + host, b + host, length_a - host) == 0;
}
