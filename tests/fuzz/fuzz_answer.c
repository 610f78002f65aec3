// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_answer.c: any bytes as what Slack, the Bot Connector, Microsoft's directory and a webhook
 * answer to what was sent. The first byte says whose answer, and with which status. Where a message
 * stands is one word that goes back into an address; reasons fit, and have no line of their own; and
 * tokens go nowhere but to whom they belong. Sources: fuzz_answer.c user/notifier/notifier_*.c
 * user/slack/slack_api.c user/teams/{teams_answer,bot_credential}.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "notifier/notifier.h"
#include "slack/slack_api.h"
#include "teams/bot_settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SLACK	"https://slack.com"
#define SERVICE "https://smba.trafficmanager.net"

static struct {
	http_done_fn done;
	void *arg;
	unsigned int sent;
} world;

static struct bot_settings bot = { .app_id = (char *)"a",
				   .tenant = (char *)"t",
				   .secret = (char *)"s",
				   .channel = (char *)"19:c",
				   .scope = (char *)"x",
				   .service_url = (char *)SERVICE "/emea/",
				   .service = { .origin = SERVICE },
				   .token_url = "https://login.microsoftonline.com/t/oauth2/v2.0/token" };
static struct slack_settings slack = { .token = (char *)"xoxb-1",
				       .api_url = (char *)SLACK "/api",
				       .channel = (char *)"C1",
				       .api = { .origin = SLACK } };

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static bool begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool is_at(const char *url, const char *origin)
{
	return strncasecmp(url, origin, strlen(origin)) == 0 && strchr("/?#", url[strlen(origin)]);
}

int http_send(struct http *http, const struct http_target *target,
	      const struct http_message *message, http_done_fn done, void *arg,
	      struct http_transfer **ret)
{
	(void)http;
	(void)message;
	expect(begins(target->url, SERVICE "/emea/v3/conversations") ||
	       begins(target->url, SLACK "/") || begins(target->url, "https://login.") ||
	       is_at(target->url, "https://hooks.slack.com"));
	expect(!strpbrk(target->url, " \r\n\t"));
	world.done = done;
	world.arg = arg;
	world.sent++;
	*ret = (struct http_transfer *)&world;
	return 0;
}

void http_cancel(struct http_transfer *transfer)
{
	(void)transfer;
}

static void on_done(void *arg, const struct http_answer *answer)
{
	(void)arg;
	(void)answer;
}

static void on_ready(void *arg, int r, const char *why)
{
	(void)arg;
	expect(r == 0 || why);
}

/* What it says is kept on disk, and the next post goes there. */
static void judge(const struct notifier_ops *ops, void *settings, const struct http_answer *answer,
		  const char *message)
{
	struct notifier_result result = {};
	struct http_transfer *transfer;

	ops->judge(settings, answer, &result);
	expect(memchr(result.text, '\0', sizeof(result.text)) && !strpbrk(result.text, "\r\n"));
	expect(result.outcome <= NOTIFIER_REFUSED && strlen(result.place) < NOTIFIER_PLACE_MAX);
	for (const char *c = result.place; *c; c++)
		expect(*c > ' ' && *c <= '~');
	if (*result.place)
		expect(ops->post(settings, NULL, result.place, message, on_done, NULL, &transfer) == 0);
}

static void answer_bot(const struct http_answer *answer)
{
	judge(&notifier_bot, &bot, answer, "{}");
}

static void answer_slack(const struct http_answer *answer)
{
	char error[128] = "";
	json_t *root = slack_api_read(answer, error, sizeof(error));
	const char *url = json_string_value(json_object_get(root, "url"));
	char ret[URL_MAX];

	expect((root || *error) && !strpbrk(error, "\r\n"));
	if (url && slack_api_socket(&slack, url, ret) == 0)
		expect(begins(ret, "https://") && strcasestr(ret, ".slack.com"));
	json_decref(root);
	judge(&notifier_slack, &slack, answer, "{\"text\":\"x\"}");
}

static void answer_webhook(const struct http_answer *answer)
{
	struct notifier_result result = {};

	notifier_webhook.judge(NULL, answer, &result);
	expect(!*result.place && !strpbrk(result.text, "\r\n"));
	notifier_teams.judge(NULL, answer, &result);
	expect(!*result.place && !strpbrk(result.text, "\r\n"));
}

static void answer_credential(const struct http_answer *answer)
{
	const char *token;

	if (bot_credential_prepare(&bot, NULL, on_ready, NULL) == 0)
		bot_credential_forget(&bot);
	else
		world.done(world.arg, answer);
	token = bot_credential_token(&bot);
	expect(!token || (*token && !strpbrk(token, " \r\n")));
	bot_credential_forget(&bot);
}

static void respond(const struct http_answer *answer)
{
	struct http_transfer *transfer;
	unsigned int before = world.sent;

	/* what a payload names, which the signature does not make one of Slack's */
	if (slack_api_respond(&slack, NULL, answer->body, "{}", on_done, NULL, &transfer) < 0)
		expect(world.sent == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(const struct http_answer *) = {
		answer_bot, answer_slack, answer_webhook, answer_credential, respond,
	};
	static const long statuses[] = { 200, 201, 202, 400, 401, 403, 412, 429, 500, 0 };
	struct http_answer answer = { .error = "no answer" };
	char *text;

	if (size < 1)
		return 0;
	text = malloc(size);
	expect(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	answer.body = text;
	answer.status = statuses[*data / 8 % 10];
	kinds[*data % 5](&answer);
	free(text);
	return 0;
}
