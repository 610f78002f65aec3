// SPDX-License-Identifier: Apache-2.0
/*
 * setting_value.c: see setting_value.h.
 */
#include "setting_value.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "secret.h"

static int set_text(const struct setting *key, const char *text, char **field,
		    struct setting_error *error)
{
	if (!*text)
		return setting_refuse(error, -EINVAL, "%s= is empty; leave the line out",
				      key->name);
	if (key->type == SETTING_PATH && *text != '/')
		return setting_refuse(error, -EINVAL, "%s=%s must be an absolute path", key->name,
				      text);
	if (key->type == SETTING_SECRET)
		return secret_path(key->name, text, field, error);
	*field = strdup(text);
	return *field ? 0 : setting_refuse(error, -ENOMEM, "not enough memory");
}

static int set_number(const struct setting *key, const char *text, uint64_t *field,
		      struct setting_error *error)
{
	bool time = key->type == SETTING_SECONDS;
	uint64_t number = 0;
	int r = time ? text_to_seconds(text, key->max, &number)
		     : text_to_number(text, key->max, &number);

	if (r < 0 || number < key->min)
		return setting_refuse(error, -EINVAL, "%s=%s must be %s from %llu to %llu",
				      key->name, text,
				      time ? "a time in seconds (20, 20s, 1min)" : "a number",
				      (unsigned long long)key->min, (unsigned long long)key->max);
	*field = number;
	return 0;
}

static int set_flag(const struct setting *key, const char *text, bool *field,
		    struct setting_error *error)
{
	if (text_to_bool(text, field) < 0)
		return setting_refuse(error, -EINVAL, "%s=%s must be yes or no", key->name, text);
	return 0;
}

int setting_set(const struct setting *key, const char *text, void *settings,
		struct setting_error *error)
{
	void *field = (char *)settings + key->offset;

	switch (key->type) {
	case SETTING_PATH:
	case SETTING_SECRET:
	case SETTING_TEXT:
		return set_text(key, text, field, error);
	case SETTING_NUMBER:
	case SETTING_SECONDS:
		return set_number(key, text, field, error);
	case SETTING_FLAG:
		return set_flag(key, text, field, error);
	}
	return -EINVAL;
}
