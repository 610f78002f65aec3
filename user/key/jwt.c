// SPDX-License-Identifier: Apache-2.0
/*
 * jwt.c: see jwt.h. Owns the form and the claims; keys and signatures are in jwt_key.c.
 */
#include "jwt.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "jwt_key.h"

/* Doubled names are how one parser is shown something else than the next. */
#define JSON_FLAGS (JSON_REJECT_DUPLICATES)
#define KEY_ID_MAX 256

struct jwt_keys {
	struct jwt_key *keys[JWT_KEYS_MAX];
	size_t n;
};

/* One check in progress. @signed_size: characters of the token that are signed */
struct check {
	const struct jwt_rules *rules;
	const char *token;
	size_t signed_size;
	const char *parts[3];
	size_t sizes[3];
	const char *why;
};

static void keys_freep(struct jwt_keys **keys)
{
	jwt_keys_free(*keys);
}

int jwt_keys_parse(const char *text, size_t size, struct jwt_keys **ret)
{
	json_auto_t *root = json_loadb(text, size, JSON_FLAGS, NULL);
	_cleanup_(keys_freep) struct jwt_keys *keys = NULL;
	json_t *list = json_object_get(root, "keys");
	json_t *item;
	size_t i;

	if (!json_is_array(list))
		return -EBADMSG;
	keys = calloc(1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	json_array_foreach (list, i, item) {
		if (keys->n < JWT_KEYS_MAX && jwt_key_parse(item, &keys->keys[keys->n]) == 0)
			keys->n++;
	}
	if (keys->n == 0)
		return -ENOKEY;
	*ret = TAKE_PTR(keys);
	return 0;
}

struct jwt_keys *jwt_keys_free(struct jwt_keys *keys)
{
	if (!keys)
		return NULL;
	for (size_t i = 0; i < keys->n; i++)
		jwt_key_free(keys->keys[i]);
	free(keys);
	return NULL;
}

static int refuse(struct check *check, int r, const char *why)
{
	check->why = why;
	return r;
}

/* Three parts, dots between, all of the alphabet of base64url. */
static int split(struct check *check)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = check->token;

	if (strnlen(at, JWT_TOKEN_MAX + 1) > JWT_TOKEN_MAX)
		return refuse(check, -EBADMSG, "the token is too long");
	for (size_t i = 0; i < ARRAY_SIZE(check->parts); i++) {
		check->parts[i] = at;
		check->sizes[i] = strspn(at, alphabet);
		at += check->sizes[i];
		if (check->sizes[i] == 0 || *at != (i < 2 ? '.' : '\0'))
			return refuse(check, -EBADMSG, "the token does not have its three parts");
		at++;
	}
	check->signed_size = check->sizes[0] + 1 + check->sizes[1];
	return 0;
}

/* Part @part as a JSON object. */
static int decode(struct check *check, size_t part, json_t **ret)
{
	_cleanup_free_ uint8_t *bytes = malloc(check->sizes[part]);
	json_auto_t *object = NULL;
	ssize_t n;

	if (!bytes)
		return refuse(check, -ENOMEM, "not enough memory");
	n = base64url_decode(check->parts[part], check->sizes[part], bytes, check->sizes[part]);
	if (n < 0)
		return refuse(check, -EBADMSG, "a part of the token is not base64url");
	object = json_loadb((const char *)bytes, (size_t)n, JSON_FLAGS, NULL);
	if (!json_is_object(object))
		return refuse(check, -EBADMSG, "a part of the token is not one JSON object");
	*ret = TAKE_PTR(object);
	return 0;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool is_wanted(const struct check *check, const char *algorithm)
{
	return !check->rules->algorithm || strcmp(check->rules->algorithm, algorithm) == 0;
}

/* The header chooses among keys that we have and algorithms that we take, nothing more: keys and
 * addresses of keys in it are not looked at, and what must be understood is not. */
static int check_signature(struct check *check, const struct jwt_keys *keys, const json_t *header)
{
	const char *algorithm = text_of(header, "alg");
	const char *id = text_of(header, "kid");
	uint8_t signature[JWT_SIGNATURE_MAX];
	bool found = false;
	ssize_t n;

	if (json_object_get(header, "crit"))
		return refuse(check, -EBADMSG, "the token wants something understood that is not");
	if (!algorithm || !jwt_algorithm_known(algorithm) || !is_wanted(check, algorithm))
		return refuse(check, -EKEYREJECTED,
			      check->rules->algorithm
				      ? "the token's algorithm is not the issuer's"
				      : "the token's algorithm is not RS256 or ES256");
	if (!id || strlen(id) > KEY_ID_MAX)
		return refuse(check, -ENOKEY, "the token does not name its key");
	n = base64url_decode(check->parts[2], check->sizes[2], signature, sizeof(signature));
	if (n < 0)
		return refuse(check, -EBADMSG, "the token's signature is not base64url");
	for (size_t i = 0; i < keys->n; i++) {
		if (!jwt_key_is(keys->keys[i], id, algorithm))
			continue;
		found = true;
		if (check->rules->endorsement &&
		    !jwt_key_endorses(keys->keys[i], check->rules->endorsement))
			continue;
		if (jwt_key_verify(keys->keys[i], check->token, check->signed_size, signature,
				   (size_t)n) == 0)
			return 0;
	}
	return found ? refuse(check, -EKEYREJECTED,
			      "the token's signature does not fit, or its key is for something "
			      "else")
		     : refuse(check, -ENOKEY, "the token is signed with a key that is not known");
}

static bool says(const json_t *claims, const char *name, const char *wanted)
{
	const json_t *value = json_object_get(claims, name);

	/* by length as well: a NUL may stand in JSON */
	return json_is_string(value) && json_string_length(value) == strlen(wanted) &&
	       strcmp(json_string_value(value), wanted) == 0;
}

/* A whole number of seconds. Return: false when it is there and is none. */
static bool time_of(const json_t *claims, const char *name, int64_t *ret)
{
	const json_t *value = json_object_get(claims, name);

	if (!value)
		return true;
	*ret = json_integer_value(value);
	return json_is_integer(value) && *ret > 0 && *ret < INT64_C(1) << 40;
}

static int check_times(struct check *check, const json_t *claims)
{
	const struct jwt_rules *rules = check->rules;
	int64_t now_s = rules->now_s, oldest_s = now_s - rules->max_age_s;
	int64_t skew_s = rules->skew_s ? rules->skew_s : JWT_SKEW_S;
	int64_t exp = 0, iat = 0, nbf = 0;

	if (!time_of(claims, "exp", &exp) || !time_of(claims, "iat", &iat) ||
	    !time_of(claims, "nbf", &nbf) || !exp || (!iat && !rules->iat_optional))
		return refuse(check, -EBADMSG,
			      "the token lacks the time when it was issued or expires");
	if (exp + skew_s <= now_s)
		return refuse(check, -EKEYEXPIRED, "the token has expired; is a clock wrong?");
	if (iat - skew_s > now_s || nbf - skew_s > now_s)
		return refuse(check, -EKEYEXPIRED, "the token is not valid yet; is a clock wrong?");
	if (rules->max_age_s && iat + skew_s < oldest_s)
		return refuse(check, -EKEYEXPIRED, "the token is too old; is a clock wrong?");
	return 0;
}

static int check_claims(struct check *check, const json_t *claims)
{
	const struct jwt_rules *rules = check->rules;

	if (!says(claims, "iss", rules->issuer))
		return refuse(check, -EACCES, "the token is from another issuer");
	if (!says(claims, "aud", rules->audience))
		return refuse(check, -EACCES, "the token is for someone else");
	if (rules->nonce && !says(claims, "nonce", rules->nonce))
		return refuse(check, -EACCES, "the token belongs to another sign-in");
	return check_times(check, claims);
}

/* What the token says, and whether it is what it should say. */
static int read_claims(struct check *check, json_t **ret_claims)
{
	json_auto_t *claims = NULL;
	int r = decode(check, 1, &claims);

	if (r == 0)
		r = check_claims(check, claims);
	if (r == 0)
		*ret_claims = TAKE_PTR(claims);
	return r;
}

/* For a key that is not known its caller may ask the issuer, which not every stranger is to cause. */
static int unknown_key(struct check *check)
{
	json_auto_t *claims = NULL;
	const char *why = check->why;
	int r = read_claims(check, &claims);

	return r < 0 ? r : refuse(check, -ENOKEY, why);
}

static int run(struct check *check, const struct jwt_keys *keys, json_t **ret_claims)
{
	json_auto_t *header = NULL;
	int r;

	r = split(check);
	if (r == 0)
		r = decode(check, 0, &header);
	if (r == 0)
		r = check_signature(check, keys, header);
	if (r == -ENOKEY)
		r = unknown_key(check);
	else if (r == 0)
		r = read_claims(check, ret_claims);
	return r;
}

int jwt_check(const struct jwt_keys *keys, const char *token, const struct jwt_rules *rules,
	      json_t **ret_claims, const char **ret_why)
{
	struct check check = { .rules = rules, .token = token, .why = "" };
	int r = run(&check, keys, ret_claims);

	*ret_why = check.why;
	return r;
}
