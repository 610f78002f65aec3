// SPDX-License-Identifier: Apache-2.0
/*
 * note.c: see note.h. Decoding is strict: bytes that decode to the same value but are written in
 * another way are refused, so that no byte of a signed line can change unseen.
 */
#include "note.h"

#include "base/base64.h"
#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NOTE_TYPE_ED25519 0x01
#define NOTE_TYPE_WITNESS 0x04
#define NOTE_SIGNATURE 64
#define NOTE_BLOB (NOTE_KEY_ID + NOTE_SIGNATURE)
#define NOTE_TIME 8
#define NOTE_WITNESS_BLOB (NOTE_BLOB + NOTE_TIME)
#define NOTE_BLOB_MAX 8190 /* room for the larger signatures of other algorithms */
#define NOTE_MARK_SIZE 4

struct note_key {
	char name[NOTE_NAME_MAX];
	uint8_t type;
	uint8_t id[NOTE_KEY_ID];
	uint8_t public_key[NOTE_PUBLIC_KEY];
	char vkey[NOTE_NAME_MAX + 2 * NOTE_KEY_ID + BASE64_SIZE(1 + NOTE_PUBLIC_KEY) + 2];
	EVP_PKEY *pkey;
};

int note_check_name(const char *name)
{
	size_t size = strlen(name);

	if (size == 0 || size >= NOTE_NAME_MAX)
		return -EINVAL;
	for (size_t i = 0; i < size; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '+')
			return -EINVAL;
	return 0;
}

/* Fills id and vkey from name and public key. */
static int key_name_itself(struct note_key *key)
{
	uint8_t input[NOTE_NAME_MAX + 2 + NOTE_PUBLIC_KEY], digest[32];
	size_t name_size = strlen(key->name);
	char encoded[BASE64_SIZE(1 + NOTE_PUBLIC_KEY)];

	memcpy(input, key->name, name_size);
	input[name_size] = '\n';
	input[name_size + 1] = key->type;
	memcpy(input + name_size + 2, key->public_key, NOTE_PUBLIC_KEY);
	if (EVP_Digest(input, name_size + 2 + NOTE_PUBLIC_KEY, digest, NULL, EVP_sha256(), NULL) !=
	    1)
		return -ENOMEM;
	memcpy(key->id, digest, sizeof(key->id));
	base64_encode(input + name_size + 1, 1 + NOTE_PUBLIC_KEY, encoded);
	snprintf(key->vkey, sizeof(key->vkey), "%s+%02x%02x%02x%02x+%s", key->name, key->id[0],
		 key->id[1], key->id[2], key->id[3], encoded);
	return 0;
}

static void note_key_freep(struct note_key **key)
{
	note_key_free(*key);
}

static int fill_key(struct note_key *key, const char *name, uint8_t type, EVP_PKEY *pkey)
{
	size_t size = NOTE_PUBLIC_KEY;

	if (EVP_PKEY_up_ref(pkey) != 1)
		return -ENOMEM;
	key->pkey = pkey;
	key->type = type;
	snprintf(key->name, sizeof(key->name), "%s", name);
	if (EVP_PKEY_get_raw_public_key(pkey, key->public_key, &size) != 1 ||
	    size != NOTE_PUBLIC_KEY)
		return -EINVAL;
	return key_name_itself(key);
}

static int new_key(const char *name, uint8_t type, EVP_PKEY *pkey, struct note_key **ret)
{
	struct note_key *key;
	int r;

	if (note_check_name(name) < 0 || !EVP_PKEY_is_a(pkey, "ED25519"))
		return -EINVAL;
	key = calloc(1, sizeof(*key));
	if (!key)
		return -ENOMEM;
	r = fill_key(key, name, type, pkey);
	if (r < 0) {
		note_key_free(key);
		return r;
	}
	*ret = key;
	return 0;
}

int note_key_new(const char *name, EVP_PKEY *pkey, struct note_key **ret)
{
	return new_key(name, NOTE_TYPE_ED25519, pkey, ret);
}

static int from_public(const char *name, uint8_t type, const uint8_t *public_key,
		       struct note_key **ret)
{
	EVP_PKEY *pkey =
		EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public_key, NOTE_PUBLIC_KEY);
	int r = pkey ? new_key(name, type, pkey, ret) : -EINVAL;

	EVP_PKEY_free(pkey);
	return r;
}

int note_key_from_public(const char *name, const uint8_t public_key[NOTE_PUBLIC_KEY],
			 struct note_key **ret)
{
	return from_public(name, NOTE_TYPE_ED25519, public_key, ret);
}

static int parse_key(const char *vkey, uint8_t type, struct note_key **ret)
{
	_cleanup_(note_key_freep) struct note_key *key = NULL;
	uint8_t bytes[1 + NOTE_PUBLIC_KEY];
	char name[NOTE_NAME_MAX];
	size_t size = strcspn(vkey, "+");
	int r;

	if (size >= sizeof(name) || strlen(vkey + size) < 2 + 2 * NOTE_KEY_ID ||
	    vkey[size + 1 + 2 * NOTE_KEY_ID] != '+')
		return -EINVAL;
	memcpy(name, vkey, size);
	name[size] = '\0';
	vkey += size + 2 + 2 * NOTE_KEY_ID;
	if (base64_decode(vkey, strlen(vkey), bytes, sizeof(bytes)) != sizeof(bytes) ||
	    bytes[0] != type)
		return -EINVAL;
	r = from_public(name, type, bytes + 1, &key);
	if (r < 0)
		return r;
	/* The id in the text must be the one that follows from the key: compare the whole text. */
	if (strcmp(key->vkey, vkey - (size + 2 + 2 * NOTE_KEY_ID)) != 0)
		return -EINVAL;
	*ret = TAKE_PTR(key);
	return 0;
}

int note_key_parse(const char *vkey, struct note_key **ret)
{
	return parse_key(vkey, NOTE_TYPE_ED25519, ret);
}

int note_key_parse_witness(const char *vkey, struct note_key **ret)
{
	return parse_key(vkey, NOTE_TYPE_WITNESS, ret);
}

struct note_key *note_key_free(struct note_key *key)
{
	if (!key)
		return NULL;
	EVP_PKEY_free(key->pkey);
	free(key);
	return NULL;
}

const char *note_key_name(const struct note_key *key)
{
	return key->name;
}

const char *note_key_vkey(const struct note_key *key)
{
	return key->vkey;
}

const uint8_t *note_key_public(const struct note_key *key)
{
	return key->public_key;
}

const uint8_t *note_key_id(const struct note_key *key)
{
	return key->id;
}

static int sign_text(const struct note_key *key, const char *text, size_t text_size,
		     uint8_t *ret_signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = NOTE_SIGNATURE;
	bool ok;

	if (!ctx)
		return -ENOMEM;
	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
	     EVP_DigestSign(ctx, ret_signature, &size, (const unsigned char *)text, text_size) ==
		     1 &&
	     size == NOTE_SIGNATURE;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -EINVAL;
}

/* @before and, behind it, the key's signature of the first @text_size bytes of it. */
static int append_signature(const struct note_key *key, const char *before, size_t text_size,
			    char **ret_note)
{
	uint8_t blob[NOTE_BLOB];
	char encoded[BASE64_SIZE(NOTE_BLOB)];
	int r;

	memcpy(blob, key->id, NOTE_KEY_ID);
	r = sign_text(key, before, text_size, blob + NOTE_KEY_ID);
	if (r < 0)
		return r;
	base64_encode(blob, sizeof(blob), encoded);
	return asprintf(ret_note, "%s%s" NOTE_MARK "%s %s\n", before,
			before[text_size] ? "" : "\n", key->name, encoded) < 0
		       ? -ENOMEM
		       : 0;
}

int note_sign(const struct note_key *key, const char *text, char **ret_note)
{
	size_t size = strlen(text);

	if (size == 0 || text[size - 1] != '\n')
		return -EINVAL;
	return append_signature(key, text, size, ret_note);
}

static bool signature_good(const struct note_key *key, const char *text, size_t size,
			   const uint8_t *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
	       EVP_DigestVerify(ctx, signature, NOTE_SIGNATURE, (const unsigned char *)text,
				size) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

/*
 * One line of signature, without its LF. Returns the bytes of the blob, @ret_mine: it names the
 * key.
 */
static ssize_t parse_signature(const char *line, size_t size, const struct note_key *key,
			       uint8_t *blob, bool *ret_mine)
{
	const char *space;
	ssize_t count;

	if (size < NOTE_MARK_SIZE || memcmp(line, NOTE_MARK, NOTE_MARK_SIZE) != 0)
		return -EBADMSG;
	line += NOTE_MARK_SIZE;
	size -= NOTE_MARK_SIZE;
	space = memchr(line, ' ', size);
	if (!space || space == line)
		return -EBADMSG;
	count = base64_decode(space + 1, size - (size_t)(space + 1 - line), blob, NOTE_BLOB_MAX);
	if (count < 0)
		return count;
	if (count <= NOTE_KEY_ID)
		return -EBADMSG;
	*ret_mine = (size_t)(space - line) == strlen(key->name) &&
		    memcmp(line, key->name, strlen(key->name)) == 0 &&
		    memcmp(blob, key->id, NOTE_KEY_ID) == 0;
	return count;
}

/* Where the text ends: after the LF before the last empty line; 0: there is none. */
static size_t text_end(const char *note, size_t size)
{
	if (size < 2 || note[size - 1] != '\n')
		return 0;
	for (size_t i = size - 1; i > 0; i--)
		if (note[i] == '\n' && note[i - 1] == '\n')
			return i;
	return 0;
}

int note_cosign(const struct note_key *key, char **note)
{
	size_t text_size = text_end(*note, strlen(*note));
	char *longer = NULL;
	int r = text_size ? append_signature(key, *note, text_size, &longer) : -EINVAL;

	if (r < 0)
		return r;
	free(*note);
	*note = longer;
	return 0;
}

/**
 * find_signature() - the one by @key, after a look at the form of all.
 * @mine: gets its blob, which must have @want bytes
 * Return: 0, -ENOKEY: there is none; -EBADMSG.
 */
static int find_signature(const char *note, size_t size, const struct note_key *key, uint8_t *mine,
			  ssize_t want, struct note_info *ret_info)
{
	struct note_info info = { .text_size = text_end(note, size) };
	uint8_t blob[NOTE_BLOB_MAX];
	bool found = false, is_mine;
	const char *end = note + size, *line_end;
	ssize_t count;

	if (info.text_size == 0 || info.text_size + 1 == size || memchr(note, '\0', size))
		return -EBADMSG;
	for (const char *line = note + info.text_size + 1; line < end; line = line_end + 1) {
		line_end = memchr(line, '\n', (size_t)(end - line));
		count = line_end ? parse_signature(line, (size_t)(line_end - line), key, blob,
						   &is_mine)
				 : -EBADMSG;
		if (count < 0)
			return (int)count;
		if (is_mine && (found || count != want))
			return -EBADMSG;
		if (is_mine)
			memcpy(mine, blob, (size_t)want);
		found = found || is_mine;
		info.all++;
	}
	*ret_info = info;
	return found ? 0 : -ENOKEY;
}

int note_verify(const char *note, size_t size, const struct note_key *key,
		struct note_info *ret_info)
{
	uint8_t mine[NOTE_BLOB];
	int r = find_signature(note, size, key, mine, sizeof(mine), ret_info);

	if (r < 0)
		return r;
	return signature_good(key, note, ret_info->text_size, mine + NOTE_KEY_ID) ? 0
										  : -EKEYREJECTED;
}

/* C2SP tlog-cosignature: the time is part of what is signed. @mine: the blob. */
static int check_witness(const struct note_key *key, const char *text, size_t size,
			 const uint8_t *mine, uint64_t time_s)
{
	char *message = NULL;
	int n = asprintf(&message, "cosignature/v1\ntime %" PRIu64 "\n%.*s", time_s, (int)size,
			 text);
	bool good;

	if (n < 0)
		return -ENOMEM;
	good = signature_good(key, message, (size_t)n, mine + NOTE_KEY_ID + NOTE_TIME);
	free(message);
	return good ? 0 : -EKEYREJECTED;
}

int note_verify_witness(const char *note, size_t size, const struct note_key *key,
			uint64_t *ret_time_s, struct note_info *ret_info)
{
	uint8_t mine[NOTE_WITNESS_BLOB];
	int r = find_signature(note, size, key, mine, sizeof(mine), ret_info);

	if (r < 0)
		return r;
	*ret_time_s = 0;
	for (size_t i = 0; i < NOTE_TIME; i++)
		*ret_time_s = *ret_time_s << 8 | mine[NOTE_KEY_ID + i];
	return check_witness(key, note, ret_info->text_size, mine, *ret_time_s);
}
