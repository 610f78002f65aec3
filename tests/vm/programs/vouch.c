/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vouch.c: a gateway that somebody has taken over: it has the channels' keys and the gateway's own
 * code, and signs whatever it is told to.
 *
 *   vouch FOLDER [WORD=VALUE...]   one decision; FOLDER is the gateway's, with the keys
 *
 * Words: id, subject, and in place of what an honest gateway would say channel (web), tier (3),
 * account (oidc, entra, slack), issuer, digest, verdict (approve, deny), scope (once, process,
 * executable), duration, reason. Prints what sluiced answers. Ends with 0 when it took the
 * decision, else with REFUSED and the errno; USAGE when there was no answer.
 *
 * Owns: this decision. Must not own: any expectation.
 */
#include <event2/event.h>

#include "gateway/gateway_link.h"
#include "gateway/gateway_requests.h"
#include "program.h"

#define PATIENCE_S 30

static struct event_base *base;
static struct gateway_requests *requests;
static struct gateway_link *link_;
static char **words;
static int status = USAGE;

static const char *word(const char *name, const char *otherwise)
{
	size_t length = strlen(name);

	for (char **at = words; *at; at++)
		if (!strncmp(*at, name, length) && (*at)[length] == '=')
			return *at + length + 1;
	return otherwise;
}

static uint8_t scope_of(const char *name, uint8_t otherwise)
{
	static const char *const scopes[] = { "rule", "once", "process", "executable" };

	for (uint8_t i = 0; i < 4; i++)
		if (!strcmp(scopes[i], name))
			return i;
	return otherwise;
}

static enum account_kind kind_of(const char *name)
{
	enum account_kind kind = ACCOUNT_OIDC;

	while (account_kind_names[kind] && strcmp(account_kind_names[kind], name) != 0)
		kind++;
	return kind;
}

static void set(char *field, size_t size, const char *value)
{
	snprintf(field, size, "%s", value);
}

static void fill(struct channel_decision *decision, const struct ipc_request *request)
{
	struct ipc_decide *answer = &decision->statement.answer;
	struct account *account = &decision->account;

	channel_decision_begin(request, decision);
	set(decision->channel, sizeof(decision->channel), word("channel", "web"));
	decision->tier = (unsigned int)atoi(word("tier", "3"));
	account->kind = kind_of(word("account", "oidc"));
	set(account->issuer, sizeof(account->issuer), word("issuer", "https://idp.example"));
	set(account->subject, sizeof(account->subject), word("subject", ""));
	set(answer->digest, sizeof(answer->digest), word("digest", request->digest));
	set(answer->reason, sizeof(answer->reason), word("reason", ""));
	answer->approve = !strcmp(word("verdict", "approve"), "approve");
	answer->scope = scope_of(word("scope", ""), answer->scope);
	answer->duration_s = (uint32_t)atoi(word("duration", "60"));
}

static void on_decided(void *arg, int error, const char *text)
{
	(void)arg;
	puts(text);
	status = error ? REFUSED + error : 0;
	event_base_loopexit(base, NULL);
}

static void on_all(void *arg)
{
	const struct ipc_request *request = gateway_requests_find(requests, word("id", ""));
	struct channel_decision decision;
	int r = -ENOENT;

	(void)arg;
	if (request) {
		fill(&decision, request);
		r = gateway_link_decide(link_, &decision, "{\"acr\":\"mfa\"}", on_decided, NULL);
	}
	if (r < 0) {
		fprintf(stderr, "vouch: nothing was sent: %s\n", strerror(-r));
		event_base_loopexit(base, NULL);
	}
}

static void on_request(void *arg, const struct ipc_request *request)
{
	(void)arg;
	gateway_requests_opened(requests, request);
}

int main(int argc, char **argv)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct gateway_link_options options = { .path = IPC_GATEWAY_SOCKET,
						.on_all = on_all,
						.on_open = on_request,
						.on_closed = on_request };
	struct channel_keys *keys = NULL;
	char error[512] = "FOLDER";

	if (argc < 2 || channel_keys_load(argv[1], &keys, error, sizeof(error)) < 0) {
		fprintf(stderr, "vouch: %s\n", error);
		return USAGE;
	}
	words = argv + 2;
	options.keys = keys;
	base = event_base_new();
	if (!base || gateway_requests_new(&requests) < 0 ||
	    gateway_link_new(base, &options, &link_) < 0)
		return USAGE;
	event_base_loopexit(base, &patience);
	event_base_dispatch(base);
	gateway_link_free(link_);
	gateway_requests_free(requests);
	channel_keys_free(keys);
	event_base_free(base);
	return status;
}
