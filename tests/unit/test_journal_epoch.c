// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_epoch.c: who may sign when: the published checkpoints byte by byte, journals in
 * every order of keys (each written here with keys that are known), and the writer's epochs.
 */
#include "journal/journal_checkpoint.h"
#include "journal_verdict.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#define VECTORS "tests/data/journal/journal.jsonl"

/* The published seeds: 32 bytes that count up from @first. */
static struct note_key *counted_key(const char *name, uint8_t first)
{
	uint8_t seed[32];
	struct note_key *key = NULL;
	EVP_PKEY *pkey;

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)(first + i);
	pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, sizeof(seed));
	assert_non_null(pkey);
	assert_int_equal(note_key_new(name, pkey, &key), 0);
	EVP_PKEY_free(pkey);
	return key;
}

static void test_vectors(void **state)
{
	struct note_key *host = counted_key(ORIGIN, 0x00),
			*epochs[] = { counted_key(ORIGIN "/epoch/0", 0x20),
				      counted_key(ORIGIN "/epoch/1", 0x40) };
	const struct {
		size_t line;
		uint64_t size;
		const char *root;
		const struct note_key *signers[2];
		size_t n;
	} checkpoints[] = {
		{ 3,
		  3,
		  "2b68d765b4e15f47445b4be4cd60411e22aa00587901648592e61576e057107f",
		  { epochs[0] },
		  1 },
		{ 8,
		  7,
		  "9bdd146d474d1a7d62350747c35a0f8efc4acb863d7bc2f29f3b8a5093dbb929",
		  { host, epochs[0] },
		  2 },
		{ 12,
		  10,
		  "cb5d05d3a126bed353c0c6ef42365f14a1b632bcb744dccbab44f589e650a715",
		  { host, epochs[1] },
		  2 },
	};
	struct bytes file = file_load(VECTORS), line;
	uint8_t root[MERKLE_HASH];
	char *ours;

	(void)state;
	assert_string_equal(note_key_vkey(epochs[0]),
			    ORIGIN "/epoch/0+7bed8760+"
				   "ASmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X");
	assert_string_equal(note_key_vkey(epochs[1]),
			    ORIGIN "/epoch/1+9a6ab0f3+"
				   "ASVDuS/xCVURR2rcg2nbbdyTNmWhGXjdoUBO4QZsqVWd");
	for (size_t i = 0; i < ARRAY_SIZE(checkpoints); i++) {
		line = line_at(&file, checkpoints[i].line);
		assert_true(merkle_unhex(checkpoints[i].root, root));
		assert_int_equal(journal_checkpoint_compose(ORIGIN, checkpoints[i].signers,
							    checkpoints[i].n, checkpoints[i].size,
							    root, &ours),
				 0);
		assert_int_equal(strlen(ours), line.size);
		assert_memory_equal(ours, line.at, line.size);
		free(ours);
	}
	note_key_free(host);
	note_key_free(epochs[0]);
	note_key_free(epochs[1]);
	free(file.at);
}

/* A journal that is written here, by keys of anybody's choice. */
struct forge {
	FILE *out;
	struct merkle tree;
	uint8_t last[MERKLE_HASH];
	struct note_key *host, *new_host, *witness, *epochs[4];
};

static void forge_open(struct forge *forge, const char *path)
{
	char name[64];

	*forge = (struct forge){ .out = fopen(path, "w"),
				 .host = counted_key(ORIGIN, 0x00),
				 .new_host = counted_key(ORIGIN, 0xa0),
				 .witness = counted_key("witness.example.org/w1", 0x60) };
	assert_non_null(forge->out);
	assert_int_equal(merkle_init(&forge->tree), 0);
	for (size_t i = 0; i < ARRAY_SIZE(forge->epochs); i++) {
		snprintf(name, sizeof(name), ORIGIN "/epoch/%zu", i);
		forge->epochs[i] = counted_key(name, (uint8_t)(0x20 + 0x20 * i));
	}
}

static void forge_close(struct forge *forge)
{
	fclose(forge->out);
	merkle_done(&forge->tree);
	note_key_free(forge->host);
	note_key_free(forge->new_host);
	note_key_free(forge->witness);
	for (size_t i = 0; i < ARRAY_SIZE(forge->epochs); i++)
		note_key_free(forge->epochs[i]);
}

static void forge_entry(struct forge *forge, const char *inside)
{
	char *line, prev[MERKLE_HEX];

	merkle_hex(forge->last, prev);
	assert_true(asprintf(&line,
			     "{\"seq\":%" PRIu64 ",\"time\":1000,\"boottime_us\":5,%s,\"prev\":"
			     "\"%s\"}",
			     forge->tree.size, inside, prev) > 0);
	fprintf(forge->out, "%s\n", line);
	assert_int_equal(merkle_leaf(&forge->tree, line, strlen(line), forge->last), 0);
	assert_int_equal(merkle_append(&forge->tree, forge->last), 0);
	free(line);
}

static const struct note_key *forge_key(const struct forge *forge, char c)
{
	switch (c) {
	case 'H':
		return forge->host;
	case 'N':
		return forge->new_host;
	case 'W':
		return forge->witness;
	default:
		assert_true(c >= '0' && c <= '3');
		return forge->epochs[c - '0'];
	}
}

static void forge_checkpoint(struct forge *forge, const char *signers)
{
	const struct note_key *keys[4];
	uint8_t root[MERKLE_HASH];
	size_t n = 0;
	char *line;

	for (; *signers && *signers != ' '; signers++)
		keys[n++] = forge_key(forge, *signers);
	if (n == 0)
		return;
	assert_int_equal(merkle_root(&forge->tree, root), 0);
	assert_int_equal(journal_checkpoint_compose(ORIGIN, keys, n, forge->tree.size, root, &line),
			 0);
	fputs(line, forge->out);
	free(line);
}

/* The inside of the entry of a letter, see play(). */
static void forge_letter(struct forge *forge, char letter, const struct note_key *named, int number)
{
	const char *vkey = note_key_vkey(named), *host = note_key_vkey(forge->host);
	char inside[1024];

	switch (letter) {
	case 'G':
		snprintf(inside, sizeof(inside),
			 "\"type\":\"journal.opened\",\"journal\":{\"format\":\"slj/2\",\"origin\":"
			 "\"" ORIGIN "\",\"host_vkey\":\"%s\",\"epoch\":0,\"epoch_vkey\":\"%s\"}",
			 host, note_key_vkey(forge->epochs[0]));
		break;
	case 'g':
		snprintf(inside, sizeof(inside),
			 "\"type\":\"journal.opened\",\"journal\":{\"format\":\"slj/1\",\"origin\":"
			 "\"" ORIGIN "\",\"host_vkey\":\"%s\"}",
			 host);
		break;
	case 'n':
	case 'l':
		snprintf(inside, sizeof(inside),
			 "\"type\":\"%s\",\"journal\":{\"epoch\":%d,\"epoch_vkey\":\"%s\"}",
			 letter == 'n' ? "journal.epoch" : "key.recover", number, vkey);
		break;
	case 's':
		snprintf(inside, sizeof(inside), "\"type\":\"journal.sealed\"");
		break;
	case 'h':
		snprintf(inside, sizeof(inside),
			 "\"type\":\"journal.host\",\"journal\":{\"host_vkey\":\"%s\"}",
			 note_key_vkey(forge->new_host));
		break;
	default:
		snprintf(inside, sizeof(inside), "\"type\":\"agent.stop\",\"message\":\"%c\"",
			 letter);
	}
	forge_entry(forge, inside);
}

/*
 * Steps parted by spaces, each an entry and who signs behind it. Entries: G entry 0; g entry 0 of
 * the old format; o another; nK names epoch K; lK the same in place of a lost key; s ends the
 * epoch; h names the new host key; + none. Signers: H host, N new host, W witness, K the key of
 * epoch K.
 */
static void play(struct fixture *f, const char *steps)
{
	struct forge forge;

	forge_open(&forge, f->path);
	for (const char *at = steps; *at; at += strcspn(at, " ") + 1) {
		int number = isdigit((unsigned char)at[1]) ? at[1] - '0' : 0;

		if (*at != '+')
			forge_letter(&forge, *at, forge.epochs[number], number);
		forge_checkpoint(&forge, strchr(at, '/') + 1);
		if (!strchr(at, ' '))
			break;
	}
	forge_close(&forge);
}

static const struct {
	const char *steps;
	enum journal_status status;
	const char *what;
} orders[] = {
	{ "G/0 o/0 n1/H0 o/1 s/H1 n2/H o/2 s/H2", JOURNAL_OK, "" },
	{ "G/ o/ n1/H0 o/ o/1 n2/ o/H1 n3/H2", JOURNAL_OK, "" },
	{ "G/H0 o/H0 o/0W", JOURNAL_OK, "" },
	/* the same once more with a witness, also where the epoch ended */
	{ "G/0 +/0W n1/H0 +/H0W o/1 s/H1 +/H1W", JOURNAL_OK, "" },
	{ "G/0 n1/H0 +/H1", JOURNAL_TAMPERED, "key of its epoch" },
	/* entry 0 names the key; nobody else signs it */
	{ "G/H", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/1", JOURNAL_TAMPERED, "key of its epoch" },
	/* a stolen key of an epoch: neither the past nor the future is its own */
	{ "G/0 o/0 n1/H0 o/0", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/0 o/1", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/0 o/H1", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/0 n1/1", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 n1/0", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 n1/H1", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/0 n1/H", JOURNAL_TAMPERED, "key of its epoch" },
	/* a rotation that is missing, repeated, or out of order */
	{ "G/0 o/0 n2/H0", JOURNAL_TAMPERED, "next epoch" },
	{ "G/0 n1/H0 n1/H1", JOURNAL_TAMPERED, "next epoch" },
	{ "G/0 n0/H0", JOURNAL_TAMPERED, "next epoch" },
	{ "G/0 n1/H0 n2/H1 o/1", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/0 n1/H0 o/2", JOURNAL_TAMPERED, "key of its epoch" },
	/* a stolen host key: not before the end of an epoch, or as a break that everybody sees */
	{ "G/0 o/0 l1/H o/1", JOURNAL_BREAK, "entry 2: the key" },
	{ "G/0 o/ l1/H o/1 l2/H", JOURNAL_BREAK, "breaks: 2" },
	{ "G/0 l1/H0 o/1", JOURNAL_BREAK, "entry 1: the key" },
	{ "G/0 l1/1", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 l1/0", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 l1/H o/0", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/0 n1/ l2/H o/2", JOURNAL_BREAK, "entry 2: the key" },
	{ "G/0 n1/ l2/H o/1", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/0 n1/ l1/H", JOURNAL_TAMPERED, "in place of a lost" },
	{ "G/0 s/H0 l1/H", JOURNAL_TAMPERED, "in place of a lost" },
	/* after the end of an epoch nothing but a beginning */
	{ "G/0 s/H", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/0 s/0", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 s/H0 o/H", JOURNAL_TAMPERED, "has ended" },
	{ "G/0 s/H0 o/0", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 s/H0 o/H0", JOURNAL_TAMPERED, "has ended" },
	{ "G/0 s/H0 s/H", JOURNAL_TAMPERED, "ends an epoch" },
	{ "G/0 s/H0 o/ n1/H o/1", JOURNAL_OK, "" },
	{ "G/0 s/ n1/H0 o/1", JOURNAL_OK, "" },
	{ "G/0 n1/ s/H0 n2/H o/2", JOURNAL_OK, "" },
	{ "G/0 n1/ s/H0 o/1", JOURNAL_TAMPERED, "by the host key" },
	/* the old format: the host signs, until epochs begin, and never again after */
	{ "g/H o/H o/H", JOURNAL_OK, "" },
	{ "g/H o/HW n0/H o/0 n1/H0 o/1 s/H1", JOURNAL_OK, "" },
	{ "g/H o/0", JOURNAL_TAMPERED, "by the host key" },
	{ "g/H n0/H o/H", JOURNAL_TAMPERED, "key of its epoch" },
	{ "g/H n1/H", JOURNAL_TAMPERED, "next epoch" },
	{ "g/H n0/0", JOURNAL_TAMPERED, "by the host key" },
	{ "g/H s/H", JOURNAL_TAMPERED, "ends an epoch" },
	{ "g/H l0/H", JOURNAL_TAMPERED, "in place of a lost" },
	/* another host key: by the epoch's, the old one and the new one, and then by it alone */
	{ "G/0 h/HN0 o/0 n1/N0 o/1 s/N1 n2/N", JOURNAL_OK, "" },
	{ "G/0 h/HN0 +/HN0W n1/N0", JOURNAL_OK, "" },
	{ "G/0 h/ n1/HN0 n2/N1", JOURNAL_OK, "" },
	{ "G/0 s/H0 n1/ h/HN n2/N1", JOURNAL_OK, "" },
	{ "G/0 h/HN", JOURNAL_TAMPERED, "key of its epoch" },
	{ "G/0 h/H0", JOURNAL_TAMPERED, "new host key" },
	{ "G/0 h/N0", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 h/0", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 h/HN0 n1/H0", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 n1/N0", JOURNAL_TAMPERED, "by the host key" },
	{ "G/0 h/ h/HN0", JOURNAL_TAMPERED, "new host key" },
};

/* For other verifiers: the file in the folder that SLUICE_ORDERS names, with the right verdict. */
static void hand_out(struct fixture *f, size_t number)
{
	const char *folder = getenv("SLUICE_ORDERS");
	struct bytes file;
	char path[256];

	if (!folder)
		return;
	file = file_load(f->path);
	snprintf(path, sizeof(path), "%s/%zu.%s", folder, number,
		 journal_status_name(orders[number].status));
	file_store(path, file.at, file.size);
	free(file.at);
}

static void test_orders(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		play(f, orders[i].steps);
		hand_out(f, i);
		result = verify(f, NULL, NULL);
		if (result.status != orders[i].status || !strstr(result.problem, orders[i].what))
			fail_msg("%s: %s: %s", orders[i].steps, journal_status_name(result.status),
				 result.problem);
	}
}

/* What is counted, and that an end does not hide how the agent ended. */
static void test_counts(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;

	play(f, "G/0 n1/H0 l2/H o/2 s/H2 n3/H o/ s/H3");
	result = verify(f, NULL, NULL);
	assert_int_equal(result.epochs, 4);
	assert_int_equal(result.breaks, 1);
	assert_int_equal(result.entry, 2);
	assert_true(result.clean);
	assert_string_equal(result.vkey, result.signer);
	play(f, "G/0 h/HN0 o/0");
	result = verify(f, NULL, NULL);
	assert_string_not_equal(result.vkey, result.signer);
	assert_memory_equal(result.signer, ORIGIN "+", strlen(ORIGIN "+"));
	assert_int_equal(result.other_signatures, 0);
}

/* Writes with a pause of the epoch behind each of @n entries. */
static void write_rotating(struct journal *journal, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		fixture_add(journal, "decision", "a second of activity");
		assert_int_equal(journal_rotate(journal, false), 0);
	}
}

static void test_rotates(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct journal_verify_result result;
	uint64_t size;

	write_rotating(journal, 10);
	size = journal_size(journal);
	assert_int_equal(size, 1 + 2 * 10);
	/* Where nothing was added there is nothing to protect; a host that was asleep is another
	 * matter. */
	assert_int_equal(journal_rotate(journal, false), 0);
	assert_int_equal(journal_size(journal), size);
	assert_int_equal(journal_rotate(journal, true), 0);
	assert_int_equal(journal_size(journal), size + 1);
	journal_close(journal);
	result = verify(f, NULL, NULL);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.epochs, 12);
	/* Before anything is added there is no key, and nothing to do. */
	journal = fixture_open(f);
	assert_int_equal(journal_rotate(journal, true), 0);
	assert_int_equal(journal_size(journal), size + 2);
	write_rotating(journal, 1);
	journal_close(journal);
	result = verify(f, NULL, NULL);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.epochs, 14);
}

/*
 * With the host key of the file alone, somebody cuts the journal back to its beginning and goes on:
 * the real writer does it for him, and says that the key was lost.
 */
static void test_truncate_and_continue(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct journal_verify_result result;
	struct bytes file;

	write_rotating(journal, 3);
	journal_close(journal);
	file = file_load(f->path);
	for (size_t lines = 2; lines < count_lines(&file); lines += 3) {
		file_store(f->path, file.at, (size_t)(line_at(&file, lines).at - file.at));
		journal = fixture_open(f);
		fixture_add(journal, "decision", "nothing was cut");
		journal_close(journal);
		result = verify(f, NULL, NULL);
		assert_int_equal(result.status, JOURNAL_BREAK);
		assert_int_equal(result.breaks, 1);
	}
	free(file.at);
}

/* A journal from before there were epochs goes on under the host key it has, and verifies. */
static void test_upgrade(void **state)
{
	static const char pem[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
		"-----END PRIVATE KEY-----\n";
	struct fixture *f = *state;
	struct journal_verify_result old, result;
	struct journal *journal;

	file_store(f->key, pem, strlen(pem));
	play(f, "g/H o/H o/H");
	old = verify(f, NULL, NULL);
	journal = fixture_open(f);
	write_rotating(journal, 2);
	journal_close(journal);
	result = verify(f, old.genesis, old.vkey);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.epochs, 3);
	assert_int_equal(result.entries, 3 + 1 + 2 * 2 + SEALED);
	/* The host key that signs at the end is what the writer must have. */
	play(f, "G/0 h/HN0 s/N0");
	assert_int_equal(fixture_refuse(f), -EKEYREJECTED);
	assert_non_null(strstr(f->error, "another host key"));
}

/* Another host key: the old one vouches for it, and the pin of the journal stays the same. */
static void test_new_host_key(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result first, result;
	struct bytes before, after;
	struct journal *journal;
	char next[128];

	fixture_fill(f, 8, 3);
	first = verify(f, NULL, NULL);
	snprintf(next, sizeof(next), "%s.next", f->key);
	before = file_load(f->key);
	for (unsigned int i = 1; i <= 2; i++) {
		assert_int_equal(journal_make_next_key(f->key, f->error, sizeof(f->error)), 0);
		assert_int_equal(journal_make_next_key(f->key, f->error, sizeof(f->error)), 0);
		journal = fixture_open(f);
		assert_int_equal(access(next, F_OK), -1);
		result = verify(f, first.genesis, first.vkey);
		assert_int_equal(result.status, JOURNAL_OK);
		assert_string_equal(result.signer, journal_vkey(journal));
		write_rotating(journal, 2);
		journal_close(journal);
		result = verify(f, first.genesis, first.vkey);
		assert_int_equal(result.status, JOURNAL_OK);
		assert_string_not_equal(result.signer, first.signer);
	}
	/* The old key's file does not open the journal any more. */
	after = file_load(f->key);
	file_store(f->key, before.at, before.size);
	assert_int_equal(fixture_refuse(f), -EKEYREJECTED);
	/* A crash before the file got its name: the next opening gives it. */
	file_store(next, after.at, after.size);
	journal = fixture_open(f);
	assert_string_equal(journal_vkey(journal), result.signer);
	assert_int_equal(access(next, F_OK), -1);
	journal_close(journal);
	journal_close(fixture_open(f));
	free(before.at);
	before = file_load(f->key);
	assert_memory_equal(before.at, after.at, after.size);
	free(before.at);
	free(after.at);
}

/* The entry that names the new key reached the disk, its checkpoint did not: that is gone on from. */
static void test_crash_while_the_host_key_changes(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result first, result;
	struct bytes old, new, file;
	char next[128], *line;

	fixture_fill(f, 8, 3);
	first = verify(f, NULL, NULL);
	snprintf(next, sizeof(next), "%s.next", f->key);
	old = file_load(f->key);
	assert_int_equal(journal_make_next_key(f->key, f->error, sizeof(f->error)), 0);
	new = file_load(next);
	journal_close(fixture_open(f));
	file = file_load(f->path);
	line = memmem(file.at, file.size, "\"type\":\"journal.host\"", 21);
	assert_non_null(line);
	line = memchr(line, '\n', file.size - (size_t)(line - file.at));
	file_store(f->path, file.at, (size_t)(line + 1 - file.at));
	file_store(f->key, old.at, old.size);
	file_store(next, new.at, new.size);
	for (unsigned int i = 0; i < 2; i++) {
		struct journal *journal = fixture_open(f);

		fixture_add(journal, "event.read", "and on it goes");
		assert_int_equal(journal_commit(journal), 0);
		journal_close(journal);
	}
	result = verify(f, first.genesis, first.vkey);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_string_not_equal(result.signer, first.signer);
	assert_int_equal(access(next, F_OK), -1);
	free(old.at);
	free(new.at);
	free(file.at);
}

/* Not where the end has to be mended first, which is said before anything is signed. */
static void test_no_new_host_key_at_a_torn_end(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct journal *journal;
	struct bytes file;
	char next[128];

	fixture_fill(f, 8, 3);
	file = file_load(f->path);
	file_store(f->path, file.at, file.size - 20);
	free(file.at);
	snprintf(next, sizeof(next), "%s.next", f->key);
	assert_int_equal(journal_make_next_key(f->key, f->error, sizeof(f->error)), 0);
	journal = fixture_open(f);
	assert_int_equal(access(next, F_OK), 0);
	assert_int_equal(journal_add(journal, journal_recovery_body(&f->recovery), NULL), 0);
	journal_close(journal);
	journal_close(fixture_open(f));
	assert_int_equal(access(next, F_OK), -1);
	result = verify(f, NULL, NULL);
	assert_int_equal(result.status, JOURNAL_BREAK);
	assert_string_not_equal(result.vkey, result.signer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		TEST(test_orders),
		TEST(test_counts),
		TEST(test_rotates),
		TEST(test_truncate_and_continue),
		TEST(test_upgrade),
		TEST(test_new_host_key),
		TEST(test_crash_while_the_host_key_changes),
		TEST(test_no_new_host_key_at_a_torn_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
