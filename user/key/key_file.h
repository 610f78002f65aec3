/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_file.h: the file of a private key: PEM, PKCS #8, Ed25519, not encrypted, for its owner only.
 *
 * Owns: making and loading it. Must not own: what it signs and in whose name (note.h, journal.c,
 * channel_key.h).
 */
#ifndef SLUICE_KEY_FILE_H
#define SLUICE_KEY_FILE_H

#include <openssl/evp.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct key_use: what the key is, in messages.
 * @what: "journal key"
 * @anew: how to come to a new one: "move key and journal aside to begin new ones"
 * @mode: what its file may grant at most
 */
struct key_use {
	const char *what;
	const char *anew;
	mode_t mode;
};

/**
 * key_file_load() - load the key; the caller frees it with EVP_PKEY_free().
 * Return: 0; -ENOENT: no file (no text in @error); -EACCES: others than the owner can use the file,
 * or it belongs to somebody else; -EINVAL: not a plain file with such a key; another negative
 * errno. @error tells the remedy.
 */
int key_file_load(const struct key_use *use, const char *path, EVP_PKEY **ret, char *error,
		  size_t error_size);

/**
 * key_file_create() - make a key and its file; durable when it returns. Never replaces a file:
 * -EEXIST.
 */
int key_file_create(const struct key_use *use, const char *path, EVP_PKEY **ret, char *error,
		    size_t error_size);

#endif
