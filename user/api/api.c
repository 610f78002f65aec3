// SPDX-License-Identifier: Apache-2.0
/*
 * api.c: see api.h. Owns the table of paths, and what must hold before one is served. What changes
 * something is a POST with JSON and a token in a header: no page of another site can have a browser
 * send that, and nothing here is said to other sites (no CORS).
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "api_private.h"
#include "api_problem.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "notifier/request_json.h"
#include "web/web_asset.h"

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void on_change(void *arg, const struct ipc_request *request, bool updated)
{
	struct api *api = arg;
	const char *type = updated ? REQUEST_UPDATED : request_event_type(request);
	_cleanup_free_ char *event = request_event(request, type, api->page);
	int r = api_feed_add(api->feed, type, event);

	if (r < 0)
		log_warning("an event of %s is missing in streams: no memory, or too long",
			    request->id);
	api_streams_wake(api->streams);
}

int api_new(const struct web_options *options, struct api **ret)
{
	struct api *api = calloc(1, sizeof(*api));
	int r;

	if (!api)
		return -ENOMEM;
	api->options = options;
	api->page = options->settings->issuer ? options->settings->public.origin : NULL;
	for (size_t i = 0; i < options->clients->n; i++)
		rate_init(&api->rates[i], options->clients->list[i]->rate, clock_ms());
	api->done = api_done_new();
	r = api->done ? api_feed_new(&api->feed) : -ENOMEM;
	if (r == 0)
		r = api_streams_new(options->base, api->feed, &api->streams);
	if (r < 0) {
		api_free(api);
		return r;
	}
	gateway_requests_watch(options->requests, on_change, api);
	*ret = api;
	return 0;
}

void api_end(struct api *api)
{
	if (api)
		api_streams_end(api->streams);
}

struct api *api_free(struct api *api)
{
	if (!api)
		return NULL;
	gateway_requests_watch(api->options->requests, NULL, NULL);
	api_streams_free(api->streams);
	api_feed_free(api->feed);
	api_done_free(api->done);
	free(api);
	return NULL;
}

static void document(struct call *call)
{
	exchange_static(call->exchange, API_JSON, web_openapi, web_openapi_size);
}

static void events(struct call *call)
{
	int r = api_stream_begin(call->api->streams, call->exchange, call->client,
				 exchange_header(call->exchange, "Last-Event-ID"));

	if (r == -EBUSY)
		api_problem_later(call->exchange, MHD_HTTP_TOO_MANY_REQUESTS,
				  API_STREAM_KEEPALIVE_S,
				  "this client listens %d times already, which is the most; end "
				  "one of them",
				  API_STREAMS_OF_CLIENT);
	else if (r < 0)
		api_problem_later(call->exchange, MHD_HTTP_SERVICE_UNAVAILABLE,
				  API_STREAM_KEEPALIVE_S,
				  "too many listen already; try again later, or list the requests "
				  "now and then");
}

/* @path: '*' stands for the id of a request. @scope: 0: for everybody, without a token */
static const struct route {
	const char *path;
	bool post;
	enum api_scope scope;
	void (*handle)(struct call *call);
} routes[] = {
	{ "/api/v1/requests", false, API_READ, api_list },
	{ "/api/v1/requests/*", false, API_READ, api_get },
	{ "/api/v1/requests/*/decision", true, API_DECIDE, api_decide },
	{ "/api/v1/events", false, API_EVENTS, events },
	{ "/api/v1/openapi.json", false, 0, document },
};

static bool fits(const char *pattern, const char *path, char ret_id[16])
{
	size_t length = strcspn(pattern, "*"), n;

	*ret_id = '\0';
	if (!pattern[length])
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, length) != 0)
		return false;
	n = strspn(path + length, "0123456789abcdefghijklmnopqrstuvwxyz-");
	if (n == 0 || n >= 16 || strcmp(pattern + length + 1, path + length + n) != 0)
		return false;
	memcpy(ret_id, path + length, n);
	ret_id[n] = '\0';
	return true;
}

static const struct route *find_route(struct call *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (fits(routes[i].path, call->exchange->path, call->id))
			return &routes[i];
	api_problem(call->exchange, MHD_HTTP_NOT_FOUND,
		    "there is no such path; GET /api/v1/openapi.json lists them");
	return NULL;
}

static bool check_method(struct call *call, const struct route *route)
{
	const char *method = call->exchange->method;

	if (strcmp(method, route->post ? MHD_HTTP_METHOD_POST : MHD_HTTP_METHOD_GET) == 0)
		return true;
	api_problem(call->exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "this path takes %s only",
		    route->post ? "POST" : "GET");
	exchange_add_header(call->exchange, "Allow", route->post ? "POST" : "GET");
	return false;
}

static bool check_token(struct call *call)
{
	const char *token = exchange_bearer(call->exchange);

	call->client = token ? api_client_find(call->api->options->clients, token) : NULL;
	if (call->client)
		return true;
	api_problem(call->exchange, MHD_HTTP_UNAUTHORIZED,
		    token ? "the token is of no [Client] of gateway.conf, or has expired; have "
			    "another one made: sluice-gateway --new-token NAME"
			  : "send the client's token: Authorization: Bearer TOKEN; one is made by "
			    "sluice-gateway --new-token NAME");
	exchange_add_header(call->exchange, "WWW-Authenticate",
			    token ? "Bearer realm=\"sluice\", error=\"invalid_token\""
				  : "Bearer realm=\"sluice\"");
	return false;
}

static bool check_rate(struct call *call)
{
	const struct api_clients *clients = call->api->options->clients;
	unsigned int after_s = 0;

	for (size_t i = 0; i < clients->n; i++)
		if (clients->list[i] == call->client)
			after_s = rate_take(&call->api->rates[i], clock_ms());
	if (!after_s)
		return true;
	api_problem_later(call->exchange, MHD_HTTP_TOO_MANY_REQUESTS, after_s,
			  "more than %llu requests a minute (Rate= of [Client %s]); come again in "
			  "%u s, or listen to /api/v1/events",
			  (unsigned long long)call->client->rate, call->client->name, after_s);
	return false;
}

static bool check_scope(struct call *call, const struct route *route)
{
	const char *name = api_scope_name(route->scope);
	char header[128];

	if (call->client->scopes & route->scope)
		return true;
	api_problem(call->exchange, MHD_HTTP_FORBIDDEN,
		    "this takes the scope %s; add it to Scopes= of [Client %s] in gateway.conf, if "
		    "it should",
		    name, call->client->name);
	snprintf(header, sizeof(header),
		 "Bearer realm=\"sluice\", error=\"insufficient_scope\", scope=\"%s\"", name);
	exchange_add_header(call->exchange, "WWW-Authenticate", header);
	return false;
}

static bool is_json(const struct exchange *exchange)
{
	const char *type = exchange_header(exchange, "Content-Type");
	size_t length = strlen(API_JSON);

	return type && strncasecmp(type, API_JSON, length) == 0 &&
	       strchr("; \t", type[length]); /* its end too */
}

static bool check_body(struct call *call, const struct route *route)
{
	if (route->post && !is_json(call->exchange))
		api_problem(call->exchange, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
			    "the body must be JSON: Content-Type: " API_JSON);
	else if (call->exchange->bad_form)
		api_problem(call->exchange, MHD_HTTP_CONTENT_TOO_LARGE,
			    "the body is longer than %d bytes", API_BODY_MAX);
	else
		return true;
	return false;
}

void api_serve(struct api *api, struct exchange *exchange)
{
	struct call call = { .api = api, .exchange = exchange };
	const struct route *route = find_route(&call);

	if (!route || !check_method(&call, route))
		return;
	if (route->scope &&
	    (!check_token(&call) || !check_rate(&call) || !check_scope(&call, route)))
		return;
	if (check_body(&call, route))
		route->handle(&call);
}
