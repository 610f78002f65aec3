// SPDX-License-Identifier: Apache-2.0
/*
 * web_strict.c: see web_strict.h. Owns the table of headers that there may be one of.
 */
#include "web_strict.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

#define TOKEN                                                                                      \
	"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char *const single[] = {
	MHD_HTTP_HEADER_HOST,	       MHD_HTTP_HEADER_CONTENT_LENGTH,
	MHD_HTTP_HEADER_TRANSFER_ENCODING, MHD_HTTP_HEADER_CONTENT_TYPE,
	MHD_HTTP_HEADER_AUTHORIZATION, MHD_HTTP_HEADER_ORIGIN,
};
enum { LENGTH = 1, ENCODING = 2 }; /* of these */

/* @count: of each of them */
struct reading {
	unsigned int count[ARRAY_SIZE(single)];
	bool chunked;
	bool bad;
};

static enum MHD_Result read_header(void *arg, enum MHD_ValueKind kind, const char *name,
				   size_t name_size, const char *value, size_t value_size)
{
	struct reading *reading = arg;

	(void)kind;
	if (!name_size || strspn(name, TOKEN) != name_size ||
	    (value && memchr(value, '\0', value_size)))
		reading->bad = true;
	for (size_t i = 0; i < ARRAY_SIZE(single); i++) {
		if (strcasecmp(name, single[i]) != 0)
			continue;
		if (++reading->count[i] > 1)
			reading->bad = true;
		if (i == ENCODING)
			reading->chunked = value && strcasecmp(value, "chunked") == 0;
	}
	return MHD_YES;
}

bool web_is_strict(struct MHD_Connection *connection, const char *version)
{
	struct reading reading = { .bad = false };

	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, read_header, &reading);
	if (reading.bad)
		return false;
	if (!reading.count[ENCODING])
		return true;
	return reading.chunked && !reading.count[LENGTH] &&
	       strcmp(version, MHD_HTTP_VERSION_1_1) == 0;
}

size_t web_unescape(void *arg, struct MHD_Connection *connection, char *text)
{
	size_t size = MHD_http_unescape(text);

	(void)arg;
	(void)connection;
	for (size_t i = 0; i < size; i++)
		if (!text[i])
			text[i] = '\1';
	return size;
}
