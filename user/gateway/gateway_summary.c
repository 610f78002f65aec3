// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_summary.c: see gateway_summary.h.
 */
#include "gateway_summary.h"

#include <stdio.h>

void gateway_summary_print(const struct gateway_config *config, const char *path)
{
	printf("%s: %zu channel%s\n", path, config->n, config->n == 1 ? "" : "s");
	for (size_t i = 0; i < config->n; i++)
		printf("%s\n", config->notifiers[i].name);
	for (size_t i = 0; i < config->n_sinks; i++)
		printf("journal to %s\n", config->sinks[i].name);
	if (config->web && config->web->issuer)
		printf("page at %s\n", config->web->public.origin);
	if (config->bot)
		printf("bot at %s/api/messages\n", config->web->public.origin);
	if (config->clients.n)
		printf("API at %s/api/v1\n", config->web->public.origin);
	if (config->metrics)
		printf("metrics at %s://%s/metrics\n",
		       config->metrics->certificate ? "https" : "http", config->metrics->listen);
	for (size_t i = 0; i < config->clients.n; i++)
		printf("client %s: %s%s\n", config->clients.list[i]->name,
		       config->clients.list[i]->scopes_text,
		       api_client_expired(config->clients.list[i]) ? ", expired" : "");
}
