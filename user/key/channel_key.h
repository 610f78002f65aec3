/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel_key.h: the keys by which the gateway's channels sign what people answer there: Ed25519,
 * one a channel.
 *
 * Owns: their files, made at the first start, their public halves in words of the policy, and
 * signatures with them in the form of ssh-keygen -Y sign. Must not own: what is signed
 * (channel_decision.h), or what a channel may (policy.h).
 */
#ifndef SLUICE_CHANNEL_KEY_H
#define SLUICE_CHANNEL_KEY_H

#include <stddef.h>

#include "base/account.h"
#include "sshkey.h"

/**
 * struct channel_kind: a channel that the gateway has.
 * @name: of its section in the policy and of its key's file
 * @tier, @accounts: what its section is proposed to have
 */
struct channel_kind {
	const char *name;
	const char *tier;
	const char *accounts;
};

/* Ended by one without a name. */
extern const struct channel_kind channel_kinds[];

/* Bytes of what channel_keys_derive() makes. */
#define CHANNEL_KEY_DERIVED 32

struct channel_keys;

/**
 * channel_keys_load() - the keys of all channel_kinds.
 * From channel-NAME.key in $CREDENTIALS_DIRECTORY, else in @folder, where a missing one is made.
 * @error: a sentence with the remedy on failure
 * Return: 0 or a negative errno.
 */
int channel_keys_load(const char *folder, struct channel_keys **ret, char *error,
		      size_t error_size);
struct channel_keys *channel_keys_free(struct channel_keys *keys); /* returns NULL; accepts NULL */

/* The public half. Return: 0, -ENOKEY for an unknown channel, -EIO. */
int channel_keys_public(const struct channel_keys *keys, const char *channel, struct sshkey *ret);

/**
 * channel_keys_derive() - another secret, for @purpose only, the same as long as the key is.
 * Return: 0, -ENOKEY, -EIO.
 */
int channel_keys_derive(const struct channel_keys *keys, const char *channel, const char *purpose,
			uint8_t ret[CHANNEL_KEY_DERIVED]);

/**
 * channel_keys_sign() - sign @text for CHANNEL_NAMESPACE.
 * @ret: text, as ssh-keygen -Y sign writes it
 * Return: 0, -ENOKEY, -ENOSPC, -EIO.
 */
int channel_keys_sign(const struct channel_keys *keys, const char *channel, const char *text,
		      char *ret, size_t size);

#endif
