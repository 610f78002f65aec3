/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_key.h: the file with the host key: PEM, PKCS #8, Ed25519, not encrypted, mode 0600.
 *
 * Owns: making and loading it. Must not own: what it signs and in whose name (note.h, journal.c).
 */
#ifndef SLUICE_JOURNAL_KEY_H
#define SLUICE_JOURNAL_KEY_H

#include <openssl/evp.h>
#include <stddef.h>

/**
 * journal_key_load() - load the key; the caller frees it with EVP_PKEY_free().
 * Return: 0; -ENOENT: no file (no text in @error); -EACCES: others than the owner can use the file,
 * or it belongs to somebody else; -EINVAL: not a plain file with such a key; another negative
 * errno. @error tells the remedy.
 */
int journal_key_load(const char *path, EVP_PKEY **ret, char *error, size_t error_size);

/**
 * journal_key_create() - make a key and its file; durable when it returns. Never replaces a file:
 * -EEXIST.
 */
int journal_key_create(const char *path, EVP_PKEY **ret, char *error, size_t error_size);

#endif
