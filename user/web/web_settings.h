/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_settings.h: section [Web] of gateway.conf, checked: the server, and the page on it.
 *
 * Owns: what belongs together in it, and the secrets that it names. Must not own: the form of the
 * file (gateway_config.c).
 */
#ifndef SLUICE_WEB_SETTINGS_H
#define SLUICE_WEB_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "api/api_client.h"
#include "gateway/reach.h"
#include "gateway/setting.h"
#include "notifier/url.h"

/**
 * struct web_settings: as in the file, and what follows from it.
 * @issuer, @client_id, @client_secret_file: NULL together: there is no page, only others are served
 * @loopback: of @address: only this machine connects
 * @age_required: a token that does not say when the person signed in is refused
 * @certificate, @key: PEM, NULL when a proxy does TLS
 * @entra: people are named by directory and object id of Entra, else by issuer and subject
 */
struct web_settings {
	char *listen;
	char *public_url;
	char *certificate_file;
	char *key_file;
	char *issuer;
	char *client_id;
	char *client_secret_file;
	char *scopes;
	char *account;
	struct reach reach;
	uint64_t session_s;
	uint64_t sign_in_age_s;

	struct sockaddr_storage address;
	socklen_t address_size;
	bool loopback;
	bool age_required;
	struct url public;
	char *certificate;
	char *key;
	char *client_secret;
	bool entra;
	char *token_hash_file; /* of [Metrics] only (metrics_settings.h); NULL: no token is asked for */
	uint8_t token_hash[API_HASH_SIZE];
};

extern const struct setting web_settings_keys[];
extern const size_t web_settings_n_keys;

struct web_settings *web_settings_new(void); /* with what holds by default; NULL: no memory */
struct web_settings *web_settings_free(struct web_settings *settings); /* NULL is fine */

/* As the check of struct notifier_ops. */
int web_settings_check(void *settings, struct setting_error *error);

/*
 * Where is listened, and with which certificate, alone. @listen: where no Listen= is set.
 * Return: as web_settings_check().
 */
int web_settings_check_place(struct web_settings *settings, const char *listen,
			     struct setting_error *error);

#endif
