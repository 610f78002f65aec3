/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h: files that hold a secret of the gateway's: the URL of a webhook, the word of a client,
 * the key of a certificate.
 *
 * Owns: who else may read such a file, and its size. Must not own: what the secret is for.
 */
#ifndef SLUICE_SECRET_H
#define SLUICE_SECRET_H

#include <stddef.h>

#include "setting.h"

/**
 * secret_path() - where the secret is that a setting names: an absolute path as it is, a name
 * without a slash among the credentials that the service manager hands over
 * (systemd.exec(5), LoadCredential=).
 * @key: of the setting, for messages
 * @ret: owned by the caller
 * Return: 0 or a negative errno with @error filled.
 */
int secret_path(const char *key, const char *value, char **ret, struct setting_error *error);

/**
 * secret_read_line() - the one line of @path, without its end.
 * @key: of the setting that names the file, for messages
 * @what: that the line must be: "the URL of the webhook"
 * Return: 0 or a negative errno with @error filled; the text is in @line only on success.
 */
int secret_read_line(const char *key, const char *path, const char *what, char *line, size_t size,
		     struct setting_error *error);

/**
 * secret_read_file() - all of @path.
 * @public: a certificate: everybody may read it
 * @ret: NUL-terminated; owned by the caller, secret_free()
 * Return: as secret_read_line().
 */
int secret_read_file(const char *key, const char *path, bool public, char **ret,
		     struct setting_error *error);

char *secret_free(char *secret); /* wipes it; returns NULL; accepts NULL */

#endif
