// SPDX-License-Identifier: Apache-2.0
/*
 * teams_answer.c: see teams_answer.h. Owns no state.
 */
#include "teams_answer.h"

#include <jansson.h>
#include <string.h>

#include "notifier/notifier_answer.h"

/* The error code of an Azure answer, {"error":{"code":"…"}}, when it is a plain word. */
static void error_code(const char *body, char *out, size_t size)
{
	json_t *root = json_loads(body, 0, NULL);
	const char *code =
		json_string_value(json_object_get(json_object_get(root, "error"), "code"));

	out[0] = '\0';
	if (code && strlen(code) < 64 &&
	    strspn(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") ==
		    strlen(code))
		snprintf(out, size, " %s", code);
	json_decref(root);
}

void teams_answer_judge(const struct http_answer *answer, struct notifier_result *ret)
{
	struct http_answer read = *answer;
	size_t length;

	/* Some gateways answer 200 and put the refusal into the text. */
	if (notifier_answer_outcome(answer) == NOTIFIER_DONE &&
	    strstr(answer->body, "HTTP error 429"))
		read.status = 429;
	notifier_answer_judge(&read, ret);
	if (read.status == 412) /* the Bot Connector is busy with that conversation */
		ret->outcome = NOTIFIER_AGAIN;
	if (read.status == 0 || ret->outcome == NOTIFIER_DONE)
		return;
	length = strlen(ret->text);
	error_code(answer->body, ret->text + length, sizeof(ret->text) - length);
}
