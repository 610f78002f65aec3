// SPDX-License-Identifier: Apache-2.0
/*
 * bench_journal.c: the writer and the verifier, beside what they are measured by in the same run: a
 * bare write+fdatasync of the same bytes, a signature of each entry, the hashes alone. Prints one
 * JSON object. Usage: bench_journal [FOLDER [ENTRIES]]; the folder's disk is what is measured.
 * Rounds alternate between them, the medians of the ratios are compared: a shared machine changes
 * speed from second to second, the ratio much less.
 */
#include "journal/journal.h"
#include "journal/journal_verify.h"
#include "journal/merkle.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	   5
#define BATCH	   256
#define SIGNATURES 5000

struct bench {
	char folder[256], path[300], key[300], bare[300];
	unsigned int entries;
};

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "bench_journal: %s\n", what);
	exit(1);
}

static void add(struct journal *journal, unsigned int i)
{
	json_t *body = json_pack("{s:s,s:s,s:s,s:[s],s:{s:i,s:i,s:s,s:s,s:i},s:{s:s}}", "type",
				 "event.read", "message", "python3 read /srv/data/customers.csv",
				 "action", "open", "labels", "pii", "subject", "pid", 4242,
				 "start_ns", i, "exe", "/usr/bin/python3.11", "comm", "python3",
				 "uid", 1000, "target", "path", "/srv/data/customers.csv");

	if (journal_add(journal, body, NULL) < 0)
		die("cannot add");
}

/* Entries a second, and the sizes of the commits for the bare write. */
static double write_journal(const struct bench *bench, unsigned int batch, uint64_t *ret_bytes)
{
	struct journal *journal = NULL;
	struct journal_recovery recovery;
	char error[512];
	struct stat st;
	double start;

	unlink(bench->path);
	if (journal_open(bench->path, bench->key, "bench/journal", NULL, &journal, &recovery,
			 error, sizeof(error)) < 0)
		die(error);
	start = now(CLOCK_MONOTONIC);
	for (unsigned int i = 0; i < bench->entries; i++) {
		add(journal, i);
		if ((i + 1) % batch == 0 && journal_commit(journal) < 0)
			die("cannot commit");
	}
	if (journal_commit(journal) < 0)
		die("cannot commit");
	start = now(CLOCK_MONOTONIC) - start;
	journal_close(journal);
	if (stat(bench->path, &st) < 0)
		die("cannot stat");
	*ret_bytes = (uint64_t)st.st_size;
	return bench->entries / start;
}

/* The same bytes in as many pieces, synced one by one. */
static double write_bare(const struct bench *bench, unsigned int batch, uint64_t bytes)
{
	unsigned int commits = (bench->entries + batch - 1) / batch;
	size_t size = bytes / commits;
	_cleanup_free_ char *piece = malloc(size);
	_cleanup_close_ int fd = open(bench->bare, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	double start = now(CLOCK_MONOTONIC);

	if (!piece || fd < 0)
		die("cannot open the bare file");
	memset(piece, 'x', size);
	for (unsigned int i = 0; i < commits; i++)
		if (write(fd, piece, size) != (ssize_t)size || fdatasync(fd) < 0)
			die("cannot write the bare file");
	return bench->entries / (now(CLOCK_MONOTONIC) - start);
}

/*
 * What a signature of each entry would cost alone, without a file: entries a second of one
 * processor.
 */
static double sign_each(const struct bench *bench)
{
	static unsigned char line[376], signature[64];
	unsigned int n = bench->entries < SIGNATURES ? bench->entries : SIGNATURES;
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	double start = now(CLOCK_PROCESS_CPUTIME_ID);
	size_t size;

	if (!key || !ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1)
		die("cannot sign");
	for (unsigned int i = 0; i < n; i++) {
		size = sizeof(signature);
		memcpy(line, &i, sizeof(i));
		if (EVP_DigestSign(ctx, signature, &size, line, sizeof(line)) != 1)
			die("cannot sign");
	}
	start = now(CLOCK_PROCESS_CPUTIME_ID) - start;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return n / start;
}

/*
 * The hashes that no verifier can do without, of lines of this length: entries a second of one
 * processor.
 */
static double hash_each(const struct bench *bench, size_t size)
{
	_cleanup_free_ char *line = calloc(1, size);
	uint8_t leaf[MERKLE_HASH];
	struct merkle tree;
	double start;

	if (!line || merkle_init(&tree) < 0)
		die("cannot hash");
	start = now(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned int i = 0; i < bench->entries; i++)
		if (merkle_leaf(&tree, line, size, leaf) < 0 || merkle_append(&tree, leaf) < 0)
			die("cannot hash");
	start = now(CLOCK_PROCESS_CPUTIME_ID) - start;
	merkle_done(&tree);
	return bench->entries / start;
}

/* Entries a second by the clock, with all processors, and of one processor. */
static double verify(const struct bench *bench, double *ret_of_one)
{
	struct journal_verify_result result;
	double start = now(CLOCK_MONOTONIC), start_of_one = now(CLOCK_PROCESS_CPUTIME_ID);

	if (journal_verify(bench->path, NULL, &result) < 0 || result.status != JOURNAL_OK)
		die("the journal does not verify");
	*ret_of_one = (double)result.entries / (now(CLOCK_PROCESS_CPUTIME_ID) - start_of_one);
	return (double)result.entries / (now(CLOCK_MONOTONIC) - start);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

/* One value of each round, and its name in the output. */
enum { JOURNAL, BARE, TO_BARE, SIGNED, TO_SIGNED, VERIFIED, OF_ONE, HASHED, TO_HASHED, VALUES };

static const char *const value_names[VALUES] = {
	[JOURNAL] = "entries_per_s",
	[BARE] = "bare_entries_per_s",
	[TO_BARE] = "ratio_to_bare",
	[SIGNED] = "sign_each_per_s",
	[TO_SIGNED] = "ratio_to_sign_each",
	[VERIFIED] = "verify_entries_per_s",
	[OF_ONE] = "verify_entries_per_s_of_one_processor",
	[HASHED] = "hash_entries_per_s_of_one_processor",
	[TO_HASHED] = "verify_ratio_to_hash",
};

static void measure(const struct bench *bench, unsigned int batch, const char *name)
{
	double values[VALUES][ROUNDS];
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		values[JOURNAL][i] = write_journal(bench, batch, &bytes);
		values[BARE][i] = write_bare(bench, batch, bytes);
		values[SIGNED][i] = sign_each(bench);
		values[VERIFIED][i] = verify(bench, &values[OF_ONE][i]);
		values[HASHED][i] = hash_each(bench, bytes / bench->entries);
		values[TO_BARE][i] = values[JOURNAL][i] / values[BARE][i];
		values[TO_SIGNED][i] = values[JOURNAL][i] / values[SIGNED][i];
		values[TO_HASHED][i] = values[OF_ONE][i] / values[HASHED][i];
	}
	printf("\"%s\":{\"batch\":%u,\"entries\":%u,\"bytes_per_entry\":%.0f", name, batch,
	       bench->entries, (double)bytes / bench->entries);
	for (unsigned int i = 0; i < VALUES; i++)
		printf(",\"%s\":%.*f", value_names[i], median(values[i]) < 100 ? 3 : 0,
		       median(values[i]));
	printf("}");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct bench bench = { .entries = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10)
						   : 100000 };
	unsigned int entries = bench.entries;

	if (entries < 100)
		die("at least 100 entries");
	snprintf(bench.folder, sizeof(bench.folder), "%s/bench-journal-XXXXXX",
		 argc > 1 ? argv[1] : "/var/tmp");
	if (!mkdtemp(bench.folder))
		die("cannot make a folder");
	snprintf(bench.path, sizeof(bench.path), "%s/journal", bench.folder);
	snprintf(bench.key, sizeof(bench.key), "%s/key", bench.folder);
	snprintf(bench.bare, sizeof(bench.bare), "%s/bare", bench.folder);
	printf("{");
	bench.entries = entries / 50;
	measure(&bench, 1, "commit_each");
	printf(",");
	bench.entries = entries;
	measure(&bench, BATCH, "commit_256");
	printf(",");
	measure(&bench, 8 * BATCH, "commit_2048");
	printf("}\n");
	unlink(bench.path);
	unlink(bench.key);
	unlink(bench.bare);
	rmdir(bench.folder);
	return 0;
}
