// SPDX-License-Identifier: Apache-2.0
/*
 * web_metrics.c: GET /metrics, on the server of [Metrics]: what sluiced counts (metrics.h), and
 * what waits in the gateway's own channels.
 *
 * Owns: that sluiced is asked once for all who come meanwhile, so that nobody out there keeps it
 * busy. Must not own: the names of sluiced's metrics.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway/metrics.h"
#include "web_private.h"

#define TYPE "text/plain; version=0.0.4; charset=utf-8"

static void print_waiting(const struct web *web, FILE *out)
{
	const struct web_channels *channels = &web->options.channels;

	if (!channels->n)
		return;
	metrics_head(out, "sluice_gateway_messages", "gauge",
		     "Messages that wait to be posted, by channel of the gateway.");
	for (size_t i = 0; i < channels->n; i++) {
		fputs("sluice_gateway_messages{notifier=\"", out);
		metrics_quoted(out, channels->name(channels->arg, i));
		fprintf(out, "\"} %u\n", channels->length(channels->arg, i));
	}
}

/* NULL when memory ran out. */
static char *text_of(const struct web *web, bool up)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (!out)
		return NULL;
	metrics_print(out, up ? &web->asked.status : NULL, &web->asked.metrics);
	print_waiting(web, out);
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

/* All who have come until now. */
static void answer_all(struct web *web, bool up)
{
	web->asked.under_way = false;
	while (web->waiting) {
		exchange_text(web->waiting, MHD_HTTP_OK, TYPE, text_of(web, up));
		web_resume(web->waiting);
	}
}

static void on_metrics_item(void *arg, const union ipc_any *item)
{
	((struct web *)arg)->asked.metrics = item->metrics;
}

static void on_metrics(void *arg, int error, const char *text)
{
	(void)text;
	answer_all(arg, error == 0);
}

static void on_status_item(void *arg, const union ipc_any *item)
{
	((struct web *)arg)->asked.status = item->status;
}

static void on_status(void *arg, int error, const char *text)
{
	struct web *web = arg;

	(void)text;
	if (error || gateway_link_ask(web->options.link, IPC_METRICS, IPC_METRICS_ITEM,
				      on_metrics_item, on_metrics, web) < 0)
		answer_all(web, false);
}

static void ask(struct web *web)
{
	web->asked.under_way = true;
	if (gateway_link_ask(web->options.link, IPC_STATUS, IPC_STATUS_ITEM, on_status_item,
			     on_status, web) < 0)
		answer_all(web, false);
}

static bool has_token(struct exchange *exchange)
{
	const struct web_settings *settings = exchange->web->options.settings;
	const char *token = exchange_bearer(exchange);

	if (!settings->token_hash_file || (token && api_token_fits(token, settings->token_hash)))
		return true;
	exchange_plain(exchange, MHD_HTTP_UNAUTHORIZED,
		       "Send the token: Authorization: Bearer TOKEN; TokenHashFile= of [Metrics] "
		       "has its hash.\n");
	exchange_add_header(exchange, "WWW-Authenticate", "Bearer realm=\"sluice\"");
	return false;
}

void web_metrics(struct exchange *exchange)
{
	bool get = strcmp(exchange->method, MHD_HTTP_METHOD_GET) == 0 ||
		   strcmp(exchange->method, MHD_HTTP_METHOD_HEAD) == 0;

	if (strcmp(exchange->path, "/metrics") != 0) {
		exchange_plain(exchange, MHD_HTTP_NOT_FOUND, "There is only /metrics here.\n");
	} else if (!get) {
		exchange_plain(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "Not in this way.\n");
		exchange_add_header(exchange, "Allow", "GET, HEAD");
	} else if (has_token(exchange)) {
		web_wait(exchange);
		if (!exchange->web->asked.under_way)
			ask(exchange->web);
	}
}
