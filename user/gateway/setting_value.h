/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setting_value.h: the value of a key, from its text to the settings of its section.
 *
 * Owns: what each kind of value accepts. Must not own: which keys there are, lines
 * (gateway_config.c).
 */
#ifndef SLUICE_SETTING_VALUE_H
#define SLUICE_SETTING_VALUE_H

#include "setting.h"

/* @settings: that @key is of. Return: 0, or a negative errno with @error. */
int setting_set(const struct setting *key, const char *text, void *settings,
		struct setting_error *error);

#endif
