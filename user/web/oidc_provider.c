// SPDX-License-Identifier: Apache-2.0
/*
 * oidc_provider.c: see oidc_provider.h. Owns the two documents: each is fetched by one transfer for
 * all who wait for it.
 */
#include "oidc_provider.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"

#define TIMEOUT_S     15
#define GOOD_FOR_S    86400
#define KEPT_FOR_S    432000 /* when no newer ones can be had */
#define ADDRESSES_MAX 65536
#define KEYS_MAX      262144

struct waiter {
	struct waiter *next;
	provider_ready_fn ready;
	void *arg;
};

/* @take: reads what came. @taken_s, @tried_s: of the boot clock, 0: never */
struct document {
	const char *what;
	struct provider *provider;
	int (*take)(struct provider *provider, const struct http_answer *answer);
	size_t max;
	struct http_transfer *transfer;
	struct waiter *waiters;
	time_t taken_s;
	time_t tried_s;
};

struct provider {
	struct provider_options options;
	struct http *http;
	struct document addresses_document;
	struct document keys_document;
	struct provider_addresses addresses;
	struct jwt_keys *keys;
};

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec + 1; /* 0 means never */
}

struct http_target provider_target(const struct provider *provider, const char *url)
{
	struct url parsed;

	return (struct http_target){
		.url = url,
		.ca_file = provider->options.ca_file,
		.proxy = provider->options.proxy,
		.timeout_s = TIMEOUT_S,
		.plain = url_parse(url, &parsed) == 0 && parsed.plain,
	};
}

/* Plain http only where the description is plain itself, which the settings have allowed. */
static int take_url(const struct provider *provider, const json_t *root, const char *name,
		    char ret[URL_MAX])
{
	const char *text = json_string_value(json_object_get(root, name));
	struct url url, from;

	if (!text || url_parse(text, &url) < 0 || url_parse(provider->options.discovery, &from) < 0)
		return -EBADMSG;
	if (url.plain && !(from.plain && url.loopback))
		return -EBADMSG;
	snprintf(ret, URL_MAX, "%s", text);
	return 0;
}

static int take_addresses(struct provider *provider, const struct http_answer *answer)
{
	json_t *root = json_loads(answer->body, JSON_REJECT_DUPLICATES, NULL);
	const char *issuer = json_string_value(json_object_get(root, "issuer"));
	struct provider_addresses fresh = {
		.names_itself = json_is_true(
			json_object_get(root, "authorization_response_iss_parameter_supported")),
	};
	int r = -EBADMSG;

	if (!issuer || strcmp(issuer, provider->options.issuer) != 0)
		log_error("%s calls itself otherwise than Issuer=%s", provider->options.what,
			  provider->options.issuer);
	else if (take_url(provider, root, "jwks_uri", fresh.keys) == 0 &&
		 (!provider->options.signs_in ||
		  (take_url(provider, root, "authorization_endpoint", fresh.authorize) == 0 &&
		   take_url(provider, root, "token_endpoint", fresh.token) == 0)))
		r = 0;
	json_decref(root);
	if (r == 0)
		provider->addresses = fresh;
	return r;
}

static int take_keys(struct provider *provider, const struct http_answer *answer)
{
	struct jwt_keys *fresh = NULL;
	int r = jwt_keys_parse(answer->body, strlen(answer->body), &fresh);

	if (r < 0)
		return r;
	jwt_keys_free(provider->keys);
	provider->keys = fresh;
	return 0;
}

static void tell(struct document *document, int r)
{
	struct waiter *waiter = TAKE_PTR(document->waiters);

	while (waiter) {
		struct waiter *next = waiter->next;

		if (waiter->ready)
			waiter->ready(waiter->arg, r);
		free(waiter);
		waiter = next;
	}
}

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct document *document = arg;
	int r = -EIO;

	document->transfer = NULL;
	if (answer->status == 200 && !answer->cut)
		r = document->take(document->provider, answer);
	if (r == 0)
		document->taken_s = now_s();
	else
		log_error("the %s of %s cannot be used: %s (HTTP %ld)", document->what,
			  document->provider->options.what,
			  answer->status ? strerror(-r) : answer->error, answer->status);
	tell(document, r);
}

static int fetch(struct document *document, const char *url)
{
	const struct http_target target = provider_target(document->provider, url);
	const struct http_message message = { .answer_max = document->max };

	document->tried_s = now_s();
	return http_send(document->provider->http, &target, &message, on_answer, document,
			 &document->transfer);
}

static int add_waiter(struct document *document, provider_ready_fn ready, void *arg)
{
	struct waiter *waiter = malloc(sizeof(*waiter));

	if (!waiter)
		return -ENOMEM;
	*waiter = (struct waiter){ document->waiters, ready, arg };
	document->waiters = waiter;
	return 0;
}

static int want(struct document *document, const char *url, bool fresh, provider_ready_fn ready,
		void *arg)
{
	bool good = document->taken_s && now_s() - document->taken_s < GOOD_FOR_S;
	int r;

	if (good && !fresh) {
		ready(arg, 0);
		return 0;
	}
	if (!document->transfer) {
		if (document->tried_s && now_s() - document->tried_s < PROVIDER_RETRY_S) {
			ready(arg, good ? 0 : -EAGAIN);
			return 0;
		}
		r = fetch(document, url);
		if (r < 0)
			return r;
	}
	return add_waiter(document, ready, arg);
}

int provider_want_addresses(struct provider *provider, provider_ready_fn ready, void *arg)
{
	return want(&provider->addresses_document, provider->options.discovery, false, ready, arg);
}

int provider_want_keys(struct provider *provider, bool fresh, provider_ready_fn ready, void *arg)
{
	if (!*provider->addresses.keys) {
		ready(arg, -EAGAIN);
		return 0;
	}
	return want(&provider->keys_document, provider->addresses.keys, fresh, ready, arg);
}

void provider_forget(struct provider *provider, const void *arg)
{
	struct document *documents[] = { &provider->addresses_document, &provider->keys_document };

	for (size_t i = 0; i < ARRAY_SIZE(documents); i++)
		for (struct waiter *w = documents[i]->waiters; w; w = w->next)
			if (w->arg == arg)
				w->ready = NULL;
}

const struct provider_addresses *provider_addresses(const struct provider *provider)
{
	return &provider->addresses;
}

const struct jwt_keys *provider_keys(const struct provider *provider)
{
	time_t taken_s = provider->keys_document.taken_s;

	return now_s() - taken_s < KEPT_FOR_S ? provider->keys : NULL;
}

int provider_new(const struct provider_options *options, struct http *http, struct provider **ret)
{
	struct provider *provider = calloc(1, sizeof(*provider));

	if (!provider)
		return -ENOMEM;
	provider->options = *options;
	provider->http = http;
	provider->addresses_document = (struct document){ .what = "description",
							  .provider = provider,
							  .take = take_addresses,
							  .max = ADDRESSES_MAX };
	provider->keys_document = (struct document){
		.what = "keys", .provider = provider, .take = take_keys, .max = KEYS_MAX
	};
	*ret = provider;
	return 0;
}

static void clear_document(struct document *document)
{
	http_cancel(document->transfer);
	while (document->waiters) {
		struct waiter *waiter = document->waiters;

		document->waiters = waiter->next;
		free(waiter);
	}
}

struct provider *provider_free(struct provider *provider)
{
	if (!provider)
		return NULL;
	clear_document(&provider->addresses_document);
	clear_document(&provider->keys_document);
	jwt_keys_free(provider->keys);
	free(provider);
	return NULL;
}
