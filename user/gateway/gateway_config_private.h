/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_config_private.h: what the files of gateway_config.h share: the reading in progress.
 */
#ifndef SLUICE_GATEWAY_CONFIG_PRIVATE_H
#define SLUICE_GATEWAY_CONFIG_PRIVATE_H

#include "gateway_config.h"

#define MAX_KEYS 24

/* What the section that is open is made of. @notifier: of a channel, else NULL. */
struct config_section {
	const char *kind;
	const struct setting *keys;
	size_t n_keys;
	void *settings;
	struct notifier *notifier;
	int (*check)(void *settings, struct setting_error *error);
};

/* The load in progress. @lines: where each key of the open section was set; the last entries are
 * of notifier_keys. */
struct config_load {
	const char *path;
	FILE *file;
	unsigned int line;
	int r;
	struct gateway_config *config;
	struct gateway_config_error *error;
	struct config_section section;
	unsigned int section_line;
	unsigned int lines[MAX_KEYS + NOTIFIER_KEYS];
};

/* Keeps the first error; returns it. @line: 0: of the whole file */
__attribute__((format(printf, 4, 5))) int config_refuse(struct config_load *load, unsigned int line,
							int r, const char *format, ...);

/* @kind, @name: of the title; @name may be empty. Return: 0 or a negative errno, refused. */
int config_open_section(struct config_load *load, const char *kind, const char *name);

#endif
