// SPDX-License-Identifier: Apache-2.0
/*
 * test_web_request.c: the page of one request, and what its form may bring. Sources: user/base/html.c,
 * user/web/web_request.c, user/web/web_lineage.c, user/web/web_page.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "web/web_request.h"

#define DIGEST "3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"

static struct ipc_request request;
static struct gateway_requests *requests;
static struct session session;
static struct web_answer answer;

static int setup(void **state)
{
	(void)state;
	escape_locale();
	request = (struct ipc_request){
		.id = "r-1",
		.digest = DIGEST,
		.host = "h",
		.boot = "6f8d9a4e-1c2b-4a5d-8e7f-0123456789ab",
		.action = "egress",
		.waiting = "hold",
		.scope = "process",
		.n_sources = 2,
		.duration_s = 300,
		.approvals_needed = 1,
		.labels = "pii",
		.comm = "python3",
		.target = "198.51.100.7 port 443 tcp",
		.sources = { { .path = "/data/a" }, { .path = "/data/b" } },
	};
	session = (struct session){ .token = "TOKEN", .name = "Erin", .fresh_until_s = UINT64_MAX };
	answer = (struct web_answer){
		.digest = DIGEST, .verdict = "approve", .scope = "once", .duration = "60"
	};
	return 0;
}

/* The page's text, owned by the caller. */
static char *page(void)
{
	struct html html;

	assert_int_equal(page_request(&request, &session, requests, &html), 0);
	return html.text;
}

static void assert_has(const char *text, const char *part, bool has)
{
	if (!!strstr(text, part) != has)
		fail_msg("%s: %s", part, has ? "missing" : "there");
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

static void an_open_request_has_buttons(void **state)
{
	_cleanup_free_ char *text = page();

	(void)state;
	assert_has(text, "value=\"approve\"", true);
	assert_has(text, "value=\"deny\"", true);
	assert_has(text, "value=\"" DIGEST "\"", true);
	assert_has(text, "name=\"token\" value=\"TOKEN\"", true);
	/* the narrowest is preset, the rule's is there, wider ones are not */
	assert_has(text, "value=\"once\" checked", true);
	assert_has(text, "value=\"process\"", true);
	assert_has(text, "value=\"executable\"", false);
	/* two that were read, the process, the target */
	assert_int_equal(count(text, "<rect"), 4);
}

static void assert_no_buttons(const char *instead)
{
	_cleanup_free_ char *text = page();

	assert_has(text, "<button name", false);
	assert_has(text, instead, true);
}

static void others_have_none(void **state)
{
	(void)state;
	for (uint8_t i = IPC_APPROVED; i < IPC_STATES; i++) {
		request.state = i;
		assert_no_buttons(DIGEST);
	}
	request.state = IPC_PENDING;
	session_refuse(&session, "r-1", "you stand behind this request");
	assert_no_buttons("you stand behind this request");
}

static void an_old_sign_in_approves_no_A3(void **state)
{
	static const char again[] = "href=\"/login?next=/r/r-1\"";

	(void)state;
	for (uint8_t tier = 0; tier <= 3; tier++)
		for (int fresh = 0; fresh < 2; fresh++) {
			_cleanup_free_ char *text = NULL;
			bool stale = tier == 3 && !fresh;

			request.tier = tier;
			session.fresh_until_s = fresh ? UINT64_MAX : 0;
			assert_int_equal(web_is_stale(&request, &session), stale);
			text = page();
			assert_has(text, "value=\"approve\"", !stale);
			assert_has(text, again, stale);
			assert_has(text, "value=\"deny\"", true);
		}
}

static void what_is_hidden_is_approved_elsewhere(void **state)
{
	(void)state;
	for (uint32_t hidden = 0; hidden < 2; hidden++) {
		_cleanup_free_ char *text = NULL;

		request.hidden = hidden;
		request.tier = hidden ? 3 : 1;
		text = page();
		assert_has(text, "value=\"approve\"", !hidden);
		assert_has(text, "sluice approve r-1 3f9a22c1 --key", hidden);
		assert_has(text, "value=\"deny\"", true);
	}
}

static void what_was_read_besides_is_counted(void **state)
{
	(void)state;
	for (uint32_t more = 0; more < 2; more++) {
		_cleanup_free_ char *text = NULL;

		request.more_sources = more;
		text = page();
		assert_has(text, "And at least 1 more: sluice why", more);
	}
}

/* A sign-in anew, which is no help then, is not asked for. */
static void a_sign_in_of_unknown_age_approves_no_A3(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	request.tier = 3;
	session.fresh_until_s = 0;
	session.undated = true;
	text = page();
	assert_has(text, "value=\"approve\"", false);
	assert_has(text, "value=\"deny\"", true);
	assert_has(text, "/login", false);
	assert_has(text, "does not say when you signed in", true);
	assert_has(text, "sluice approve r-1 3f9a22c1 --key", true);
}

static void a_reason_has_its_source(void **state)
{
	_cleanup_free_ char *none = NULL, *some = NULL;

	(void)state;
	none = page();
	assert_has(none, ">none</dd>", true);
	assert_has(none, "by its", false);
	strcpy(request.reason, "monthly report");
	strcpy(request.reason_from, "<unit>");
	some = page();
	assert_has(some, "monthly report</bdi></code>, by its <code><bdi>&lt;unit&gt;", true);
}

static void every_text_is_escaped(void **state)
{
	static const char attack[] = "<b>\"'&\x1b\xe2\x80\xae";
	static const char shown[] = "&lt;b&gt;&quot;&#39;&amp;\\x1b\\u202e";
	char *const texts[] = { request.host,	request.rule,	  request.labels, request.requester,
				request.user,	request.command,  request.unit,	  request.target,
				request.reason, request.reviewers, request.executable,
				request.sources[0].path, request.sources[1].labels,
				request.sources[0].reader, session.name, session.message };
	_cleanup_free_ char *text = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		strcpy(texts[i], attack);
	strcpy(request.comm, "<i>");
	strcpy(request.action, "<u>");
	strcpy(request.scope, "<s>");
	strcpy(request.waiting, "<q>");
	text = page();
	assert_true(count(text, shown) >= ARRAY_SIZE(texts));
	assert_has(text, "<b>", false);
	assert_has(text, "<i>", false);
	assert_has(text, "<u>", false);
	assert_has(text, "<s>", false);
	assert_has(text, "<q>", false);
	assert_has(text, "\x1b", false);
	assert_has(text, "\xe2\x80\xae", false);
}

/* In the picture only: below it all is there. */
static void a_long_path_is_cut_in_the_middle(void **state)
{
	_cleanup_free_ char *text = NULL;
	char long_path[201];

	(void)state;
	memset(long_path, 'x', 200);
	long_path[200] = '\0';
	strcpy(request.sources[0].path, long_path);
	text = page();
	assert_int_equal(count(text, long_path), 1);
	assert_has(text, "xxx\xe2\x80\xa6xxx", true);
}

static int read_answer(struct channel_decision *decision)
{
	const char *why = "";
	int r = web_answer_read(&answer, &request, decision, &why);

	assert_true((r == 0) == (*why == '\0'));
	return r;
}

static void an_answer_is_what_the_form_said(void **state)
{
	struct channel_decision decision;
	const struct ipc_decide *decide = &decision.statement.answer;

	(void)state;
	strcpy(answer.reason, "known partner");
	assert_int_equal(read_answer(&decision), 0);
	assert_int_equal(decide->approve, 1);
	assert_int_equal(decide->scope, IPC_SCOPE_ONCE);
	assert_int_equal(decide->duration_s, 60);
	assert_string_equal(decide->digest, DIGEST);
	assert_string_equal(decide->reason, "known partner");
	/* what the person saw, whatever the request is by now */
	memset(answer.digest, '0', 64);
	assert_int_equal(read_answer(&decision), 0);
	assert_string_equal(decide->digest, answer.digest);
	strcpy(answer.verdict, "deny");
	answer.scope[0] = answer.duration[0] = '\0';
	assert_int_equal(read_answer(&decision), 0);
	assert_int_equal(decide->approve, 0);
}

static void an_answer_is_not_wider_than_the_rule(void **state)
{
	static const struct {
		const char *scope;
		const char *duration;
		int result;
	} cases[] = {
		{ "once", "1", 0 },	       { "process", "300", 0 },
		{ "executable", "1", -EINVAL }, { "rule", "1", -EINVAL },
		{ "", "1", -EINVAL },	       { "once", "301", -EINVAL },
		{ "once", "0", -EINVAL },      { "once", "", -EINVAL },
		{ "once", "-1", -EINVAL },     { "once", "1s", -EINVAL },
		{ "once", "99999999999", -EINVAL },
	};
	struct channel_decision decision;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(answer.scope, cases[i].scope);
		strcpy(answer.duration, cases[i].duration);
		assert_int_equal(read_answer(&decision), cases[i].result);
	}
}

static void an_answer_is_whole(void **state)
{
	struct channel_decision decision;

	(void)state;
	answer.digest[63] = '\0';
	assert_int_equal(read_answer(&decision), -EINVAL);
	setup(state);
	strcpy(answer.verdict, "maybe");
	assert_int_equal(read_answer(&decision), -EINVAL);
	setup(state);
	strcpy(answer.reason, "a\nb");
	assert_int_equal(read_answer(&decision), -EINVAL);
}

/* Closed and known: @n of them. */
static void close_like(unsigned int n, const struct ipc_request *like)
{
	for (unsigned int i = 0; i < n; i++) {
		struct ipc_request other = *like;

		snprintf(other.id, sizeof(other.id), "r-%.4s-%u", like->host, i % 100);
		gateway_requests_closed(requests, &other);
	}
}

/* The newest five of the same executable, action and labels, with who decided and why. */
static void past_decisions_are_shown_as_they_were(void **state)
{
	struct ipc_request other;
	char *text = page();

	(void)state;
	assert_has(text, "Decided before", false);
	free(text);
	strcpy(request.executable, "/usr/bin/python3.11");
	other = request;
	other.state = IPC_DENIED;
	other.n_decisions = 1;
	strcpy(other.decisions[0].person, "erin");
	strcpy(other.decisions[0].reason, "<b>not abroad</b>");
	strcpy(other.host, "same");
	close_like(7, &other);
	strcpy(other.host, "exe");
	strcpy(other.executable, "/usr/bin/perl");
	close_like(1, &other);
	strcpy(other.host, "act");
	strcpy(other.executable, request.executable);
	strcpy(other.action, "open");
	close_like(1, &other);
	strcpy(other.host, "lab");
	strcpy(other.action, request.action);
	strcpy(other.labels, "pii, secret");
	close_like(1, &other);
	text = page();
	assert_has(text, "Decided before", true);
	assert_int_equal(count(text, "/r/r-same-"), 5);
	assert_has(text, "/r/r-same-6", true);
	assert_has(text, "/r/r-same-1", false);
	assert_has(text, "/r/r-exe-0", false);
	assert_has(text, "/r/r-act-0", false);
	assert_has(text, "/r/r-lab-0", false);
	assert_has(text, "erin", true);
	assert_has(text, "&lt;b&gt;not abroad", true);
	free(text);
	request.executable[0] = '\0'; /* not known: nothing is alike */
	text = page();
	assert_has(text, "Decided before", false);
	free(text);
}

static int begin(void **state)
{
	(void)state;
	return gateway_requests_new(&requests);
}

static int end(void **state)
{
	(void)state;
	requests = gateway_requests_free(requests);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_open_request_has_buttons, setup),
		cmocka_unit_test_setup(others_have_none, setup),
		cmocka_unit_test_setup(an_old_sign_in_approves_no_A3, setup),
		cmocka_unit_test_setup(what_is_hidden_is_approved_elsewhere, setup),
		cmocka_unit_test_setup(what_was_read_besides_is_counted, setup),
		cmocka_unit_test_setup(a_sign_in_of_unknown_age_approves_no_A3, setup),
		cmocka_unit_test_setup(a_reason_has_its_source, setup),
		cmocka_unit_test_setup(every_text_is_escaped, setup),
		cmocka_unit_test_setup(a_long_path_is_cut_in_the_middle, setup),
		cmocka_unit_test_setup(an_answer_is_what_the_form_said, setup),
		cmocka_unit_test_setup(an_answer_is_not_wider_than_the_rule, setup),
		cmocka_unit_test_setup(an_answer_is_whole, setup),
		cmocka_unit_test_setup(past_decisions_are_shown_as_they_were, setup),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
