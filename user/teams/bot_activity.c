// SPDX-License-Identifier: Apache-2.0
/*
 * bot_activity.c: see bot_activity.h. Owns the table of members. JSON's own reader refuses what is
 * no UTF-8, and a NUL in a text.
 */
#include "bot_activity.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define DEPTH	  5
#define AT(field) offsetof(struct bot_activity, field)

static const struct {
	size_t offset;
	const char *path[DEPTH];
} members[] = {
	{ AT(type), { "type" } },
	{ AT(name), { "name" } },
	{ AT(id), { "id" } },
	{ AT(channel), { "channelId" } },
	{ AT(service), { "serviceUrl" } },
	{ AT(person), { "from", "aadObjectId" } },
	{ AT(recipient), { "recipient", "id" } },
	{ AT(conversation), { "conversation", "id" } },
	{ AT(conversation_tenant), { "conversation", "tenantId" } },
	{ AT(tenant), { "channelData", "tenant", "id" } },
	{ AT(card), { "replyToId" } },
	{ AT(action), { "value", "action", "type" } },
	{ AT(verb), { "value", "action", "verb" } },
	{ AT(trigger), { "value", "trigger" } },
	{ AT(request), { "value", "action", "data", "rid" } },
	{ AT(digest), { "value", "action", "data", "d" } },
	{ AT(seal), { "value", "action", "data", "mac" } },
	{ AT(reason), { "value", "action", "data", "reason" } },
	{ AT(limit), { "value", "action", "data", "limit" } },
};

/* Missing, or null, is empty. Return: NULL for what is no text. */
static const char *text_at(const json_t *root, const char *const path[DEPTH])
{
	const json_t *value = root;

	for (size_t i = 0; i < DEPTH && path[i]; i++)
		value = json_object_get(value, path[i]);
	return !value || json_is_null(value) ? "" : json_string_value(value);
}

int bot_activity_parse(const char *text, size_t size, struct bot_activity *ret)
{
	struct bot_activity activity = { .root = json_loadb(text, size, JSON_REJECT_DUPLICATES,
							    NULL) };
	int r = json_is_object(activity.root) ? 0 : -EBADMSG;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(members); i++) {
		const char *value = text_at(activity.root, members[i].path);

		if (!value)
			r = -EBADMSG;
		memcpy((char *)&activity + members[i].offset, &value, sizeof(value));
	}
	if (r < 0)
		bot_activity_clear(&activity);
	else
		*ret = activity;
	return r;
}

void bot_activity_clear(struct bot_activity *activity)
{
	json_decref(activity->root);
	*activity = (struct bot_activity){};
}
