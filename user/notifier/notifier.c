// SPDX-License-Identifier: Apache-2.0
/*
 * notifier.c: see notifier.h. Owns the table of channels and their names.
 */
#include "notifier.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define DEFAULT_MAX_ATTEMPTS 20
#define DEFAULT_HAND_OVER_S  60

#define AT(field)	     offsetof(struct notifier, field)

const struct setting notifier_keys[NOTIFIER_KEYS] = {
	[NOTIFIER_MAX_ATTEMPTS] = { .name = "MaxAttempts",
				    .type = SETTING_NUMBER,
				    .offset = AT(max_attempts),
				    .min = 1,
				    .max = 1000 },
	[NOTIFIER_AFTER] = { .name = "After", .type = SETTING_TEXT, .offset = AT(after) },
	[NOTIFIER_HAND_OVER] = { .name = "HandOverAfter",
				 .type = SETTING_SECONDS,
				 .offset = AT(hand_over_s),
				 .min = 1,
				 .max = SLUICE_MAX_LIMIT_S },
};

static const struct notifier_ops *const kinds[] = {
	&notifier_slack,
	&notifier_teams,
	&notifier_bot,
	&notifier_webhook,
};

const struct notifier_ops *notifier_find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i]->kind, kind) == 0)
			return kinds[i];
	return NULL;
}

/* The kind in lower case, and the name behind a dash; both stand in state files and logs, so they
 * are plain. */
static int make_name(char *out, size_t size, const char *kind, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	int n = snprintf(out, size, "%s%s%s", kind, *name ? "-" : "", name);

	if (n < 0 || (size_t)n >= size)
		return -EINVAL;
	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return strspn(out, plain) == strlen(out) ? 0 : -EINVAL;
}

int notifier_init(struct notifier *notifier, const struct notifier_ops *ops, const char *name)
{
	struct notifier fresh = { .ops = ops,
				  .max_attempts = DEFAULT_MAX_ATTEMPTS,
				  .hand_over_s = DEFAULT_HAND_OVER_S };
	int r;

	r = make_name(fresh.name, sizeof(fresh.name), ops->kind, name);
	if (r < 0)
		return r;
	fresh.settings = calloc(1, ops->settings_size);
	if (!fresh.settings)
		return -ENOMEM;
	ops->defaults(fresh.settings);
	*notifier = fresh;
	return 0;
}

void notifier_clear(struct notifier *notifier)
{
	if (notifier->settings)
		notifier->ops->clear(notifier->settings);
	free(notifier->settings);
	free(notifier->after);
	notifier->settings = NULL;
	notifier->after = NULL;
}

char *notifier_dump(json_t *message)
{
	json_auto_t *root = message;
	char *text;

	if (!root)
		return NULL; /* errno says why */
	text = json_dumps(root, JSON_COMPACT);
	if (!text)
		errno = ENOMEM;
	return text;
}
