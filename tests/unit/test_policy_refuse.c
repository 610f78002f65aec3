/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_policy_refuse.c: what a policy must not say, with the line that the message blames.
 * What it may say: test_policy.c; how much: test_policy_limit.c.
 */
#include "policy_fixture.h"

#define LABEL  "[Label a]\n"
#define RULE   "[Rule r]\nAction=open\nLabels=a\nVerdict=ask\nReviewers=leads\n"
#define EGRESS "[Rule r]\nAction=egress\nLabels=a\nVerdict=deny\n"

struct refusal {
	const char *text, *expected;
};

static void refuse_all(const struct refusal *refusals, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fixture_refuse(refusals[i].text, refusals[i].expected);
}

static void test_lines(void **state)
{
	static const struct refusal refusals[] = {
		{ "\xef\xbb\xbf[Label a]\n", "1: starts with a byte order mark; " },
		{ "[Label a]\r\n", "1: carriage return; " },
		{ "#\n\nDescription=\xff\n", "3: byte 0xff at column 13 is not printable UTF-8; " },
		{ LABEL "Description=a\x1b[31m\n", "2: byte 0x1b at column 14 " },
		{ LABEL "Path=/a\n  /b\n", "3: starts with white space; " },
		{ LABEL "Path=/a \\\n", "2: ends with a backslash; " },
		{ LABEL "Path\n", "2: is neither " },
		{ LABEL "Path: /a\n", "2: is neither " },
		{ LABEL "Path:/a=b\n", "2: is neither " },
		{ "[Label a\n", "1: heading does not end with ']'; " },
		{ "[Label a] # x\n", "1: heading does not end with ']'; " },
		{ "[\n", "1: heading does not end with ']'; " },
		{ "[]\n", "1: unknown section []; " },
		{ "[label a]\n", "1: unknown section [label a]; " },
		{ "[Labels a]\n", "1: unknown section [Labels a]; " },
		{ "Path=/a\n", "1: Path= stands before any section; " },
		{ "\n\n=x\n", "3: = stands before any section; " },
		{ LABEL "path=/a\n", "2: unknown key path= in [Label]; known are: Sensitivity " },
		{ LABEL "=a\n", "2: unknown key = in [Label]; " },
		{ LABEL "Path = \n", "2: Path= has no value; " },
		{ LABEL "Sensitivity=1\nSensitivity=1\n",
		  "3: Sensitivity= is already set in line 2; " },
		{ LABEL "Description=x\n\nDescription=\n",
		  "4: Description= is already set in line 2; " },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
	fixture_refuse_bytes("[Label a]\nPath=/a\0b\n", 20, "2: NUL byte; ");
}

static void test_headings(void **state)
{
	static const struct refusal refusals[] = {
		{ "[Agent x]\n", "1: [Agent] takes no name; " },
		{ "[Agent]\n[Agent]\n", "2: [Agent] is already at /" },
		{ "[Label]\n", "1: [Label] needs a name; " },
		{ "[Label ]\n", "1: [Label] needs a name; " },
		{ "[Label a]\n[Label b]\n[Label a]\n", "3: [Label a] is already at /" },
		{ "[Label A]\n", "1: \"A\" is no name; " },
		{ "[Label a@b]\n", "1: \"a@b\" is no name; " },
		{ "[Label a b]\n", "1: \"a b\" is no name; " },
		{ "[Label  a]\n", "1: \" a\" is no name; " },
		{ "[Rule 1]\n", "1: \"1\" is no name; " },
		{ "[Person ann/x]\n", "1: \"ann/x\" is no name; " },
		{ "[Label aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
		  "1: \"aaaa" },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
	/* 63 bytes, longer than the INI library's own room for a heading, and different only at the
	 * end */
	policy_free(fixture_policy(
		"[Label aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab]\n"
		"[Label aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac]\n"
		"[Rule a]\nAction=open\nLabels=*\nVerdict=deny\n"));
}

static void test_agent(void **state)
{
	static const struct refusal refusals[] = {
		{ "[Agent]\nMonitor=maybe\n", "2: Monitor=maybe is neither yes nor no; " },
		{ "[Agent]\nMonitor=yes\nMonitor=yes\n", "3: Monitor= is already set in line 2; " },
		{ "[Agent]\nJournal=j\n", "2: Journal=j is not absolute; " },
		{ "[Agent]\nJournal=/a /b\n", "2: Journal= takes one path; " },
		{ "[Agent]\nState=/a/../b\n", "2: State=/a/../b has a component " },
		{ "[Agent]\nState=\"/a\n", "2: State= has an open quote " },
		{ "[Agent]\nStaleAfter=1s\n",
		  "2: StaleAfter=1s is out of range; write 2s to 1min" },
		{ "[Agent]\nJournalFileSize=1023K\n",
		  "2: JournalFileSize=1023K is no size that is possible; write it like 64M, from 1M to "
		  "1024M" },
		{ "[Agent]\nJournalFileSize=2G\n", "2: JournalFileSize=2G is no size" },
		{ "[Agent]\nJournalFileSize=M\n", "2: JournalFileSize=M is no size" },
		{ "[Agent]\nJournalFileSize=64 M\n", "2: JournalFileSize=64 M is no size" },
		{ "[Agent]\nJournalKeep=23h\n",
		  "2: JournalKeep=23h is out of range; write 1d to 36600d" },
		{ "[Agent]\nJournalKeep=never\n", "2: JournalKeep=never is no time" },
		{ "[Agent]\nJournalFileAge=59s\n", "2: JournalFileAge=59s is out of range; " },
		{ "[Agent]\nFilesPerUser=0\n",
		  "2: FilesPerUser=0 is not possible; write a number from 1 to 1048576" },
		{ "[Agent]\nFilesPerUser=2000000\n", "2: FilesPerUser=2000000 is not possible; " },
		{ "[Agent]\nStaleAfter=61s\n", "2: StaleAfter=61s is out of range; " },
		{ "[Agent]\nStaleAfter=5 s s\n", "2: StaleAfter=5 s s is no time; " },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
}

static void test_declassify_and_sink(void **state)
{
	static const struct refusal refusals[] = {
		{ LABEL "[Declassify d]\nSubject=exe:/x user:7\n", "2: [Declassify d] has no " },
		{ LABEL "[Declassify d]\nLabels=a\n", "2: [Declassify d] has no " },
		{ LABEL "[Declassify d]\nLabels=a\nSubject=exe:/x\n",
		  "4: Subject= of [Declassify] names a program and who runs it; " },
		{ LABEL "[Declassify d]\nLabels=a\nSubject=user:7\n",
		  "4: Subject= of [Declassify] names a program and who runs it; " },
		{ LABEL "[Declassify d]\nLabels=b\nSubject=exe:/x user:7\n",
		  "3: label b is not defined; " },
		{ LABEL "[Sink s]\nLabels=a\n", "2: [Sink s] has no " },
		{ LABEL "[Sink s]\nPath=x\n", "3: Path=x is not absolute; " },
		{ LABEL "[Sink s]\nPath=/\n", "3: Path=/ would mean the whole system; " },
		{ LABEL "[Sink s]\nPath=/a /a\n", "3: Path=/a is already at line 3; " },
		{ LABEL "[Sink s]\nLabels=b\nPath=/a\n", "3: label b is not defined; " },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
}

static void test_label(void **state)
{
	static const struct refusal refusals[] = {
		{ LABEL "Sensitivity=secret\n", "2: Sensitivity=secret is not known; " },
		{ LABEL "Sensitivity=101\n", "2: Sensitivity=101 is not known; " },
		{ LABEL "Path=/ok b\n", "2: Path=b is not absolute; " },
		{ LABEL "Path=/a\nPath=/b /a/\n", "3: Path=/a is already at line 2; " },
		{ LABEL "Path=/a/./b\n", "2: Path=/a/./b has a component " },
		{ LABEL "Path=/a/..\n", "2: Path=/a/.. has a component " },
		{ LABEL "Path=//\n", "2: Path=/ would mean the whole system; " },
		{ LABEL "Path=\"\"\n", "2: Path= has an open quote or an empty word; " },
		{ LABEL "Xattr=user.a=b\n", "2: Xattr= is not understood; " },
		{ LABEL "Xattr=user.a below /x\n", "2: Xattr= is not understood; " },
		{ LABEL "Xattr=user.a= below /x\n", "2: Xattr= is not understood; " },
		{ LABEL "Xattr=user.a=b under /x\n", "2: Xattr= is not understood; " },
		{ LABEL "Xattr=user.a=b below /x /y\n", "2: Xattr= is not understood; " },
		{ LABEL "Xattr=a=b below /x\n", "2: \"a\" is no extended attribute that " },
		{ LABEL "Xattr=trusted.a=b below /x\n",
		  "2: \"trusted.a\" is no extended attribute that sluiced can read; " },
		{ LABEL "Xattr=system.a=b below /x\n",
		  "2: \"system.a\" is no extended attribute " },
		{ LABEL "Xattr=user.=b below /x\n", "2: \"user.\" is no extended attribute " },
		{ LABEL "Xattr=users.a=b below /x\n", "2: \"users.a\" is no extended attribute " },
		{ LABEL "Xattr=user.a=b below x\n", "2: Xattr=x is not absolute; " },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
}

static void test_endpoint(void **state)
{
	static const struct refusal refusals[] = {
		{ LABEL "Endpoint=10.0.0.256\n", "2: \"10.0.0.256\" is no IPv4 address; " },
		{ LABEL "Endpoint=10.0.0\n", "2: \"10.0.0\" is no IPv4 address; " },
		{ LABEL "Endpoint=10.0.0.1/8\n",
		  "2: 10.0.0.1/8 has bits set behind its prefix; the network is "
		  "10.0.0.0/8, " },
		{ LABEL "Endpoint=10.0.0.0/33\n", "2: /33 is no prefix length; " },
		{ LABEL "Endpoint=10.0.0.0/\n", "2: / is no prefix length; " },
		{ LABEL "Endpoint=[2001:db8::]/129\n", "2: /129 is no prefix length; " },
		{ LABEL "Endpoint=[2001:db8::1]/32\n", "2: 2001:db8::1/32 has bits set "
						       "behind its prefix; the network is "
						       "2001:db8::/32, " },
		{ LABEL "Endpoint=2001:db8::1\n", "2: \"2001:db8::1\" has several colons; " },
		{ LABEL "Endpoint=[::1\n", "2: \"[::1\" is no address in brackets; " },
		{ LABEL "Endpoint=[::1]x\n", "2: \"[::1]x\" is no address in brackets; " },
		{ LABEL "Endpoint=[10.0.0.1]\n", "2: \"10.0.0.1\" is no IPv6 address; " },
		{ LABEL "Endpoint=[db.internal]\n", "2: \"db.internal\" is no IPv6 address; " },
		{ LABEL "Endpoint=[fe80::1%eth0]\n", "2: \"fe80::1%eth0\" is no IPv6 address; " },
		{ LABEL "Endpoint=db:0\n", "2: \"0\" is no port or range; " },
		{ LABEL "Endpoint=db:65536\n", "2: \"65536\" is no port or range; " },
		{ LABEL "Endpoint=db:90-80\n", "2: \"90-80\" is no port or range; " },
		{ LABEL "Endpoint=db:80-\n", "2: \"80-\" is no port or range; " },
		{ LABEL "Endpoint=10.0.0.0/8:80/sctp\n", "2: \"/sctp\" is no protocol; " },
		{ LABEL "Endpoint=db:https\n", "2: \"https\" is no port or range; " },
		{ LABEL "Endpoint=db:\n", "2: \"\" is no port or range; " },
		{ LABEL "Endpoint=db/24\n", "2: Endpoint=db is not understood; " },
		{ LABEL "Endpoint=db:80/sctp\n", "2: Endpoint=db:80/sctp is not understood; " },
		{ LABEL "Endpoint=10.0.0.0:80/8\n",
		  "2: Endpoint=10.0.0.0:80/8 is not understood; " },
		{ LABEL "Endpoint=-db\n", "2: Endpoint=-db is not understood; " },
		{ LABEL "Endpoint=db..x\n", "2: Endpoint=db..x is not understood; " },
		{ LABEL "Endpoint=db.\n", "2: Endpoint=db. is not understood; " },
		{ LABEL "Endpoint=d_b\n", "2: Endpoint=d_b is not understood; " },
		{ LABEL "Endpoint=*\n", "2: Endpoint=* is not understood; " },
		{ LABEL EGRESS "To=:443\n", "6: To= is not understood; " },
		{ LABEL EGRESS "To=fs:ext4\n",
		  "6: To=fs:ext4 is not known; write one of socket:raw " },
		{ LABEL EGRESS "To=device:\n", "6: To=device: is not known; " },
		{ LABEL "Endpoint=fs:nfs\n", "2: \"nfs\" is no port or range; " },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
}

static void test_rule_keys(void **state)
{
	static const struct refusal refusals[] = {
		{ PEOPLE LABEL RULE "Mode=stop\n",
		  "13: Mode=stop is not known; write one of: hold, fail" },
		{ PEOPLE LABEL RULE "Scope=all\n", "13: Scope=all is not known; " },
		{ PEOPLE LABEL RULE "Reason=yes\n", "13: Reason=yes is not known; " },
		{ PEOPLE LABEL RULE "Monitor=2\n", "13: Monitor=2 is neither yes nor no; " },
		{ PEOPLE LABEL RULE "Timeout=0\n", "13: Timeout=0 is out of range; " },
		{ PEOPLE LABEL RULE "Timeout=8d\n",
		  "13: Timeout=8d is out of range; write 1s to 7d" },
		{ PEOPLE LABEL RULE "Duration=25h\n",
		  "13: Duration=25h is out of range; write 1s to 1d" },
		{ PEOPLE LABEL RULE "Duration=soon\n", "13: Duration=soon is no time; " },
		{ PEOPLE LABEL RULE "EscalateAfter=5min\n",
		  "13: EscalateAfter= without anybody to ask then; " },
		{ PEOPLE LABEL RULE "EscalateTo=leads\n", "13: EscalateTo= without a time; " },
		{ PEOPLE LABEL RULE "EscalateAfter=5min\nEscalateTo=leads\n",
		  "14: EscalateTo= adds nobody " },
		{ PEOPLE LABEL RULE "EscalateAfter=5min\nEscalateTo=nobody\n",
		  "14: group nobody is not defined; " },
		{ PEOPLE "[Group g]\nMember=ann\n" LABEL
			 "[Rule r]\nAction=open\nLabels=a\nVerdict=deny\n"
			 "EscalateAfter=5min\nEscalateTo=g\n",
		  "14: EscalateAfter= has a meaning for Verdict=ask only; " },
		{ PEOPLE "[Group g]\nMember=ann\n" LABEL
			 "[Rule r]\nAction=open\nLabels=a\nVerdict=ask\nReviewers=g\n"
			 "Timeout=5min\nEscalateAfter=5min\nEscalateTo=leads\n",
		  "16: EscalateAfter= comes when the answer is no already: Timeout= is 300 s; " },
		{ PEOPLE LABEL RULE "Approvals=0\n", "13: Approvals=0 is not possible; " },
		{ PEOPLE LABEL RULE "Approvals=17\n", "13: Approvals=17 is not possible; " },
		{ PEOPLE LABEL RULE "Approvals=two\n", "13: Approvals=two is not possible; " },
		{ PEOPLE LABEL RULE "Action=open\n", "13: Action= is already set in line 9; " },
		{ PEOPLE LABEL RULE "Verdict=ask\n", "13: Verdict= is already set in line 11; " },
		{ LABEL "[Rule r]\nAction=read\n",
		  "3: Action=read is not known; write one of: open, write, egress" },
		{ LABEL "[Rule r]\nAction=open write\n", "3: Action=open write is not known; " },
		{ LABEL "[Rule r]\nVerdict=refuse\n", "3: Verdict=refuse is not known; " },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
}

static void test_subject(void **state)
{
	static const struct refusal refusals[] = {
		{ LABEL EGRESS "Clear=root\n", "6: \"root\" names nobody; " },
		{ LABEL EGRESS "Clear=user:no-such-user-here\n",
		  "6: user no-such-user-here is not known " },
		{ LABEL EGRESS "Clear=user:4294967295\n",
		  "6: Clear=4294967295 is no user number; " },
		{ LABEL EGRESS "Clear=user:-1\n", "6: user -1 is not known " },
		{ LABEL EGRESS "Clear=user:\n", "6: user  is not known " },
		{ LABEL EGRESS "Clear=exe:python3\n", "6: Clear=python3 is not absolute; " },
		{ LABEL EGRESS "Clear=exe:\n", "6: Clear= is not absolute; " },
		{ LABEL EGRESS "Clear=unit:etl\n", "6: \"etl\" is no unit; " },
		{ LABEL EGRESS "Clear=unit:.service\n", "6: \".service\" is no unit; " },
		{ LABEL EGRESS "Clear=unit:a/b.service\n", "6: \"a/b.service\" is no unit; " },
		{ LABEL EGRESS "Clear=user:1 user:2\n", "6: user: stands twice in one line, " },
		{ LABEL "[Trusted t]\nSubject=exe:/a exe:/b\n",
		  "3: exe: stands twice in one line, " },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
}

static void test_people(void **state)
{
	static const struct refusal refusals[] = {
		{ "[Person a]\nUid=1 no-such-user-here\n",
		  "2: user no-such-user-here is not known " },
		{ "[Person a]\nUid=1\n[Person b]\nUid=2 1\n",
		  "4: uid 1 belongs to [Person a] at /" },
		{ "[Person a]\nUid=1 1\n", "2: uid 1 belongs to [Person a] at /" },
		{ "[Person a]\nUnit=etl\n", "2: \"etl\" is no unit; " },
		{ "[Person a]\nUnit=b.slice b.slice\n", "2: Unit=b.slice is named twice; " },
		{ "[Person a]\nTeams=ann@example.com\n",
		  "2: Teams=ann@example.com is no object id; " },
		{ "[Person a]\nTeams=01234567-89ab-cdef-0123-456789abcdeg\n", "2: Teams=01234567" },
		{ "[Person a]\nTeams=0123456789abcdef0123456789abcdef0000\n", "2: Teams=01234567" },
		{ "[Person a]\nTeams=01234567-89ab-cdef-0123-456789abcdef\n"
		  "[Person b]\nTeams=01234567-89AB-cdef-0123-456789abcdef\n",
		  "4: Teams=01234567-89ab-cdef-0123-456789abcdef is [Person a] at /" },
		{ "[Person a]\nDisplay=x\nDisplay=y\n", "3: Display= is already set in line 2; " },
		{ "[Person a]\n[Group g]\nMember=a b\n", "3: person b is not defined; " },
		{ "[Person a]\n[Group g]\nMember=a\nMember=a\n", "4: a is a member twice; " },
		{ "[Group g]\n", "1: [Group g] has no Member=; " },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
}

static void test_contradictions(void **state)
{
	static const struct refusal refusals[] = {
		{ LABEL "[Rule r]\nLabels=a\nVerdict=deny\n", "2: [Rule r] has no Action=; " },
		{ LABEL "[Rule r]\nAction=open\nVerdict=deny\n", "2: [Rule r] has no Labels=; " },
		{ LABEL "[Rule r]\nAction=open\nLabels=a\n", "2: [Rule r] has no Verdict=; " },
		{ LABEL "[Trusted t]\n", "2: [Trusted t] has no Subject=; " },
		{ LABEL "[Trusted t]\nSubject=exe:/x\nLabels=b\n", "4: label b is not defined; " },
		{ "[Rule r]\nAction=open\nLabels=*\nVerdict=deny\n",
		  "3: \"*\" means all labels, but none is defined; " },
		{ LABEL "[Rule r]\nAction=open\nLabels=a b\nVerdict=deny\n",
		  "4: label b is not defined; " },
		{ LABEL "[Rule r]\nAction=open\nLabels=a\nLabels=a\nVerdict=deny\n",
		  "5: a is named twice here; " },
		{ LABEL "[Rule r]\nAction=open\nLabels=a *\nVerdict=deny\n",
		  "4: \"*\" already means all labels; " },
		{ LABEL "[Rule r]\nAction=open\nLabels=* a\nVerdict=deny\n",
		  "4: a is named twice here; " },
		{ LABEL "[Rule r]\nAction=open\nLabels=a\nVerdict=ask\n",
		  "5: Verdict=ask without anybody to ask; " },
		{ LABEL "[Rule r]\nAction=open\nLabels=a\nVerdict=ask\nReviewers=g\n",
		  "6: group g is not defined; " },
		{ PEOPLE LABEL RULE "Reviewers=leads\n", "13: leads is named twice here; " },
		{ PEOPLE LABEL RULE "Approvals=3\n",
		  "13: 3 approvals can never come from groups of 2 people together; " },
		{ PEOPLE "[Group g]\nMember=bob ann\n" LABEL RULE "Reviewers=g\nApprovals=3\n",
		  "16: 3 approvals can " },
		{ LABEL "[Rule r]\nAction=open\nLabels=a\nVerdict=deny\nTo=10.0.0.1\n",
		  "6: To= has a meaning for Action=egress only; " },
		{ LABEL "[Label b]\n" EGRESS "[Rule s]\nAction=egress\nVerdict=audit\nLabels=b a\n",
		  "10: egress of label a has a rule at /" },
		{ LABEL EGRESS "[Rule s]\nAction=egress\nVerdict=allow\nLabels=*\n",
		  "9: egress of label a has a rule at /" },
	};

	(void)state;
	refuse_all(refusals, ARRAY_SIZE(refusals));
	policy_free(fixture_policy(PEOPLE LABEL RULE "Approvals=2\n"));
	policy_free(fixture_policy(PEOPLE "[Group g]\nMember=ann\n" LABEL
					  "[Rule r]\nAction=open\nLabels=a\nVerdict=ask\n"
					  "Reviewers=g\nTimeout=5min\nEscalateAfter=299s\n"
					  "EscalateTo=leads\n"));
	policy_free(fixture_policy(LABEL "[Label b]\n" EGRESS
					 "[Rule s]\nAction=egress\nVerdict=audit\nLabels=b\n"
					 "[Rule t]\nAction=open\nVerdict=audit\nLabels=a\n"));
}

/* Whatever stands in a policy or in its path, the message is one line of printable UTF-8. */
static void test_message_is_clean(void **state)
{
	struct policy *policy = NULL;
	struct policy_error error = { 0 };
	char long_value[3000];

	(void)state;
	assert_int_equal(
		policy_load((char *[]){ (char *)"/no\xff\n\x1b[31mwhere" }, 1, &policy, &error),
		-ENOENT);
	assert_memory_equal(error.text, "/no???[31mwhere: ", 17);
	memset(long_value, 0, sizeof(long_value));
	strcpy(long_value, "[Label a]\nSensitivity=x");
	for (size_t i = strlen(long_value); i + 2 < sizeof(long_value); i += 2)
		memcpy(long_value + i, "\xc3\xab", 2);
	fixture_refuse(long_value, "2: Sensitivity=x\xc3\xab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	       cmocka_unit_test(test_headings),
		cmocka_unit_test(test_agent),	       cmocka_unit_test(test_label),
		cmocka_unit_test(test_endpoint),       cmocka_unit_test(test_rule_keys),
		cmocka_unit_test(test_declassify_and_sink),
		cmocka_unit_test(test_subject),	       cmocka_unit_test(test_people),
		cmocka_unit_test(test_contradictions), cmocka_unit_test(test_message_is_clean),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
