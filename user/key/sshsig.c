/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshsig.c: see sshsig.h. Owns no state. Every byte of the envelope is fixed by its form, compared,
 * or covered by the signature.
 */
#include "sshsig.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "sshwire.h"

#define MAGIC		"SSHSIG"
#define BEGIN		"-----BEGIN SSH SIGNATURE-----\n"
#define END		"-----END SSH SIGNATURE-----"
#define LINE_MAX_BASE64 76 /* ssh-keygen breaks lines at 70, older ones at 76 */
#define LINE_BASE64	70
#define FLAG_TOUCHED	1  /* FIDO: user present */
#define HASH_MAX	64

/* "SSHSIG" and four strings */
#define SIGNED_MAX (sizeof(MAGIC) + 4 * 4 + SSHSIG_NAMESPACE_MAX + 8 + HASH_MAX)
/* the same with version, a plain key, and its signature within strings, instead of the hash */
#define MADE_MAX (SIGNED_MAX + 64 + 4 * 4 + sizeof(SSHKEY_ED25519) + SSHSIG_SIGNATURE)
_Static_assert(sizeof(BEGIN) + sizeof(END) + BASE64_SIZE(MADE_MAX) + MADE_MAX / 50 <=
		       SSHSIG_TEXT_MAX,
	       "text");

/* Bytes being put together. */
struct out {
	uint8_t bytes[MADE_MAX];
	size_t size;
};

static const struct {
	const char *name;
	const EVP_MD *(*md)(void);
} hashes[] = { { "sha512", EVP_sha512 }, { "sha256", EVP_sha256 } };

static int refuse(const char **ret_why, int error, const char *why)
{
	*ret_why = why;
	return error;
}

static const EVP_MD *find_hash(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (!strcmp(hashes[i].name, name))
			return hashes[i].md();
	return NULL;
}

/* The innermost string: kind, 64 bytes, and of a security key flags and counter. */
static bool read_signature(struct sshwire wire, struct sshsig *ret)
{
	struct sshwire kind;

	if (!sshwire_string(&wire, &kind) ||
	    !sshwire_is(&kind, ret->key.sk ? SSHKEY_SK_ED25519 : SSHKEY_ED25519) ||
	    !sshwire_fixed(&wire, ret->signature, sizeof(ret->signature)))
		return false;
	if (ret->key.sk && (!sshwire_u8(&wire, &ret->flags) || !sshwire_u32(&wire, &ret->counter)))
		return false;
	return !wire.left;
}

int sshsig_from_blob(const uint8_t *blob, size_t size, struct sshsig *ret, const char **ret_why)
{
	struct sshwire wire = { blob, size }, key, namespace, reserved, hash, inner;
	struct sshsig signature = { .flags = 0 };
	uint32_t version;

	if (size < strlen(MAGIC) || memcmp(blob, MAGIC, strlen(MAGIC)) != 0)
		return refuse(ret_why, -EBADMSG, "is none of ssh-keygen -Y sign");
	wire.at += strlen(MAGIC);
	wire.left -= strlen(MAGIC);
	if (!sshwire_u32(&wire, &version) || version != 1)
		return refuse(ret_why, -EBADMSG, "has another version than 1");
	if (!sshwire_string(&wire, &key) || !sshwire_string(&wire, &namespace) ||
	    !sshwire_string(&wire, &reserved) || !sshwire_string(&wire, &hash) ||
	    !sshwire_string(&wire, &inner) || wire.left)
		return refuse(ret_why, -EBADMSG, "is cut off or has bytes behind its end");
	if (sshkey_from_blob(key.at, key.left, &signature.key, ret_why) < 0)
		return refuse(
			ret_why, -EBADMSG,
			"is of a kind of key that is not taken; sign with one of ssh-keygen -t "
			"ed25519 or ed25519-sk");
	if (reserved.left)
		return refuse(ret_why, -EBADMSG, "uses a field that is reserved");
	if (!sshwire_text(&namespace, signature.namespace, sizeof(signature.namespace)))
		return refuse(ret_why, -EBADMSG, "is made for something else (its namespace)");
	if (!sshwire_text(&hash, signature.hash, sizeof(signature.hash)) ||
	    !find_hash(signature.hash))
		return refuse(ret_why, -EBADMSG, "uses another hash than SHA-512 or SHA-256");
	if (!read_signature(inner, &signature))
		return refuse(ret_why, -EBADMSG, "does not fit its own key");
	*ret = signature;
	return 0;
}

int sshsig_from_text(const char *text, struct sshsig *ret, const char **ret_why)
{
	char base64[BASE64_SIZE(SSHSIG_BLOB_MAX)];
	uint8_t blob[SSHSIG_BLOB_MAX];
	size_t used = 0, line;
	ssize_t n;

	if (strncmp(text, BEGIN, strlen(BEGIN)) != 0)
		return refuse(ret_why, -EBADMSG, "does not begin as one of ssh-keygen -Y sign");
	for (text += strlen(BEGIN); strncmp(text, END, strlen(END)) != 0; text += line + 1) {
		line = strcspn(text, "\n");
		if (!text[line] || !line || line > LINE_MAX_BASE64 || used + line >= sizeof(base64))
			return refuse(ret_why, -EBADMSG, "is cut off, or its lines are too long");
		memcpy(base64 + used, text, line);
		used += line;
	}
	text += strlen(END);
	if (strcmp(text, "\n") != 0 && *text)
		return refuse(ret_why, -EBADMSG, "has text behind its end");
	n = base64_decode(base64, used, blob, sizeof(blob));
	if (n < 0)
		return refuse(ret_why, -EBADMSG, "is no base64");
	return sshsig_from_blob(blob, (size_t)n, ret, ret_why);
}

static void put(struct out *out, const void *bytes, size_t size)
{
	memcpy(out->bytes + out->size, bytes, size);
	out->size += size;
}

static void put_u32(struct out *out, uint32_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
				  (uint8_t)(value >> 8), (uint8_t)value };

	put(out, bytes, sizeof(bytes));
}

static void put_string(struct out *out, const void *bytes, size_t size)
{
	put_u32(out, (uint32_t)size);
	put(out, bytes, size);
}

static int put_signed(struct out *out, const struct sshsig *signature, const void *message,
		      size_t size)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned int hash_size = 0;

	if (EVP_Digest(message, size, hash, &hash_size, find_hash(signature->hash), NULL) != 1)
		return -ENOMEM;
	put(out, MAGIC, strlen(MAGIC));
	put_string(out, signature->namespace, strlen(signature->namespace));
	put_string(out, "", 0);
	put_string(out, signature->hash, strlen(signature->hash));
	put_string(out, hash, hash_size);
	return 0;
}

/* What the security key has signed, which is not the text itself. */
static int put_of_security_key(struct out *out, const struct sshsig *signature)
{
	const char *application = signature->key.application;
	uint8_t whole[32], who[32];

	if (EVP_Digest(out->bytes, out->size, whole, NULL, EVP_sha256(), NULL) != 1 ||
	    EVP_Digest(application, strlen(application), who, NULL, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	out->size = 0;
	put(out, who, sizeof(who));
	put(out, &signature->flags, 1);
	put_u32(out, signature->counter);
	put(out, whole, sizeof(whole));
	return 0;
}

/* Return: 1 when it is right, 0 when not, -ENOMEM. */
static int verify_ed25519(const struct sshsig *signature, const struct out *out)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, signature->key.point,
						       SSHKEY_POINT);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = -ENOMEM;

	if (key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1)
		r = EVP_DigestVerify(ctx, signature->signature, SSHSIG_SIGNATURE, out->bytes,
				     out->size) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return r;
}

int sshsig_verify(const struct sshsig *signature, const char *namespace, const void *message,
		  size_t size, const char **ret_why)
{
	struct out out = { .size = 0 };
	int r;

	if (strcmp(signature->namespace, namespace) != 0)
		return refuse(
			ret_why, -EBADMSG,
			"is made for something else (its namespace); sign what sluice approve "
			"--print says, in the way that sluice(1) says");
	if (signature->key.sk && !(signature->flags & FLAG_TOUCHED))
		return refuse(ret_why, -EKEYREJECTED,
			      "was made without a touch of the security key; make a key without "
			      "no-touch-required");
	r = put_signed(&out, signature, message, size);
	if (!r && signature->key.sk)
		r = put_of_security_key(&out, signature);
	if (!r)
		r = verify_ed25519(signature, &out);
	if (r < 0)
		return refuse(ret_why, r, "cannot be checked: no memory; try again");
	return r ? 0
		 : refuse(ret_why, -EKEYREJECTED, "is wrong: this key did not sign this statement");
}

static int sign_ed25519(EVP_PKEY *private, const struct out *out, uint8_t ret[SSHSIG_SIGNATURE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = SSHSIG_SIGNATURE;
	int r = -EIO;

	if (ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, private) == 1 &&
	    EVP_DigestSign(ctx, ret, &size, out->bytes, out->size) == 1 &&
	    size == SSHSIG_SIGNATURE)
		r = 0;
	EVP_MD_CTX_free(ctx);
	return r;
}

static void put_envelope(struct out *out, const struct sshsig *signature)
{
	struct out inner = { .size = 0 };

	put_string(&inner, SSHKEY_ED25519, strlen(SSHKEY_ED25519));
	put_string(&inner, signature->signature, sizeof(signature->signature));
	put(out, MAGIC, strlen(MAGIC));
	put_u32(out, 1);
	put_string(out, signature->key.blob, signature->key.blob_size);
	put_string(out, signature->namespace, strlen(signature->namespace));
	put_string(out, "", 0);
	put_string(out, signature->hash, strlen(signature->hash));
	put_string(out, inner.bytes, inner.size);
}

static void write_text(const struct out *out, char *ret)
{
	char base64[BASE64_SIZE(MADE_MAX)];
	const char *at = base64;
	size_t used = (size_t)snprintf(ret, SSHSIG_TEXT_MAX, "%s", BEGIN);

	base64_encode(out->bytes, out->size, base64);
	for (; *at; at += strnlen(at, LINE_BASE64))
		used += (size_t)snprintf(ret + used, SSHSIG_TEXT_MAX - used, "%.*s\n", LINE_BASE64,
					 at);
	snprintf(ret + used, SSHSIG_TEXT_MAX - used, "%s\n", END);
}

int sshsig_make(EVP_PKEY *private, const struct sshkey *key, const char *namespace,
		const void *message, size_t size, char *ret)
{
	struct sshsig signature = { .key = *key, .hash = "sha512" };
	struct out out = { .size = 0 }, envelope = { .size = 0 };

	if (key->sk || strlen(namespace) >= sizeof(signature.namespace))
		return -EINVAL;
	memcpy(signature.namespace, namespace, strlen(namespace) + 1);
	if (put_signed(&out, &signature, message, size) < 0 ||
	    sign_ed25519(private, &out, signature.signature) < 0)
		return -EIO;
	put_envelope(&envelope, &signature);
	write_text(&envelope, ret);
	return 0;
}
