// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_population.c: which two places enclose a period, and what is counted between them:
 * also when the clock is set back, and when nothing behind the period tells totals yet.
 */
#include "journal/journal_population.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

/* The period is from 100 to 199. A journal as letters: d: decision, r: read, H: a place. */
struct line {
	char what;
	int time;
};

static struct journal_population counted;
static uint64_t n_decisions, n_reads, seq;

static void begin(void)
{
	assert_int_equal(journal_population_init(&counted), 0);
	n_decisions = n_reads = seq = 0;
}

static enum journal_when when_of(int time)
{
	return time < 100 ? WHEN_BEFORE : time > 199 ? WHEN_BEHIND : WHEN_INSIDE;
}

static void take(struct line line)
{
	enum journal_when when = when_of(line.time);
	json_t *entry = json_pack("{s:s, s:{s:{s:I, s:I}}}", "type",
				  line.what == 'H' ? "journal.heartbeat" : "other", "journal",
				  "totals", "decision", (json_int_t)n_decisions, "event.read",
				  (json_int_t)n_reads);
	const char *type = line.what == 'd'   ? "decision"
			   : line.what == 'r' ? "event.read"
					      : "journal.heartbeat";

	journal_population_place(&counted, seq++, entry, when);
	assert_int_equal(journal_population_take(&counted, type, when, when == WHEN_INSIDE), 0);
	json_decref(entry);
	n_decisions += line.what == 'd';
	n_reads += line.what == 'r';
}

/* @wanted: "from to more, decisions: delta in out rest"; -1: the begin of the journal */
static void expect(const struct line *lines, const char *wanted)
{
	const struct journal_population_type *type, none = { 0 };
	char text[160];
	const json_t *at;
	bool more;

	begin();
	for (; lines->what; lines++)
		take(*lines);
	more = journal_population_end(&counted);
	at = json_object_get(counted.index, "decision");
	type = at ? &counted.types[json_integer_value(at)] : &none;
	snprintf(text, sizeof(text), "%d %d %s: %d %d %d %d",
		 counted.from.entry ? (int)counted.from.seq : -1,
		 counted.to.entry ? (int)counted.to.seq : -1, more ? "more" : "all",
		 (int)journal_population_delta(&counted, "decision"),
		 (int)type->inside[STRETCH_BETWEEN], (int)type->outside[STRETCH_BETWEEN],
		 (int)(type->inside[STRETCH_REST] + type->outside[STRETCH_REST]));
	assert_string_equal(text, wanted);
	journal_population_done(&counted);
}

#define EXPECT(wanted, ...) expect((const struct line[]){ __VA_ARGS__, { 0 } }, wanted)

static void test_places(void **state)
{
	(void)state;
	EXPECT("-1 2 all: 2 2 0 0", { 'd', 100 }, { 'd', 199 }, { 'H', 200 });
	/* the last one before, the first one behind; what is around it is outside */
	EXPECT("1 5 all: 3 1 2 0", { 'H', 10 }, { 'H', 50 }, { 'd', 60 }, { 'd', 150 },
	       { 'd', 210 }, { 'H', 220 }, { 'd', 230 }, { 'H', 240 });
	/* one in the period is neither */
	EXPECT("0 5 all: 3 2 1 0", { 'H', 50 }, { 'd', 90 }, { 'd', 110 }, { 'H', 120 },
	       { 'd', 130 }, { 'H', 250 });
	/* nothing is in the period */
	EXPECT("0 3 all: 2 0 2 0", { 'H', 50 }, { 'd', 60 }, { 'd', 300 }, { 'H', 310 });
}

static void test_rest(void **state)
{
	(void)state;
	EXPECT("-1 -1 more: 0 0 0 1", { 'r', 90 }, { 'd', 100 });
	EXPECT("0 3 more: 1 1 0 2", { 'H', 50 }, { 'd', 110 }, { 'r', 120 }, { 'H', 130 },
	       { 'd', 140 }, { 'd', 210 });
	/* the journal ends before the period */
	EXPECT("1 1 more: 0 0 0 1", { 'd', 10 }, { 'H', 50 }, { 'd', 60 });
}

static void test_clock(void **state)
{
	(void)state;
	/* set back into the period when that was over: the next place behind it counts */
	EXPECT("0 5 all: 3 2 1 1", { 'H', 50 }, { 'd', 110 }, { 'H', 250 }, { 'd', 260 },
	       { 'd', 150 }, { 'H', 300 }, { 'd', 310 });
	/* and none comes: all up to the last place, and the rest one by one */
	EXPECT("0 4 more: 2 1 1 1", { 'H', 50 }, { 'd', 110 }, { 'H', 250 }, { 'd', 260 },
	       { 'H', 270 }, { 'd', 150 });
	/* set forward over the period for a while */
	EXPECT("0 5 all: 3 1 2 0", { 'H', 50 }, { 'd', 900 }, { 'd', 60 }, { 'H', 70 },
	       { 'd', 150 }, { 'H', 210 });
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
