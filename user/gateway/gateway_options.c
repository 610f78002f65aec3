// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_options.c: see gateway_options.h. Owns the table of options.
 */
#include "gateway_options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "gateway_config.h"

#ifndef SLUICE_VERSION
#define SLUICE_VERSION "development"
#endif

#define STATE_FOLDER "/var/lib/sluice-gateway"

enum {
	OPTION_SOCKET = 256,
	OPTION_STATE,
	OPTION_CHECK,
	OPTION_TEST_CARD,
	OPTION_PRINT_KEYS,
	OPTION_NEW_TOKEN
};

static const struct argp_option argp_options[] = {
	{ "config", 'c', "FILE", 0, "settings (" GATEWAY_CONFIG ")", 0 },
	{ "socket", OPTION_SOCKET, "PATH", 0, "socket of sluiced (" IPC_GATEWAY_SOCKET ")", 0 },
	{ "state", OPTION_STATE, "FOLDER", 0,
	  "what was posted, and the channels' keys, are here ($STATE_DIRECTORY or " STATE_FOLDER
	  ")",
	  0 },
	{ "check", OPTION_CHECK, NULL, 0, "check the settings and end", 1 },
	{ "test-card", OPTION_TEST_CARD, NULL, 0,
	  "post a card marked as a test to each channel and end", 1 },
	{ "print-keys", OPTION_PRINT_KEYS, NULL, 0,
	  "print the [Channel] sections for the policy and end", 1 },
	{ "new-token", OPTION_NEW_TOKEN, "NAME", 0,
	  "make a token for a client of the API, print its hash, and end", 1 },
	{ "verbose", 'v', NULL, 0, "log more", 2 },
	{ "help", 'h', NULL, 0, "this text", -1 },
	{ NULL, '?', NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, -1 },
	{ "version", 'V', NULL, 0, "version", -1 },
	{},
};

static error_t on_option(int key, char *value, struct argp_state *state)
{
	struct gateway_options *options = state->input;

	switch (key) {
	case 'c':
		options->config = value;
		return 0;
	case OPTION_SOCKET:
		options->socket = value;
		return 0;
	case OPTION_STATE:
		options->state = value;
		return 0;
	case OPTION_CHECK:
		options->mode = MODE_CHECK;
		return 0;
	case OPTION_TEST_CARD:
		options->mode = MODE_TEST_CARD;
		return 0;
	case OPTION_PRINT_KEYS:
		options->mode = MODE_PRINT_KEYS;
		return 0;
	case OPTION_NEW_TOKEN:
		options->mode = MODE_NEW_TOKEN;
		options->client = value;
		return 0;
	case 'v':
		log_set_level(LOG_DEBUG);
		return 0;
	case 'h':
	case '?':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case 'V':
		puts("sluice-gateway " SLUICE_VERSION);
		exit(EXIT_SUCCESS);
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", value);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void gateway_options_parse(int argc, char **argv, struct gateway_options *ret)
{
	static const struct argp argp = {
		argp_options,
		on_option,
		NULL,
		"Tells people about requests that wait for an approval.\v"
		"Examples:\n"
		"  runuser -u sluice-gateway -- sluice-gateway --check\n"
		"  runuser -u sluice-gateway -- sluice-gateway --test-card\n"
		"  sluice-gateway --print-keys >/etc/sluice/policy.d/90-channels.conf\n"
		"  sluice-gateway --new-token pager >/etc/sluice/pager.hash",
		NULL,
		NULL,
		NULL
	};
	const char *state = getenv("STATE_DIRECTORY");

	*ret = (struct gateway_options){
		.config = GATEWAY_CONFIG,
		.socket = IPC_GATEWAY_SOCKET,
		.state = state ? state : STATE_FOLDER,
	};
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, ret);
}
