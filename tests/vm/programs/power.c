/* SPDX-License-Identifier: Apache-2.0 */
/*
 * power.c: writes a journal until the power is cut, and says after the cut whether all is there
 * that it had said to be durable.
 *
 *   power JOURNAL KEY ACKS [--lie]
 *
 * ACKS has what the runs before had said, one "ack ENTRY RUN" a line; what is no such line is passed
 * over (a cut leaves half ones). Each entry says the number of its run. Prints
 *
 *   found ENTRIES adopted N torn BYTES acks N      the journal opened, and has every entry of ACKS
 *   ack ENTRY RUN                                  this one, and all before it, are durable
 *
 * until it is ended. --lie says so before it is true: the test of the test. Ends with REFUSED when an
 * entry is missing or another one stands in its place, USAGE for anything else.
 *
 * Owns: this one run. Must not own: cutting (tests/vm/long/power).
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "journal/journal.h"
#include "program.h"

#define BATCH	  32
#define MESSAGE	  2048
#define ROTATE_AT 8 /* one of so many commits ends the epoch, as each that matters does */

struct runs {
	uint32_t *of; /* by entry: the run that wrote it, 0: no entry of a run */
	uint64_t count, room;
	uint32_t last;
};

static void fail(const char *what)
{
	fprintf(stderr, "power: %s\n", what);
	exit(USAGE);
}

static int learn(void *ctx, uint64_t seq, json_t *entry)
{
	struct runs *runs = ctx;

	if (seq >= runs->room) {
		runs->room = 2 * seq + 1024;
		runs->of = realloc(runs->of, runs->room * sizeof(*runs->of));
		if (!runs->of)
			return -ENOMEM;
	}
	runs->of[seq] = (uint32_t)json_integer_value(json_object_get(entry, "run"));
	runs->count = seq + 1;
	if (runs->of[seq] > runs->last)
		runs->last = runs->of[seq];
	return 0;
}

/* How many were acknowledged; ends the program when one of them is not what it was. */
static unsigned int check_acks(const struct runs *runs, const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	unsigned long long seq;
	unsigned int run, acks = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (!strchr(line, '\n') || sscanf(line, "ack %llu %u\n", &seq, &run) != 2)
			continue;
		acks++;
		if (seq < runs->count && runs->of[seq] == run)
			continue;
		printf("lost: entry %llu of run %u was durable; there are %llu entries, that one "
		       "is of run %u\n",
		       seq, run, (unsigned long long)runs->count,
		       seq < runs->count ? runs->of[seq] : 0);
		exit(REFUSED);
	}
	return acks;
}

static void add(struct journal *journal, uint32_t run, uint64_t *seq)
{
	char message[MESSAGE];
	size_t length = (size_t)random() % (sizeof(message) - 1);
	json_t *body;

	memset(message, 'a' + (int)(length % 26), length);
	message[length] = '\0';
	body = json_pack("{s:s,s:s,s:I}", "type", "test.power", "message", message, "run",
			 (json_int_t)run);
	if (!body || journal_add(journal, body, seq) < 0)
		fail("cannot add");
}

static void acknowledge(uint64_t seq, uint32_t run)
{
	printf("ack %llu %u\n", (unsigned long long)seq, run);
	fflush(stdout);
}

static void write_batch(struct journal *journal, uint32_t run, bool lie)
{
	uint64_t seq = 0;
	int r;

	for (long left = random() % BATCH; left >= 0; left--)
		add(journal, run, &seq);
	if (lie)
		acknowledge(seq, run);
	r = random() % ROTATE_AT ? journal_commit(journal) : journal_rotate(journal, false);
	if (r < 0)
		fail(journal_broken(journal));
	if (!lie)
		acknowledge(seq, run);
}

/* As the daemon does: what no signature covered is signed again only with an entry that says so. */
static void tell_recovery(struct journal *journal, const struct journal_recovery *recovery)
{
	if (!recovery->adopted && !recovery->torn_bytes)
		return;
	if (journal_add(journal, journal_recovery_body(recovery), NULL) < 0 ||
	    journal_commit(journal) < 0)
		fail("cannot tell what was recovered");
}

int main(int argc, char **argv)
{
	struct journal *journal = NULL;
	struct journal_recovery recovery;
	struct runs runs = { 0 };
	struct journal_memory memory = { .replay = learn, .ctx = &runs };
	char error[512];
	unsigned int acks;

	if (argc < 4)
		fail("usage: power JOURNAL KEY ACKS [--lie]");
	if (journal_open(argv[1], argv[2], "power.example.com/journal", &memory, &journal, &recovery,
			 error, sizeof(error)) < 0)
		fail(error);
	acks = check_acks(&runs, argv[3]);
	tell_recovery(journal, &recovery);
	printf("found %llu adopted %llu torn %llu acks %u\n", (unsigned long long)recovery.entries,
	       (unsigned long long)recovery.adopted, (unsigned long long)recovery.torn_bytes, acks);
	srandom(runs.last + 1);
	for (;;)
		write_batch(journal, runs.last + 1, argc > 4);
}
