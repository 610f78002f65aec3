/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_strict.h: requests that two readers could take for two different ones.
 *
 * Owns: what is refused before anything of it is looked at, since libmicrohttpd takes it and a proxy
 * before it may read it otherwise: where a body ends (RFC 9112, 6.3), names and values of headers
 * (5.1, RFC 9110, 5.5), headers that there can be one of, and a NUL in an address. Must not own: what
 * a request means (web_route.c).
 */
#ifndef SLUICE_WEB_STRICT_H
#define SLUICE_WEB_STRICT_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* @version: of HTTP, as the request has it */
bool web_is_strict(struct MHD_Connection *connection, const char *version);

/* What libmicrohttpd undoes of escapes; a NUL becomes a character that no address of ours has. */
size_t web_unescape(void *arg, struct MHD_Connection *connection, char *text);

#endif
