// SPDX-License-Identifier: Apache-2.0
/* test_note.c: signed notes against published vectors, and every way to bend one. */
#include "journal_fixture.h"
#include "key/note.h"

#include <errno.h>

#define VECTORS "tests/data/journal/journal.jsonl"
#define HOST_VKEY "host42.example.com/journal+2fb3f368+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define WITNESS_VKEY "witness.example.org/w1+443ac403+BBdFU7RW3d/GkI7KscEB/mqyHiuqBhd5W31DpjSCmT/V"

/* The vectors' host key: the seed is 00 01 02 ... 1f. */
static struct note_key *host_key(void)
{
	uint8_t seed[32];
	struct note_key *key = NULL;
	EVP_PKEY *pkey;

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, sizeof(seed));
	assert_non_null(pkey);
	assert_int_equal(note_key_new(ORIGIN, pkey, &key), 0);
	EVP_PKEY_free(pkey);
	return key;
}

static json_t *vector_note(const struct bytes *file, size_t line)
{
	struct bytes bytes = line_at(file, line);
	json_t *json = json_loadb(bytes.at, bytes.size - 1, 0, NULL), *note;

	note = json_incref(json_object_get(json, "checkpoint"));
	assert_non_null(note);
	json_decref(json);
	return note;
}

static void test_vkey(void **state)
{
	static const uint8_t id[NOTE_KEY_ID] = { 0x2f, 0xb3, 0xf3, 0x68 };
	struct note_key *key = host_key(), *parsed = NULL;

	(void)state;
	assert_string_equal(note_key_vkey(key), HOST_VKEY);
	assert_memory_equal(note_key_id(key), id, NOTE_KEY_ID);
	assert_int_equal(note_key_parse(HOST_VKEY, &parsed), 0);
	assert_string_equal(note_key_name(parsed), ORIGIN);
	assert_string_equal(note_key_vkey(parsed), HOST_VKEY);
	assert_memory_equal(note_key_public(parsed), note_key_public(key), NOTE_PUBLIC_KEY);
	note_key_free(parsed);
	note_key_free(key);
}

static void test_vkey_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"+",
		ORIGIN,
		WITNESS_VKEY, /* another type of key */
		"host43.example.com/journal+2fb3f368+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
		ORIGIN "+2fb3f369+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
		ORIGIN "+2FB3F368+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
		ORIGIN "+2fb3f368+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG",
		ORIGIN "+2fb3f368+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4AAAA",
		ORIGIN "+2fb3f368+ AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
	};
	struct note_key *key = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(note_key_parse(bad[i], &key), -EINVAL);
	assert_null(key);
	assert_int_equal(note_check_name("a/b"), 0);
	assert_int_equal(note_check_name(""), -EINVAL);
	assert_int_equal(note_check_name("a b"), -EINVAL);
	assert_int_equal(note_check_name("a+b"), -EINVAL);
	assert_int_equal(note_check_name("a\xe2\x80\x8b"), -EINVAL);
}

/*
 * The host's signature line over the checkpoints of size 7 and 10 is the published one, byte by
 * byte.
 */
static void test_sign_vectors(void **state)
{
	static const size_t lines[] = { 8, 12 };
	struct bytes file = file_load(VECTORS);
	struct note_key *key = host_key();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		json_t *note = vector_note(&file, lines[i]);
		const char *expected = json_string_value(note),
			   *text_end = strstr(expected, "\n\n") + 1;
		char *text = strndup(expected, (size_t)(text_end - expected)), *ours = NULL;
		size_t size;

		assert_int_equal(note_sign(key, text, &ours), 0);
		/* Ours holds the text and the first signature line, theirs goes on with the epoch
		 * key's. */
		size = strlen(ours);
		assert_true(size < strlen(expected));
		assert_memory_equal(ours, expected, size);
		assert_memory_equal(expected + size, "\xe2\x80\x94 " ORIGIN "/epoch/",
				    4 + strlen(ORIGIN "/epoch/"));
		free(ours);
		free(text);
		json_decref(note);
	}
	note_key_free(key);
	free(file.at);
}

static void test_verify_vectors(void **state)
{
	static const struct {
		size_t line;
		int result;
		unsigned int all;
	} cases[] = { { 3, -ENOKEY, 1 }, { 8, 0, 2 }, { 12, 0, 2 }, { 13, 0, 3 } };
	struct bytes file = file_load(VECTORS);
	struct note_key *key = NULL;

	(void)state;
	assert_int_equal(note_key_parse(HOST_VKEY, &key), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *note = vector_note(&file, cases[i].line);
		struct note_info info = { 0 };

		assert_int_equal(
			note_verify(json_string_value(note), json_string_length(note), key, &info),
			cases[i].result);
		assert_int_equal(info.all, cases[i].all);
		json_decref(note);
	}
	note_key_free(key);
	free(file.at);
}

/* The example of the Go implementation of this format. */
static void test_foreign_vector(void **state)
{
	static const char note[] =
		"If you think cryptography is the answer to your problem,\n"
		"then you don't know what your problem is.\n\n"
		"\xe2\x80\x94 PeterNeumann "
		"x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotp"
		"RZb6KE6RyyBwJnAM=\n";
	struct note_key *key = NULL;
	struct note_info info;

	(void)state;
	assert_int_equal(
		note_key_parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
			       &key),
		0);
	assert_int_equal(note_verify(note, strlen(note), key, &info), 0);
	assert_int_equal(info.text_size, strstr(note, "\n\n") + 1 - note);
	note_key_free(key);
}

/* Every byte of a note with one signature matters, to every value. */
/* The vectors' last line is signed by a witness as well. */
static void test_witness_vector(void **state)
{
	struct bytes file = file_load(VECTORS);
	json_t *note = vector_note(&file, 13);
	struct note_key *witness, *ordinary = NULL;
	struct note_info info;
	uint64_t time_s = 0;
	char *text;

	(void)state;
	text = strdup(json_string_value(note));
	assert_int_equal(note_key_parse_witness(HOST_VKEY, &ordinary), -EINVAL);
	assert_int_equal(note_key_parse_witness(WITNESS_VKEY, &witness), 0);
	assert_string_equal(note_key_vkey(witness), WITNESS_VKEY);
	assert_int_equal(note_verify_witness(text, strlen(text), witness, &time_s, &info), 0);
	assert_int_equal(time_s, 1795356004);
	assert_int_equal(info.all, 3);
	text[strlen(text) - 12] ^= 1; /* of its signature */
	assert_int_equal(note_verify_witness(text, strlen(text), witness, &time_s, &info),
			 -EKEYREJECTED);
	text[strlen(text) - 12] ^= 1;
	text[30] ^= 1; /* of what it signs */
	assert_true(note_verify_witness(text, strlen(text), witness, &time_s, &info) < 0);
	*strstr(text, NOTE_MARK "witness") = '\0';
	assert_int_equal(note_verify_witness(text, strlen(text), witness, &time_s, &info),
			 -ENOKEY);
	free(text);
	note_key_free(witness);
	json_decref(note);
	free(file.at);
}

static void test_every_flip(void **state)
{
	struct note_key *key = host_key();
	struct note_info info;
	char *note = NULL;
	size_t size;

	(void)state;
	assert_int_equal(note_sign(key, "first\n\nsecond\n", &note), 0);
	size = strlen(note);
	assert_int_equal(note_verify(note, size, key, &info), 0);
	for (size_t i = 0; i < size; i++) {
		for (int flip = 1; flip < 256; flip++) {
			note[i] = (char)(note[i] ^ flip);
			assert_true(note_verify(note, size, key, &info) < 0);
			note[i] = (char)(note[i] ^ flip);
		}
		assert_true(note_verify(note, i, key, &info) < 0);
	}
	free(note);
	note_key_free(key);
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"\n\n",
		"text\n",
		"text\n\n",
		"text\n\n\xe2\x80\x94 a\n",
		"text\n\n\xe2\x80\x94  AAAAAAA=\n",
		"text\n\n\xe2\x80\x94 a AAAA\n",
		"text\n\n\xe2\x80\x94 a AAAAAAB=\n",
		"text\n\n- a AAAAAAA=\n",
		"text\n\n\xe2\x80\x94 a AAAAAAA=",
		"text\n\n\xe2\x80\x94 a AAAAAAA= \n",
	};
	struct note_key *key = host_key();
	struct note_info info;
	char *note = NULL, *twice = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(note_verify(bad[i], strlen(bad[i]), key, &info), -EBADMSG);
	note = strdup("text\n\n\xe2\x80\x94 a AAAAAAA=\n");
	assert_int_equal(note_verify(note, strlen(note), key, &info), -ENOKEY);
	free(note);
	note = NULL;
	/* The same signature twice is no note of ours. */
	assert_int_equal(note_sign(key, "text\n", &note), 0);
	assert_true(asprintf(&twice, "%s%s", note, strstr(note, "\n\n") + 2) > 0);
	assert_int_equal(note_verify(twice, strlen(twice), key, &info), -EBADMSG);
	assert_int_equal(note_sign(key, "no line feed", &twice), -EINVAL);
	free(twice);
	free(note);
	note_key_free(key);
	assert_null(note_key_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vkey),	       cmocka_unit_test(test_vkey_refused),
		cmocka_unit_test(test_sign_vectors),   cmocka_unit_test(test_verify_vectors),
		cmocka_unit_test(test_foreign_vector), cmocka_unit_test(test_every_flip),
		cmocka_unit_test(test_witness_vector),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
