/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshkey.c: see sshkey.h. Owns no state.
 */
#include "sshkey.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "sshwire.h"

#define HASH 32
/* In a line of SSHKEY_LINE_MAX: the longest kind, a space, the base64 of the largest blob. */
_Static_assert(sizeof(SSHKEY_SK_ED25519) + BASE64_SIZE(SSHKEY_BLOB_MAX) <= SSHKEY_LINE_MAX, "line");
_Static_assert(sizeof("SHA256:") + BASE64_SIZE(HASH) - 2 <= SSHKEY_FINGERPRINT_MAX, "fingerprint");

static const struct {
	const char *start, *why;
} kinds_refused[] = {
	{ "ssh-rsa", "is an RSA key; make one with ssh-keygen -t ed25519" },
	{ "rsa-sha2-", "is an RSA key; make one with ssh-keygen -t ed25519" },
	{ "ssh-dss", "is a DSA key; make one with ssh-keygen -t ed25519" },
	{ "ecdsa-sha2-", "is an ECDSA key; make one with ssh-keygen -t ed25519" },
	{ "sk-ecdsa-sha2-", "is an ECDSA key; make one with ssh-keygen -t ed25519-sk" },
	{ "sk-ssh-ed25519-cert", "is a certificate; use the key itself" },
	{ "ssh-ed25519-cert", "is a certificate; use the key itself" },
	{ "-----BEGIN", "is the private half; use the line of the file that ends in .pub" },
};

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EBADMSG;
}

static int refuse_kind(const char *kind, size_t length, const char **ret_why)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds_refused); i++) {
		size_t start = strlen(kinds_refused[i].start);

		if (length >= start && !strncmp(kind, kinds_refused[i].start, start))
			return refuse(ret_why, kinds_refused[i].why);
	}
	return refuse(ret_why,
		      "does not begin with ssh-ed25519 or sk-ssh-ed25519@openssh.com; copy "
		      "the line of the .pub file, without options or names before it");
}

int sshkey_from_blob(const uint8_t *blob, size_t size, struct sshkey *ret, const char **ret_why)
{
	struct sshwire wire = { blob, size }, kind, application;
	struct sshkey key = { .blob_size = size };

	if (size > sizeof(key.blob) || !sshwire_string(&wire, &kind))
		return refuse(ret_why, "is no public key; copy the line of the .pub file whole");
	key.sk = sshwire_is(&kind, SSHKEY_SK_ED25519);
	if (!key.sk && !sshwire_is(&kind, SSHKEY_ED25519))
		return refuse_kind((const char *)kind.at, kind.left, ret_why);
	if (!sshwire_fixed(&wire, key.point, sizeof(key.point)))
		return refuse(ret_why, "is cut off; copy the line of the .pub file whole");
	if (key.sk && (!sshwire_string(&wire, &application) ||
		       !sshwire_text(&application, key.application, sizeof(key.application)) ||
		       strncmp(key.application, "ssh:", 4) != 0))
		return refuse(ret_why,
			      "is of a security key that was not made for ssh; make one with "
			      "ssh-keygen -t ed25519-sk");
	if (wire.left)
		return refuse(ret_why, "has bytes behind its end; copy the line of the .pub file");
	memcpy(key.blob, blob, size);
	*ret = key;
	return 0;
}

int sshkey_from_line(const char *line, struct sshkey *ret, const char **ret_why)
{
	size_t kind = strcspn(line, " "), length;
	const char *text = line[kind] ? line + kind + 1 : "";
	bool sk = !strncmp(line, SSHKEY_SK_ED25519, kind) && kind == strlen(SSHKEY_SK_ED25519);
	uint8_t blob[SSHKEY_BLOB_MAX];
	struct sshkey key = { .sk = false };
	ssize_t n;
	int r;

	if (!sk && (kind != strlen(SSHKEY_ED25519) || strncmp(line, SSHKEY_ED25519, kind) != 0))
		return refuse_kind(line, kind, ret_why);
	length = strcspn(text, " \t");
	n = base64_decode(text, length, blob, sizeof(blob));
	if (n < 0)
		return refuse(ret_why,
			      "holds no whole base64 behind its kind; copy the line of the "
			      ".pub file whole");
	r = sshkey_from_blob(blob, (size_t)n, &key, ret_why);
	if (r < 0)
		return r;
	if (key.sk != sk)
		return refuse(ret_why,
			      "says another kind than it is; copy the line of the .pub file");
	*ret = key;
	return 0;
}

bool sshkey_equal(const struct sshkey *a, const struct sshkey *b)
{
	return a->blob_size == b->blob_size && !memcmp(a->blob, b->blob, a->blob_size);
}

int sshkey_fingerprint(const struct sshkey *key, char ret[SSHKEY_FINGERPRINT_MAX])
{
	char text[BASE64_SIZE(HASH)];
	uint8_t hash[HASH];

	if (EVP_Digest(key->blob, key->blob_size, hash, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	base64_encode(hash, sizeof(hash), text);
	text[strcspn(text, "=")] = '\0';
	snprintf(ret, SSHKEY_FINGERPRINT_MAX, "SHA256:%s", text);
	return 0;
}

void sshkey_line(const struct sshkey *key, char ret[SSHKEY_LINE_MAX])
{
	char text[BASE64_SIZE(SSHKEY_BLOB_MAX)];

	base64_encode(key->blob, key->blob_size, text);
	snprintf(ret, SSHKEY_LINE_MAX, "%s %s", key->sk ? SSHKEY_SK_ED25519 : SSHKEY_ED25519, text);
}
