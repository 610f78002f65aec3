// SPDX-License-Identifier: Apache-2.0
/*
 * test_web_session.c: sessions end when they should, by a clock that is played.
 * Sources: user/web/web_session.c, user/web/oidc.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "web/web_session.h"

#define LIFE_S	28800
#define FRESH_S 900

static time_t now = 1000;
static struct sessions *sessions;
static const struct account erin = { .issuer = "https://id.example", .subject = "erin" };

int __wrap_clock_gettime(clockid_t id, struct timespec *ret);

int __wrap_clock_gettime(clockid_t id, struct timespec *ret)
{
	(void)id;
	*ret = (struct timespec){ .tv_sec = now };
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return sessions_new(LIFE_S, FRESH_S, &sessions);
}

static int teardown(void **state)
{
	(void)state;
	sessions = sessions_free(sessions);
	return 0;
}

static struct session *begin(void)
{
	struct session *session = sessions_begin(sessions, &erin, "Erin", strdup("{}"), 0);

	assert_non_null(session);
	return session;
}

static void a_session_ends_when_idle(void **state)
{
	char id[OIDC_SECRET];

	(void)state;
	strcpy(id, begin()->id);
	now += WEB_IDLE_S - 1;
	assert_non_null(sessions_find(sessions, id, true));
	now += WEB_IDLE_S - 1;
	/* a timer in the browser keeps nothing alive */
	assert_non_null(sessions_find(sessions, id, false));
	now += 1;
	assert_null(sessions_find(sessions, id, true));
	now -= 100;
	assert_null(sessions_find(sessions, id, true)); /* for good */
}

static void a_session_ends_however_busy(void **state)
{
	char id[OIDC_SECRET];

	(void)state;
	strcpy(id, begin()->id);
	for (time_t end = now + LIFE_S - 60; now < end; now += 60)
		assert_non_null(sessions_find(sessions, id, true));
	now += 60;
	assert_null(sessions_find(sessions, id, true));
}

static void secrets_are_found_whole_only(void **state)
{
	struct session *session = begin();
	char id[OIDC_SECRET];

	(void)state;
	assert_string_not_equal(session->id, session->token);
	assert_string_not_equal(session->id, begin()->id);
	strcpy(id, session->id);
	assert_null(sessions_find(sessions, "", true));
	id[0] ^= 1;
	assert_null(sessions_find(sessions, id, true));
	id[0] ^= 1;
	id[OIDC_SECRET - 2] = '\0';
	assert_null(sessions_find(sessions, id, true));
	session_end(session);
	assert_null(sessions_find(sessions, session->id, true));
}

/* @id: of the session, to look it up by */
static void begin_for(const char *subject, char id[OIDC_SECRET])
{
	struct account account = erin;
	const struct session *session;

	snprintf(account.subject, sizeof(account.subject), "%s", subject);
	session = sessions_begin(sessions, &account, subject, strdup("{}"), 0);
	assert_non_null(session);
	strcpy(id, session->id);
}

static void many_people_push_out_the_idlest(void **state)
{
	char first[OIDC_SECRET], kept[OIDC_SECRET], other[OIDC_SECRET], subject[16];

	(void)state;
	begin_for("erin", first);
	begin_for("frank", kept);
	for (int i = 0; i < 255; i++) {
		now++;
		assert_non_null(sessions_find(sessions, kept, true));
		snprintf(subject, sizeof(subject), "u-%d", i);
		begin_for(subject, other);
	}
	assert_null(sessions_find(sessions, first, true));
	assert_non_null(sessions_find(sessions, kept, true));
}

static void many_sessions_of_one_push_out_its_own(void **state)
{
	char frank[OIDC_SECRET], ids[300][OIDC_SECRET];

	(void)state;
	begin_for("frank", frank);
	for (size_t i = 0; i < 300; i++) {
		now++;
		begin_for("erin", ids[i]);
		/* the first, though it is not the idlest */
		if (i == WEB_SESSIONS - 1)
			assert_non_null(sessions_find(sessions, ids[0], true));
		if (i >= WEB_SESSIONS)
			assert_null(sessions_find(sessions, ids[i - WEB_SESSIONS], false));
	}
	for (size_t i = 300 - WEB_SESSIONS; i < 300; i++)
		assert_non_null(sessions_find(sessions, ids[i], false));
	assert_non_null(sessions_find(sessions, frank, false));
}

static void what_is_over_takes_no_room(void **state)
{
	char old[OIDC_SECRET], id[OIDC_SECRET];

	(void)state;
	begin_for("erin", id);
	now++;
	for (int i = 0; i < WEB_SESSIONS - 1; i++)
		begin_for("erin", old);
	now += WEB_IDLE_S - 2;
	assert_non_null(sessions_find(sessions, id, true));
	now += 2;
	for (int i = 0; i < WEB_SESSIONS - 1; i++)
		begin_for("erin", old);
	assert_non_null(sessions_find(sessions, id, false));
}

static void a_sign_in_is_fresh_for_a_while(void **state)
{
	struct session *session = begin();

	(void)state;
	now += FRESH_S - 1;
	/* a page that is asked for makes it no fresher */
	assert_ptr_equal(sessions_find(sessions, session->id, true), session);
	assert_true(session_is_fresh(session));
	now += 1;
	assert_false(session_is_fresh(session));
	session = sessions_begin(sessions, &erin, "Erin", strdup("{}"), FRESH_S - 10);
	now += 9;
	assert_true(session_is_fresh(session));
	now += 1;
	assert_false(session_is_fresh(session));
	session = sessions_begin(sessions, &erin, "Erin", strdup("{}"), FRESH_S + 10);
	assert_false(session_is_fresh(session));
	assert_false(session->undated);
	session = sessions_begin(sessions, &erin, "Erin", strdup("{}"), WEB_AGE_UNKNOWN);
	assert_false(session_is_fresh(session));
	assert_true(session->undated);
}

static void refusals_are_remembered(void **state)
{
	struct session *session = begin();

	(void)state;
	session_refuse(session, "r-1", "you ask yourself");
	assert_string_equal(session_refused(session, "r-1"), "you ask yourself");
	assert_null(session_refused(session, "r-2"));
	assert_null(session_refused(session, ""));
	assert_null(session_refused(begin(), "r-1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_session_ends_when_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(a_session_ends_however_busy, setup, teardown),
		cmocka_unit_test_setup_teardown(secrets_are_found_whole_only, setup, teardown),
		cmocka_unit_test_setup_teardown(many_people_push_out_the_idlest, setup, teardown),
		cmocka_unit_test_setup_teardown(many_sessions_of_one_push_out_its_own, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_over_takes_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sign_in_is_fresh_for_a_while, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals_are_remembered, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
