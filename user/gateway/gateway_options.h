/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_options.h: the command line of sluice-gateway.
 *
 * Owns: options and what holds without them. Must not own: settings (gateway_config.h).
 */
#ifndef SLUICE_GATEWAY_OPTIONS_H
#define SLUICE_GATEWAY_OPTIONS_H

enum gateway_mode { MODE_RUN, MODE_CHECK, MODE_TEST_CARD, MODE_PRINT_KEYS, MODE_NEW_TOKEN };

/* @client: of MODE_NEW_TOKEN */
struct gateway_options {
	const char *config;
	const char *socket;
	const char *state;
	const char *client;
	enum gateway_mode mode;
};

/* Ends the program for --help, --version, and what is wrong. */
void gateway_options_parse(int argc, char **argv, struct gateway_options *ret);

#endif
