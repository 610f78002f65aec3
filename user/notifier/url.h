/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.h: http and https URLs, as settings and identity providers have them.
 *
 * Owns: taking one apart, and escaping what goes into one. Must not own: which are allowed where.
 */
#ifndef SLUICE_URL_H
#define SLUICE_URL_H

#include <stdbool.h>
#include <stddef.h>

#define URL_MAX 2048 /* with the NUL */

/**
 * struct url: what settings are checked by.
 * @plain: http, not https
 * @loopback: an address of this machine, in numbers
 * @bare: no path, query or fragment
 * @origin: scheme, host and port as browsers write them: small letters, no port that goes without
 * saying
 */
struct url {
	bool plain;
	bool loopback;
	bool bare;
	char origin[320];
};

/* Return: 0, -EINVAL when it is no URL, -EPROTONOSUPPORT for another scheme, -EPERM when it holds a
 * user name, -ENOMEM. */
int url_parse(const char *text, struct url *ret);

/* @size bytes of @text as one part of a path, query or form. Owned by the caller; NULL: no memory. */
char *url_escape(const char *text, size_t size);

#endif
