// SPDX-License-Identifier: Apache-2.0
/*
 * oidc.c: see oidc.h. Owns the redemptions under way.
 */
#include "oidc.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"

#define ANSWER_MAX  65536
#define TOKEN_AGE_S 600

/* A code that is being exchanged. @token: what came for it; @detail: for the log, why none did */
struct redemption {
	struct redemption *next;
	struct redemption **link;
	struct oidc *oidc;
	struct oidc_attempt attempt;
	oidc_done_fn done;
	void *arg;
	struct http_transfer *transfer;
	char *token;
	char detail[96];
};

/* @n: redemptions; @failures: in the log: anybody can make sign-ins fail */
struct oidc {
	const struct web_settings *settings;
	struct http *http;
	struct provider *provider;
	struct redemption *first;
	unsigned int n;
	char discovery[URL_MAX];
	char redirect[URL_MAX];
	struct log_limit failures;
};

int oidc_random(char ret[OIDC_SECRET])
{
	unsigned char bytes[32];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -EIO;
	base64url_encode(bytes, sizeof(bytes), ret);
	explicit_bzero(bytes, sizeof(bytes));
	return 0;
}

/* OpenID Connect Discovery 4: a slash that ends the issuer is not doubled. */
static int write_discovery(const char *issuer, char ret[URL_MAX])
{
	size_t length = strlen(issuer);
	int n;

	if (length && issuer[length - 1] == '/')
		length--;
	n = snprintf(ret, URL_MAX, "%.*s/.well-known/openid-configuration", (int)length, issuer);
	return n < URL_MAX ? 0 : -ENAMETOOLONG;
}

int oidc_new(const struct web_settings *settings, struct http *http, struct oidc **ret)
{
	struct oidc *oidc = calloc(1, sizeof(*oidc));
	struct provider_options options = {
		.what = "the identity provider",
		.issuer = settings->issuer,
		.ca_file = settings->reach.ca_file,
		.proxy = settings->reach.proxy,
		.signs_in = true,
	};
	int r;

	if (!oidc)
		return -ENOMEM;
	oidc->settings = settings;
	oidc->http = http;
	options.discovery = oidc->discovery;
	snprintf(oidc->redirect, sizeof(oidc->redirect), "%s/callback", settings->public.origin);
	r = write_discovery(settings->issuer, oidc->discovery);
	if (r == 0)
		r = provider_new(&options, http, &oidc->provider);
	if (r < 0) {
		free(oidc);
		return r;
	}
	*ret = oidc;
	return 0;
}

static void free_redemption(struct redemption *redemption)
{
	*redemption->link = redemption->next;
	if (redemption->next)
		redemption->next->link = redemption->link;
	redemption->oidc->n--;
	provider_forget(redemption->oidc->provider, redemption);
	http_cancel(redemption->transfer);
	free(redemption->token);
	free(redemption);
}

struct oidc *oidc_free(struct oidc *oidc)
{
	struct redemption *next;

	if (!oidc)
		return NULL;
	for (struct redemption *r = oidc->first; r; r = next) {
		next = r->next;
		free_redemption(r);
	}
	provider_free(oidc->provider);
	free(oidc);
	return NULL;
}

int oidc_prepare(struct oidc *oidc, provider_ready_fn ready, void *arg)
{
	return provider_want_addresses(oidc->provider, ready, arg);
}

/* "&name=value", or with another first character. */
static int add_field(FILE *out, const char *name, const char *value)
{
	_cleanup_free_ char *escaped = url_escape(value, strlen(value));

	if (!escaped)
		return -ENOMEM;
	return fprintf(out, "%s=%s", name, escaped) < 0 ? -ENOMEM : 0;
}

static int write_challenge(const char *verifier, char ret[OIDC_SECRET])
{
	unsigned char digest[32];

	if (EVP_Digest(verifier, strlen(verifier), digest, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	base64url_encode(digest, sizeof(digest), ret);
	return 0;
}

static int write_address(FILE *out, const struct oidc *oidc, const struct oidc_attempt *attempt,
			 const char *challenge)
{
	const char *authorize = provider_addresses(oidc->provider)->authorize;
	const struct {
		const char *name;
		const char *value;
	} fields[] = {
		{ "&client_id", oidc->settings->client_id },
		{ "&redirect_uri", oidc->redirect },
		{ "&scope", oidc->settings->scopes },
		{ "&state", attempt->state },
		{ "&nonce", attempt->nonce },
		{ "&code_challenge", challenge },
	};

	fprintf(out, "%s%cresponse_type=code&code_challenge_method=S256", authorize,
		strchr(authorize, '?') ? '&' : '?');
	fprintf(out, "&max_age=%llu", (unsigned long long)oidc->settings->sign_in_age_s);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (add_field(out, fields[i].name, fields[i].value) < 0)
			return -ENOMEM;
	return 0;
}

char *oidc_address(const struct oidc *oidc, const struct oidc_attempt *attempt)
{
	_cleanup_free_ char *address = NULL;
	char challenge[OIDC_SECRET];
	size_t size = 0;
	FILE *out = open_memstream(&address, &size);
	int r;

	if (!out)
		return NULL;
	r = write_challenge(attempt->verifier, challenge);
	if (r == 0)
		r = write_address(out, oidc, attempt, challenge);
	if (fclose(out) || r < 0) {
		errno = ENOMEM;
		return NULL;
	}
	return TAKE_PTR(address);
}

bool oidc_came_from(const struct oidc *oidc, const char *issuer)
{
	if (!issuer)
		return !provider_addresses(oidc->provider)->names_itself;
	return strcmp(issuer, oidc->settings->issuer) == 0;
}

/* @detail: what the provider said, or "" */
static void log_failure(struct oidc *oidc, const char *why, const char *detail)
{
	if (log_limit(&oidc->failures, "sign-ins were refused"))
		log_warning("a sign-in was refused: %s%s", why, detail);
}

static void finish(struct redemption *redemption, const json_t *claims, const char *why)
{
	if (!claims)
		log_failure(redemption->oidc, why, redemption->detail);
	redemption->done(redemption->arg, claims, redemption->token, why);
	free_redemption(redemption);
}

/* Claims beyond those that every token has. */
static const char *check_claims(const struct oidc *oidc, const json_t *claims, int64_t now)
{
	const char *party = json_string_value(json_object_get(claims, "azp"));
	const json_t *time = json_object_get(claims, "auth_time");
	int64_t age_s = (int64_t)oidc->settings->sign_in_age_s;

	if (json_object_get(claims, "azp") &&
	    (!party || strcmp(party, oidc->settings->client_id) != 0))
		return "the token was issued to someone else";
	if (!time && !oidc->settings->age_required)
		return "";
	if (!json_is_integer(time) || json_integer_value(time) + age_s + JWT_SKEW_S < now)
		return "the sign-in is too old, or the identity provider does not say how old it "
		       "is; sign in there anew";
	return "";
}

/* Return: -ENOKEY when other keys may help, and then nobody was told. */
static int try_keys(struct redemption *redemption)
{
	const struct oidc *oidc = redemption->oidc;
	const struct jwt_rules rules = {
		.issuer = oidc->settings->issuer,
		.audience = oidc->settings->client_id,
		.nonce = redemption->attempt.nonce,
		.now_s = time(NULL),
		.max_age_s = TOKEN_AGE_S,
	};
	json_auto_t *claims = NULL;
	const char *why;
	int r = jwt_check(provider_keys(oidc->provider), redemption->token, &rules, &claims, &why);

	if (r == -ENOKEY)
		return r;
	if (r == 0)
		why = check_claims(oidc, claims, rules.now_s);
	finish(redemption, *why ? NULL : claims, why);
	return 0;
}

static void on_fresh_keys(void *arg, int r)
{
	if (r < 0)
		finish(arg, NULL, "the keys of the identity provider cannot be had");
	else if (try_keys(arg) == -ENOKEY)
		finish(arg, NULL, "the token is signed with a key that is not known");
}

static void on_keys(void *arg, int r)
{
	struct redemption *redemption = arg;

	if (r == 0)
		r = try_keys(redemption);
	if (r == -ENOKEY)
		r = provider_want_keys(redemption->oidc->provider, true, on_fresh_keys, redemption);
	if (r < 0)
		finish(redemption, NULL, "the keys of the identity provider cannot be had");
}

/* The provider's own word for what is wrong, when it is a plain one. */
static void take_error_code(struct redemption *redemption, const json_t *root, long status)
{
	const char *code = json_string_value(json_object_get(root, "error"));

	if (!code || strlen(code) > 64 ||
	    strspn(code, "abcdefghijklmnopqrstuvwxyz_") != strlen(code))
		code = "no reason given";
	snprintf(redemption->detail, sizeof(redemption->detail), ": HTTP %ld, %s", status, code);
}

static void on_token(void *arg, const struct http_answer *answer)
{
	struct redemption *redemption = arg;
	json_auto_t *root = NULL;
	const char *token;

	redemption->transfer = NULL;
	if (!answer->cut)
		root = json_loads(answer->body, JSON_REJECT_DUPLICATES, NULL);
	token = json_string_value(json_object_get(root, "id_token"));
	if (answer->status == 200 && token)
		redemption->token = strdup(token);
	if (!redemption->token) {
		take_error_code(redemption, root, answer->status);
		finish(redemption, NULL, "the identity provider gave no token");
		return;
	}
	if (provider_want_keys(redemption->oidc->provider, false, on_keys, redemption) < 0)
		finish(redemption, NULL, "the keys of the identity provider cannot be had");
}

static int write_form(const struct oidc *oidc, const struct oidc_attempt *attempt, const char *code,
		      char **ret)
{
	size_t size = 0;
	_cleanup_free_ char *form = NULL;
	_cleanup_fclose_ FILE *out = open_memstream(&form, &size);
	int r;

	if (!out)
		return -ENOMEM;
	fprintf(out, "grant_type=authorization_code");
	r = add_field(out, "&code", code);
	if (r == 0)
		r = add_field(out, "&redirect_uri", oidc->redirect);
	if (r == 0)
		r = add_field(out, "&code_verifier", attempt->verifier);
	if (fclose(TAKE_PTR(out)) || r < 0)
		return -ENOMEM;
	*ret = TAKE_PTR(form);
	return 0;
}

/* RFC 6749, 2.3.1: both parts are escaped before they are put together. */
static int send_code(struct redemption *redemption, const char *code)
{
	const struct oidc *oidc = redemption->oidc;
	const struct http_target target =
		provider_target(oidc->provider, provider_addresses(oidc->provider)->token);
	_cleanup_free_ char *user =
		url_escape(oidc->settings->client_id, strlen(oidc->settings->client_id));
	_cleanup_free_ char *password =
		url_escape(oidc->settings->client_secret, strlen(oidc->settings->client_secret));
	_cleanup_free_ char *form = NULL;
	struct http_message message = {
		.type = "application/x-www-form-urlencoded",
		.user = user,
		.password = password,
		.answer_max = ANSWER_MAX,
	};
	int r = write_form(oidc, &redemption->attempt, code, &form);

	if (r < 0 || !user || !password)
		return -ENOMEM;
	message.body = form;
	return http_send(oidc->http, &target, &message, on_token, redemption,
			 &redemption->transfer);
}

bool oidc_is_busy(const struct oidc *oidc)
{
	return oidc->n >= OIDC_REDEMPTIONS;
}

int oidc_redeem(struct oidc *oidc, const struct oidc_attempt *attempt, const char *code,
		oidc_done_fn done, void *arg)
{
	struct redemption *redemption = calloc(1, sizeof(*redemption));
	int r;

	if (!redemption)
		return -ENOMEM;
	*redemption = (struct redemption){
		.next = oidc->first,
		.link = &oidc->first,
		.oidc = oidc,
		.attempt = *attempt,
		.done = done,
		.arg = arg,
	};
	if (oidc->first)
		oidc->first->link = &redemption->next;
	oidc->first = redemption;
	oidc->n++;
	r = send_code(redemption, code);
	if (r < 0)
		free_redemption(redemption);
	return r;
}
