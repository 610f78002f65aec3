// SPDX-License-Identifier: Apache-2.0
/*
 * reach.c: see reach.h.
 */
#include "reach.h"

#include <errno.h>
#include <stdlib.h>

void reach_clear(struct reach *reach)
{
	free(reach->ca_file);
	free(reach->proxy);
	*reach = (struct reach){};
}

int reach_check_ca(const struct reach *reach, struct setting_error *error)
{
	return setting_check_readable("CAFile", reach->ca_file, error);
}

int reach_check_proxy(const struct reach *reach, bool plain, struct setting_error *error)
{
	if (!plain || !reach->proxy)
		return 0;
	return setting_refuse(error, -EINVAL,
			      "Proxy= cannot be used together with a plain http URL");
}

int reach_check_scheme(const struct reach *reach, const char *key, const char *text,
		       const struct url *url, struct setting_error *error)
{
	if (url->plain && !url->loopback)
		return setting_refuse(error, -EINVAL, "%s=%s must be https", key, text);
	if (url->plain && !reach->allow_loopback_http)
		return setting_refuse(error, -EINVAL,
				      "%s=%s is plain http; for a test on this machine set "
				      "AllowLoopbackHttp=yes",
				      key, text);
	return 0;
}

struct http_target reach_target(const struct reach *reach, const char *url, bool plain)
{
	return (struct http_target){
		.url = url,
		.ca_file = reach->ca_file,
		.proxy = reach->proxy,
		.timeout_s = (unsigned int)reach->timeout_s,
		.plain = plain,
	};
}
