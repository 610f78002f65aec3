// SPDX-License-Identifier: Apache-2.0
/*
 * test_channel_decision.c: one decision has one spelling; keys of channels; and what ssh-keygen
 * says of their signatures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "key/channel_decision.h"
#include "key/channel_key.h"
#include "key/sshsig.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ANSWER                                                                                     \
	"sluice-decision-v1\nhost etl1.example.com\nboot 11111111-2222-3333-4444-555555555555\n"   \
	"request r-0a1b2c3d\ndigest " DIGEST "\nverdict approve\nscope once\nduration_s 300\n"     \
	"reason ticket 7\ntime 2026-11-22T12:00:00.250Z\nnonce 000102030405060708090a0b0c0d0e0f\n"
#define TOP  "sluice-channel-v1\nchannel web\ntier A3\n"
#define WHO  "account oidc\nissuer https://idp.example\nsubject auth0|a b\n"
#define GOOD TOP WHO "evidence " DIGEST "\n" ANSWER

static void test_there_and_back(void **state)
{
	struct channel_decision decision;
	char text[3072];
	unsigned int line;

	(void)state;
	assert_int_equal(channel_decision_parse(GOOD, &decision, &line), 0);
	assert_string_equal(decision.channel, "web");
	assert_int_equal(decision.tier, 3);
	assert_int_equal(decision.account.kind, ACCOUNT_OIDC);
	assert_string_equal(decision.account.issuer, "https://idp.example");
	assert_string_equal(decision.account.subject, "auth0|a b");
	assert_string_equal(decision.evidence, DIGEST);
	assert_string_equal(decision.statement.answer.id, "r-0a1b2c3d");
	assert_int_equal(channel_decision_write(&decision, text, sizeof(text)), 0);
	assert_string_equal(text, GOOD);
	assert_int_equal(channel_decision_write(&decision, text, strlen(GOOD)), -ENOSPC);
	assert_int_equal(channel_decision_write(&decision, text, strlen(GOOD) + 1), 0);
	assert_int_equal(channel_decision_write(&decision, text, 20), -ENOSPC);
}

static void test_other_spellings(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
	} bad[] = {
		{ "", 1 },
		{ "sluice-channel-v2\n", 1 },
		{ "sluice-channel-v1", 1 },
		{ "sluice-channel-v1 \n", 1 },
		{ ANSWER, 1 },
		{ "sluice-channel-v1\ntier A3\n", 2 },
		{ "sluice-channel-v1\nchannel web\ntier A0\n", 3 },
		{ "sluice-channel-v1\nchannel web\ntier A4\n", 3 },
		{ "sluice-channel-v1\nchannel web\ntier 3\n", 3 },
		{ "sluice-channel-v1\nchannel web\ntier A33\n", 3 },
		{ TOP "account ldap\n", 4 },
		{ TOP WHO "evidence " DIGEST "0\n" ANSWER, 7 },
		{ TOP WHO "evidence \n" ANSWER, 1 },
		{ TOP WHO "evidence " DIGEST "\n", 8 },
		{ TOP "account oidc\nissuer http://idp.example\nsubject a\nevidence " DIGEST
		      "\n" ANSWER,
		  1 },
		{ TOP "account oidc\nissuer https://idp.example\nsubject \nevidence " DIGEST
		      "\n" ANSWER,
		  1 },
		{ TOP "account oidc\nissuer https://idp.example\nsubject a \nevidence " DIGEST
		      "\n" ANSWER,
		  1 },
		{ TOP "account entra\nissuer 01234567-89AB-cdef-0123-456789abcdef\nsubject "
		      "01234567-89ab-cdef-0123-456789abcdef\nevidence " DIGEST "\n" ANSWER,
		  1 },
		{ "sluice-channel-v1\nchannel Web\ntier A3\n" WHO "evidence " DIGEST "\n" ANSWER,
		  1 },
		{ GOOD "\n", 1 },
		{ GOOD "x", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct channel_decision decision;
		unsigned int line = 0;

		assert_int_equal(channel_decision_parse(bad[i].text, &decision, &line), -EBADMSG);
		if (bad[i].line != 1 && line != bad[i].line)
			fail_msg("line %u instead of %u: %s", line, bad[i].line, bad[i].text);
	}
}

static void test_cannot_be_stated(void **state)
{
	struct channel_decision good, bad;
	char text[3072];
	unsigned int line;

	(void)state;
	assert_int_equal(channel_decision_parse(GOOD, &good, &line), 0);
	bad = good;
	strcpy(bad.account.subject, "a\nsubject b");
	assert_int_equal(channel_decision_write(&bad, text, sizeof(text)), -EINVAL);
	bad = good;
	strcpy(bad.channel, "a\nb");
	assert_int_equal(channel_decision_write(&bad, text, sizeof(text)), -EINVAL);
	bad = good;
	bad.tier = 0;
	assert_int_equal(channel_decision_write(&bad, text, sizeof(text)), -EINVAL);
	bad = good;
	strcpy(bad.statement.answer.reason, "a\nb");
	assert_int_equal(channel_decision_write(&bad, text, sizeof(text)), -EINVAL);
	bad = good;
	bad.account.kind = ACCOUNT_KINDS;
	assert_int_equal(channel_decision_write(&bad, text, sizeof(text)), -EINVAL);
}

static void test_begin(void **state)
{
	struct ipc_request request = { .id = "r-1",
				       .host = "h",
				       .boot = "b",
				       .digest = DIGEST,
				       .scope = "process",
				       .duration_s = 60 };
	struct channel_decision decision;

	(void)state;
	channel_decision_begin(&request, &decision);
	assert_string_equal(decision.statement.answer.id, "r-1");
	assert_string_equal(decision.statement.host, "h");
	assert_string_equal(decision.statement.boot, "b");
	assert_int_equal(decision.statement.answer.scope, IPC_SCOPE_PROCESS);
	assert_int_equal(decision.statement.answer.duration_s, 60);
	assert_int_equal(decision.statement.answer.approve, 0); /* what is forgotten is a no */
	assert_string_equal(decision.statement.answer.digest, "");
}

/* ---- keys ---- */

static char folder[64];

static int setup(void **state)
{
	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	snprintf(folder, sizeof(folder), "/tmp/sluice-channel-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static struct channel_keys *load(void)
{
	struct channel_keys *keys = NULL;
	char error[512];

	if (channel_keys_load(folder, &keys, error, sizeof(error)) < 0)
		fail_msg("%s", error);
	return keys;
}

static void public_line(char ret[SSHKEY_LINE_MAX])
{
	struct channel_keys *keys = load();
	struct sshkey key;

	assert_int_equal(channel_keys_public(keys, "web", &key), 0);
	assert_int_equal(channel_keys_public(keys, "pager", &key), -ENOKEY);
	sshkey_line(&key, ret);
	channel_keys_free(keys);
}

static void test_keys_stay(void **state)
{
	char first[SSHKEY_LINE_MAX], again[SSHKEY_LINE_MAX], path[128];
	struct stat st;

	(void)state;
	public_line(first);
	snprintf(path, sizeof(path), "%s/channel-web.key", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	public_line(again);
	assert_string_equal(first, again);
	setenv("CREDENTIALS_DIRECTORY", folder, 1); /* as systemd hands them over */
	assert_int_equal(chmod(path, 0440), 0);
	snprintf(folder + strlen(folder), 8, "/none");
	public_line(again);
	*strrchr(folder, '/') = '\0';
	assert_string_equal(first, again);
}

static void test_keys_of_others(void **state)
{
	char line[SSHKEY_LINE_MAX], path[128], error[512];
	struct channel_keys *keys = NULL;

	(void)state;
	public_line(line);
	snprintf(path, sizeof(path), "%s/channel-web.key", folder);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(channel_keys_load(folder, &keys, error, sizeof(error)), -EACCES);
	assert_non_null(strstr(error, "chmod 600"));
	assert_int_equal(truncate(path, 50), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(channel_keys_load(folder, &keys, error, sizeof(error)), -EINVAL);
	assert_null(keys);
}

static void put_file(const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static int ssh_keygen_says(const char *namespace)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "cd %s && ssh-keygen -Y verify -f signers -I gateway -n %s -s signature "
		 "<statement >out 2>&1",
		 folder, namespace);
	return system(command);
}

/* A program that is not ours, as an auditor would use it. */
static void test_ssh_keygen_verifies(void **state)
{
	struct channel_keys *keys = load();
	char signature[1024], line[SSHKEY_LINE_MAX], signers[512];
	struct sshsig parsed;
	const char *why = "";

	(void)state;
	public_line(line);
	assert_int_equal(channel_keys_sign(keys, "web", GOOD, signature, 100), -ENOSPC);
	assert_int_equal(channel_keys_sign(keys, "pager", GOOD, signature, 1024), -ENOKEY);
	assert_int_equal(channel_keys_sign(keys, "web", GOOD, signature, sizeof(signature)), 0);
	channel_keys_free(keys);
	snprintf(signers, sizeof(signers), "gateway %s\n", line);
	put_file("signers", signers);
	put_file("statement", GOOD);
	put_file("signature", signature);
	assert_int_equal(ssh_keygen_says(CHANNEL_NAMESPACE), 0);
	assert_int_not_equal(ssh_keygen_says(STATEMENT_NAMESPACE), 0);
	put_file("statement", GOOD "x");
	assert_int_not_equal(ssh_keygen_says(CHANNEL_NAMESPACE), 0);
	assert_int_equal(sshsig_from_text(signature, &parsed, &why), 0);
	assert_int_equal(sshsig_verify(&parsed, CHANNEL_NAMESPACE, GOOD, strlen(GOOD), &why), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_other_spellings),
		cmocka_unit_test(test_cannot_be_stated),
		cmocka_unit_test(test_begin),
		cmocka_unit_test_setup_teardown(test_keys_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ssh_keygen_verifies, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
