// SPDX-License-Identifier: Apache-2.0
/*
 * test_jwt.c: tokens that are taken, and each way in which one is not, beside its neighbour that
 * is. Sources: user/key/jwt.c, user/key/jwt_key.c, user/base/base64.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>

#include "base/cleanup.h"
#include "jwt_fixture.h"
#include "key/jwt.h"

#define NOW   1795000000
#define RS    "{\"alg\":\"RS256\",\"kid\":\"r1\"}"
#define ES    "{\"alg\":\"ES256\",\"kid\":\"e1\"}"
#define WHO   "\"iss\":\"https://id.example\",\"aud\":\"sluice\",\"sub\":\"u1\""
#define TIMES "\"exp\":1795000300,\"iat\":1795000000"
#define NONCE "\"nonce\":\"n-1\""
#define GOOD  "{" WHO "," TIMES "," NONCE "}"

static EVP_PKEY *rsa, *ec, *other_rsa, *weak;
static struct jwt_keys *keys;
static const char *why;

static const struct jwt_rules rules = {
	.issuer = "https://id.example",
	.audience = "sluice",
	.nonce = "n-1",
	.now_s = NOW,
	.max_age_s = 600,
};

static int parse(const char *text, struct jwt_keys **ret)
{
	return jwt_keys_parse(text, strlen(text), ret);
}

static int setup(void **state)
{
	_cleanup_free_ char *a = NULL, *b = NULL, *set = NULL;

	(void)state;
	rsa = EVP_RSA_gen(2048);
	other_rsa = EVP_RSA_gen(2048);
	weak = EVP_RSA_gen(1024);
	ec = EVP_EC_gen("P-256");
	a = rsa_jwk(rsa, "r1",
		    ",\"use\":\"sig\",\"alg\":\"RS256\",\"x5t\":\"ignored\","
		    "\"endorsements\":[\"skype\",7,\"msteams\"]");
	b = ec_jwk(ec, "e1", "P-256");
	if (asprintf(&set, "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"o\",\"k\":\"AAAA\"},%s,%s]}", a,
		     b) < 0)
		return -1;
	return parse(set, &keys);
}

static int teardown(void **state)
{
	(void)state;
	jwt_keys_free(keys);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(other_rsa);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(ec);
	return 0;
}

static int check_by(const struct jwt_rules *with, const char *token)
{
	json_t *claims = NULL;
	int r = jwt_check(keys, token, with, &claims, &why);

	assert_true((r == 0) == (claims != NULL));
	assert_true((r == 0) == (*why == '\0'));
	json_decref(claims);
	return r;
}

/* Takes over @token. */
static int check(char *token)
{
	int r = check_by(&rules, token);

	free(token);
	return r;
}

static void good_tokens_are_taken(void **state)
{
	_cleanup_free_ char *token = make_token(rsa, RS, GOOD);
	json_t *claims = NULL;

	(void)state;
	assert_int_equal(jwt_check(keys, token, &rules, &claims, &why), 0);
	assert_string_equal(json_string_value(json_object_get(claims, "sub")), "u1");
	json_decref(claims);
	assert_int_equal(check(make_token(ec, ES, GOOD)), 0);
	assert_int_equal(
		check(make_token(rsa, "{\"alg\":\"RS256\",\"kid\":\"r1\",\"typ\":\"JWT\"}", GOOD)),
		0);
}

/* What a caller may narrow, and what an issuer need not say. */
static void rules_may_differ(void **state)
{
	_cleanup_free_ char *token = make_token(rsa, RS, GOOD);
	_cleanup_free_ char *elliptic = make_token(ec, ES, GOOD);
	_cleanup_free_ char *undated =
		make_token(rsa, RS, "{" WHO "," NONCE ",\"exp\":1795000300}");
	_cleanup_free_ char *late =
		make_token(rsa, RS, "{" WHO "," NONCE ",\"exp\":1794999800,\"iat\":1794999000}");
	struct jwt_rules other = rules;

	(void)state;
	other.algorithm = "RS256";
	assert_int_equal(check_by(&other, token), 0);
	assert_int_equal(check_by(&other, elliptic), -EKEYREJECTED);
	other.endorsement = "msteams";
	assert_int_equal(check_by(&other, token), 0);
	other.endorsement = "skype"; /* the key is for it, too */
	assert_int_equal(check_by(&other, token), 0);
	other.endorsement = "webchat";
	assert_int_equal(check_by(&other, token), -EKEYREJECTED);
	other = rules;
	other.max_age_s = 0;
	assert_int_equal(check_by(&other, undated), -EBADMSG);
	assert_int_equal(check_by(&other, late), -EKEYEXPIRED);
	other.iat_optional = true;
	assert_int_equal(check_by(&other, undated), 0);
	other.skew_s = 300;
	assert_int_equal(check_by(&other, late), 0);
	other.skew_s = 200;
	assert_int_equal(check_by(&other, late), -EKEYEXPIRED);
	other = rules;
	other.endorsement = "msteams"; /* a key that is endorsed for nothing */
	assert_int_equal(check_by(&other, elliptic), -EKEYREJECTED);
}

static void no_signature_is_refused(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\",\"kid\":\"r1\"}", "{\"alg\":\"None\",\"kid\":\"r1\"}",
		"{\"alg\":\"\",\"kid\":\"r1\"}",     "{\"kid\":\"r1\"}",
		"{\"alg\":null,\"kid\":\"r1\"}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		/* with the right signature, so that nothing but the name can refuse it */
		assert_int_equal(check(make_token(rsa, headers[i], GOOD)), -EKEYREJECTED);
		assert_int_equal(check(join(unsigned_token(headers[i], GOOD), strdup(""))),
				 -EBADMSG);
		assert_int_equal(check(unsigned_token(headers[i], GOOD)), -EBADMSG);
	}
	assert_int_equal(check(join(unsigned_token(RS, GOOD), strdup(""))), -EBADMSG);
}

/* The public key, which everybody has, as the secret of an HMAC. */
static void public_key_as_secret_is_refused(void **state)
{
	char *text = unsigned_token("{\"alg\":\"HS256\",\"kid\":\"r1\"}", GOOD);
	unsigned char pem[4096], mac[32];
	BIO *bio = BIO_new(BIO_s_mem());
	int n;

	(void)state;
	PEM_write_bio_PUBKEY(bio, rsa);
	n = BIO_read(bio, pem, sizeof(pem));
	BIO_free(bio);
	HMAC(EVP_sha256(), pem, n, (const void *)text, strlen(text), mac, NULL);
	assert_int_equal(check(join(text, encode(mac, sizeof(mac)))), -EKEYREJECTED);
}

static void other_algorithms_are_refused(void **state)
{
	char *text = unsigned_token("{\"alg\":\"RS384\",\"kid\":\"r1\"}", GOOD);

	(void)state;
	assert_int_equal(check(join(text, sign_text(rsa, EVP_sha384(), text))), -EKEYREJECTED);
	/* a key serves its own algorithm only */
	assert_int_equal(check(make_token(rsa, "{\"alg\":\"ES256\",\"kid\":\"r1\"}", GOOD)),
			 -ENOKEY);
	assert_int_equal(check(make_token(ec, "{\"alg\":\"RS256\",\"kid\":\"e1\"}", GOOD)),
			 -ENOKEY);
}

static void other_keys_are_refused(void **state)
{
	_cleanup_free_ char *jwk = rsa_jwk(other_rsa, "r1", "");
	_cleanup_free_ char *header = NULL;

	(void)state;
	assert_int_equal(check(make_token(other_rsa, RS, GOOD)), -EKEYREJECTED);
	assert_int_equal(check(make_token(rsa, "{\"alg\":\"RS256\",\"kid\":\"r2\"}", GOOD)),
			 -ENOKEY);
	assert_int_equal(check(make_token(rsa, "{\"alg\":\"RS256\"}", GOOD)), -ENOKEY);
	/* a key that the token brings along */
	assert_true(asprintf(&header, "{\"alg\":\"RS256\",\"kid\":\"r1\",\"jwk\":%s}", jwk) > 0);
	assert_int_equal(check(make_token(other_rsa, header, GOOD)), -EKEYREJECTED);
	assert_int_equal(
		check(make_token(
			rsa, "{\"alg\":\"RS256\",\"kid\":\"r1\",\"crit\":[\"b64\"],\"b64\":false}",
			GOOD)),
		-EBADMSG);
}

static void every_character_counts(void **state)
{
	_cleanup_free_ char *token = make_token(ec, ES, GOOD);

	(void)state;
	for (size_t i = 0; token[i]; i++) {
		char kept = token[i];

		token[i] = kept == 'A' ? 'B' : 'A';
		assert_int_not_equal(check_by(&rules, token), 0);
		token[i] = kept;
	}
	assert_int_equal(check_by(&rules, token), 0);
}

static void malformed_is_refused(void **state)
{
	static const char *const tokens[] = {
		"",
		".",
		"..",
		"a.b",
		"a.b.c.d",
		"a.b.c",
		"e30.e30.",
		"e30.e30.AA=",
		"e30.e30.+/+/",
		"e30.e30.A",
		" e30.e30.AAAA",
		"e30.e30.AAAA\n",
		"bnVsbA.e30.AAAA",
		"W10.e30.AAAA",
	};
	_cleanup_free_ char *huge = malloc(JWT_TOKEN_MAX + 2);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++)
		assert_int_not_equal(check_by(&rules, tokens[i]), 0);
	memset(huge, 'A', JWT_TOKEN_MAX + 1);
	huge[JWT_TOKEN_MAX + 1] = '\0';
	assert_int_equal(check_by(&rules, huge), -EBADMSG);
	/* "e31" decodes to the same bytes as "e30" where bits that say nothing are not looked at */
	assert_int_equal(check(join(strdup("e31.e30"), strdup("AAAA"))), -EBADMSG);
}

static void doubled_names_are_refused(void **state)
{
	(void)state;
	assert_int_equal(
		check(make_token(rsa, RS, "{\"aud\":\"other\"," WHO "," TIMES "," NONCE "}")),
		-EBADMSG);
	assert_int_equal(
		check(make_token(rsa, "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"r1\"}", GOOD)),
		-EBADMSG);
	assert_int_equal(check(make_token(rsa, RS, GOOD "{}")), -EBADMSG);
	assert_int_equal(check(make_token(rsa, RS, "[" GOOD "]")), -EBADMSG);
}

static void claims_must_fit(void **state)
{
	static const struct {
		const char *claims;
		int result;
	} cases[] = {
		{ "{\"aud\":\"sluice\"," TIMES "," NONCE "}", -EACCES },
		{ "{\"iss\":\"https://id.example/\",\"aud\":\"sluice\"," TIMES "," NONCE "}",
		  -EACCES },
		{ "{\"iss\":\"https://id.example\\u0000x\",\"aud\":\"sluice\"," TIMES "," NONCE "}",
		  -EBADMSG },
		{ "{\"iss\":\"https://id.example\"," TIMES "," NONCE "}", -EACCES },
		{ "{\"iss\":\"https://id.example\",\"aud\":\"other\"," TIMES "," NONCE "}",
		  -EACCES },
		{ "{\"iss\":\"https://id.example\",\"aud\":[\"sluice\",\"other\"]," TIMES "," NONCE
		  "}",
		  -EACCES },
		{ "{" WHO "," TIMES "}", -EACCES },
		{ "{" WHO "," TIMES ",\"nonce\":\"n-2\"}", -EACCES },
		{ "{" WHO "," NONCE ",\"iat\":1795000000}", -EBADMSG },
		{ "{" WHO "," NONCE ",\"exp\":1795000300}", -EBADMSG },
		{ "{" WHO "," NONCE ",\"exp\":\"1795000300\",\"iat\":1795000000}", -EBADMSG },
		{ "{" WHO "," NONCE ",\"exp\":1795000300.5,\"iat\":1795000000}", -EBADMSG },
		{ "{" WHO "," NONCE ",\"exp\":9223372036854775807,\"iat\":1795000000}", -EBADMSG },
		{ "{" WHO "," NONCE ",\"exp\":1794999941,\"iat\":1794999900}", 0 },
		{ "{" WHO "," NONCE ",\"exp\":1794999940,\"iat\":1794999900}", -EKEYEXPIRED },
		{ "{" WHO "," NONCE ",\"exp\":1795009000,\"iat\":1795000060}", 0 },
		{ "{" WHO "," NONCE ",\"exp\":1795009000,\"iat\":1795000061}", -EKEYEXPIRED },
		{ "{" WHO "," NONCE ",\"exp\":1795009000,\"iat\":1794999340}", 0 },
		{ "{" WHO "," NONCE ",\"exp\":1795009000,\"iat\":1794999339}", -EKEYEXPIRED },
		{ "{" WHO "," NONCE "," TIMES ",\"nbf\":1795000060}", 0 },
		{ "{" WHO "," NONCE "," TIMES ",\"nbf\":1795000061}", -EKEYEXPIRED },
		{ "{" WHO "," NONCE "," TIMES ",\"nbf\":true}", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (check(make_token(rsa, RS, cases[i].claims)) != cases[i].result)
			fail_msg("%s: not %d", cases[i].claims, cases[i].result);
}

/* Tokens of services have no nonce, and may be older. */
static void rules_may_ask_for_less(void **state)
{
	struct jwt_rules less = rules;
	_cleanup_free_ char *token =
		make_token(rsa, RS, "{" WHO ",\"exp\":1795009000,\"iat\":1794000000}");

	(void)state;
	less.nonce = NULL;
	assert_int_equal(check_by(&less, token), -EKEYEXPIRED);
	less.max_age_s = 0;
	assert_int_equal(check_by(&less, token), 0);
}

/* A set with one key, which is taken or not. Takes over @jwk. */
static int set_of(char *jwk)
{
	_cleanup_free_ char *set = NULL;
	struct jwt_keys *parsed = NULL;
	int r;

	if (asprintf(&set, "{\"keys\":[%s]}", jwk) < 0)
		abort();
	free(jwk);
	r = parse(set, &parsed);
	assert_true((r == 0) == (parsed != NULL));
	jwt_keys_free(parsed);
	return r;
}

static void only_strong_signing_keys_are_taken(void **state)
{
	(void)state;
	assert_int_equal(set_of(rsa_jwk(rsa, "r", "")), 0);
	assert_int_equal(set_of(rsa_jwk(weak, "r", "")), -ENOKEY);
	assert_int_equal(set_of(rsa_jwk(rsa, "r", ",\"use\":\"enc\"")), -ENOKEY);
	assert_int_equal(set_of(rsa_jwk(rsa, "r", ",\"alg\":\"PS256\"")), -ENOKEY);
	assert_int_equal(set_of(rsa_jwk(rsa, "r", ",\"alg\":\"RS256\"")), 0);
	assert_int_equal(set_of(ec_jwk(ec, "e", "P-256")), 0);
	assert_int_equal(set_of(ec_jwk(ec, "e", "P-384")), -ENOKEY);
	/* a point that is not on the curve */
	assert_int_equal(set_of(strdup("{\"kty\":\"EC\",\"kid\":\"e\",\"crv\":\"P-256\","
				       "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
				       "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}")),
			 -ENOKEY);
	assert_int_equal(set_of(strdup("{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"AQAB\"}")), -ENOKEY);
	assert_int_equal(set_of(strdup("7")), -ENOKEY);
}

static void what_is_no_set_is_refused(void **state)
{
	static const char *const sets[] = {
		"", "{}", "[]", "{\"keys\":{}}", "{\"keys\":[]", "{\"keys\":[],\"keys\":[]}"
	};
	struct jwt_keys *parsed = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		assert_int_equal(parse(sets[i], &parsed), -EBADMSG);
	assert_int_equal(parse("{\"keys\":[]}", &parsed), -ENOKEY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_tokens_are_taken),
		cmocka_unit_test(rules_may_differ),
		cmocka_unit_test(no_signature_is_refused),
		cmocka_unit_test(public_key_as_secret_is_refused),
		cmocka_unit_test(other_algorithms_are_refused),
		cmocka_unit_test(other_keys_are_refused),
		cmocka_unit_test(every_character_counts),
		cmocka_unit_test(malformed_is_refused),
		cmocka_unit_test(doubled_names_are_refused),
		cmocka_unit_test(claims_must_fit),
		cmocka_unit_test(rules_may_ask_for_less),
		cmocka_unit_test(only_strong_signing_keys_are_taken),
		cmocka_unit_test(what_is_no_set_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
