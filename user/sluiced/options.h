/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h: the command line of sluiced.
 *
 * Owns: names of the options and their help. Must not own: what they bring about (sluiced.c).
 */
#ifndef SLUICE_OPTIONS_H
#define SLUICE_OPTIONS_H

#include <stdbool.h>

/* Strings are not owned. */
struct options {
	const char *conf;
	const char *control;
	const char *gateway;
	bool detach;
	bool release;
	bool new_key;
};

/**
 * options_parse() - fill @options, which holds the defaults, from the command line.
 * Help, the version and what is wrong are printed here. Return: -1 to go on, else the exit status.
 */
int options_parse(int argc, char **argv, struct options *options);

#endif
