/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_exchange.h: one request of a browser and the response to it.
 *
 * Owns: reading it within its limits, and the headers that every response has. Must not own:
 * what a path means (web.c).
 */
#ifndef SLUICE_WEB_EXCHANGE_H
#define SLUICE_WEB_EXCHANGE_H

#include <microhttpd.h>
#include <stdbool.h>

#include "base/html.h"
#include "web_attempt.h"
#include "web_request.h"
#include "web_session.h"

#define WEB_BODY_MAX 8192
#define WEB_RAW_MAX  131072
#define API_BODY_MAX 16384
/* Where paths of the API begin. */
#define WEB_API	     "/api/v1/"

struct web;

/**
 * struct exchange: in MHD's hands until it is answered.
 * @form: of a POST; @bad_form: it is too long, or none of ours
 * @raw: its body as it came, NUL-terminated, where at most @raw_max bytes of it are wanted; NULL:
 * none, or, with @bad_form, too long
 * @attempt: the sign-in that it ends; @request: id of the request that it decides
 * @waiting: for an answer of somebody else; @suspended: MHD leaves the connection alone meanwhile
 */
struct exchange {
	struct exchange *next;
	struct exchange **link;
	struct web *web;
	struct MHD_Connection *connection;
	struct MHD_PostProcessor *post;
	const char *method;
	char path[128];
	size_t received;
	struct web_answer form;
	bool bad_form;
	size_t raw_max;
	char *raw;
	size_t raw_size;
	struct attempt attempt;
	char request[16];
	struct MHD_Response *response;
	unsigned int status;
	bool waiting;
	bool suspended;
};

struct exchange *exchange_new(struct web *web, struct MHD_Connection *connection, const char *path,
			      const char *method);
void exchange_free(struct exchange *exchange);

/* A part of the body. Return: false when there is so much that the connection is to be ended. */
bool exchange_take(struct exchange *exchange, const char *data, size_t size);

/* Whether the body is a form as our own pages send it, by its header. */
bool exchange_is_form(const struct exchange *exchange);

/* The first of that name, or NULL. */
const char *exchange_header(const struct exchange *exchange, const char *name);
const char *exchange_cookie(const struct exchange *exchange, const char *name);
const char *exchange_query(const struct exchange *exchange, const char *name);

/* The token that it shows (RFC 6750: "Bearer", spaces, the token), or NULL. */
const char *exchange_bearer(const struct exchange *exchange);

/* Sets the response. @html: taken over; ended already */
void exchange_page(struct exchange *exchange, unsigned int status, struct html *html);
void exchange_static(struct exchange *exchange, const char *type, const void *bytes, size_t size);
void exchange_redirect(struct exchange *exchange, const char *where); /* 303: a GET follows */
void exchange_plain(struct exchange *exchange, unsigned int status, const char *text);
/* @text: JSON, from malloc(), taken over; NULL: an answer without a body */
void exchange_json(struct exchange *exchange, unsigned int status, char *text);
/* @text: taken over, freed with free(); NULL says that memory ran out */
void exchange_text(struct exchange *exchange, unsigned int status, const char *type, char *text);
/* What @read gives, as long as it does; @end is called with @arg when the response is gone. */
void exchange_stream(struct exchange *exchange, const char *type, MHD_ContentReaderCallback read,
		     void *arg, MHD_ContentReaderFreeCallback end);

/* Whether its path is one of the API. */
bool exchange_is_api(const struct exchange *exchange);

/* After that. */
void exchange_add_header(struct exchange *exchange, const char *name, const char *value);

#endif
