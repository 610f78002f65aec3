/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setting.h: one key of a section in gateway.conf, as a table has it.
 *
 * Owns: the kinds of values. Must not own: reading them (setting_value.h), or what they mean.
 */
#ifndef SLUICE_SETTING_H
#define SLUICE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SETTING_SECRET: of a file with a secret: a path, or the name of a credential (secret_path()) */
enum setting_type {
	SETTING_PATH,
	SETTING_SECRET,
	SETTING_TEXT,
	SETTING_NUMBER,
	SETTING_SECONDS,
	SETTING_FLAG
};

/**
 * struct setting: one key.
 * @offset: in the section's settings, of a char * (path, secret, text), uint64_t (number, seconds)
 * or bool
 * @min, @max: of a number or seconds
 * @required: the section is refused without it
 */
struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;
	uint64_t min;
	uint64_t max;
	bool required;
};

/*
 * Why settings are refused: what is wrong and the remedy, without file and line. Begins with
 * "Key=" when one key is to blame.
 */
struct setting_error {
	char text[512];
};

/* Frees the texts that @keys name in @settings. */
void setting_free_texts(void *settings, const struct setting *keys, size_t n);

/* Of a key that names a file, may be NULL. Return: 0, or a negative errno with @error. */
int setting_check_readable(const char *key, const char *path, struct setting_error *error);

/* Writes the text. Return: @r. */
__attribute__((format(printf, 3, 4))) int setting_refuse(struct setting_error *error, int r,
							 const char *format, ...);

#endif
