/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_private.h: the parts of the API among themselves.
 *
 * Owns: struct api, for api.c (what must hold before a path is served), api_list.c (what waits) and
 * api_decide.c (answers). Must not own: anything that others need.
 */
#ifndef SLUICE_API_PRIVATE_H
#define SLUICE_API_PRIVATE_H

#include <jansson.h>

#include "api.h"
#include "api_done.h"
#include "api_feed.h"
#include "api_stream.h"
#include "base/rate.h"

#define API_JSON "application/json"

/* @rates: of the clients, in their order; @page: origin of the page, or NULL */
struct api {
	const struct web_options *options;
	const char *page;
	struct rate rates[API_MAX_CLIENTS];
	struct api_feed *feed;
	struct api_streams *streams;
	struct api_done *done;
};

/* One request on its way. @id: of the request that the path names, or empty */
struct call {
	struct api *api;
	struct exchange *exchange;
	const struct api_client *client;
	char id[16];
};

/* Each sets the response, or waits. */
void api_list(struct call *call);   /* GET /api/v1/requests */
void api_get(struct call *call);    /* GET /api/v1/requests/ID */
void api_decide(struct call *call); /* POST /api/v1/requests/ID/decision */

void api_no_such_request(struct call *call);

/* @value: borrowed; NULL: memory ran out */
void api_send(struct exchange *exchange, const json_t *value);

#endif
