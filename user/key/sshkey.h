/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshkey.h: public keys of people, in the format of OpenSSH.
 *
 * Owns: which kinds are taken, their spelling and fingerprints. Must not own: whose a key is
 * (policy.h), or signatures (sshsig.h).
 *
 * Taken are ssh-ed25519 and sk-ssh-ed25519@openssh.com (a security key that a person touches):
 * one curve, no parameters to choose badly.
 */
#ifndef SLUICE_SSHKEY_H
#define SLUICE_SSHKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSHKEY_ED25519	       "ssh-ed25519"
#define SSHKEY_SK_ED25519      "sk-ssh-ed25519@openssh.com"

#define SSHKEY_POINT	       32
#define SSHKEY_APPLICATION_MAX 64 /* with the NUL; OpenSSH's own is "ssh:" and a few letters */
#define SSHKEY_BLOB_MAX	       160
#define SSHKEY_FINGERPRINT_MAX 52 /* "SHA256:" and 43 characters, with the NUL */
#define SSHKEY_LINE_MAX	       256

/**
 * struct sshkey: a public key.
 * @sk: it lies in a security key, whose signatures say whether it was touched
 * @application: of a security key
 * @blob: its only encoding, by which keys are compared
 */
struct sshkey {
	bool sk;
	uint8_t point[SSHKEY_POINT];
	char application[SSHKEY_APPLICATION_MAX];
	uint8_t blob[SSHKEY_BLOB_MAX];
	size_t blob_size;
};

/*
 * @ret_why: when it is refused: what is wrong and the remedy, a sentence without subject.
 * Return: 0 or -EBADMSG.
 */
int sshkey_from_blob(const uint8_t *blob, size_t size, struct sshkey *ret, const char **ret_why);

/* A line of a .pub file: kind, base64, and perhaps a comment. Options are refused. */
int sshkey_from_line(const char *line, struct sshkey *ret, const char **ret_why);

bool sshkey_equal(const struct sshkey *a, const struct sshkey *b);

/* As ssh-keygen -l shows it: SHA256:…. Return: 0 or -EIO. */
int sshkey_fingerprint(const struct sshkey *key, char ret[SSHKEY_FINGERPRINT_MAX]);

/* Kind and base64, as in a .pub file without a comment. */
void sshkey_line(const struct sshkey *key, char ret[SSHKEY_LINE_MAX]);

#endif
