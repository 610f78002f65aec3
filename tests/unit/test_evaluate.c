/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_evaluate.c: what comes of attempts under a policy, against the policy read rule by rule, for
 * all combinations of a small host, and that each is explained by lines that add up to it; and the
 * arithmetic that the kernel shares, against its definition.
 */
#include "policy_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "algebra.h"
#include "policy/evaluate.h"
#include "policy/explain.h"

#define HOST_POLICY                                                                                \
	PEOPLE "[Label a]\nSensitivity=10\nPath=/srv/a\n[Label b]\nSensitivity=90\n"               \
	       "Path=/srv/b\nEndpoint=10.1.0.9:5432/tcp\n[Label c]\n"                              \
	       "[Rule send]\nAction=egress\nLabels=a b\nVerdict=ask\nReviewers=leads\n"            \
	       "Mode=fail\nTo=10.1.0.0/16:443/tcp files.example:80 fs:nfs\n"                       \
	       "Clear=user:1001\nClear=exe:/opt/one unit:x.service\n"                              \
	       "[Rule never]\nAction=egress\nLabels=c\nVerdict=deny\nTo=10.1.0.9\n"                \
	       "[Rule read-a]\nAction=open\nLabels=a\nVerdict=deny\nClear=user:1002 "              \
	       "exe:/opt/two\n"                                                                    \
	       "[Rule read-b]\nAction=open\nLabels=b\nVerdict=ask\nReviewers=leads\n"              \
	       "[Rule write]\nAction=write\nLabels=b c\nVerdict=audit\nClear=unit:up.slice\n"      \
	       "[Rule rights]\nAction=credential\nLabels=a\nVerdict=deny\nMonitor=yes\n"           \
	       "[Rule free]\nAction=write\nLabels=a\nVerdict=allow\n"                              \
	       "[Trusted tool]\nLabels=a\nSubject=exe:/opt/one\n"

static const char *const executables[] = { NULL, "/opt/one", "/opt/two", "/opt/other" };
static const char *const units[] = { NULL, "x.service", "up.slice", "y.service" };
static const char *const places[] = { "10.1.0.9:443/tcp",     "10.1.0.9:443/udp",
				      "10.1.0.9:5432/tcp",    "10.2.0.9:443/tcp",
				      "files.example:80/tcp", "files.example:81/tcp",
				      "other.example:80/tcp", "127.0.0.1:1/tcp" };
static const char *const paths[] = { NULL, "/srv/a", "/srv/b/deep/file", "/srv/ab", "/srv" };

static struct policy *policy;
static struct evaluator *evaluator;

static int setup(void **state)
{
	struct policy_error error;

	if (fixture_setup(state))
		return -1;
	policy = fixture_policy(HOST_POLICY);
	return evaluator_new(policy, &evaluator, &error);
}

static int teardown(void **state)
{
	evaluator = evaluator_free(evaluator);
	policy = policy_free(policy);
	return fixture_teardown(state);
}

static void put_place(const char *text, struct policy_endpoint *ret)
{
	char host[64], protocol[4];
	unsigned int port;

	assert_int_equal(sscanf(text, "%63[^:]:%u/%3s", host, &port, protocol), 3);
	*ret = (struct policy_endpoint){ .prefix = 128,
					 .low = (uint16_t)port,
					 .high = (uint16_t)port,
					 .protocol = !strcmp(protocol, "udp") ? IPPROTO_UDP
									      : IPPROTO_TCP };
	ret->addr[10] = ret->addr[11] = 0xff;
	if (inet_pton(AF_INET, host, ret->addr + 12) != 1)
		ret->host = strdup(host);
}

/* ---- the policy, read as sluice.conf(5) tells it ---- */

static bool endpoint_is(const struct policy_endpoint *line, const struct policy_endpoint *to)
{
	if (to->low < line->low || to->low > line->high ||
	    (line->protocol && line->protocol != to->protocol))
		return false;
	if (line->host || to->host)
		return line->host && to->host && !strcmp(line->host, to->host);
	for (unsigned int bit = 0; bit < line->prefix; bit++)
		if ((line->addr[bit / 8] ^ to->addr[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

static bool any_is(const struct policy_endpoint *lines, size_t n, const struct policy_endpoint *to)
{
	for (size_t i = 0; to && i < n; i++)
		if (endpoint_is(&lines[i], to))
			return true;
	return false;
}

static bool same(const char *line, const char *stated)
{
	return !line || (stated && !strcmp(line, stated));
}

static bool subject_is(const struct policy_subject *line, const struct evaluate_attempt *attempt)
{
	bool unit = same(line->unit, attempt->subject.unit);

	for (size_t i = 0; i < attempt->n_above; i++)
		unit |= same(line->unit, attempt->above[i]);
	return unit && same(line->executable, attempt->subject.executable) &&
	       (!line->has_user ||
		(attempt->subject.has_user && line->uid == attempt->subject.uid));
}

static bool any_clears(const struct policy_subject *lines, size_t n,
		       const struct evaluate_attempt *attempt)
{
	for (size_t i = 0; i < n; i++)
		if (subject_is(&lines[i], attempt))
			return true;
	return false;
}

static bool is_local(const struct policy_endpoint *to)
{
	return to && !to->host && to->addr[12] == 127;
}

/* Whether @label is at stake, given what the attempt states. */
static bool at_stake(const struct evaluate_attempt *attempt, size_t label)
{
	static const char *const folders[] = { "/srv/a", "/srv/b", NULL };
	const char *folder = folders[label];
	size_t length = folder ? strlen(folder) : 0;
	const struct policy_label *what = &policy->labels[label];

	if (attempt->labels >> label & 1)
		return true;
	if (attempt->path && folder && !strncmp(attempt->path, folder, length) &&
	    strchr("/", attempt->path[length]))
		return true;
	return attempt->action == SLUICE_OPEN &&
	       any_is(what->endpoints, what->n_endpoints, attempt->to);
}

/* What becomes of one label. */
static enum policy_verdict expected_of(const struct evaluate_attempt *attempt, size_t label)
{
	const struct policy_rule *rule = policy_rule_for(policy, attempt->action, label);
	const struct policy_label *what = &policy->labels[label];

	if (!at_stake(attempt, label) || !rule || rule->verdict == POLICY_ALLOW)
		return POLICY_ALLOW;
	if (attempt->action == SLUICE_EGRESS &&
	    (is_local(attempt->to) ||
	     any_is(rule->destinations, rule->n_destinations, attempt->to) ||
	     any_is(what->endpoints, what->n_endpoints, attempt->to) ||
	     (attempt->medium && rule->media >> attempt->medium & 1)))
		return POLICY_ALLOW;
	if (any_clears(rule->cleared, rule->n_cleared, attempt))
		return POLICY_ALLOW;
	for (size_t i = 0; attempt->action == SLUICE_OPEN && i < policy->n_trusted; i++)
		if (policy->trusted[i].labels >> label & 1 &&
		    any_clears(policy->trusted[i].subjects, policy->trusted[i].n_subjects, attempt))
			return POLICY_ALLOW;
	return rule->monitor ? POLICY_AUDIT : rule->verdict;
}

/* Whether the line of a step lets something through, and does not say what is at stake. */
static bool lets_through(const char *line, enum sluice_action action)
{
	return !strncmp(line, "To=", 3) || !strncmp(line, "Clear=", 6) ||
	       !strncmp(line, "Subject=", 8) || !strcmp(line, "loopback") ||
	       (action == SLUICE_EGRESS && !strncmp(line, "Endpoint=", 9));
}

/* What the lines that match let through is what the decision says, and no more. */
static void explained(const struct evaluate_attempt *attempt, const struct evaluation *evaluation)
{
	json_t *record = explain(policy, attempt, evaluation), *step, *name;
	uint64_t missing = 0;
	size_t i, k;

	for (i = 0; i < policy->n_labels; i++) {
		const struct policy_rule *rule = policy_rule_for(policy, attempt->action, i);

		if (rule && rule->verdict != POLICY_ALLOW)
			missing |= evaluation->labels & 1ULL << i;
	}
	assert_non_null(record);
	json_array_foreach(json_object_get(record, "steps"), i, step) {
		if (!json_is_true(json_object_get(step, "matched")) ||
		    !lets_through(json_string_value(json_object_get(step, "line")),
				  attempt->action))
			continue;
		json_array_foreach(json_object_get(step, "labels"), k, name)
			missing &= ~(1ULL << (policy_find_label(policy, json_string_value(name)) -
					      policy->labels));
	}
	if (missing != evaluation->missing) {
		char *text = json_dumps(record, JSON_INDENT(1));

		fail_msg("%#llx: %s", (unsigned long long)missing, text);
	}
	json_decref(record);
}

static unsigned long compared[4];

static void compare(const struct evaluate_attempt *attempt)
{
	enum policy_verdict strictest = POLICY_ALLOW;
	struct evaluation evaluation;

	for (size_t i = 0; i < policy->n_labels; i++) {
		enum policy_verdict one = expected_of(attempt, i);

		strictest = one > strictest ? one : strictest;
	}
	evaluate(evaluator, attempt, &evaluation);
	if (evaluation.verdict != strictest)
		fail_msg("%s of %#llx by %u %s %s: %s, not %s",
			 policy_action_names[attempt->action], (unsigned long long)attempt->labels,
			 attempt->subject.uid, attempt->subject.executable ?: "-",
			 attempt->subject.unit ?: "-", policy_verdict_name(evaluation.verdict),
			 policy_verdict_name(strictest));
	assert_int_equal(!evaluation.missing, strictest == POLICY_ALLOW);
	if (strictest != POLICY_ALLOW)
		assert_true(evaluate_involves(&evaluation, attempt->action, evaluation.rule));
	if (compared[strictest]++ % 5 == 0)
		explained(attempt, &evaluation);
}

static void with_targets(struct evaluate_attempt *attempt)
{
	struct policy_endpoint to;

	compare(attempt);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		attempt->path = paths[i];
		if (attempt->action == SLUICE_OPEN || attempt->action == SLUICE_WRITE)
			compare(attempt);
	}
	attempt->path = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		put_place(places[i], &to);
		attempt->to = &to;
		if (attempt->action == SLUICE_OPEN || attempt->action == SLUICE_EGRESS)
			compare(attempt);
		attempt->to = NULL;
		free(to.host);
	}
	for (attempt->medium = 1; attempt->medium < SLUICE_MEDIA; attempt->medium++)
		if (attempt->action == SLUICE_EGRESS)
			compare(attempt);
	attempt->medium = 0;
}

static void with_subjects(struct evaluate_attempt *attempt)
{
	static const char *const above[] = { "up.slice" };

	for (size_t e = 0; e < ARRAY_SIZE(executables); e++) {
		for (size_t u = 0; u < ARRAY_SIZE(units); u++) {
			for (uid_t uid = 1000; uid <= 1002; uid++) {
				attempt->subject.has_user = uid != 1000;
				attempt->subject.uid = uid;
				attempt->subject.executable = (char *)executables[e];
				attempt->subject.unit = (char *)units[u];
				attempt->above = above;
				attempt->n_above = units[u] && !strcmp(units[u], "y.service");
				with_targets(attempt);
			}
		}
	}
}

static void test_all_combinations(void **state)
{
	struct evaluate_attempt attempt = { 0 };

	(void)state;
	memset(compared, 0, sizeof(compared));
	for (unsigned int action = 0; action < SLUICE_ACTIONS; action++) {
		for (attempt.labels = 0; attempt.labels < 8; attempt.labels++) {
			attempt.action = (enum sluice_action)action;
			with_subjects(&attempt);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(compared); i++)
		assert_true(compared[i] > 100);
}

static void test_rule_that_decides(void **state)
{
	struct evaluate_attempt attempt = { .action = SLUICE_OPEN, .labels = 3 };
	struct evaluation evaluation;

	(void)state;
	evaluate(evaluator, &attempt, &evaluation);
	/* b is the more sensitive one, but what refuses is what counts */
	assert_string_equal(evaluation.rule->name, "read-a");
	attempt.labels = 2;
	evaluate(evaluator, &attempt, &evaluation);
	assert_string_equal(evaluation.rule->name, "read-b");
	assert_true(evaluation.hold);
	attempt = (struct evaluate_attempt){ .action = SLUICE_EGRESS, .labels = 3 };
	evaluate(evaluator, &attempt, &evaluation);
	assert_false(evaluation.hold);
	attempt.labels = 1ULL << 40;
	evaluate(evaluator, &attempt, &evaluation);
	assert_null(evaluation.rule);
	assert_int_equal(evaluation.verdict, POLICY_ALLOW);
}

/* What the rules say, over all masks of three labels. */
static void test_algebra(void **state)
{
	struct sluice_policy kernel = { 0 };

	(void)state;
	for (unsigned int bits = 0; bits < 1U << 15; bits++) {
		uint64_t missing = bits & 7, asked;

		kernel.guarded[1] = bits >> 3 & 7;
		kernel.deny[1] = bits >> 6 & 7;
		kernel.ask[1] = bits >> 9 & 7;
		kernel.hold[1] = bits >> 12 & 7;
		asked = sluice_asked(&kernel, 1, missing);
		for (unsigned int i = 0; i < 3; i++) {
			uint64_t bit = 1ULL << i;

			assert_int_equal(!!(sluice_guarded(&kernel, 1, missing) & bit),
					 missing & bit && kernel.guarded[1] & bit);
			assert_int_equal(!!(sluice_denied(&kernel, 1, missing) & bit),
					 missing & bit && kernel.deny[1] & bit);
			assert_int_equal(!!(asked & bit), missing & bit && kernel.ask[1] & bit);
			if (asked & bit && !(kernel.hold[1] & bit))
				assert_false(sluice_holds(&kernel, 1, asked));
		}
		assert_int_equal(sluice_holds(&kernel, 1, asked),
				 (asked & kernel.hold[1]) == asked);
		assert_int_equal(sluice_denied(&kernel, 0, missing), 0);
	}
}

static void test_loopback(void **state)
{
	static const struct {
		const char *address;
		bool is;
	} cases[] = { { "::", true },
		      { "::1", true },
		      { "::2", false },
		      { "::ffff:127.0.0.1", true },
		      { "::ffff:127.9.9.9", true },
		      { "::ffff:0.0.0.0", true },
		      { "::ffff:0.0.0.1", false },
		      { "::ffff:128.0.0.1", false },
		      { "::127.0.0.1", false },
		      { "fe80::1", false },
		      { "2001:db8::1", false } };
	uint8_t addr[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(inet_pton(AF_INET6, cases[i].address, addr), 1);
		if (sluice_is_loopback(addr) != cases[i].is)
			fail_msg("%s", cases[i].address);
	}
}

/* [Agent] Monitor=yes is not looked at: what the rules say is. */
static void test_monitor(void **state)
{
	struct policy *other = fixture_policy("[Agent]\nMonitor=yes\n[Label a]\n[Rule r]\n"
					      "Action=open\nLabels=a\nVerdict=deny\n");
	struct evaluate_attempt attempt = { .action = SLUICE_OPEN, .labels = 1 };
	struct evaluator *its = NULL;
	struct evaluation evaluation;
	struct policy_error error;

	(void)state;
	assert_int_equal(evaluator_new(other, &its, &error), 0);
	evaluate(its, &attempt, &evaluation);
	assert_int_equal(evaluation.verdict, POLICY_DENY);
	evaluator_free(its);
	policy_free(other);
}

static void test_paths(void **state)
{
	_cleanup_free_ char *folder = fixture_path("real"), *link = fixture_path("link");
	char spelled[SLUICE_PATH_TEXT], asked[600], expected[600];

	(void)state;
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(symlink(folder, link), 0);
	snprintf(asked, sizeof(asked), "%s/not/there", link);
	snprintf(expected, sizeof(expected), "%s/not/there", folder);
	evaluate_path(asked, spelled);
	assert_string_equal(spelled, expected);
	evaluate_path("/nowhere/at/all", spelled);
	assert_string_equal(spelled, "/nowhere/at/all");
	evaluate_path("/", spelled);
	assert_string_equal(spelled, "/");
	assert_true(evaluate_is_below("/a/b", "/a"));
	assert_true(evaluate_is_below("/a", "/a"));
	assert_false(evaluate_is_below("/ab", "/a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_combinations), cmocka_unit_test(test_rule_that_decides),
		cmocka_unit_test(test_algebra),		 cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_monitor),		 cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
