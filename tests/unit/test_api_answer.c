// SPDX-License-Identifier: Apache-2.0
/*
 * test_api_answer.c: the body of a decision. Sources: user/api/api_answer.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/api_answer.h"
#include "base/cleanup.h"

#define DIGEST	"3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"
#define NONCE	"000102030405060708090a0b0c0d0e0f"
#define SEEN	"\"digest\":\"" DIGEST "\",\"nonce\":\"" NONCE "\""
#define APPROVE "{\"verdict\":\"approve\"," SEEN "}"
#define STATEMENT                                                                                  \
	"sluice-decision-v1\\nhost h\\nboot 6f8d9a4e-1c2b-4a5d-8e7f-0123456789ab\\nrequest r-1\\n" \
	"digest " DIGEST "\\nverdict approve\\nscope once\\nduration_s 60\\nreason x\\n"           \
	"time 2026-11-22T14:00:00.250Z\\nnonce " NONCE "\\n"

static struct api_answer answer;
static char why[512];

static int parse(const char *body)
{
	*why = '\0';
	return api_answer_parse(body, strlen(body), &answer, why, sizeof(why));
}

static void test_own(void **state)
{
	(void)state;
	assert_int_equal(parse(APPROVE), 0);
	assert_false(answer.is_signed);
	assert_int_equal(answer.answer.approve, 1);
	assert_int_equal(answer.answer.scope, IPC_SCOPE_RULE); /* the rule's */
	assert_int_equal(answer.answer.duration_s, 0);
	assert_string_equal(answer.answer.digest, DIGEST);
	assert_string_equal(answer.nonce, NONCE);
	assert_string_equal(answer.answer.reason, "");
	assert_int_equal(parse("{\"verdict\":\"approve\"," SEEN ",\"reason\":\"ok \\u00e9\","
			       "\"scope\":\"process\",\"duration_s\":86400}"),
			 0);
	assert_int_equal(answer.answer.scope, IPC_SCOPE_PROCESS);
	assert_int_equal(answer.answer.duration_s, 86400);
	assert_string_equal(answer.answer.reason, "ok \xc3\xa9");
	assert_int_equal(parse(" {\"verdict\":\"deny\"," SEEN ",\"reason\":\"no\"}\n"), 0);
	assert_int_equal(answer.answer.approve, 0);
}

static void test_signed(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"statement\":\"" STATEMENT "\",\"signature\":\"SIG\"}"), 0);
	assert_true(answer.is_signed);
	assert_string_equal(answer.answer.id, "r-1");
	assert_int_equal(answer.answer.approve, 1);
	assert_string_equal(answer.nonce, NONCE);
	assert_string_equal(answer.message.signature, "SIG");
	assert_non_null(strstr(answer.message.statement, "\nscope once\n"));
}

static void test_refused(void **state)
{
	static const struct {
		const char *body;
		int error;
		const char *why;
	} bad[] = {
		{ "", -EBADMSG, "no JSON" },
		{ "{", -EBADMSG, "no JSON" },
		{ APPROVE "x", -EBADMSG, "no JSON" },
		{ "\xff", -EBADMSG, "no JSON" },
		{ "{\"verdict\":\"approve\",\"verdict\":\"deny\"," SEEN "}", -EBADMSG, "no JSON" },
		{ "{\"verdict\":\"approve\\u0000\"," SEEN "}", -EBADMSG, "no JSON" },
		{ "[]", -EINVAL, "must be a JSON object" },
		{ "\"x\"", -EBADMSG, "no JSON" },
		{ "{}", -EINVAL, "verdict is missing" },
		{ "{" SEEN "}", -EINVAL, "verdict is missing" },
		{ "{\"verdict\":\"Approve\"," SEEN "}", -EINVAL, "verdict must be" },
		{ "{\"verdict\":1," SEEN "}", -EINVAL, "verdict must be" },
		{ "{\"verdict\":\"approve\",\"nonce\":\"" NONCE "\"}", -EINVAL,
		  "digest is missing" },
		{ "{\"verdict\":\"deny\",\"nonce\":\"" NONCE "\"}", -EINVAL, "digest is missing" },
		{ "{\"verdict\":\"approve\",\"digest\":\"3f9a22c1\",\"nonce\":\"" NONCE "\"}",
		  -EINVAL, "digest must be the 64" },
		{ "{\"verdict\":\"approve\",\"digest\":\"" DIGEST "\"}", -EINVAL,
		  "nonce is missing" },
		{ "{\"verdict\":\"approve\",\"digest\":\"" DIGEST "\",\"nonce\":\"00\"}", -EINVAL,
		  "nonce must be 32" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"reason\":\"a\\nb\"}", -EINVAL,
		  "reason must be one line" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"reason\":\"\\u202e\"}", -EINVAL,
		  "reason must be one line" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"reason\":7}", -EINVAL, "reason must be" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"scope\":\"rule\"}", -EINVAL,
		  "scope must be" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"scope\":null}", -EINVAL, "scope must be" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"duration_s\":0}", -EINVAL,
		  "duration_s must" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"duration_s\":-1}", -EINVAL,
		  "duration_s must" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"duration_s\":86401}", -EINVAL,
		  "duration_s must" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"duration_s\":4294967297}", -EINVAL,
		  "duration_s must" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"duration_s\":\"60\"}", -EINVAL,
		  "duration_s must" },
		{ "{\"verdict\":\"approve\"," SEEN ",\"duration_s\":60.5}", -EINVAL,
		  "duration_s must" },
		{ "{\"verdict\":\"deny\"," SEEN ",\"scope\":\"once\"}", -EINVAL,
		  "scope does not belong to a denial" },
		{ "{\"verdict\":\"deny\"," SEEN ",\"duration_s\":60}", -EINVAL,
		  "duration_s does not belong to a denial" },
		{ "{\"verdict\":\"deny\"," SEEN ",\"tier\":\"A3\"}", -EINVAL, "is none of" },
		{ "{\"verdict\":\"deny\"," SEEN ",\"person\":\"rita\"}", -EINVAL, "is none of" },
		{ "{\"statement\":\"" STATEMENT "\"}", -EINVAL, "signature is missing" },
		{ "{\"signature\":\"SIG\"}", -EINVAL, "statement is missing" },
		{ "{\"statement\":\"" STATEMENT "\",\"signature\":\"SIG\",\"verdict\":\"deny\"}",
		  -EINVAL, "verdict does not belong to an answer that is signed" },
		{ "{\"statement\":\"" STATEMENT "\",\"signature\":\"SIG\",\"reason\":\"x\"}",
		  -EINVAL, "reason does not belong to an answer that is signed" },
		{ "{\"statement\":\"" STATEMENT " \",\"signature\":\"SIG\"}", -EINVAL, "line 12" },
		{ "{\"statement\":\"x\",\"signature\":\"SIG\"}", -EINVAL, "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int r = parse(bad[i].body);

		if (r != bad[i].error || !strstr(why, bad[i].why))
			fail_msg("%s: %d %s", bad[i].body, r, why);
	}
}

/* What fits to the byte, and what does not. */
static void test_lengths(void **state)
{
	char body[4096], reason[SLUICE_REASON_MAX + 1] = "";

	(void)state;
	memset(reason, 'x', SLUICE_REASON_MAX - 1);
	snprintf(body, sizeof(body), "{\"verdict\":\"deny\"," SEEN ",\"reason\":\"%s\"}", reason);
	assert_int_equal(parse(body), 0);
	reason[SLUICE_REASON_MAX - 1] = 'x';
	snprintf(body, sizeof(body), "{\"verdict\":\"deny\"," SEEN ",\"reason\":\"%s\"}", reason);
	assert_int_equal(parse(body), -EINVAL);
	snprintf(body, sizeof(body), "{\"statement\":\"%2048s\",\"signature\":\"x\"}", "");
	assert_int_equal(parse(body), -EINVAL);
	assert_non_null(strstr(why, "at most 2047 bytes"));
	snprintf(body, sizeof(body), "{\"statement\":\"" STATEMENT "\",\"signature\":\"%2048s\"}",
		 "");
	assert_int_equal(parse(body), -EINVAL);
	snprintf(body, sizeof(body), "{\"statement\":\"" STATEMENT "\",\"signature\":\"%2047s\"}",
		 "");
	assert_int_equal(parse(body), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
