// SPDX-License-Identifier: Apache-2.0
/*
 * test_syslog_frame.c: a line of the journal as a syslog message: the header's fields, the bytes of
 * the line, and the count in front.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limits.h"
#include "sink/syslog_frame.h"

#define GENESIS "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct syslog_origin origin;

/* The message without its count, which must fit. */
static char *message_of(const char *line, size_t size, uint64_t offset, size_t *ret_size)
{
	char *frame = NULL, *message;
	size_t n;
	FILE *out = open_memstream(&frame, &n);

	assert_non_null(out);
	syslog_frame_write(out, &origin, offset, line, size);
	assert_int_equal(fclose(out), 0);
	*ret_size = strtoull(frame, &message, 10);
	assert_int_equal(*message, ' ');
	message++;
	assert_int_equal(*ret_size, n - (size_t)(message - frame));
	memmove(frame, message, *ret_size + 1);
	return frame;
}

static void expect(const char *line, uint64_t offset, const char *head)
{
	size_t size = strlen(line), n;
	char *message = message_of(line, size, offset, &n);

	assert_memory_equal(message, head, strlen(head));
	assert_string_equal(message + strlen(head), line);
	free(message);
}

static void test_entry(void **state)
{
	(void)state;
	expect("{\"seq\":7,\"time\":1764500000123,\"type\":\"event.stop\",\"message\":\"\\u001b "
	       "\xc3\xa9 \x7f\"}",
	       4711,
	       "<110>1 2025-11-30T10:53:20.123Z h.example sluice - event.stop [sluice@32473 "
	       "journal=\"" GENESIS "\" offset=\"4711\" size=\"74\"] ");
}

static void test_checkpoint(void **state)
{
	(void)state;
	expect("{\"checkpoint\":\"h\\n3\\n\"}", 0,
	       "<110>1 - h.example sluice - checkpoint [sluice@32473 journal=\"" GENESIS
	       "\" offset=\"0\" size=\"23\"] ");
}

/* What is no entry, or one with a type that is no field of a header, goes over as well. */
static void test_stranger(void **state)
{
	static const char *const lines[] = {
		"",
		"}{",
		"[]",
		"{\"time\":-1,\"type\":\"two words\"}",
		"{\"time\":\"x\",\"type\":7}",
		"{\"type\":\"a-type-that-is-longer-than-an-id-may-be\"}",
	};
	char head[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		snprintf(head, sizeof(head),
			 "<110>1 - h.example sluice - - [sluice@32473 journal=\"" GENESIS
			 "\" offset=\"5\" size=\"%zu\"] ",
			 strlen(lines[i]));
		expect(lines[i], 5, head);
	}
}

static void test_longest(void **state)
{
	static char line[SLUICE_JOURNAL_ENTRY_MAX];
	char *message;
	size_t n;

	(void)state;
	memset(line, 'x', sizeof(line));
	message = message_of(line, sizeof(line), UINT64_MAX, &n);
	assert_memory_equal(message + n - sizeof(line), line, sizeof(line));
	assert_true(n < SLUICE_JOURNAL_ENTRY_MAX + 1024);
	free(message);
}

static void test_host(void **state)
{
	static const struct {
		const char *name, *host;
	} hosts[] = { { "h", "h" }, { "", "-" }, { "a b", "-" }, { "h\xc3\xb6st", "-" } };
	struct syslog_origin other = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		syslog_origin_init(&other, hosts[i].name, GENESIS);
		assert_string_equal(other.host, hosts[i].host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),	 cmocka_unit_test(test_checkpoint),
		cmocka_unit_test(test_stranger), cmocka_unit_test(test_longest),
		cmocka_unit_test(test_host),
	};

	syslog_origin_init(&origin, "h.example", GENESIS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
