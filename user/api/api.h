/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.h: the gateway's API for other programs, /api/v1/… on the server of the page: what waits, an
 * answer to it, and events as they happen. user/web/openapi.json describes it, and is served too.
 *
 * Owns: what each path does, and what is asked of a request before: a token, its scope, its rate.
 * Must not own: the server (web.h), or whether a decision counts: sluiced checks it. A session at
 * the page is nothing here, and neither is any cookie.
 */
#ifndef SLUICE_API_H
#define SLUICE_API_H

#include "api_client.h"
#include "web/web.h"
#include "web/web_exchange.h"

struct api;

/* All of @options is borrowed. Return: 0 or a negative errno. */
int api_new(const struct web_options *options, struct api **ret);
void api_end(struct api *api);	       /* before the server is stopped; accepts NULL */
struct api *api_free(struct api *api); /* after it was; returns NULL; accepts NULL */

/* Sets the response for what has come in whole, or waits. */
void api_serve(struct api *api, struct exchange *exchange);

#endif
