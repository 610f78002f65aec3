/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_test.c: what the keys of [Test] do: one attempt, and what is expected of it.
 *
 * Owns: one setter a key, and whether they describe an attempt that could be made. Must not own:
 * what comes of it (rehearse.h).
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "medium.h"
#include "policy_build.h"

static struct policy_test *current_test(struct policy_build *build)
{
	return &build->policy->tests[build->policy->n_tests - 1];
}

int policy_set_test_action(struct policy_build *build, const char *value)
{
	return policy_value_action(build, value, &current_test(build)->action);
}

int policy_set_test_subject(struct policy_build *build, const char *value)
{
	return policy_value_subject(build, value, &current_test(build)->subject);
}

int policy_set_test_labels(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_TEST_LABEL,
				       build->policy->n_tests - 1);
}

/* The only word of @value, owned by the caller. */
static int take_word(struct policy_build *build, const char *value, char ***ret)
{
	int r = policy_value_words(build, value, ret);

	if (r == 0 && (*ret)[1])
		r = policy_fail(build, "%s= takes one; write a [Test] for each", build->key);
	return r;
}

int policy_set_test_path(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = take_word(build, value, &words);

	return r < 0 ? r : policy_value_path(build, words[0], &current_test(build)->path);
}

/* Something is sent to one address and port; it goes by TCP unless it says otherwise. */
static int check_place(struct policy_build *build, const char *word, struct policy_endpoint *to)
{
	if ((!to->host && to->prefix != 128) || to->low != to->high)
		return policy_fail(build,
				   "To=%.200s is no single place; write ADDRESS:PORT or HOST:PORT, "
				   "with /udp where it is not TCP",
				   word);
	if (!to->protocol)
		to->protocol = IPPROTO_TCP;
	return 0;
}

int policy_set_test_to(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	struct policy_test *test = current_test(build);
	int r = take_word(build, value, &words);

	if (r < 0)
		return r;
	if (medium_is_meant(words[0]))
		return policy_value_medium(build, words[0], &test->medium);
	test->has_to = true;
	r = policy_value_endpoint(build, words[0], &test->to);
	return r < 0 ? r : check_place(build, words[0], &test->to);
}

int policy_set_test_expect(struct policy_build *build, const char *value)
{
	struct policy_test *test = current_test(build);

	test->expect_origin = build->here;
	return policy_value_verdict(build, value, &test->expect);
}

int policy_set_test_rule(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_TEST_RULE,
				       build->policy->n_tests - 1);
}

int policy_check_test(struct policy_build *build, const struct policy_section *section)
{
	const struct policy_test *test = &build->policy->tests[section->index];
	bool files = test->action == SLUICE_OPEN || test->action == SLUICE_WRITE;
	bool places = test->action == SLUICE_OPEN || test->action == SLUICE_EGRESS;
	struct policy_origin path = policy_key_origin(section, "Path");
	struct policy_origin to = policy_key_origin(section, "To");
	const char *action = policy_action_names[test->action];

	if (test->path && !files)
		return policy_fail_at(build, &path,
				      "Path= has a meaning for Action=open and write only; say "
				      "with Labels= what the process carries");
	if ((test->has_to && !places) || (test->medium && test->action != SLUICE_EGRESS))
		return policy_fail_at(build, &to, "To= has no meaning for Action=%s; remove it",
				      action);
	if (test->path && test->has_to)
		return policy_fail_at(build, &to, "one thing is opened; remove Path= or To=");
	if (test->action == SLUICE_EGRESS && !test->has_to && !test->medium)
		return policy_fail_at(build, &test->origin, "[Test %s] has no To=; add it",
				      test->name);
	if (!test->labels && !test->path && !(test->has_to && test->action == SLUICE_OPEN))
		return policy_fail_at(build, &test->origin,
				      "[Test %s] has no Labels=, so that nothing could stop it; "
				      "add what the process carries",
				      test->name);
	return 0;
}
