// SPDX-License-Identifier: Apache-2.0
/*
 * metrics_settings.c: see metrics_settings.h. Owns the table of keys.
 */
#include "metrics_settings.h"

#include <errno.h>

#include "base/cleanup.h"

#define DEFAULT_LISTEN "127.0.0.1:9464"

#define AT(field) offsetof(struct web_settings, field)

const struct setting metrics_settings_keys[] = {
	{ .name = "Listen", .type = SETTING_TEXT, .offset = AT(listen) },
	{ .name = "CertificateFile", .type = SETTING_PATH, .offset = AT(certificate_file) },
	{ .name = "KeyFile", .type = SETTING_SECRET, .offset = AT(key_file) },
	{ .name = "TokenHashFile", .type = SETTING_SECRET, .offset = AT(token_hash_file) },
};
const size_t metrics_settings_n_keys = ARRAY_SIZE(metrics_settings_keys);

int metrics_settings_check(void *arg, struct setting_error *error)
{
	struct web_settings *settings = arg;
	int r = web_settings_check_place(settings, DEFAULT_LISTEN, error);

	if (r < 0)
		return r;
	if (settings->token_hash_file)
		return api_token_hash_read("TokenHashFile", settings->token_hash_file,
					   settings->token_hash, error);
	if (!settings->loopback)
		return setting_refuse(error, -EINVAL,
				      "Listen=%s can be reached from elsewhere: set "
				      "TokenHashFile= to what sluice-gateway --new-token NAME "
				      "prints, or listen on 127.0.0.1",
				      settings->listen);
	return 0;
}
