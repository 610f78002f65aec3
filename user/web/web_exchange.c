// SPDX-License-Identifier: Apache-2.0
/*
 * web_exchange.c: see web_exchange.h. Owns the table of form fields and that of headers.
 */
#include "web_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "slack/slack_sign.h"
#include "web_private.h"

#define POST_BUFFER 1024
/* What is read and dropped before the connection is ended. */
#define BODY_END     (2 * WEB_RAW_MAX)
#define STREAM_BLOCK 4096

#define AT(field) offsetof(struct web_answer, field), sizeof(((struct web_answer *)NULL)->field)

static const struct {
	const char *name;
	size_t offset;
	size_t size;
} fields[] = {
	{ "token", AT(token) }, { "digest", AT(digest) },     { "verdict", AT(verdict) },
	{ "scope", AT(scope) }, { "duration", AT(duration) }, { "reason", AT(reason) },
};

/*
 * The referrer policy keeps addresses of pages from leaving, and is not "no-referrer" because then
 * browsers would send "Origin: null" with our own forms.
 */
static const struct {
	const char *name;
	const char *value;
} headers[] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
	  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

/*
 * MHD hands a long value over in parts. A NUL, what is no UTF-8, and what does not fit are refused.
 */
static enum MHD_Result take_field(void *arg, enum MHD_ValueKind kind, const char *key,
				  const char *filename, const char *type, const char *encoding,
				  const char *data, uint64_t offset, size_t size)
{
	struct exchange *exchange = arg;

	(void)kind;
	(void)filename;
	(void)type;
	(void)encoding;
	if (!key) {
		exchange->bad_form = true;
		return MHD_YES;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char *value = (char *)&exchange->form + fields[i].offset;

		if (strcmp(fields[i].name, key) != 0)
			continue;
		/* a field that comes twice begins anew at 0 */
		if (offset != strlen(value) || offset + size >= fields[i].size ||
		    memchr(data, '\0', size)) {
			exchange->bad_form = true;
			return MHD_YES;
		}
		memcpy(value + offset, data, size);
	}
	return MHD_YES;
}

/*
 * Only the kind that our own pages send: MHD would read multipart too, in which a part need not
 * even have a name. A form of another kind has no post processor, and is a bad one.
 */
bool exchange_is_form(const struct exchange *exchange)
{
	const char *type = exchange_header(exchange, MHD_HTTP_HEADER_CONTENT_TYPE);
	const size_t length = strlen(MHD_HTTP_POST_ENCODING_FORM_URLENCODED);

	if (!type || strncasecmp(type, MHD_HTTP_POST_ENCODING_FORM_URLENCODED, length) != 0)
		return false;
	type += length;
	type += strspn(type, " \t");
	return *type == '\0' || *type == ';';
}

/* Whoever shows nothing gets no memory there. */
static size_t raw_max(const struct exchange *exchange)
{
	const struct web *web = exchange->web;

	if (exchange_is_api(exchange))
		return web->api && exchange_header(exchange, MHD_HTTP_HEADER_AUTHORIZATION)
			       ? API_BODY_MAX
			       : 0;
	if (web_is_bots(web, exchange->path) &&
	    exchange_header(exchange, MHD_HTTP_HEADER_AUTHORIZATION))
		return WEB_RAW_MAX;
	if (web_is_slacks(web, exchange->path) && exchange_header(exchange, SLACK_SIGN_HEADER))
		return WEB_RAW_MAX;
	return 0;
}

struct exchange *exchange_new(struct web *web, struct MHD_Connection *connection, const char *path,
			      const char *method)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return NULL;
	exchange->web = web;
	exchange->connection = connection;
	exchange->method = method;
	/* no path of ours is as long: what is cut is not found */
	snprintf(exchange->path, sizeof(exchange->path), "%s", path);
	if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		return exchange;
	exchange->raw_max = raw_max(exchange);
	if (!exchange->raw_max && exchange_is_form(exchange))
		exchange->post =
			MHD_create_post_processor(connection, POST_BUFFER, take_field, exchange);
	return exchange;
}

void exchange_free(struct exchange *exchange)
{
	if (exchange->post)
		MHD_destroy_post_processor(exchange->post);
	if (exchange->response)
		MHD_destroy_response(exchange->response);
	free(exchange->raw);
	explicit_bzero(exchange, sizeof(*exchange));
	free(exchange);
}

bool exchange_is_api(const struct exchange *exchange)
{
	return strncmp(exchange->path, WEB_API, strlen(WEB_API)) == 0;
}

/* What is too long, or finds no memory, is dropped whole. */
static void take_raw(struct exchange *exchange, const char *data, size_t size)
{
	char *longer = exchange->received > exchange->raw_max
			       ? NULL
			       : realloc(exchange->raw, exchange->received + 1);

	if (!longer) {
		exchange->bad_form = true;
		free(exchange->raw);
		exchange->raw = NULL;
		return;
	}
	exchange->raw = longer;
	memcpy(exchange->raw + exchange->raw_size, data, size);
	exchange->raw_size += size;
	exchange->raw[exchange->raw_size] = '\0';
}

bool exchange_take(struct exchange *exchange, const char *data, size_t size)
{
	exchange->received += size;
	if (exchange->received > BODY_END)
		return false;
	if (exchange->raw_max) {
		if (!exchange->bad_form)
			take_raw(exchange, data, size);
		return true;
	}
	if (exchange->received > WEB_BODY_MAX || !exchange->post ||
	    MHD_post_process(exchange->post, data, size) != MHD_YES)
		exchange->bad_form = true;
	return true;
}

const char *exchange_header(const struct exchange *exchange, const char *name)
{
	return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

const char *exchange_cookie(const struct exchange *exchange, const char *name)
{
	return MHD_lookup_connection_value(exchange->connection, MHD_COOKIE_KIND, name);
}

const char *exchange_bearer(const struct exchange *exchange)
{
	const char *header = exchange_header(exchange, MHD_HTTP_HEADER_AUTHORIZATION);

	if (!header || strncasecmp(header, "Bearer ", strlen("Bearer ")) != 0)
		return NULL;
	header += strlen("Bearer ");
	return header + strspn(header, " ");
}

const char *exchange_query(const struct exchange *exchange, const char *name)
{
	return MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

void exchange_add_header(struct exchange *exchange, const char *name, const char *value)
{
	if (exchange->response)
		MHD_add_response_header(exchange->response, name, value);
}

/* Takes over @response; NULL: memory ran out. */
static void put_response(struct exchange *exchange, unsigned int status, const char *type,
			 struct MHD_Response *response)
{
	if (exchange->response)
		MHD_destroy_response(exchange->response);
	exchange->status = status;
	exchange->response = response;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		exchange_add_header(exchange, headers[i].name, headers[i].value);
	if (type)
		exchange_add_header(exchange, "Content-Type", type);
}

static void set_response(struct exchange *exchange, unsigned int status, const char *type,
			 const void *bytes, size_t size, enum MHD_ResponseMemoryMode mode)
{
	put_response(exchange, status, type,
		     MHD_create_response_from_buffer(size, (void *)bytes, mode));
}

void exchange_page(struct exchange *exchange, unsigned int status, struct html *html)
{
	set_response(exchange, status, "text/html; charset=utf-8", html->text, html->size,
		     MHD_RESPMEM_MUST_FREE);
}

void exchange_static(struct exchange *exchange, const char *type, const void *bytes, size_t size)
{
	set_response(exchange, MHD_HTTP_OK, type, bytes, size, MHD_RESPMEM_PERSISTENT);
}

void exchange_redirect(struct exchange *exchange, const char *where)
{
	set_response(exchange, MHD_HTTP_SEE_OTHER, NULL, "", 0, MHD_RESPMEM_PERSISTENT);
	exchange_add_header(exchange, "Location", where);
}

void exchange_plain(struct exchange *exchange, unsigned int status, const char *text)
{
	set_response(exchange, status, "text/plain; charset=utf-8", text, strlen(text),
		     MHD_RESPMEM_MUST_COPY);
}

void exchange_json(struct exchange *exchange, unsigned int status, char *text)
{
	if (text)
		set_response(exchange, status, "application/json; charset=utf-8", text,
			     strlen(text), MHD_RESPMEM_MUST_FREE);
	else
		set_response(exchange, status, NULL, "", 0, MHD_RESPMEM_PERSISTENT);
}

void exchange_text(struct exchange *exchange, unsigned int status, const char *type, char *text)
{
	if (text)
		set_response(exchange, status, type, text, strlen(text), MHD_RESPMEM_MUST_FREE);
	else
		exchange_plain(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "Not enough memory.\n");
}

void exchange_stream(struct exchange *exchange, const char *type, MHD_ContentReaderCallback read,
		     void *arg, MHD_ContentReaderFreeCallback end)
{
	struct MHD_Response *response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read, arg, end);

	if (!response)
		end(arg);
	put_response(exchange, MHD_HTTP_OK, type, response);
}
