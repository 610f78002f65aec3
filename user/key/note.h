/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.h: signed notes and their keys, in the public transparency-log form (C2SP signed-note,
 * Ed25519 = type 0x01).
 *
 *	note  = text LF 1*( "— " name SP base64(id(4) || signature) LF )	text ends with LF
 *	id    = SHA-256( name || LF || type || public key )[:4]
 *	A witness's signature is id(4) || time(8) || signature, of "cosignature/v1" LF "time " time
 *	LF text.
 *	vkey  = name "+" hex(id) "+" base64( type || public key )
 *
 * Owns: these bytes. Must not own: what the text says (journal_checkpoint.h), where a key lies
 * (key_file.h).
 */
#ifndef SLUICE_NOTE_H
#define SLUICE_NOTE_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NOTE_KEY_ID 4
#define NOTE_PUBLIC_KEY 32
#define NOTE_NAME_MAX 256 /* bytes of a key name, with the NUL */
#define NOTE_MARK "\xe2\x80\x94 " /* em dash and space, before each signature */

struct note_key;

/*
 * A name is 1 to 255 bytes of printable ASCII without space and "+" (narrower than the format
 * allows: what is printed to people cannot hide anything). Returns 0 or -EINVAL.
 */
int note_check_name(const char *name);

/*
 * @pkey: Ed25519 private key; a reference of its own is taken. -EINVAL: the name or the kind of
 * key.
 */
int note_key_new(const char *name, EVP_PKEY *pkey, struct note_key **ret);
/* A key that can only verify. -EINVAL: not a vkey, not Ed25519, or its id does not belong to it. */
int note_key_parse(const char *vkey, struct note_key **ret);
/* The same of a witness (C2SP tlog-cosignature, type 0x04): for note_verify_witness() only. */
int note_key_parse_witness(const char *vkey, struct note_key **ret);
/* The same from the raw bytes of the key. */
int note_key_from_public(const char *name, const uint8_t public_key[NOTE_PUBLIC_KEY],
			 struct note_key **ret);
struct note_key *note_key_free(struct note_key *key);

const char *note_key_name(const struct note_key *key);
const char *note_key_vkey(const struct note_key *key);
const uint8_t *note_key_public(const struct note_key *key); /* NOTE_PUBLIC_KEY bytes */
const uint8_t *note_key_id(const struct note_key *key);	    /* NOTE_KEY_ID bytes */

/* @text ends with LF. The note is NUL-terminated, the caller frees it. */
int note_sign(const struct note_key *key, const char *text, char **ret_note);
/* Puts one more signature behind those of @note, which is replaced by the longer one. */
int note_cosign(const struct note_key *key, char **note);

struct note_info {
	size_t text_size;    /* bytes of the text, its last LF included */
	unsigned int all;    /* signatures, by whatever keys */
};

/**
 * note_verify() - check the form of a note and the signature by one key.
 * Return: 0; -EBADMSG: not a note; -ENOKEY: no signature by @key (@ret_info is filled);
 * -EKEYREJECTED: its signature is wrong.
 */
int note_verify(const char *note, size_t size, const struct note_key *key,
		struct note_info *ret_info);

/*
 * The same for the signature of a witness, which is about a time as well. @ret_time_s: since 1970.
 * Return: as note_verify(), or -ENOMEM.
 */
int note_verify_witness(const char *note, size_t size, const struct note_key *key,
			uint64_t *ret_time_s, struct note_info *ret_info);

#endif
