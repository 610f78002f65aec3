/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c: see options.h.
 */
#include "options.h"

#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "clean.h"
#include "ipc.h"

static void usage(FILE *out)
{
	fputs("Usage: sluiced [OPTION]\n"
	      "Stops labeled data from leaving until a person has said yes.\n\n"
	      "  -c, --config FILE    policy and settings (/etc/sluice/sluice.conf; policy.d "
	      "beside it is read too)\n"
	      "      --control PATH   socket for sluice (" IPC_CONTROL_SOCKET ")\n"
	      "      --gateway PATH   socket for sluice-gateway (" IPC_GATEWAY_SOCKET ")\n"
	      "      --release        wake every held process, as a failed one, and exit\n"
	      "      --new-key        give the journal of a stopped daemon another host key, and "
	      "exit\n"
	      "      --detach         end all enforcement and exit\n"
	      "  -v, --verbose        more messages\n"
	      "  -h, --help           this text\n"
	      "  -V, --version        version\n\n"
	      "Examples:\n"
	      "  systemctl enable --now sluiced\n"
	      "  systemctl stop sluiced && sluiced --detach\n",
	      out);
}

enum { OPT_CONTROL = 256, OPT_GATEWAY, OPT_RELEASE, OPT_DETACH, OPT_NEW_KEY, OPT_INHERIT };

int options_parse(int argc, char **argv, struct options *options)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "control", required_argument, NULL, OPT_CONTROL },
		{ "gateway", required_argument, NULL, OPT_GATEWAY },
		{ "release", no_argument, NULL, OPT_RELEASE },
		{ "detach", no_argument, NULL, OPT_DETACH },
		{ "new-key", no_argument, NULL, OPT_NEW_KEY },
		{ CLEAN_OPTION, required_argument, NULL, OPT_INHERIT },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:vhV", table, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->conf = optarg;
			break;
		case OPT_CONTROL:
			options->control = optarg;
			break;
		case OPT_GATEWAY:
			options->gateway = optarg;
			break;
		case OPT_RELEASE:
			options->release = true;
			break;
		case OPT_DETACH:
			options->detach = true;
			break;
		case OPT_NEW_KEY:
			options->new_key = true;
			break;
		case OPT_INHERIT:
			if (!clean_inherit(optarg))
				break;
			usage(stderr);
			return 2;
		case 'v':
			log_set_level(LOG_DEBUG);
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("sluiced " SLUICE_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	log_error("sluiced takes no argument '%s'; see --help", argv[optind]);
	return 2;
}
