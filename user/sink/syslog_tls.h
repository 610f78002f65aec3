/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_tls.h: the rules of TLS for a receiver of syslog: whom to trust, who we are, 1.2 or newer.
 *
 * Owns: reading certificates and key. Must not own: a connection (syslog_peer.h).
 */
#ifndef SLUICE_SYSLOG_TLS_H
#define SLUICE_SYSLOG_TLS_H

#include <openssl/ssl.h>

#include "gateway/setting.h"

/* Paths. @ca: NULL: the system's authorities; @certificate, @key: both or neither. */
struct syslog_tls_files {
	const char *ca;
	const char *certificate;
	const char *key;
};

/* @ret: owned by the caller, SSL_CTX_free(). Return: 0, or a negative errno with @error. */
int syslog_tls_new(const struct syslog_tls_files *files, SSL_CTX **ret,
		   struct setting_error *error);

#endif
