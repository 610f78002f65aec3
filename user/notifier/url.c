// SPDX-License-Identifier: Apache-2.0
/*
 * url.c: see url.h. The parser is libcurl's, the same that will connect.
 */
#include "url.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

static void free_curl(char **text)
{
	curl_free(*text);
}

static void free_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static bool is_loopback(const char *host)
{
	unsigned int a, b, c, d;
	char end;

	return strcmp(host, "[::1]") == 0 ||
	       (sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &end) == 4 && a == 127 &&
		b < 256 && c < 256 && d < 256);
}

static bool has(CURLU *url, CURLUPart part)
{
	_cleanup_(free_curl) char *text = NULL;

	return curl_url_get(url, part, &text, 0) == CURLUE_OK;
}

static int write_origin(CURLU *url, const char *host, struct url *ret)
{
	_cleanup_(free_curl) char *port = NULL;
	const char *scheme = ret->plain ? "http" : "https";
	int n;

	if (curl_url_get(url, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) == CURLUE_OK)
		n = snprintf(ret->origin, sizeof(ret->origin), "%s://%s:%s", scheme, host, port);
	else
		n = snprintf(ret->origin, sizeof(ret->origin), "%s://%s", scheme, host);
	for (char *c = ret->origin; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return n < (int)sizeof(ret->origin) ? 0 : -EINVAL;
}

/* libcurl guesses at slashes that are missing or too many; whoever else reads it may not. */
static bool has_slashes(const char *text)
{
	size_t scheme = strcspn(text, ":");

	return strncmp(text + scheme, "://", 3) == 0 && text[scheme + 3] != '/';
}

int url_parse(const char *text, struct url *ret)
{
	_cleanup_(free_url) CURLU *url = curl_url();
	_cleanup_(free_curl) char *scheme = NULL;
	_cleanup_(free_curl) char *host = NULL;
	_cleanup_(free_curl) char *path = NULL;

	if (!url)
		return -ENOMEM;
	if (strlen(text) >= URL_MAX || !has_slashes(text) ||
	    curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK)
		return -EINVAL;
	if (has(url, CURLUPART_USER))
		return -EPERM;
	if (strcasecmp(scheme, "http") != 0 && strcasecmp(scheme, "https") != 0)
		return -EPROTONOSUPPORT;
	*ret = (struct url){
		.plain = strcasecmp(scheme, "http") == 0,
		.loopback = is_loopback(host),
		.bare = strcmp(path, "/") == 0 && !has(url, CURLUPART_QUERY) &&
			!has(url, CURLUPART_FRAGMENT),
	};
	return write_origin(url, host, ret);
}

char *url_escape(const char *text, size_t size)
{
	_cleanup_(free_curl) char *escaped =
		size ? curl_easy_escape(NULL, text, (int)size) : curl_easy_escape(NULL, "", 0);

	return escaped ? strdup(escaped) : NULL;
}
