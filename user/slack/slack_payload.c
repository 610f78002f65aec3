// SPDX-License-Identifier: Apache-2.0
/*
 * slack_payload.c: see slack_payload.h. Owns no state. Members that are not named here are left
 * alone, since Slack adds new ones; those that are must be there once and of their kind.
 */
#include "slack_payload.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "slack_card.h"

#define DIGEST_LENGTH 64
#define LOWER	      "abcdefghijklmnopqrstuvwxyz"
#define UPPER	      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	      "0123456789"

static int refuse(int r, const char **ret_why, const char *why)
{
	*ret_why = why;
	return r;
}

/* The text of a member, or "" for none and for what is no text. */
static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* Return: false for what is empty, too long, or made of other characters. */
static bool take(const char *text, const char *set, char *ret, size_t size)
{
	if (strlen(text) >= size || !text_is_made_of(text, set))
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

/*
 * The user's own team and the one in which this happened must both be ours: in a channel that is
 * shared with another organisation they differ. An app installed for an enterprise gets no team.
 */
static int read_person(const json_t *payload, const char *team, struct slack_payload *ret,
		       const char **ret_why)
{
	const json_t *user = json_object_get(payload, "user");
	const char *here = text_of(json_object_get(payload, "team"), "id");
	const char *why;

	if (json_is_true(json_object_get(payload, "is_enterprise_install")))
		return refuse(
			-EPERM, ret_why,
			"the app is installed for an enterprise; install it in one workspace");
	if (strcmp(here, team) != 0 || strcmp(text_of(user, "team_id"), team) != 0)
		return refuse(-EPERM, ret_why,
			      "only people of the workspace that Team= names are heard");
	if (account_set(ACCOUNT_SLACK, team, text_of(user, "id"), &ret->account, &why) < 0)
		return refuse(-EPERM, ret_why, "it names no user");
	return 0;
}

/* @text: "ID DIGEST" */
static bool read_request(const char *text, struct slack_payload *ret)
{
	const char *space = strchr(text, ' ');
	char id[sizeof(ret->id)];

	if (!space || (size_t)(space - text) >= sizeof(id))
		return false;
	memcpy(id, text, (size_t)(space - text));
	id[space - text] = '\0';
	return take(id, LOWER UPPER DIGITS "-", ret->id, sizeof(ret->id)) &&
	       strlen(space + 1) == DIGEST_LENGTH &&
	       take(space + 1, DIGITS "abcdef", ret->digest, sizeof(ret->digest));
}

/* Return: false for a name that is neither. */
static bool read_verdict(const char *name, struct slack_payload *ret)
{
	ret->approve = strcmp(name, SLACK_APPROVE) == 0;
	ret->revoke = strcmp(name, SLACK_REVOKE) == 0;
	return ret->approve || ret->revoke || strcmp(name, SLACK_DENY) == 0;
}

/* Where it stands is told twice. */
static bool read_message(const json_t *payload, struct slack_payload *ret)
{
	const json_t *container = json_object_get(payload, "container");
	const char *channel = text_of(json_object_get(payload, "channel"), "id");

	return strcmp(text_of(container, "type"), "message") == 0 &&
	       !json_is_true(json_object_get(container, "is_ephemeral")) &&
	       strcmp(channel, text_of(container, "channel_id")) == 0 &&
	       slack_place_set(channel, text_of(container, "message_ts"), &ret->place);
}

static bool read_handles(const json_t *payload, const json_t *action, struct slack_payload *ret)
{
	const char *trigger = text_of(payload, "trigger_id"),
		   *url = text_of(payload, "response_url");

	if (strlen(trigger) >= sizeof(ret->trigger) || strlen(url) >= sizeof(ret->response_url))
		return false;
	memcpy(ret->trigger, trigger, strlen(trigger) + 1);
	memcpy(ret->response_url, url, strlen(url) + 1);
	return take(text_of(action, "action_ts"), DIGITS ".", ret->action_ts,
		    sizeof(ret->action_ts));
}

/* What stands there before anybody chooses may be left out. */
static bool read_limit(const json_t *values, const char *block, struct slack_payload *ret)
{
	const json_t *chosen = json_object_get(json_object_get(values, block), SLACK_LIMIT);
	const char *limit = text_of(json_object_get(chosen, "selected_option"), "value");

	return !*limit || take(limit, LOWER DIGITS " ", ret->limit, sizeof(ret->limit));
}

static const json_t *values_of(const json_t *object)
{
	return json_object_get(json_object_get(object, "state"), "values");
}

static int read_press(const json_t *payload, struct slack_payload *ret, const char **ret_why)
{
	const json_t *actions = json_object_get(payload, "actions");
	const json_t *action = json_array_get(actions, 0);
	const char *name = text_of(action, "action_id");

	if (json_array_size(actions) == 1 && strcmp(name, SLACK_LIMIT) == 0)
		return 0; /* the button tells what was chosen */
	if (json_array_size(actions) != 1 || strcmp(text_of(action, "type"), "button") != 0 ||
	    strcmp(text_of(action, "block_id"), SLACK_DECIDE) != 0)
		return refuse(-EBADMSG, ret_why, "it is not one button of a question");
	if (strcmp(name, SLACK_LOOK) == 0)
		return 0;
	if (!read_verdict(name, ret) || !read_request(text_of(action, "value"), ret))
		return refuse(-EBADMSG, ret_why, "the button is none of ours");
	if (!read_message(payload, ret) || !read_handles(payload, action, ret))
		return refuse(-EBADMSG, ret_why, "it does not say which message it was");
	if (!read_limit(values_of(payload), SLACK_DECIDE, ret))
		return refuse(-EBADMSG, ret_why, "what was chosen is none of ours");
	ret->step = SLACK_PRESSED;
	return 0;
}

/* Of "VERDICT ID DIGEST". */
static bool read_metadata(const char *text, struct slack_payload *ret)
{
	char verdict[16];
	size_t length = strcspn(text, " ");

	if (!text[length] || length >= sizeof(verdict))
		return false;
	memcpy(verdict, text, length);
	verdict[length] = '\0';
	return read_verdict(verdict, ret) && read_request(text + length + 1, ret);
}

static int read_form(const json_t *payload, struct slack_payload *ret, const char **ret_why)
{
	const json_t *view = json_object_get(payload, "view");
	const json_t *values = values_of(view);
	const json_t *input = json_object_get(json_object_get(values, SLACK_REASON), SLACK_REASON);
	const char *reason = text_of(input, "value");

	if (strcmp(text_of(view, "type"), "modal") != 0 ||
	    strcmp(text_of(view, "callback_id"), SLACK_REASON) != 0 ||
	    !read_metadata(text_of(view, "private_metadata"), ret) ||
	    !read_limit(values, SLACK_LIMIT, ret))
		return refuse(-EBADMSG, ret_why, "the form is none of ours");
	ret->step = SLACK_FILLED;
	if (strlen(reason) >= sizeof(ret->reason))
		return refuse(-E2BIG, ret_why, "The reason is too long; shorten it.");
	memcpy(ret->reason, reason, strlen(reason) + 1);
	return 0;
}

int slack_payload_read(const json_t *payload, const char *team, struct slack_payload *ret,
		       const char **ret_why)
{
	static const struct {
		const char *type;
		int (*read)(const json_t *, struct slack_payload *, const char **);
	} kinds[] = {
		{ "block_actions", read_press },
		{ "view_submission", read_form },
	};
	const char *type = text_of(payload, "type");
	int r;

	*ret = (struct slack_payload){ .step = SLACK_NOTHING };
	if (!json_is_object(payload))
		return refuse(-EBADMSG, ret_why, "it is no JSON object");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].type, type) != 0)
			continue;
		r = read_person(payload, team, ret, ret_why);
		return r < 0 ? r : kinds[i].read(payload, ret, ret_why);
	}
	return 0;
}
