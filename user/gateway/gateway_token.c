// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_token.c: see gateway_token.h. Owns no state.
 */
#include "gateway_token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/api_client.h"
#include "base/log.h"
#include "base/text.h"

int gateway_token_print(const char *client)
{
	char token[API_TOKEN_MAX], hash[2 * API_HASH_SIZE + 1];

	if (!text_is_name(client, "")) {
		log_error("a client's name is made of small letters, digits, '-', '_' and '.', a "
			  "letter first");
		return -EINVAL;
	}
	if (api_token_make(token, hash) < 0)
		return log_error_errno(-EIO, "no random numbers");
	fprintf(stderr,
		"The token of %s, which is shown this once:\n\n    %s\n\n"
		"Put the line on standard output, its SHA-256, into a file (root:sluice-gateway, "
		"0640), and into gateway.conf:\n\n    [Client %s]\n    TokenHashFile=FILE\n"
		"    Scopes=read\n",
		client, token, client);
	explicit_bzero(token, sizeof(token));
	puts(hash);
	return 0;
}
