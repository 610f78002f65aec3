// SPDX-License-Identifier: Apache-2.0
/*
 * web_settings.c: see web_settings.h. Owns the table of keys.
 */
#include "web_settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "gateway/secret.h"

#define DEFAULT_LISTEN	      "127.0.0.1:8443"
#define DEFAULT_SESSION_S     28800
#define DEFAULT_SIGN_IN_AGE_S 900
#define SECRET_MAX	      1024

#define AT(field)	      offsetof(struct web_settings, field)

const struct setting web_settings_keys[] = {
	{ .name = "Listen", .type = SETTING_TEXT, .offset = AT(listen) },
	{ .name = "PublicURL", .type = SETTING_TEXT, .offset = AT(public_url), .required = true },
	{ .name = "CertificateFile", .type = SETTING_PATH, .offset = AT(certificate_file) },
	{ .name = "KeyFile", .type = SETTING_SECRET, .offset = AT(key_file) },
	{ .name = "Issuer", .type = SETTING_TEXT, .offset = AT(issuer) },
	{ .name = "ClientId", .type = SETTING_TEXT, .offset = AT(client_id) },
	{ .name = "ClientSecretFile", .type = SETTING_SECRET, .offset = AT(client_secret_file) },
	{ .name = "Scopes", .type = SETTING_TEXT, .offset = AT(scopes) },
	{ .name = "Account", .type = SETTING_TEXT, .offset = AT(account) },
	REACH_KEYS(struct web_settings, reach),
	{ .name = "SessionTime",
	  .type = SETTING_SECONDS,
	  .offset = AT(session_s),
	  .min = 60,
	  .max = 86400 },
	{ .name = "SignInAge",
	  .type = SETTING_SECONDS,
	  .offset = AT(sign_in_age_s),
	  .min = 60,
	  .max = 86400 },
};
const size_t web_settings_n_keys = ARRAY_SIZE(web_settings_keys);

struct web_settings *web_settings_new(void)
{
	struct web_settings *settings = calloc(1, sizeof(*settings));

	if (settings)
		settings->session_s = DEFAULT_SESSION_S;
	return settings;
}

struct web_settings *web_settings_free(struct web_settings *settings)
{
	if (!settings)
		return NULL;
	setting_free_texts(settings, web_settings_keys, web_settings_n_keys);
	free(settings->token_hash_file);
	free(settings->certificate);
	secret_free(settings->key);
	secret_free(settings->client_secret);
	free(settings);
	return NULL;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address->ss_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* @text: "address:port", a version 6 address in brackets */
static int parse_address(const char *text, struct web_settings *settings)
{
	struct sockaddr_in *v4 = (void *)&settings->address;
	struct sockaddr_in6 *v6 = (void *)&settings->address;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN] = "";
	uint64_t port;

	if (!colon || text_to_number(colon + 1, 65535, &port) < 0 || port == 0)
		return -EINVAL;
	if (*text == '[' && colon[-1] == ']')
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text - 2), text + 1);
	else
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	if (*text == '[' && inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		settings->address_size = sizeof(*v6);
		return 0;
	}
	if (*text == '[' || inet_pton(AF_INET, host, &v4->sin_addr) != 1)
		return -EINVAL;
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	settings->address_size = sizeof(*v4);
	return 0;
}

static int check_listen(struct web_settings *settings, struct setting_error *error)
{
	const char *listen = settings->listen;

	if (parse_address(listen, settings) < 0)
		return setting_refuse(error, -EINVAL,
				      "Listen=%s must be an address in numbers and a port: "
				      "127.0.0.1:8443, [::]:8443",
				      listen);
	if (!settings->certificate_file != !settings->key_file)
		return setting_refuse(error, -EINVAL,
				      "CertificateFile= and KeyFile= belong together");
	settings->loopback = is_loopback(&settings->address);
	if (!settings->certificate_file && !settings->loopback)
		return setting_refuse(error, -EINVAL,
				      "Listen=%s can be reached from elsewhere: set "
				      "CertificateFile= and KeyFile=, or listen on 127.0.0.1 "
				      "behind a proxy that does TLS",
				      listen);
	return 0;
}

static int check_url(const struct web_settings *settings, const char *key, const char *text,
		     struct url *ret, struct setting_error *error)
{
	if (url_parse(text, ret) < 0)
		return setting_refuse(error, -EINVAL, "%s=%s is not a URL", key, text);
	return reach_check_scheme(&settings->reach, key, text, ret, error);
}

static int check_issuer(const struct web_settings *settings, struct setting_error *error)
{
	struct url issuer;
	int r;

	if (!settings->issuer != !settings->client_id ||
	    !settings->issuer != !settings->client_secret_file)
		return setting_refuse(error, -EINVAL,
				      "Issuer=, ClientId= and ClientSecretFile= belong together; "
				      "without all three there is no page");
	if (!settings->issuer)
		return 0;
	r = check_url(settings, "Issuer", settings->issuer, &issuer, error);
	if (r == 0 && strpbrk(settings->issuer, "?#"))
		r = setting_refuse(error, -EINVAL, "Issuer=%s must have neither ? nor #",
				   settings->issuer);
	return r < 0 ? r : reach_check_proxy(&settings->reach, issuer.plain, error);
}

static int check_urls(struct web_settings *settings, struct setting_error *error)
{
	int r = check_url(settings, "PublicURL", settings->public_url, &settings->public, error);

	if (r == 0 && !settings->public.bare)
		r = setting_refuse(error, -EINVAL,
				   "PublicURL=%s must end behind the host and port: the page needs "
				   "a name of its own",
				   settings->public_url);
	if (r == 0 && settings->public.plain && settings->certificate_file)
		r = setting_refuse(error, -EINVAL,
				   "PublicURL=%s is plain http, but there is a certificate",
				   settings->public_url);
	return r < 0 ? r : check_issuer(settings, error);
}

static bool has_openid(const char *scopes)
{
	_cleanup_(text_free_wordsp) char **words = NULL;

	if (text_to_words(scopes, &words) < 0)
		return false;
	for (char **word = words; *word; word++)
		if (strcmp(*word, "openid") == 0)
			return true;
	return false;
}

static int check_words(struct web_settings *settings, struct setting_error *error)
{
	const char *account = settings->account ? settings->account : "oidc";

	settings->entra = strcmp(account, "entra") == 0;
	if (!settings->entra && strcmp(account, "oidc") != 0)
		return setting_refuse(error, -EINVAL, "Account=%s must be oidc or entra", account);
	if (!settings->scopes)
		settings->scopes = strdup("openid");
	if (!settings->scopes)
		return -ENOMEM;
	if (!has_openid(settings->scopes))
		return setting_refuse(error, -EINVAL, "Scopes=%s must have openid among them",
				      settings->scopes);
	return reach_check_ca(&settings->reach, error);
}

static int read_client_secret(struct web_settings *settings, struct setting_error *error)
{
	char line[SECRET_MAX];
	int r = secret_read_line("ClientSecretFile", settings->client_secret_file,
				 "the client's secret", line, sizeof(line), error);

	if (r < 0)
		return r;
	settings->client_secret = strdup(line);
	explicit_bzero(line, sizeof(line));
	return settings->client_secret ? 0 : -ENOMEM;
}

static int read_certificate(struct web_settings *settings, struct setting_error *error)
{
	int r;

	if (!settings->key_file)
		return 0;
	r = secret_read_file("KeyFile", settings->key_file, false, &settings->key, error);
	if (r == 0)
		r = secret_read_file("CertificateFile", settings->certificate_file, true,
				     &settings->certificate, error);
	return r;
}

int web_settings_check_place(struct web_settings *settings, const char *listen,
			     struct setting_error *error)
{
	int r;

	if (!settings->listen)
		settings->listen = strdup(listen);
	if (!settings->listen)
		return -ENOMEM;
	r = check_listen(settings, error);
	return r < 0 ? r : read_certificate(settings, error);
}

int web_settings_check(void *arg, struct setting_error *error)
{
	struct web_settings *settings = arg;
	int r = web_settings_check_place(settings, DEFAULT_LISTEN, error);

	settings->age_required = settings->sign_in_age_s != 0;
	if (!settings->age_required)
		settings->sign_in_age_s = DEFAULT_SIGN_IN_AGE_S;
	if (r == 0)
		r = check_urls(settings, error);
	if (r == 0)
		r = check_words(settings, error);
	return r < 0 || !settings->issuer ? r : read_client_secret(settings, error);
}
