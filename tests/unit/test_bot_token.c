// SPDX-License-Identifier: Apache-2.0
/*
 * test_bot_token.c: tokens of the Bot Connector: the table of what Microsoft's own validators take
 * or refuse, and stricter where they differ. tests/browser/token.mjs asks these two the same.
 * Sources: user/teams/bot_token.c, user/key/jwt.c.
 */
#include "bot_fixture.h"

#include <errno.h>

#define NOW 1795000000

static EVP_PKEY *key, *other;
static struct jwt_keys *keys, *webchat, *unmarked;
static char service[256];
static const char *why;

static int setup(void **state)
{
	(void)state;
	key = EVP_RSA_gen(2048);
	other = EVP_RSA_gen(2048);
	keys = keys_of(key, "[\"msteams\",\"skype\"]");
	webchat = keys_of(key, "[\"webchat\"]");
	unmarked = keys_of(key, "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	jwt_keys_free(keys);
	jwt_keys_free(webchat);
	jwt_keys_free(unmarked);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	return 0;
}

/* Takes over @token. */
static int check_with(const struct jwt_keys *set, char *token)
{
	_cleanup_free_ char *header = NULL, *ret_service = NULL;
	const char *ret_token;
	int r;

	if (asprintf(&header, "Bearer %s", token) < 0)
		abort();
	free(token);
	service[0] = '\0';
	r = bot_token_check(&settings, set, header, NOW, &ret_token, &ret_service, &why);
	assert_true((r == 0) == (*why == '\0'));
	assert_true((r == 0) == (ret_service != NULL));
	if (r == 0) {
		assert_ptr_equal(ret_token, header + strlen("Bearer "));
		snprintf(service, sizeof(service), "%s", ret_service);
	}
	return r;
}

static int check(const char *claims)
{
	return check_with(keys, make_token(key, BOT_HEADER, claims));
}

#define WHO "\"iss\":\"" ISSUER "\",\"aud\":\"" APP "\",\"serviceurl\":\"" SERVICE "\""

static void the_connectors_token_is_taken(void **state)
{
	_cleanup_free_ char *claims = good_claims(NOW);

	(void)state;
	assert_int_equal(check(claims), 0);
	assert_string_equal(service, SERVICE);
	/* clocks may differ by five minutes, either way */
	assert_int_equal(check("{" WHO ",\"exp\":1794999760}"), 0);
	assert_int_equal(check("{" WHO ",\"exp\":1795003600,\"nbf\":1795000240}"), 0);
}

static void other_claims_are_refused(void **state)
{
	static const struct {
		const char *claims;
		int error;
	} cases[] = {
		{ "{" WHO ",\"exp\":1794999640}", -EKEYEXPIRED },
		{ "{" WHO ",\"exp\":1795003600,\"nbf\":1795000360}", -EKEYEXPIRED },
		{ "{" WHO "}", -EBADMSG }, /* no end: both of Microsoft's take that */
		{ "{" WHO ",\"exp\":\"1795003600\"}", -EBADMSG },
		{ "{\"iss\":\"https://sts.windows.net/" TENANT "/\",\"aud\":\"" APP
		  "\",\"serviceurl\":\"" SERVICE "\",\"exp\":1795003600}",
		  -EACCES },
		{ "{\"iss\":\"" ISSUER "/\",\"aud\":\"" APP "\",\"serviceurl\":\"" SERVICE
		  "\",\"exp\":1795003600}",
		  -EACCES },
		{ "{\"iss\":\"" ISSUER "\",\"aud\":\"" TENANT "\",\"serviceurl\":\"" SERVICE
		  "\",\"exp\":1795003600}",
		  -EACCES },
		{ "{\"iss\":\"" ISSUER "\",\"aud\":[\"" APP "\"],\"serviceurl\":\"" SERVICE
		  "\",\"exp\":1795003600}",
		  -EACCES },
		{ "{\"iss\":\"" ISSUER "\",\"aud\":\"" APP "\",\"exp\":1795003600}", -EACCES },
		{ "{\"iss\":\"" ISSUER "\",\"aud\":\"" APP "\",\"serviceurl\":[\"" SERVICE
		  "\"],\"exp\":1795003600}",
		  -EACCES },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(check(cases[i].claims), cases[i].error);
}

static void other_keys_and_algorithms_are_refused(void **state)
{
	_cleanup_free_ char *claims = good_claims(NOW);
	char *text;

	(void)state;
	assert_int_equal(check_with(webchat, make_token(key, BOT_HEADER, claims)), -EKEYREJECTED);
	assert_int_equal(check_with(unmarked, make_token(key, BOT_HEADER, claims)), -EKEYREJECTED);
	assert_int_equal(check_with(keys, make_token(other, BOT_HEADER, claims)), -EKEYREJECTED);
	assert_int_equal(
		check_with(keys, make_token(key, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", claims)),
		-ENOKEY);
	/* for which keys are got anew: not when the token is none that the Connector makes */
	assert_int_equal(check_with(keys, make_token(key, "{\"alg\":\"RS256\",\"kid\":\"k2\"}",
						     "{\"iss\":\"x\",\"exp\":1795003600}")),
			 -EACCES);
	text = unsigned_token("{\"alg\":\"RS384\",\"kid\":\"k1\"}", claims);
	assert_int_equal(check_with(keys, join(text, sign_text(key, EVP_sha384(), text))),
			 -EKEYREJECTED);
	text = unsigned_token("{\"alg\":\"none\",\"kid\":\"k1\"}", claims);
	assert_int_equal(check_with(keys, join(text, strdup("AA"))), -EKEYREJECTED);
}

static void without_a_token_nothing_is_taken(void **state)
{
	_cleanup_free_ char *claims = good_claims(NOW);
	_cleanup_free_ char *token = make_token(key, BOT_HEADER, claims);
	_cleanup_free_ char *basic = NULL, *lower = NULL, *long_one = NULL;
	char *ret_service = NULL;
	const char *ret_token;

	(void)state;
	if (asprintf(&basic, "Basic %s", token) < 0 || asprintf(&lower, "bearer %s", token) < 0 ||
	    asprintf(&long_one, "Bearer %s%*s", token, BOT_TOKEN_MAX, "x") < 0)
		abort();
	assert_int_equal(
		bot_token_check(&settings, keys, NULL, NOW, &ret_token, &ret_service, &why),
		-EBADMSG);
	assert_int_equal(
		bot_token_check(&settings, keys, basic, NOW, &ret_token, &ret_service, &why),
		-EBADMSG);
	assert_int_equal(
		bot_token_check(&settings, keys, long_one, NOW, &ret_token, &ret_service, &why),
		-EBADMSG);
	assert_null(ret_service);
	assert_int_equal(
		bot_token_check(&settings, keys, lower, NOW, &ret_token, &ret_service, &why), 0);
	free(ret_service);
}

static void one_service_has_several_spellings(void **state)
{
	static const struct {
		const char *other;
		bool same;
	} cases[] = {
		{ "https://smba.trafficmanager.net/emea/", true },
		{ "https://smba.trafficmanager.net/emea", true },
		{ "HTTPS://SMBA.TrafficManager.net/emea", true },
		{ "https://smba.trafficmanager.net/EMEA/", false },
		{ "https://smba.trafficmanager.net/amer/", false },
		{ "https://smba.trafficmanager.net/emea//", false },
		{ "https://smba.trafficmanager.net/", false },
		{ "https://smba.trafficmanager.net.evil.example/emea/", false },
		{ "http://smba.trafficmanager.net/emea/", false },
		{ "https://", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(bot_token_same_service(SERVICE, cases[i].other), cases[i].same);
		assert_int_equal(bot_token_same_service(cases[i].other, SERVICE), cases[i].same);
	}
	assert_false(bot_token_same_service("", ""));
	assert_true(bot_token_same_service("https://", "https://"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_connectors_token_is_taken),
		cmocka_unit_test(other_claims_are_refused),
		cmocka_unit_test(other_keys_and_algorithms_are_refused),
		cmocka_unit_test(without_a_token_nothing_is_taken),
		cmocka_unit_test(one_service_has_several_spellings),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
