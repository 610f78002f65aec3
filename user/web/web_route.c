// SPDX-License-Identifier: Apache-2.0
/*
 * web_route.c: which path does what, and what is asked of each request before it does: the right
 * host, the right method, somebody signed in, and for all that changes something that it comes from
 * our own form.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "api/api_problem.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "web_asset.h"
#include "web_page.h"
#include "web_private.h"

/* @rest: of the path, behind the route's own. @session: NULL where nobody needs to be signed in. */
struct route {
	const char *path;
	bool prefix;
	bool post;
	bool open;
	void (*handle)(struct exchange *exchange, struct session *session, const char *rest);
};

static void finish(struct exchange *exchange, int r, struct html *html)
{
	if (r == 0)
		exchange_page(exchange, MHD_HTTP_OK, html);
	else
		exchange_plain(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "Not enough memory.\n");
}

void web_say(struct exchange *exchange, unsigned int status, const char *title, const char *text)
{
	struct html html;
	int r = page_message(title, text, NULL, &html);

	finish(exchange, r, &html);
	exchange->status = status;
}

/* Which part of a list is asked for; what is no number is the first. */
static size_t list_from(const struct exchange *exchange)
{
	const char *text = exchange_query(exchange, "from");
	uint64_t from;

	return text && text_to_number(text, UINT32_MAX, &from) == 0 ? (size_t)from : 0;
}

static void list(struct exchange *exchange, struct session *session, const char *rest)
{
	struct html html;
	int r = page_list(exchange->web->options.requests, list_from(exchange), session, &html);

	(void)rest;
	finish(exchange, r, &html);
}

static void history(struct exchange *exchange, struct session *session, const char *rest)
{
	struct html html;
	int r = page_history(exchange->web->options.requests, list_from(exchange), session, &html);

	(void)rest;
	finish(exchange, r, &html);
}

static void show(struct exchange *exchange, struct session *session, const char *rest)
{
	struct gateway_requests *requests = exchange->web->options.requests;
	const struct ipc_request *request = gateway_requests_find(requests, rest);
	struct html html;
	int r;

	if (!request) {
		web_say(exchange, MHD_HTTP_NOT_FOUND, "No such request",
			"It is not known here, or it was closed long ago. The journal has it.");
		return;
	}
	r = page_request(request, session, requests, &html);
	finish(exchange, r, &html);
}

static void decide(struct exchange *exchange, struct session *session, const char *rest)
{
	web_decide(exchange, session, rest);
}

/* For the timer in the browser: whether a page would look otherwise by now. */
static void version(struct exchange *exchange, struct session *session, const char *rest)
{
	char text[32];

	(void)session;
	(void)rest;
	snprintf(text, sizeof(text), "%llu",
		 (unsigned long long)gateway_requests_version(exchange->web->options.requests));
	exchange_plain(exchange, MHD_HTTP_OK, text);
}

static void sign_in(struct exchange *exchange, struct session *session, const char *rest)
{
	(void)session;
	(void)rest;
	web_sign_in(exchange);
}

static void come_back(struct exchange *exchange, struct session *session, const char *rest)
{
	(void)session;
	(void)rest;
	web_come_back(exchange);
}

static void sign_out(struct exchange *exchange, struct session *session, const char *rest)
{
	(void)rest;
	web_sign_out(exchange, session);
}

static void signed_out(struct exchange *exchange, struct session *session, const char *rest)
{
	(void)session;
	(void)rest;
	web_say(exchange, MHD_HTTP_OK, "Signed out",
		"You are signed out here; your identity provider may still know you.");
}

static void style(struct exchange *exchange, struct session *session, const char *rest)
{
	(void)session;
	(void)rest;
	exchange_static(exchange, "text/css; charset=utf-8", web_style, web_style_size);
}

static void script(struct exchange *exchange, struct session *session, const char *rest)
{
	(void)session;
	(void)rest;
	exchange_static(exchange, "text/javascript; charset=utf-8", web_script, web_script_size);
}

static const struct route routes[] = {
	{ .path = "/", .handle = list },
	{ .path = "/history", .handle = history },
	{ .path = "/r/", .prefix = true, .handle = show },
	{ .path = "/r/", .prefix = true, .post = true, .handle = decide },
	{ .path = "/version", .handle = version },
	{ .path = "/login", .open = true, .handle = sign_in },
	{ .path = "/callback", .open = true, .handle = come_back },
	{ .path = "/logout", .post = true, .handle = sign_out },
	{ .path = "/signed-out", .open = true, .handle = signed_out },
	{ .path = "/style.css", .open = true, .handle = style },
	{ .path = "/page.js", .open = true, .handle = script },
};

static bool fits(const struct route *route, const char *path)
{
	size_t length = strlen(route->path);

	return route->prefix ? strncmp(path, route->path, length) == 0
			     : strcmp(path, route->path) == 0;
}

/* @ret_other: the path is there, for the other method */
static const struct route *find_route(const char *path, bool post, bool *ret_other)
{
	*ret_other = false;
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!fits(&routes[i], path))
			continue;
		if (routes[i].post == post)
			return &routes[i];
		*ret_other = true;
	}
	return NULL;
}

/*
 * Browsers say from which site a form was sent; one that says nothing, or another, is refused. What
 * they say newer than that must agree.
 */
static bool from_our_form(const struct exchange *exchange)
{
	const char *origin = exchange_header(exchange, "Origin");
	const char *site = exchange_header(exchange, "Sec-Fetch-Site");

	return origin && strcmp(origin, exchange->web->origin) == 0 &&
	       (!site || strcmp(site, "same-origin") == 0);
}

static bool has_token(const struct exchange *exchange, const struct session *session)
{
	return strlen(exchange->form.token) == OIDC_SECRET - 1 &&
	       CRYPTO_memcmp(exchange->form.token, session->token, OIDC_SECRET - 1) == 0;
}

/* Return: true, or the refusal is the response. */
static bool check_post(struct exchange *exchange, const struct session *session)
{
	if (exchange->bad_form)
		web_say(exchange, MHD_HTTP_BAD_REQUEST, "Not understood",
			"The form is too long, or not one of this page.");
	else if (!from_our_form(exchange))
		web_say(exchange, MHD_HTTP_FORBIDDEN, "Refused",
			"This was sent from another site than this page.");
	else if (!session)
		web_say(exchange, MHD_HTTP_FORBIDDEN, "Not signed in",
			"Nothing was decided: your sign-in is over. Sign in, and look anew.");
	else if (!has_token(exchange, session))
		web_say(exchange, MHD_HTTP_FORBIDDEN, "Refused",
			"This form was not made for your sign-in. Nothing was decided; look anew.");
	else
		return true;
	return false;
}

/* Somebody who is not signed in goes to do that, and comes back here. */
static bool check_get(struct exchange *exchange, const struct route *route,
		      const struct session *session)
{
	char where[sizeof(exchange->path) + 32];

	if (route->open || session)
		return true;
	if (route->handle == version) {
		exchange_plain(exchange, MHD_HTTP_UNAUTHORIZED, "");
		return false;
	}
	/* only paths of ours, which need no escapes, are given on */
	snprintf(where, sizeof(where), "/login?next=%s", exchange->path);
	exchange_redirect(exchange,
			  text_is_made_of(exchange->path, "/-0123456789abcdefghijklmnopqrstuvwxyz")
				  ? where
				  : "/login");
	return false;
}

/* The address is known only by its name: a page that another name leads to is not ours. */
static bool has_our_host(const struct exchange *exchange)
{
	const char *host = exchange_header(exchange, "Host");

	return host && strcasecmp(host, exchange->web->host) == 0;
}

static void route_api(struct exchange *exchange)
{
	if (has_our_host(exchange))
		api_serve(exchange->web->api, exchange);
	else
		api_problem(exchange, MHD_HTTP_MISDIRECTED_REQUEST,
			    "this is %s; ask it by that name (PublicURL= of [Web])",
			    exchange->web->host);
}

void web_route(struct exchange *exchange)
{
	bool post = strcmp(exchange->method, MHD_HTTP_METHOD_POST) == 0, other;
	bool get = strcmp(exchange->method, MHD_HTTP_METHOD_GET) == 0 ||
		   strcmp(exchange->method, MHD_HTTP_METHOD_HEAD) == 0;
	const struct route *route = find_route(exchange->path, post, &other);
	struct session *session;

	if (exchange->web->options.metrics) {
		web_metrics(exchange);
		return;
	}
	if (exchange->web->api && exchange_is_api(exchange)) {
		route_api(exchange);
		return;
	}
	if (!has_our_host(exchange)) {
		exchange_plain(exchange, MHD_HTTP_MISDIRECTED_REQUEST,
			       "Not a page of this name.\n");
		return;
	}
	if (web_is_bots(exchange->web, exchange->path)) {
		web_bot(exchange);
		return;
	}
	if (web_is_slacks(exchange->web, exchange->path)) {
		web_slack(exchange);
		return;
	}
	if (!exchange->web->oidc) {
		exchange_plain(exchange, MHD_HTTP_NOT_FOUND, "There is no page here.\n");
		return;
	}
	if ((!route && other) || (!post && !get)) {
		exchange_plain(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "Not in this way.\n");
		exchange_add_header(exchange, "Allow",
				    route || other ? (post ? "GET, HEAD" : "POST")
						   : "GET, HEAD, POST");
		return;
	}
	if (!route) {
		web_say(exchange, MHD_HTTP_NOT_FOUND, "No such page", "There is nothing here.");
		return;
	}
	session = web_session(exchange, route->handle != version);
	if (post ? check_post(exchange, session) : check_get(exchange, route, session))
		route->handle(exchange, session,
			      exchange->path + (route->prefix ? strlen(route->path) : 0));
}
