/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshsig.h: signatures that ssh-keygen -Y sign makes (OpenSSH, PROTOCOL.sshsig).
 *
 *	signature = "-----BEGIN SSH SIGNATURE-----" LF 1*( base64 LF ) "-----END SSH SIGNATURE-----"
 *[LF] base64 of = "SSHSIG" uint32(1) string(key) string(namespace) string(reserved) string(hash)
 *		    string(signature)
 *	signed    = "SSHSIG" string(namespace) string(reserved) string(hash) string(H(message))
 *	a security key signs SHA256(application) || flags || uint32(counter) || SHA256(signed)
 *
 * Owns: these bytes and what they prove: that the holder of a key signed this message for this
 * namespace, and for a security key that somebody touched it. Must not own: whose the key is, and
 * what the message says (statement.h).
 *
 * Narrower than ssh-keygen: Ed25519 only, SHA-512 or SHA-256, nothing reserved, touch required.
 */
#ifndef SLUICE_SSHSIG_H
#define SLUICE_SSHSIG_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "sshkey.h"

#define SSHSIG_BLOB_MAX	     1400 /* an RSA key is to be refused by its name */
#define SSHSIG_NAMESPACE_MAX 64
#define SSHSIG_SIGNATURE     64
#define SSHSIG_TEXT_MAX	     600 /* of one that sshsig_make() writes, with the NUL */

/**
 * struct sshsig: a signature that was read, not yet verified.
 * @hash: name of the hash over the message
 * @flags, @counter: of a security key
 */
struct sshsig {
	struct sshkey key;
	char namespace[SSHSIG_NAMESPACE_MAX];
	char hash[8];
	uint8_t signature[SSHSIG_SIGNATURE];
	uint8_t flags;
	uint32_t counter;
};

/*
 * Both: @ret_why: what is wrong and the remedy, a sentence whose subject is the signature.
 * Return: 0 or -EBADMSG.
 */
int sshsig_from_blob(const uint8_t *blob, size_t size, struct sshsig *ret, const char **ret_why);
int sshsig_from_text(const char *text, struct sshsig *ret, const char **ret_why);

/* Return: 0; -EBADMSG for another namespace; -EKEYREJECTED; -ENOMEM. */
int sshsig_verify(const struct sshsig *signature, const char *namespace, const void *message,
		  size_t size, const char **ret_why);

/*
 * Signs as ssh-keygen -Y sign does with the plain Ed25519 key @private, whose public half is @key.
 * @ret: the text of it, room for SSHSIG_TEXT_MAX. Return: 0; -EINVAL; -EIO.
 */
int sshsig_make(EVP_PKEY *private, const struct sshkey *key, const char *namespace,
		const void *message, size_t size, char *ret);

#endif
