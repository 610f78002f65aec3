// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_attack.c: every attack on a written journal, by somebody without the key and by
 * somebody with another one, and the neighbours that must be taken.
 */
#include "journal/journal_checkpoint.h"
#include "journal_verdict.h"

/* @lines: of the written journal, in this order; the answer is @status at @line and @entry. */
static const struct {
	const char *name;
	int lines[16];
	enum journal_status status;
	uint64_t line, entry;
	const char *what;
} moves[] = {
	{ "swap", { 0, 1, 3, 2, 4, 5, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 3, 1, "seq is 2 where 1" },
	{ "delete", { 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 4, 2, "seq is 3 where 2" },
	{ "duplicate", { 0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 5, 3, "seq is 2" },
	{ "insert old", { 0, 1, 2, 3, 4, 5, 2, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 7, 4, "seq is 1" },
	{ "cut front", { 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 1, 0, "seq is 1 where 0" },
	{ "cut genesis", { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 1, 0, "before entry 0" },
	{ "cut a commit", { 0, 1, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 3, 1, "seq is 4 where 1" },
	{ "swap commits", { 0, 1, 6, 7, 8, 9, 2, 3, 4, 5, 10, 11, -1 },
	  JOURNAL_TAMPERED, 3, 1, "seq is 4" },
	{ "checkpoint early", { 0, 1, 2, 3, 5, 4, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 5, 3, "size or root" },
	{ "checkpoint late", { 0, 1, 2, 3, 4, 6, 5, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 7, 5, "size or root" },
	{ "checkpoint twice", { 0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 7, 4, "repeats" },
	{ "old checkpoint", { 0, 1, 2, 3, 4, 1, 6, 7, 8, 9, 10, 11, -1 },
	  JOURNAL_TAMPERED, 6, 4, "size or root" },
	{ "no last checkpoint", { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1 },
	  JOURNAL_UNSIGNED_TAIL, 11, 7, "last 1 of 8" },
	{ "no checkpoint", { 0, 2, 3, 4, 6, 7, 8, 10, -1 },
	  JOURNAL_UNSIGNED_TAIL, 8, 0, "last 8 of 8" },
	{ "stop cut in a commit", { 0, 1, 2, 3, 4, 5, 6, 7, -1 },
	  JOURNAL_UNSIGNED_TAIL, 8, 4, "last 2 of 6" },
};

static void test_lines_moved(void **state)
{
	struct fixture *f = *state;
	struct bytes file = attacked(f);

	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		store_lines(f, &file, moves[i].lines);
		expect(f, moves[i].status, moves[i].line, moves[i].entry, moves[i].what);
	}
	free(file.at);
}

/* What no file can show by itself, and what is harmless: stated, so that nobody believes more. */
static void test_taken(void **state)
{
	static const int prefix[] = { 0, 1, 2, 3, 4, 5, -1 };
	static const int dropped[] = { 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, -1 };
	struct fixture *f = *state;
	struct bytes file = attacked(f);
	struct journal_verify_result result;

	store_lines(f, &file, prefix);
	result = verify(f, NULL, NULL);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.entries, 4);
	assert_false(result.clean); /* the only trace */
	store_lines(f, &file, dropped);
	result = verify(f, NULL, NULL);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.entries, 8);
	free(file.at);
}

/* Text of the same length elsewhere in a line. */
static void edit(struct bytes *file, const char *old, const char *new)
{
	char *at = memmem(file->at, file->size, old, strlen(old));

	assert_non_null(at);
	assert_int_equal(strlen(old), strlen(new));
	memcpy(at, new, strlen(new));
}

static void test_edits(void **state)
{
	static const struct {
		const char *old, *new;
		uint64_t line, entry;
		const char *what;
	} attacks[] = {
		{ "number 2", "number 9", 5, 3, "hash of the entry before" },
		{ "number 3", "number 9", 6, 4, "size or root" },
		{ "\"slj/2\"", "\"slj/3\"", 1, 0, "neither slj/2 nor slj/1" },
		{ "\"type\":\"event.read\",\"m", "\"type\":\"event.read\" \"m", 4, 2,
		  "hash of the entry before" },
		{ "the agent stops", "the agent goes.", 10, 7, "size or root" },
		{ "\"time\"", "\"tame\"", 1, 0, "does not follow" },
		{ "{\"seq\":4,", "{\"seq\":04", 7, 4, "neither" },
		{ "{\"seq\":4,", " {\"seq\":4", 7, 4, "neither" },
		{ "{\"checkpoint\":", "{\"checkpoinT\":", 2, 1, "neither" },
		{ ORIGIN "\\n4", ORIGIN "\\n5", 6, 4, "wrong" },
		{ ORIGIN "\\n4", "host43.example.com/journal\\n4", 6, 4, "wrong" },
	};
	struct fixture *f = *state;
	struct bytes file = attacked(f), copy;

	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		copy.size = file.size;
		copy.at = memcpy(malloc(file.size), file.at, file.size);
		edit(&copy, attacks[i].old, attacks[i].new);
		file_store(f->path, copy.at, copy.size);
		expect(f, JOURNAL_TAMPERED, attacks[i].line, attacks[i].entry, attacks[i].what);
		free(copy.at);
	}
	free(file.at);
}

/* The same JSON in other bytes is an edit too. */
static void test_other_spelling(void **state)
{
	static const char *const replacements[][2] = {
		{ "{\"checkpoint\":\"", "{\"checkpoint\": \"" },
		{ "\xe2\x80\x94 ", "\\u2014 " },
		{ "=\\n\"}", "=\\n\" }" },
		{ "=\\n\"}", "=\\n\",\"x\":1}" },
	};
	struct fixture *f = *state;
	struct bytes file = attacked(f);

	for (size_t i = 0; i < ARRAY_SIZE(replacements); i++) {
		char *at = strstr(file.at, replacements[i][0]);
		FILE *out = fopen(f->path, "w");

		assert_non_null(at);
		fprintf(out, "%.*s%s%s", (int)(at - file.at), file.at, replacements[i][1],
			at + strlen(replacements[i][0]));
		fclose(out);
		expect(f, JOURNAL_TAMPERED, 2, 1, "checkpoint line");
	}
	free(file.at);
}

/* A whole journal remade with another key is a good journal: only the pins tell. */
static void test_remade(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result old, result;
	char flipped[MERKLE_HEX];

	fixture_fill(f, 8, 3);
	old = verify(f, NULL, NULL);
	unlink(f->path);
	unlink(f->key);
	fixture_fill(f, 8, 3);
	assert_int_equal(verify(f, NULL, NULL).status, JOURNAL_OK);
	result = verify(f, old.genesis, NULL);
	assert_int_equal(result.status, JOURNAL_TAMPERED);
	assert_non_null(strstr(result.problem, "pinned genesis"));
	assert_int_equal(result.entry, 0);
	result = verify(f, NULL, old.vkey);
	assert_int_equal(result.status, JOURNAL_TAMPERED);
	assert_non_null(strstr(result.problem, "another host key"));
	/* With the stolen key the name of the key is right, and the hash of entry 0 is not. */
	old = verify(f, NULL, NULL);
	unlink(f->path);
	usleep(2000);
	fixture_fill(f, 8, 3);
	assert_int_equal(verify(f, NULL, old.vkey).status, JOURNAL_OK);
	assert_int_equal(verify(f, old.genesis, NULL).status, JOURNAL_TAMPERED);
	memcpy(flipped, verify(f, NULL, NULL).genesis, sizeof(flipped));
	flipped[63] = flipped[63] == '0' ? '1' : '0';
	assert_int_equal(verify(f, flipped, NULL).status, JOURNAL_TAMPERED);
}

/* Lines and checkpoints from @file, with the checkpoints signed anew: by @origin's key of @seed. */
static struct note_key *seeded_key(const char *name, uint8_t seed)
{
	uint8_t bytes[32];
	struct note_key *key = NULL;
	EVP_PKEY *pkey;

	memset(bytes, seed, sizeof(bytes));
	pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, bytes, sizeof(bytes));
	assert_int_equal(note_key_new(name, pkey, &key), 0);
	EVP_PKEY_free(pkey);
	return key;
}

/* Truncate and continue: the right text in a checkpoint, signed by somebody else. */
static void test_signed_by_another(void **state)
{
	static const char *const names[] = { ORIGIN, ORIGIN "/epoch/0", "witness.example.org/w1" };
	static const int kept[] = { 0, 1, 2, 3, 4, -1 };
	struct fixture *f = *state;
	struct bytes file = attacked(f), line;
	struct journal_verify_result result;
	uint8_t root[MERKLE_HASH], leaf[MERKLE_HASH];
	struct merkle tree;
	char *checkpoint;
	FILE *out;

	assert_int_equal(merkle_init(&tree), 0);
	for (int i = 0; i < 5; i++) {
		if (i == 1)
			continue;
		line = line_at(&file, (size_t)i);
		assert_int_equal(merkle_leaf(&tree, line.at, line.size - 1, leaf), 0);
		assert_int_equal(merkle_append(&tree, leaf), 0);
	}
	assert_int_equal(merkle_root(&tree, root), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct note_key *key = seeded_key(names[i], 7);

		store_lines(f, &file, kept);
		assert_int_equal(journal_checkpoint_compose(ORIGIN,
							    (const struct note_key *const[]){ key },
							    1, 4, root, &checkpoint),
				 0);
		out = fopen(f->path, "a");
		fputs(checkpoint, out);
		fclose(out);
		expect(f, JOURNAL_TAMPERED, 6, 4, "not signed by the key of its epoch");
		free(checkpoint);
		note_key_free(key);
	}
	/* The control: with the journal's own checkpoint the same lines are good. */
	store_lines(f, &file, (const int[]){ 0, 1, 2, 3, 4, 5, -1 });
	result = verify(f, NULL, NULL);
	assert_int_equal(result.status, JOURNAL_OK);
	merkle_done(&tree);
	free(file.at);
}

/*
 * Adds a signature of another key to the note of a checkpoint line; without @keep_host in place of
 * the host's.
 */
static char *cosign(const struct bytes *line, const struct note_key *key, bool keep_host)
{
	json_t *json = json_loadb(line->at, line->size - 1, 0, NULL), *wrapped;
	const char *note = json_string_value(json_object_get(json, "checkpoint"));
	const char *split = strstr(note, "\n\n") + 1;
	char *text = strndup(note, (size_t)(split - note)), *other, *joined, *ret, *dump;

	assert_int_equal(note_sign(key, text, &other), 0);
	assert_true(asprintf(&joined, "%s%s", keep_host ? note : text,
			     strstr(other, "\n\n") + (keep_host ? 2 : 1)) > 0);
	wrapped = json_pack("{s:s}", "checkpoint", joined);
	dump = json_dumps(wrapped, JSON_COMPACT);
	assert_true(asprintf(&ret, "%s\n", dump) > 0);
	json_decref(json);
	json_decref(wrapped);
	free(dump);
	free(joined);
	free(other);
	free(text);
	return ret;
}

/* Signatures by others beside the epoch's are passed over; without it they sign nothing. */
static void test_extended(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct note_key *epoch = seeded_key(ORIGIN "/epoch/1", 1),
			*witness = seeded_key("witness.example.org/w1", 2);
	struct journal_verify_result result;
	struct bytes file, line;
	char *cosigned, *by_epoch, *bytes;

	/* An entry may have any members, and gives nobody the right to sign. */
	assert_int_equal(
		journal_add(journal,
			    json_pack("{s:s,s:{s:i,s:s}}", "kind", "journal.epoch", "journal",
				      "epoch", 1, "epoch_vkey", note_key_vkey(epoch)),
			    NULL),
		0);
	assert_int_equal(journal_commit(journal), 0);
	fixture_add(journal, "event.read", "one");
	assert_int_equal(journal_commit(journal), 0);
	file = file_load(f->path);
	line = line_at(&file, 5);
	/* The witness's signature comes later, in a repeat of the line. */
	cosigned = cosign(&line, witness, true);
	assert_true(asprintf(&bytes, "%s%s", file.at, cosigned) > 0);
	file_store(f->path, bytes, strlen(bytes));
	result = verify(f, NULL, NULL);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.other_signatures, 1);
	free(bytes);
	free(cosigned);
	by_epoch = cosign(&line, epoch, false);
	assert_true(asprintf(&bytes, "%.*s%s", (int)(line.at - file.at), file.at, by_epoch) > 0);
	file_store(f->path, bytes, strlen(bytes));
	expect(f, JOURNAL_TAMPERED, 6, 3, "not signed by the key of its epoch");
	journal_close(journal);
	free(bytes);
	free(by_epoch);
	free(file.at);
	note_key_free(epoch);
	note_key_free(witness);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_lines_moved),	   TEST(test_taken),  TEST(test_edits),
		TEST(test_other_spelling), TEST(test_remade), TEST(test_signed_by_another),
		TEST(test_extended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
