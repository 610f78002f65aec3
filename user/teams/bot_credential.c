// SPDX-License-Identifier: Apache-2.0
/*
 * bot_credential.c: see bot_credential.h. Owns the form that is sent: RFC 6749, 4.4, at the address
 * that Microsoft has for one directory.
 */
#include "bot_credential.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "bot_settings.h"
#include "gateway/secret.h"

#define ANSWER_MAX 16384
/* It is got anew so long before it ends. */
#define EARLY_S	   120
#define LIFE_MAX_S 86400

static int64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

void bot_credential_forget(struct bot_settings *settings)
{
	settings->credential.token = secret_free(settings->credential.token);
}

const char *bot_credential_token(const struct bot_settings *settings)
{
	return settings->credential.token;
}

/* Microsoft's own word for what is wrong, when it is a plain one: the rest names the directory. */
static const char *plain_error(const json_t *root)
{
	const char *error = json_string_value(json_object_get(root, "error"));

	if (!error || strlen(error) > 64 ||
	    strspn(error, "abcdefghijklmnopqrstuvwxyz_") != strlen(error))
		return "no reason given";
	return error;
}

static int take(struct bot_credential *credential, const json_t *root)
{
	const char *token = json_string_value(json_object_get(root, "access_token"));
	json_int_t life_s = json_integer_value(json_object_get(root, "expires_in"));

	if (!token || !*token || strpbrk(token, " \r\n") || life_s <= EARLY_S ||
	    life_s > LIFE_MAX_S)
		return -EBADMSG;
	secret_free(credential->token);
	credential->token = strdup(token);
	credential->good_until_s = now_s() + life_s - EARLY_S;
	return credential->token ? 0 : -ENOMEM;
}

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct bot_settings *settings = arg;
	struct bot_credential *credential = &settings->credential;
	json_auto_t *root = NULL;
	char why[256] = "";
	int r = -EACCES;

	credential->transfer = NULL;
	if (!answer->cut)
		root = json_loads(answer->body, JSON_REJECT_DUPLICATES, NULL);
	if (answer->status == 200)
		r = take(credential, root);
	if (r < 0 && answer->status)
		snprintf(why, sizeof(why), "Microsoft gives the bot no token: HTTP %ld, %s",
			 answer->status, plain_error(root));
	else if (r < 0)
		snprintf(why, sizeof(why), "Microsoft gives the bot no token: %s", answer->error);
	credential->ready(credential->arg, r, why);
}

static int write_form(const struct bot_settings *settings, char **ret)
{
	_cleanup_free_ char *id = url_escape(settings->app_id, strlen(settings->app_id));
	_cleanup_free_ char *secret = url_escape(settings->secret, strlen(settings->secret));
	_cleanup_free_ char *scope = url_escape(settings->scope, strlen(settings->scope));
	int n = -1;

	if (id && secret && scope)
		n = asprintf(ret,
			     "grant_type=client_credentials&client_id=%s&client_secret=%s&scope=%s",
			     id, secret, scope);
	if (secret)
		explicit_bzero(secret, strlen(secret));
	return n < 0 ? -ENOMEM : 0;
}

static int ask(struct bot_settings *settings, struct http *http)
{
	struct http_target target = bot_settings_target(settings, settings->token_url);
	struct http_message message = {
		.type = "application/x-www-form-urlencoded",
		.answer_max = ANSWER_MAX,
	};
	char *form = NULL;
	int r = write_form(settings, &form);

	if (r < 0)
		return r;
	message.body = form;
	r = http_send(http, &target, &message, on_answer, settings, &settings->credential.transfer);
	secret_free(form);
	return r;
}

int bot_credential_prepare(void *arg, struct http *http, notifier_ready_fn ready, void *ready_arg)
{
	struct bot_settings *settings = arg;
	struct bot_credential *credential = &settings->credential;
	int r;

	if (credential->token && now_s() < credential->good_until_s)
		return 0;
	bot_credential_forget(settings);
	credential->ready = ready;
	credential->arg = ready_arg;
	r = ask(settings, http);
	return r < 0 ? r : -EINPROGRESS;
}

void bot_credential_cancel(void *arg)
{
	struct bot_settings *settings = arg;

	http_cancel(settings->credential.transfer);
	settings->credential.transfer = NULL;
}
