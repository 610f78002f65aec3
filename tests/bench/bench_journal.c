// SPDX-License-Identifier: Apache-2.0
/*
 * bench_journal.c: the writer and the verifier, beside a bare write+fdatasync of the same bytes in
 * the same run. Prints one JSON object. Usage: bench_journal [FOLDER [ENTRIES]]; the folder's disk
 * is what is measured. Rounds alternate between the journal and the bare write, the medians are
 * compared: a shared machine changes speed from second to second, the ratio much less.
 */
#include "journal.h"
#include "journal_verify.h"

#include "cleanup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 5
#define BATCH 256

struct bench {
	char folder[256], path[300], key[300], bare[300];
	unsigned int entries;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
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
	if (journal_open(bench->path, bench->key, "bench/journal", NULL, NULL, &journal, &recovery,
			 error, sizeof(error)) < 0)
		die(error);
	start = now();
	for (unsigned int i = 0; i < bench->entries; i++) {
		add(journal, i);
		if ((i + 1) % batch == 0 && journal_commit(journal) < 0)
			die("cannot commit");
	}
	if (journal_commit(journal) < 0)
		die("cannot commit");
	start = now() - start;
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
	double start = now();

	if (!piece || fd < 0)
		die("cannot open the bare file");
	memset(piece, 'x', size);
	for (unsigned int i = 0; i < commits; i++)
		if (write(fd, piece, size) != (ssize_t)size || fdatasync(fd) < 0)
			die("cannot write the bare file");
	return bench->entries / (now() - start);
}

static double verify(const struct bench *bench)
{
	struct journal_verify_result result;
	double start = now();

	if (journal_verify(bench->path, NULL, &result) < 0 || result.status != JOURNAL_OK)
		die("the journal does not verify");
	return (double)result.entries / (now() - start);
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

static void measure(const struct bench *bench, unsigned int batch, const char *name)
{
	double journal[ROUNDS], bare[ROUNDS], ratio[ROUNDS], verified[ROUNDS];
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		journal[i] = write_journal(bench, batch, &bytes);
		bare[i] = write_bare(bench, batch, bytes);
		ratio[i] = journal[i] / bare[i];
		verified[i] = verify(bench);
	}
	printf("\"%s\":{\"batch\":%u,\"entries\":%u,\"bytes_per_entry\":%.0f,\"entries_per_s\":%."
	       "0f,"
	       "\"bare_entries_per_s\":%.0f,\"ratio_to_bare\":%.3f,\"verify_entries_per_s\":%.0f}",
	       name, batch, bench->entries, (double)bytes / bench->entries, median(journal),
	       median(bare), median(ratio), median(verified));
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
	printf("}\n");
	unlink(bench.path);
	unlink(bench.key);
	unlink(bench.bare);
	rmdir(bench.folder);
	return 0;
}
