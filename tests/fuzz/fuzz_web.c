// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_web.c: any bytes on a connection to the gateway's own server, through libmicrohttpd to page,
 * API, bot and Slack: requests, headers, cookies, queries and forms. Somebody is signed in, and a
 * client of the API has a token, both with secrets that the corpus knows. What reaches sluiced came
 * by POST with one of these, and is within the rule; nothing that Slack has not signed is looked
 * into. Sources: fuzz_web.c user/web/{web,web_exchange,web_route,web_request,...}.c user/api/.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api_stream.h"
#include "web/web_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DIGEST	"3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"
#define SESSION "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define FORM	"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define TOKEN	"sluice_fuzz"
#define TURNS	12
#define MOST_TURNS 100

static struct world {
	struct event_base *base;
	struct web_settings *settings;
	struct web *web;
	struct api_client client;
	struct api_clients clients;
	struct gateway_requests *requests;
	struct sockaddr_in address;
	gateway_decided_fn decided;
	void *decided_arg;
	const uint8_t *data;
	size_t size;
} world;

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static bool came_with(const char *text)
{
	return memmem(world.data, world.size, text, strlen(text)) != NULL;
}

static int wait_for(gateway_decided_fn decided, void *arg)
{
	if (world.decided)
		return -EBUSY;
	world.decided = decided;
	world.decided_arg = arg;
	return 0;
}

int gateway_link_decide(struct gateway_link *link, const struct channel_decision *decision,
			const char *evidence, gateway_decided_fn decided, void *arg)
{
	const struct ipc_decide *answer = &decision->statement.answer;
	bool web = !strcmp(decision->channel, "web");

	(void)link;
	expect(came_with("POST ") && *evidence == '{');
	expect(web ? came_with(SESSION) && came_with(FORM) : came_with(TOKEN));
	expect(decision->tier <= (web ? WEB_TIER_FRESH : 1));
	expect(!strcmp(answer->id, decision->statement.revoke ? "r-done" : "r-open"));
	expect(!answer->approve || (answer->scope >= IPC_SCOPE_ONCE && answer->scope <= IPC_SCOPE_PROCESS) ||
	       !web);
	expect(!(answer->approve && decision->statement.revoke));
	expect(!web || answer->duration_s <= 300);
	return wait_for(decided, arg);
}

int gateway_link_submit(struct gateway_link *link, const struct ipc_signed *answer,
			gateway_decided_fn decided, void *arg)
{
	(void)link;
	(void)answer;
	expect(came_with("POST ") && came_with(TOKEN));
	return wait_for(decided, arg);
}

int gateway_link_ask(struct gateway_link *link, enum ipc_type type, enum ipc_type item,
		     gateway_item_fn got, gateway_decided_fn decided, void *arg)
{
	(void)link;
	(void)type;
	(void)item;
	(void)got;
	(void)decided;
	(void)arg;
	abort(); /* for [Metrics] only */
}

bool gateway_link_connected(const struct gateway_link *link)
{
	(void)link;
	return true;
}

/* There is no identity provider. */
int http_send(struct http *http, const struct http_target *target,
	      const struct http_message *message, http_done_fn done, void *arg,
	      struct http_transfer **ret)
{
	(void)http;
	(void)target;
	(void)message;
	(void)done;
	(void)arg;
	(void)ret;
	return -ECONNREFUSED;
}

void http_cancel(struct http_transfer *transfer)
{
	(void)transfer;
}

void bot_receive(struct bot *bot, const char *authorization, const char *body, size_t size,
		 bot_reply_fn reply, void *arg)
{
	(void)bot;
	(void)authorization;
	expect(body[size] == '\0');
	reply(arg, 401, NULL);
}

void slack_take(struct slack *slack, const json_t *payload, json_t *way, slack_reply_fn reply,
		void *arg)
{
	(void)slack;
	(void)payload;
	(void)way;
	(void)reply;
	(void)arg;
	abort(); /* nobody here signs */
}

static void add_request(const char *id, enum ipc_state state)
{
	static struct ipc_request request;

	request = (struct ipc_request){
		.digest = DIGEST,
		.host = "h",
		.boot = "6f8d9a4e-1c2b-4a5d-8e7f-0123456789ab",
		.action = "egress",
		.waiting = "hold",
		.scope = "process",
		.duration_s = 300,
		.approvals_needed = 1,
		.expires_ms = UINT64_C(4102444800000),
		.state = (uint8_t)state,
		.revocable = state == IPC_APPROVED,
	};
	snprintf(request.id, sizeof(request.id), "%s", id);
	if (state == IPC_PENDING)
		gateway_requests_opened(world.requests, &request);
	else
		gateway_requests_closed(world.requests, &request);
}

static void sign_in(void)
{
	const struct account account = { ACCOUNT_OIDC, "https://idp.example", "erin" };
	struct session *session;

	if (sessions_find(world.web->sessions, SESSION, true))
		return;
	session = sessions_begin(world.web->sessions, &account, "Erin", strdup("{}"), 0);
	expect(session);
	memcpy(session->id, SESSION, sizeof(SESSION));
	memcpy(session->token, FORM, sizeof(FORM));
	session->expires_s = session->fresh_until_s = UINT64_MAX;
}

static void set_up_client(void)
{
	static const char token[] = TOKEN;

	snprintf(world.client.name, sizeof(world.client.name), "fuzz");
	world.client.scopes = API_READ | API_DECIDE | API_EVENTS;
	world.client.tier = 1;
	world.client.rate = UINT32_MAX;
	expect(EVP_Digest(token, strlen(token), world.client.hash, NULL, EVP_sha256(), NULL) == 1);
	world.clients.list[0] = &world.client;
	world.clients.n = 1;
}

static void set_up(void)
{
	struct web_options options = { .clients = &world.clients,
				       .bot = (void *)&world,
				       .slack = (void *)&world,
				       .slack_secret = "8f742231b10e8888abcd99yyyzzz85a5" };
	socklen_t length = sizeof(world.address);

	world.base = event_base_new();
	world.settings = web_settings_new();
	expect(world.base && world.settings);
	expect(url_parse("http://127.0.0.1:8080", &world.settings->public) == 0);
	world.settings->issuer = strdup("https://idp.example");
	world.settings->client_id = strdup("sluice");
	world.settings->loopback = true;
	world.address = (struct sockaddr_in){ .sin_family = AF_INET,
					      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	memcpy(&world.settings->address, &world.address, sizeof(world.address));
	world.settings->address_size = sizeof(world.address);
	set_up_client();
	expect(gateway_requests_new(&world.requests) == 0);
	add_request("r-open", IPC_PENDING);
	add_request("r-done", IPC_APPROVED);
	options.base = world.base;
	options.settings = world.settings;
	options.requests = world.requests;
	options.fd = web_listen(world.settings);
	expect(options.fd >= 0 &&
	       getsockname(options.fd, (struct sockaddr *)&world.address, &length) == 0);
	expect(web_new(&options, &world.web) == 0);
}

static void answer_decision(void)
{
	gateway_decided_fn decided = world.decided;

	world.decided = NULL;
	if (decided)
		decided(world.decided_arg, world.size % 3 ? 0 : EPERM, "\"said\" <b>by sluiced</b>");
}

static int dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	expect(fd >= 0 &&
	       connect(fd, (const struct sockaddr *)&world.address, sizeof(world.address)) == 0);
	expect(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	return fd;
}

static unsigned int connections(void)
{
	return crowd_count(&world.web->crowd, (const struct sockaddr *)&world.address);
}

/* No response of ours says that anybody else may read it, or leads to another site. */
static void check_response(char *text, size_t size)
{
	text[size] = '\0';
	expect(!strcasestr(text, "\r\naccess-control-allow"));
	expect(!strstr(text, "\r\nLocation: ") || strstr(text, "\r\nLocation: /"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[65536];
	unsigned int before;
	ssize_t n, all = 0;
	int fd;

	if (!world.web)
		set_up();
	sign_in();
	world.data = data;
	world.size = size;
	before = connections();
	fd = dial();
	if (send(fd, data, size, MSG_NOSIGNAL) < 0)
		size = 0;
	for (int i = 0; i < TURNS; i++) {
		event_base_loop(world.base, EVLOOP_NONBLOCK);
		answer_decision();
		n = recv(fd, text + all, sizeof(text) - 1 - (size_t)all, 0);
		if (n == 0)
			break;
		all += n > 0 ? n : 0;
	}
	check_response(text, (size_t)all);
	close(fd);
	/* whatever came, nothing of it stays, but a stream of events until something is to be said */
	for (int i = 0; i < MOST_TURNS && connections() > before; i++) {
		event_base_loop(world.base, EVLOOP_NONBLOCK);
		answer_decision();
	}
	expect(connections() <= API_STREAMS_OF_CLIENT);
	return 0;
}
