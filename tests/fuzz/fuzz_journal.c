// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_journal.c: bytes as a journal. The first byte chooses:
 *	'r' the rest is the file as it is
 *	'e' each line of the rest is the inside of an entry, framed and chained rightly, so that
 *		what lies behind the
 *	    hashes is reached; "c" alone is a checkpoint, signed rightly
 *	'n' the rest is a signed note
 *	'c' the rest is a checkpoint line
 *	'p' the rest is a proof
 * Must hold: no memory error; nothing is called good that the frame did not chain; sizes add up.
 * Sources: fuzz_journal.c
 * user/{journal_check,journal_checkpoint,journal_filter,journal_keys,journal_look,journal_proof,journal_read,
 * journal_scan,journal_verify,merkle,note}.c.
 */
#include "journal/journal_checkpoint.h"
#include "journal/journal_proof.h"
#include "journal/journal_read.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#define PIPE_BYTES (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct note_key *fixed_key(void)
{
	static struct note_key *key;
	static const uint8_t seed[32] = { 1 };
	EVP_PKEY *pkey;

	if (key)
		return key;
	pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, sizeof(seed));
	if (note_key_new("host/journal", pkey, &key) < 0)
		abort();
	EVP_PKEY_free(pkey);
	return key;
}

static int on_entry(void *ctx, const struct journal_entry *entry)
{
	uint64_t *last = ctx;

	if (!json_is_object(entry->json) || strlen(entry->line) != entry->size ||
	    entry->seq + 1 < *last)
		abort();
	*last = entry->seq + 1;
	return 0;
}

/*
 * As standard input, through a pipe: a file that might still grow is waited for, which would cost
 * the time.
 */
static void give(const char *bytes, size_t size)
{
	int fds[2];

	if (pipe(fds) < 0 || fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES) < 0 ||
	    write(fds[1], bytes, size) != (ssize_t)size || dup2(fds[0], STDIN_FILENO) < 0)
		abort();
	close(fds[0]);
	close(fds[1]);
}

static void scan(const char *bytes, size_t size)
{
	const struct journal_filter filter = { .label = "pii" };
	struct journal_verify_result fast = { 0 }, full = { 0 };
	uint64_t last = 0;

	if (size > PIPE_BYTES)
		return;
	give(bytes, size);
	if (journal_verify("-", NULL, &fast) < 0)
		abort();
	give(bytes, size);
	if (journal_read("-", NULL, NULL, on_entry, &last, &full) < 0)
		abort();
	if (full.entries > fast.entries || full.unsigned_entries > full.entries ||
	    full.torn_bytes > size || (full.status == JOURNAL_OK && fast.status != JOURNAL_OK))
		abort();
	last = 0;
	give(bytes, size);
	if (journal_read("-", &filter, NULL, on_entry, &last, &full) < 0)
		abort();
}

/* The frame and hash that a writer would give to this inside. */
static void frame_entry(FILE *out, struct merkle *tree, uint8_t *prev, const char *inside,
			size_t size)
{
	_cleanup_free_ char *line = NULL;
	char hex[MERKLE_HEX];
	int n;

	merkle_hex(prev, hex);
	n = asprintf(&line,
		     "{\"seq\":%" PRIu64 ",\"time\":%d,\"boottime_us\":1,%.*s,\"prev\":\"%s\"}",
		     tree->size, (int)size, (int)size, inside, hex);
	if (n < 0 || merkle_leaf(tree, line, (size_t)n, prev) < 0 || merkle_append(tree, prev) < 0)
		abort();
	fprintf(out, "%s\n", line);
}

static void frame_checkpoint(FILE *out, struct merkle *tree)
{
	const struct note_key *const signers[] = { fixed_key() };
	_cleanup_free_ char *line = NULL;
	uint8_t root[MERKLE_HASH];

	if (merkle_root(tree, root) < 0 ||
	    journal_checkpoint_compose("host/journal", signers, 1, tree->size, root, &line) < 0)
		abort();
	fputs(line, out);
}

static void framed(const char *bytes, size_t size)
{
	uint8_t prev[MERKLE_HASH] = { 0 };
	char genesis[512], *file = NULL;
	size_t file_size, length;
	struct merkle tree;
	FILE *out = open_memstream(&file, &file_size);

	if (!out || merkle_init(&tree) < 0)
		abort();
	snprintf(genesis, sizeof(genesis),
		 "\"journal\":{\"format\":\"slj/1\",\"origin\":\"host/"
		 "journal\",\"host_vkey\":\"%s\"}",
		 note_key_vkey(fixed_key()));
	frame_entry(out, &tree, prev, genesis, strlen(genesis));
	for (const char *end = bytes + size, *lf; bytes < end; bytes = lf + 1) {
		lf = memchr(bytes, '\n', (size_t)(end - bytes));
		lf = lf ? lf : end;
		length = (size_t)(lf - bytes);
		if (length == 1 && *bytes == 'c')
			frame_checkpoint(out, &tree);
		else
			frame_entry(out, &tree, prev, bytes, length);
	}
	fclose(out);
	scan(file, file_size);
	merkle_done(&tree);
	free(file);
}

static void one_checkpoint(const char *bytes, size_t size)
{
	struct journal_checkpoint_info info;
	struct journal_keys keys;
	const char *problem = NULL;
	int r;

	journal_keys_begin(&keys, fixed_key(), NULL, false);
	r = journal_checkpoint_read(&keys, bytes, size, &info, &problem);

	if ((r < 0) != !!problem)
		abort();
}

static void one_proof(const char *bytes, size_t size)
{
	struct journal_proven proven;
	const char *problem = NULL;
	int r = journal_proof_check(bytes, size, note_key_vkey(fixed_key()), NULL, &proven,
				    &problem);

	if ((r < 0) != !!problem)
		abort();
	if (r == 0)
		free(proven.line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rest = (const char *)data + 1;
	struct note_info info;

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'r':
		scan(rest, size - 1);
		break;
	case 'e':
		framed(rest, size - 1);
		break;
	case 'n':
		note_verify(rest, size - 1, fixed_key(), &info);
		break;
	case 'p':
		one_proof(rest, size - 1);
		break;
	case 'c':
		one_checkpoint(rest, size - 1);
		break;
	}
	return 0;
}
