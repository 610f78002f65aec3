// SPDX-License-Identifier: Apache-2.0
/*
 * channel_key.c: see channel_key.h. Owns the table of channels.
 */
#include "channel_key.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "channel_decision.h"
#include "key_file.h"
#include "sshsig.h"

#define FILE_PREFIX "channel-"
#define FILE_SUFFIX ".key"

const struct channel_kind channel_kinds[] = {
	{ "web", "A3", "oidc entra" },
	{ "teams", "A2", "entra" },
	{ "slack", "A2", "slack" },
	{ "api", "A1", "client" },
	{ NULL, NULL, NULL },
};

#define N_CHANNELS (ARRAY_SIZE(channel_kinds) - 1)

struct channel_keys {
	EVP_PKEY *private[N_CHANNELS];
	struct sshkey public[N_CHANNELS];
};

/*
 * systemd hands credentials over read-only, and lets the service's user in by a list whose mask
 * shows as the group's rights.
 */
static const struct key_use uses[] = {
	{ .what = "channel key",
	  .anew = "move it aside to begin a new one, and put that into the policy",
	  .mode = 0600 },
	{ .what = "channel key", .anew = "hand another one over as the credential", .mode = 0640 },
};

/* Return: the caller's to free, or NULL without memory. */
static char *key_path(const char *folder, const char *channel)
{
	char *path = NULL;

	return asprintf(&path, "%s/" FILE_PREFIX "%s" FILE_SUFFIX, folder, channel) < 0 ? NULL
											: path;
}

static int load_credential(const char *channel, EVP_PKEY **ret, char *error, size_t error_size)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	_cleanup_free_ char *path = NULL;

	if (!folder)
		return -ENOENT;
	path = key_path(folder, channel);
	if (!path)
		return -ENOMEM;
	return key_file_load(&uses[1], path, ret, error, error_size);
}

static int load_or_make(const char *folder, const char *channel, EVP_PKEY **ret, char *error,
			size_t error_size)
{
	_cleanup_free_ char *path = NULL;
	int r = load_credential(channel, ret, error, error_size);

	if (r != -ENOENT)
		return r;
	path = key_path(folder, channel);
	if (!path)
		return -ENOMEM;
	r = key_file_load(&uses[0], path, ret, error, error_size);
	return r == -ENOENT ? key_file_create(&uses[0], path, ret, error, error_size) : r;
}

/* The public half as people's keys are written: kind and point. */
static int public_of(EVP_PKEY *private, struct sshkey *ret)
{
	static const uint8_t start[] = "\0\0\0\013" SSHKEY_ED25519 "\0\0\0\040";
	uint8_t blob[sizeof(start) - 1 + SSHKEY_POINT];
	size_t size = SSHKEY_POINT;
	const char *why;

	memcpy(blob, start, sizeof(start) - 1);
	if (EVP_PKEY_get_raw_public_key(private, blob + sizeof(start) - 1, &size) != 1 ||
	    size != SSHKEY_POINT)
		return -EIO;
	return sshkey_from_blob(blob, sizeof(blob), ret, &why) < 0 ? -EIO : 0;
}

int channel_keys_load(const char *folder, struct channel_keys **ret, char *error,
		      size_t error_size)
{
	struct channel_keys *keys = calloc(1, sizeof(*keys));
	int r = keys ? 0 : -ENOMEM;

	snprintf(error, error_size, "cannot use the channel keys");
	for (size_t i = 0; r == 0 && i < N_CHANNELS; i++) {
		r = load_or_make(folder, channel_kinds[i].name, &keys->private[i], error,
				 error_size);
		if (r == 0)
			r = public_of(keys->private[i], &keys->public[i]);
	}
	if (r < 0)
		channel_keys_free(keys);
	else
		*ret = keys;
	return r;
}

struct channel_keys *channel_keys_free(struct channel_keys *keys)
{
	for (size_t i = 0; keys && i < N_CHANNELS; i++)
		EVP_PKEY_free(keys->private[i]);
	free(keys);
	return NULL;
}

static ssize_t find(const char *channel)
{
	for (size_t i = 0; i < N_CHANNELS; i++)
		if (!strcmp(channel_kinds[i].name, channel))
			return (ssize_t)i;
	return -ENOKEY;
}

int channel_keys_public(const struct channel_keys *keys, const char *channel, struct sshkey *ret)
{
	ssize_t i = find(channel);

	if (i < 0)
		return (int)i;
	*ret = keys->public[i];
	return 0;
}

int channel_keys_derive(const struct channel_keys *keys, const char *channel, const char *purpose,
			uint8_t ret[CHANNEL_KEY_DERIVED])
{
	uint8_t private[SSHKEY_POINT];
	size_t size = sizeof(private);
	unsigned int length = CHANNEL_KEY_DERIVED;
	ssize_t i = find(channel);
	bool done;

	if (i < 0)
		return (int)i;
	done = EVP_PKEY_get_raw_private_key(keys->private[i], private, &size) == 1 &&
	       HMAC(EVP_sha256(), private, (int)size, (const unsigned char *)purpose,
		    strlen(purpose), ret, &length);
	explicit_bzero(private, sizeof(private));
	return done ? 0 : -EIO;
}

int channel_keys_sign(const struct channel_keys *keys, const char *channel, const char *text,
		      char *ret, size_t size)
{
	ssize_t i = find(channel);

	if (i < 0)
		return (int)i;
	if (size < SSHSIG_TEXT_MAX)
		return -ENOSPC;
	return sshsig_make(keys->private[i], &keys->public[i], CHANNEL_NAMESPACE, text,
			   strlen(text), ret);
}
