/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_policy.c: what a policy may say and what it then means; which files make one. Refusals:
 * test_policy_refuse.c.
 */
#include "policy_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>

static void test_agent(void **state)
{
	struct policy *policy = fixture_policy("");

	(void)state;
	assert_false(policy->settings.monitor);
	assert_false(policy->settings.journal_to_gateway);
	assert_string_equal(policy->settings.journal, "/var/log/sluice/journal.jsonl");
	assert_string_equal(policy->settings.state, "/var/lib/sluice");
	assert_int_equal(policy->settings.stale_ms, 5000);
	assert_int_equal(policy->settings.files_per_user, SLUICE_FILES_PER_USER);
	assert_int_equal(policy->settings.journal_file_bytes, 64 << 20);
	assert_int_equal(policy->settings.journal_file_s, 86400);
	assert_int_equal(policy->settings.journal_keep_s, 0);
	policy_free(policy);
	policy = fixture_policy(
		"[Agent]\nMonitor=yes\nJournal=/j/x.jsonl\nState=\"/s p/\"\nStaleAfter=1min\n"
		"FilesPerUser=20\nJournalToGateway=yes\nJournalFileSize=3M\nJournalFileAge=2h\nJournalKeep=400d\n");
	assert_true(policy->settings.monitor);
	assert_string_equal(policy->settings.journal, "/j/x.jsonl");
	assert_string_equal(policy->settings.state, "/s p");
	assert_int_equal(policy->settings.stale_ms, 60000);
	assert_int_equal(policy->settings.files_per_user, 20);
	assert_true(policy->settings.journal_to_gateway);
	assert_int_equal(policy->settings.journal_file_bytes, 3 << 20);
	assert_int_equal(policy->settings.journal_file_s, 7200);
	assert_int_equal(policy->settings.journal_keep_s, 400 * 86400);
	policy_free(policy);
}

static void test_label(void **state)
{
	struct policy *policy = fixture_policy(
		"# comment\n; comment\n  # indented comment\n \t\n"
		"[Label pii]\n"
		"Sensitivity = restricted\n"
		"Description=Names ; and # more = all of \"it\"\n"
		"Path=/data//customers/ \"/data/two words\"\n"
		"Path=/data/x\n"
		"Xattr=user.class=\"very pii\" below /\n"
		"Endpoint=db.internal:5432 10.0.0.0/8\n"
		"[Label b]\nSensitivity=7\n[Label c]\n[Label d]\nSensitivity=confidential");
	const struct policy_label *label = policy_find_label(policy, "pii");

	(void)state;
	assert_int_equal(policy->n_labels, 4);
	assert_ptr_equal(label, &policy->labels[0]);
	assert_int_equal(label->origin.line, 5);
	assert_int_equal(label->sensitivity, 75);
	assert_string_equal(label->description, "Names ; and # more = all of \"it\"");
	assert_int_equal(label->n_paths, 3);
	assert_string_equal(label->paths[0].path, "/data/customers");
	assert_string_equal(label->paths[1].path, "/data/two words");
	assert_int_equal(label->paths[2].origin.line, 9);
	assert_string_equal(label->xattrs[0].name, "user.class");
	assert_string_equal(label->xattrs[0].value, "very pii");
	assert_string_equal(label->xattrs[0].below, "/");
	assert_int_equal(label->n_endpoints, 2);
	assert_int_equal(policy->labels[1].sensitivity, 7);
	assert_int_equal(policy->labels[2].sensitivity, 0);
	assert_int_equal(policy->labels[3].sensitivity, 50);
	assert_null(policy_find_label(policy, "e"));
	policy_free(policy);
}

static void test_endpoint(void **state)
{
	static const struct {
		const char *text, *host, *addr;
		unsigned int prefix, low, high;
		int protocol;
	} cases[] = {
		{ "10.1.2.3", NULL, "::ffff:10.1.2.3", 128, 0, 65535, 0 },
		{ "10.0.0.0/8:443", NULL, "::ffff:10.0.0.0", 104, 443, 443, 0 },
		{ "0.0.0.0/0:1-65535/udp", NULL, "::ffff:0.0.0.0", 96, 1, 65535, IPPROTO_UDP },
		{ "10.0.0.0/8/tcp", NULL, "::ffff:10.0.0.0", 104, 0, 65535, IPPROTO_TCP },
		{ "[2001:db8::1]", NULL, "2001:db8::1", 128, 0, 65535, 0 },
		{ "[2001:db8::]/32:80-90/tcp", NULL, "2001:db8::", 32, 80, 90, IPPROTO_TCP },
		{ "[::]/0", NULL, "::", 0, 0, 65535, 0 },
		{ "[::ffff:10.0.0.0]/104", NULL, "::ffff:10.0.0.0", 104, 0, 65535, 0 },
		{ "db.internal", "db.internal", "::", 0, 0, 65535, 0 },
		{ "db-1:5432", "db-1", "::", 0, 5432, 5432, 0 },
		{ "db.internal:53/udp", "db.internal", "::", 0, 53, 53, IPPROTO_UDP },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct policy_endpoint *endpoint;
		struct policy *policy;
		char text[128];
		uint8_t addr[16];

		snprintf(text, sizeof(text), "[Label a]\nEndpoint=%s\n", cases[i].text);
		policy = fixture_policy(text);
		endpoint = &policy->labels[0].endpoints[0];
		assert_int_equal(inet_pton(AF_INET6, cases[i].addr, addr), 1);
		assert_memory_equal(endpoint->addr, addr, 16);
		assert_int_equal(endpoint->prefix, cases[i].prefix);
		assert_int_equal(endpoint->low, cases[i].low);
		assert_int_equal(endpoint->high, cases[i].high);
		assert_int_equal(endpoint->protocol, cases[i].protocol);
		assert_int_equal(endpoint->origin.line, 2);
		assert_int_equal(!endpoint->host, !cases[i].host);
		if (endpoint->host)
			assert_string_equal(endpoint->host, cases[i].host);
		policy_free(policy);
	}
}

static void test_rule_defaults(void **state)
{
	struct policy *policy =
		fixture_policy(PEOPLE "[Label a]\n[Rule r]\nAction=egress\nLabels=a\nVerdict=ask\n"
				      "Reviewers=leads\n");
	const struct policy_rule *rule = &policy->rules[0];

	(void)state;
	assert_int_equal(rule->action, SLUICE_EGRESS);
	assert_int_equal(rule->verdict, POLICY_ASK);
	assert_int_equal(rule->mode, POLICY_HOLD);
	assert_int_equal(rule->scope, POLICY_ONCE);
	assert_int_equal(rule->limit_s, 900);
	assert_int_equal(rule->duration_s, 300);
	assert_int_equal(rule->reviewers, 1);
	assert_int_equal(rule->groups, 1);
	assert_false(rule->reason || rule->monitor);
	policy_free(policy);
}

static void test_rule(void **state)
{
	struct policy *policy = fixture_policy(
		PEOPLE "[Group other]\nMember=ann\n[Label a]\n[Label b]\n[Label c]\n"
		       "[Rule r]\nAction=egress\nLabels=a c\n"
		       "Clear=user:root exe:\"/opt/my app\" unit:etl.service\n"
		       "Clear=user:4000\n"
		       "To=10.0.0.0/8:443 db.internal fs:nfs\nTo=[::1] device:tun\n"
		       "Verdict=ask\nMode=fail\nTimeout=1h 30min\nReviewers=leads\n"
		       "Reviewers=other\nApprovals=2\nScope=executable\nDuration=60\n"
		       "Reason=required\nMonitor=yes\n");
	const struct policy_rule *rule = &policy->rules[0];

	(void)state;
	assert_int_equal(rule->labels, 5);
	assert_int_equal(rule->n_cleared, 2);
	assert_true(rule->cleared[0].has_user && rule->cleared[0].uid == 0);
	assert_string_equal(rule->cleared[0].executable, "/opt/my app");
	assert_string_equal(rule->cleared[0].unit, "etl.service");
	assert_true(rule->cleared[1].has_user && rule->cleared[1].uid == 4000);
	assert_null(rule->cleared[1].executable);
	assert_int_equal(rule->n_destinations, 3);
	assert_int_equal(rule->media, 1 << SLUICE_MEDIUM_NFS | 1 << SLUICE_MEDIUM_TUN);
	assert_int_equal(rule->mode, POLICY_FAIL);
	assert_int_equal(rule->limit_s, 5400);
	assert_int_equal(rule->duration_s, 60);
	assert_int_equal(rule->reviewers, 2);
	assert_int_equal(rule->groups, 3);
	assert_int_equal(rule->scope, POLICY_EXECUTABLE);
	assert_true(rule->reason && rule->monitor);
	policy_free(policy);
}

static void test_words_of_rules(void **state)
{
	static const char *const verdicts[] = { "allow", "audit", "ask", "deny" };
	static const char *const scopes[] = { "once", "process", "executable" };

	(void)state;
	for (unsigned int i = 0; i < SLUICE_ACTIONS; i++) {
		struct policy *policy;
		char text[256];

		snprintf(text, sizeof(text),
			 PEOPLE "[Label a]\n[Rule r]\nAction=%s\nLabels=*\nReviewers=leads\n"
				"Verdict=%s\nScope=%s\n",
			 policy_action_names[i], verdicts[i], scopes[i % 3]);
		policy = fixture_policy(text);
		assert_int_equal(policy->rules[0].action, i);
		assert_int_equal(policy->rules[0].verdict, i);
		assert_int_equal(policy->rules[0].scope, i % 3);
		assert_string_equal(policy_verdict_name((enum policy_verdict)i), verdicts[i]);
		assert_string_equal(policy_scope_name((enum policy_scope)(i % 3)), scopes[i % 3]);
		policy_free(policy);
	}
}

static void test_rule_for(void **state)
{
	struct policy *policy = fixture_policy("[Label a]\n[Label b]\n"
					       "[Rule x]\nAction=open\nLabels=b\nVerdict=deny\n"
					       "[Rule y]\nAction=write\nLabels=*\nVerdict=deny\n");

	(void)state;
	assert_null(policy_rule_for(policy, SLUICE_OPEN, 0));
	assert_ptr_equal(policy_rule_for(policy, SLUICE_OPEN, 1), &policy->rules[0]);
	assert_ptr_equal(policy_rule_for(policy, SLUICE_WRITE, 0), &policy->rules[1]);
	assert_null(policy_rule_for(policy, SLUICE_WRITE, 2));
	assert_null(policy_rule_for(policy, SLUICE_EGRESS, 1));
	policy_free(policy);
}

static void test_people(void **state)
{
	struct policy *policy = fixture_policy(
		"[Label a]\n[Trusted t]\nSubject=exe:/x\n[Trusted u]\nLabels=a\nSubject=user:5 "
		"exe:/y\n"
		"[Group g]\nMember=bob\n"
		"[Person ann@example.com]\nDisplay=Ann  \xc3\x84\nUid=1001 root\nUid=1003\n"
		"Unit=etl.service nightly.slice\nTeams=01234567-89AB-cdef-0123-456789abcdef\n"
		"[Person bob]\n");
	const struct policy_person *ann = policy_find_person(policy, "ann@example.com");
	const struct policy_person *bob = policy_find_person(policy, "bob");

	(void)state;
	assert_string_equal(ann->display, "Ann  \xc3\x84");
	assert_string_equal(ann->teams, "01234567-89ab-cdef-0123-456789abcdef");
	assert_int_equal(ann->n_uids, 3);
	assert_int_equal(ann->n_units, 2);
	assert_ptr_equal(policy_person_by_uid(policy, 0), ann);
	assert_ptr_equal(policy_person_by_uid(policy, 1003), ann);
	assert_null(policy_person_by_uid(policy, 1002));
	assert_true(policy_in_groups(policy, 1, bob));
	assert_false(policy_in_groups(policy, 1, ann));
	assert_false(policy_in_groups(policy, 0, bob));
	assert_null(policy_find_person(policy, "eve"));
	assert_int_equal(policy->trusted[0].labels, 1);
	assert_int_equal(policy->trusted[1].labels, 1);
	assert_string_equal(policy->trusted[1].subjects[0].executable, "/y");
	policy_free(policy);
}

static void test_declassify_and_sinks(void **state)
{
	struct policy *policy = fixture_policy("[Label a]\n[Label b]\n"
					       "[Declassify d]\nLabels=b\n"
					       "Subject=exe:/x unit:a.service\n"
					       "[Trusted d]\nSubject=exe:/y\n"
					       "[Sink s]\nPath=/var/log/app \"/var/my log\"\n"
					       "[Sink t]\nLabels=b\nPath=/run/x.sock\n");

	(void)state;
	assert_int_equal(policy->n_trusted, 2);
	assert_true(policy->trusted[0].declassify);
	assert_int_equal(policy->trusted[0].labels, 2);
	assert_string_equal(policy->trusted[0].subjects[0].unit, "a.service");
	assert_false(policy->trusted[1].declassify);
	assert_int_equal(policy->n_sinks, 2);
	assert_int_equal(policy->sinks[0].labels, 3); /* all */
	assert_int_equal(policy->sinks[0].n_paths, 2);
	assert_string_equal(policy->sinks[0].paths[1].path, "/var/my log");
	assert_int_equal(policy->sinks[1].labels, 2);
	policy_free(policy);
}

/* Names may be used before the file that defines them. */
static void test_several_files(void **state)
{
	struct policy *policy = NULL;
	struct policy_error error = { 0 };
	char expected[256];

	(void)state;
	fixture_write("a", "[Rule r]\nAction=open\nLabels=late\nVerdict=ask\nReviewers=leads");
	fixture_write("b", PEOPLE "[Agent]\nMonitor=on\n");
	fixture_write("c", "[Label late]");
	assert_int_equal(fixture_load(3, &policy, &error), 0);
	assert_int_equal(policy->n_files, 3);
	assert_true(policy->settings.monitor);
	assert_int_equal(policy->rules[0].labels, 1);
	policy_free(policy);
	policy = NULL;
	assert_int_equal(fixture_load(2, &policy, &error), -EINVAL);
	snprintf(expected, sizeof(expected), "%s/a:3: label late is not defined; ", fixture_folder);
	assert_memory_equal(error.text, expected, strlen(expected));
	fixture_write("c", "\n[Label late]\n[Rule r]\n");
	assert_int_equal(fixture_load(3, &policy, &error), -EINVAL);
	snprintf(expected, sizeof(expected), "%s/c:3: [Rule r] is already at %s/a:1; ",
		 fixture_folder, fixture_folder);
	assert_memory_equal(error.text, expected, strlen(expected));
	assert_null(policy);
}

static void test_digest(void **state)
{
	static const char first[] = "[Label a]\n", second[] = "# two";
	unsigned char hash[32];
	char joined[512], hex[65];
	struct policy *policy = NULL;
	struct policy_error error = { 0 };
	int n;

	(void)state;
	fixture_write("a", first);
	fixture_write("b", second);
	n = snprintf(joined, sizeof(joined), "%s/a%c%s%c%s/b%c%s%c", fixture_folder, 0, first, 0,
		     fixture_folder, 0, second, 0);
	assert_int_equal(EVP_Digest(joined, (size_t)n, hash, NULL, EVP_sha256(), NULL), 1);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	assert_int_equal(fixture_load(2, &policy, &error), 0);
	assert_string_equal(policy->digest, hex);
	policy_free(policy);
	fixture_write("b", "# twx");
	assert_int_equal(fixture_load(2, &policy, &error), 0);
	assert_string_not_equal(policy->digest, hex);
	policy_free(policy);
}

static void test_files(void **state)
{
	_cleanup_free_ char *conf = fixture_path("a"), *folder = fixture_path("policy.d");
	static const char *const names[] = { "a", "policy.d/10-x.conf", "policy.d/20-y.conf",
					     "policy.d/9.conf" };
	struct policy_error error = { 0 };
	char **files = NULL;
	size_t n = 0;

	(void)state;
	fixture_write("a", "");
	assert_int_equal(policy_files(conf, &files, &n, &error), 0);
	assert_int_equal(n, 1);
	files = policy_files_free(files);
	assert_int_equal(mkdir(folder, 0700), 0);
	for (const char **name =
		     (const char *[]){ "20-y.conf", "9.conf", "10-x.conf", ".hidden.conf", ".conf",
				       "x.conf~", "x.conf.bak", "README", NULL };
	     *name; name++) {
		char path[64];

		snprintf(path, sizeof(path), "policy.d/%s", *name);
		fixture_write(path, "");
	}
	assert_int_equal(policy_files(conf, &files, &n, &error), 0);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *path = fixture_path(names[i]);

		assert_string_equal(files[i], path);
	}
	assert_null(files[n]);
	assert_null(policy_files_free(files));
	assert_null(policy_files_free(NULL));
	assert_null(policy_free(NULL));
}

static void test_files_are_refused(void **state)
{
	_cleanup_free_ char *conf = fixture_path("a"), *folder = fixture_path("policy.d");
	struct policy *policy = NULL;
	struct policy_error error = { 0 };
	char **files = NULL;
	size_t n = 0;

	(void)state;
	unlink(conf);
	assert_int_equal(fixture_load(1, &policy, &error), -ENOENT);
	assert_non_null(strstr(error.text, "cannot be read: No such file or directory; "));
	assert_int_equal(policy_files("/nowhere/at/all.conf", &files, &n, &error), -ENOENT);
	assert_int_equal(policy_load((char *[]){ fixture_folder }, 1, &policy, &error), -EINVAL);
	assert_non_null(strstr(error.text, "not a regular file; "));
	if (geteuid() != 0)
		skip(); /* the rest holds for root's load only */
	fixture_write("a", "");
	for (const mode_t *mode = (const mode_t[]){ 0620, 0602, 0 }; *mode; mode++) {
		assert_int_equal(chmod(conf, *mode), 0);
		assert_int_equal(fixture_load(1, &policy, &error), -EINVAL);
		assert_non_null(
			strstr(error.text, "can be written by others than root; chmod go-w it"));
	}
	assert_int_equal(chmod(conf, 0644), 0);
	assert_int_equal(chown(conf, 1, 0), 0);
	assert_int_equal(fixture_load(1, &policy, &error), -EINVAL);
	assert_non_null(strstr(error.text, "belongs to uid 1, not to root; chown root it"));
	assert_int_equal(chown(conf, 0, 1), 0);
	assert_int_equal(fixture_load(1, &policy, &error), 0);
	policy = policy_free(policy);
	mkdir(folder, 0700);
	assert_int_equal(chmod(folder, 01777), 0);
	assert_int_equal(policy_files(conf, &files, &n, &error), -EINVAL);
	assert_non_null(strstr(error.text, "policy.d: can be written by others"));
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(fixture_folder, 0777), 0);
	assert_int_equal(policy_files(conf, &files, &n, &error), -EINVAL);
	assert_int_equal(chmod(fixture_folder, 0700), 0);
	assert_int_equal(policy_files(conf, &files, &n, &error), 0);
	policy_files_free(files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agent),	      cmocka_unit_test(test_label),
		cmocka_unit_test(test_endpoint),      cmocka_unit_test(test_rule_defaults),
		cmocka_unit_test(test_rule),	      cmocka_unit_test(test_words_of_rules),
		cmocka_unit_test(test_rule_for),      cmocka_unit_test(test_people),
		cmocka_unit_test(test_declassify_and_sinks),
		cmocka_unit_test(test_several_files), cmocka_unit_test(test_digest),
		cmocka_unit_test(test_files),	      cmocka_unit_test(test_files_are_refused),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
