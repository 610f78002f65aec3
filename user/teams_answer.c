// SPDX-License-Identifier: Apache-2.0
/*
 * teams_answer.c: see teams_answer.h. Owns no state.
 */
#include "teams_answer.h"

#include <jansson.h>
#include <string.h>

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

/* 412: the Bot Connector is busy with that conversation. */
static enum notifier_outcome judge_status(long status)
{
	if (status >= 200 && status < 300)
		return NOTIFIER_DONE;
	if (status == 502 || status == 504)
		return NOTIFIER_UNKNOWN; /* a proxy lost the answer, perhaps not the message */
	if (status >= 500 || status == 408 || status == 412 || status == 425 || status == 429)
		return NOTIFIER_AGAIN;
	return NOTIFIER_REFUSED;
}

void teams_answer_judge(const struct http_answer *answer, struct notifier_result *ret)
{
	long status = answer->status;
	char code[80];

	*ret = (struct notifier_result){ .wait_s = answer->retry_after_s };
	if (status == 0) {
		ret->outcome = answer->maybe_arrived ? NOTIFIER_UNKNOWN : NOTIFIER_AGAIN;
		snprintf(ret->text, sizeof(ret->text), "%s", answer->error);
		return;
	}
	/* Some gateways answer 200 and put the refusal into the text. */
	if (status >= 200 && status < 300 && strstr(answer->body, "HTTP error 429"))
		status = 429;
	ret->outcome = judge_status(status);
	if (ret->outcome == NOTIFIER_DONE)
		return;
	error_code(answer->body, code, sizeof(code));
	snprintf(ret->text, sizeof(ret->text), "HTTP %ld%s%s", status, code,
		 status >= 300 && status < 400
			 ? ": redirects are not followed, the URL must be the final one"
			 : "");
}
