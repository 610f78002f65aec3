/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_sshsig.c: keys and signatures as ssh-keygen makes them, and everything that differs from
 * those in one place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "key/sshsig.h"
#include "signed_fixture.h"

#define MESSAGE "sluice-decision-v1\nhost etl1.example.com\n"

/* Made by ssh-keygen of OpenSSH 9.2; the private half is gone. */
#define REAL_KEY	 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V+j6JJza8"
#define REAL_FINGERPRINT "SHA256:A+k/zJ3eVel3195utjDJ56mRAJbdohbTkVYmbjDdkBw"
static const char real_sha512[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgnPdizBJ8aFtM0xQIhHaMEih6O0\n"
	"WeSAiR71X6PoknNrwAAAAWc2x1aWNlLWRlY2lzaW9uQHNsdWljZQAAAAAAAAAGc2hhNTEy\n"
	"AAAAUwAAAAtzc2gtZWQyNTUxOQAAAECPPSuZO7Q94e/+lSdDA5hIVk+0l71lwBUpthbwXR\n"
	"noRrMSjde9iqO55zsRD4vQqk1Y7kk8FlfHv/4xxfOpNQsH\n"
	"-----END SSH SIGNATURE-----\n";
static const char real_sha256[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgnPdizBJ8aFtM0xQIhHaMEih6O0\n"
	"WeSAiR71X6PoknNrwAAAAWc2x1aWNlLWRlY2lzaW9uQHNsdWljZQAAAAAAAAAGc2hhMjU2\n"
	"AAAAUwAAAAtzc2gtZWQyNTUxOQAAAEBDec9vemikRoz3PyYXx75S5TIKi4G/j4Fycv7xL6\n"
	"f8aJ7bSZDTSkqmde3ocNP0JMBMKnJQVWPmpgktwr/vp5cE\n"
	"-----END SSH SIGNATURE-----\n";
static const char real_rsa[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAARcAAAAHc3NoLXJzYQAAAAMBAAEAAAEBAIvuuQKudc1tf2Z4VDb6Dl\n"
	"umIy0qE3ZwOYTFKO151mA6ZsB6yoEoU1T8H41fKvN3GRyDEgBsT/MYyCGcc0RBl552Cgrw\n"
	"FihMTwGTQbFyTIU4LhJ2grrjZgmswZnFaJjPluHjXnGDdn6SLdDJ3ZOytVM9d3hEhl5GJY\n"
	"1ISjCDE7DSTXUrSLgXt5u9Q/INZ10Y2gFVpuySw6QUjiESDTOnzhZe1aU1JoBbgJET8CpX\n"
	"uevaqBsh0wDymIyoIac/u5j1YHfgRlOGcZJLAhaThPiwKDWipqeWpybCDde7zbjdf5GIq1\n"
	"oMuNpqJUizDAAcea3eS7+zoMuiDz3N6khXXAdwlsUAAAAWc2x1aWNlLWRlY2lzaW9uQHNs\n"
	"dWljZQAAAAAAAAAGc2hhNTEyAAABFAAAAAxyc2Etc2hhMi01MTIAAAEACjN0ENN7tlhXMu\n"
	"nagh0qzGvQZpjJhfrhEgWLaSFJNvCqvXcq8GPFvNkAcA2z8aEsMC0AkAOka5FvJ2CfMGOa\n"
	"6uLTDKB4HrKbR+Mv3wjzoHz7pF1LbHZ71szL1u7lFUobbnh0TuVKSbObsB2fmag4lFUUTR\n"
	"g6NSmXJQRkXPeMaTdDPNh3nrvrxbM6eGKSIDYqy9NGKCehNcEb8syDgI8+YKJuhGrxtJFB\n"
	"krn2wyevlBauW1rNZmNmZNE6n2gLWgE7fCXCOSbtafUroWjl9WefmuzMkg1bpFnRpwXVFh\n"
	"AhxHT0Z1fSg7gg3Frv3jR1qFACLlB7Bs4aBC5e2NAq0N4DqA==\n"
	"-----END SSH SIGNATURE-----\n";

/* By ssh-keygen too, with tests/provider/security_key.c: over "hello", touched and not. */
static const char real_touched[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAAEoAAAAac2stc3NoLWVkMjU1MTlAb3BlbnNzaC5jb20AAAAgBQlQMF\n"
	"l49EGcKDVgGK+/ugol73LJG9/S0SePnzHHqUAAAAAEc3NoOgAAABZzbHVpY2UtZGVjaXNp\n"
	"b25Ac2x1aWNlAAAAAAAAAAZzaGE1MTIAAABnAAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2\n"
	"guY29tAAAAQBcaFTzUejzq3/9XLosR3+a41qeC7Yb3bAdZIA8nF0UFcS+beYsrRgIgjGg5\n"
	"OnmWxntZ8gVwOPA2ecns/NsJQwYBAQIDBA==\n"
	"-----END SSH SIGNATURE-----\n";
static const char real_untouched[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAAEoAAAAac2stc3NoLWVkMjU1MTlAb3BlbnNzaC5jb20AAAAgJ7V81X\n"
	"fxnLrTx1pjrEc0rPnNCGLtzY07nqvbWV2wD24AAAAEc3NoOgAAABZzbHVpY2UtZGVjaXNp\n"
	"b25Ac2x1aWNlAAAAAAAAAAZzaGE1MTIAAABnAAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2\n"
	"guY29tAAAAQJXGOj9eia2M9XqGh1BAV9B51VD5fHR1KOFXbj3mRZFZsjvgEfutfJdP3ixZ\n"
	"HeLxyCCU+kdgkV9BCrV/IMbEVQoAAQIDBA==\n"
	"-----END SSH SIGNATURE-----\n";

/* Reads and verifies. Return: 0, -EBADMSG or -EKEYREJECTED. */
static int check(const char *text, const char *message)
{
	const char *why = NULL;
	struct sshsig signature;
	int r = sshsig_from_text(text, &signature, &why);

	if (!r)
		r = sshsig_verify(&signature, STATEMENT_NAMESPACE, message, strlen(message), &why);
	assert_int_equal(r != 0, why != NULL);
	return r;
}

static int check_of(const struct signer *signer)
{
	char text[2048];

	sign_text(signer, MESSAGE, text, sizeof(text));
	return check(text, MESSAGE);
}

static void test_what_ssh_keygen_makes(void **state)
{
	(void)state;
	assert_int_equal(check(real_sha512, MESSAGE), 0);
	assert_int_equal(check(real_sha256, MESSAGE), 0);
	assert_int_equal(check(real_rsa, MESSAGE), -EBADMSG);
	assert_int_equal(check(real_touched, "hello\n"), 0);
	assert_int_equal(check(real_touched, "hallo\n"), -EKEYREJECTED);
	assert_int_equal(check(real_untouched, "hello\n"), -EKEYREJECTED);
	assert_int_equal(check(real_sha512, MESSAGE "\n"), -EKEYREJECTED);
	assert_int_equal(check(real_sha512, ""), -EKEYREJECTED);
}

static void test_its_key(void **state)
{
	char fingerprint[SSHKEY_FINGERPRINT_MAX], line[SSHKEY_LINE_MAX];
	const char *why = "";
	struct sshsig signature;
	struct sshkey key;

	(void)state;
	assert_int_equal(sshkey_from_line(REAL_KEY " rita@laptop of hers", &key, &why), 0);
	assert_int_equal(sshkey_fingerprint(&key, fingerprint), 0);
	assert_string_equal(fingerprint, REAL_FINGERPRINT);
	sshkey_line(&key, line);
	assert_string_equal(line, REAL_KEY);
	assert_int_equal(sshsig_from_text(real_sha512, &signature, &why), 0);
	assert_true(sshkey_equal(&signature.key, &key));
	key.blob[key.blob_size - 1] ^= 1;
	assert_false(sshkey_equal(&signature.key, &key));
}

static void test_keys_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} lines[] = {
		{ "ssh-rsa AAAAB3NzaC1yc2E= x", "RSA" },
		{ "ecdsa-sha2-nistp256 AAAA", "ECDSA" },
		{ "sk-ecdsa-sha2-nistp256@openssh.com AAAA", "ed25519-sk" },
		{ "ssh-ed25519-cert-v01@openssh.com AAAA", "certificate" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----", ".pub" },
		{ "no-pty " REAL_KEY, "without options" },
		{ "rita " REAL_KEY, "without options or names" },
		{ "ssh-ed25519", "no whole base64" },
		{ "ssh-ed25519 ", "no whole base64" },
		{ REAL_KEY "AAAA", "behind its end" },
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V",
		  "cut" },
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V+j6JJza",
		  "no whole base64" },
		{ "sk-ssh-ed25519@openssh.com "
		  "AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V+j6JJza8",
		  "another kind" },
		{ "ssh-ed25519  "
		  "AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V+j6JJza8",
		  "no whole base64" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *why = "";
		struct sshkey key;

		assert_int_equal(sshkey_from_line(lines[i].line, &key, &why), -EBADMSG);
		if (!strstr(why, lines[i].why))
			fail_msg("%s: %s", lines[i].line, why);
	}
}

static void test_security_keys(void **state)
{
	struct signer signer = honest;
	const char *why = "";
	struct sshkey key;

	(void)state;
	signer.sk = true;
	assert_int_equal(sshkey_from_line(key_line(&signer), &key, &why), 0);
	assert_true(key.sk);
	assert_int_equal(check_of(&signer), 0);
	signer.flags = 5; /* with a PIN as well */
	assert_int_equal(check_of(&signer), 0);
	signer.flags = 0;
	assert_int_equal(check_of(&signer), -EKEYREJECTED);
	signer.flags = 4; /* a PIN and no touch */
	assert_int_equal(check_of(&signer), -EKEYREJECTED);
}

/* The key says that it was touched, but has not signed that. */
static void test_touch_is_signed(void **state)
{
	struct signer signer = honest;
	struct bytes blob;
	char text[2048];

	(void)state;
	signer.sk = true;
	signer.flags = 0;
	blob = signature_blob(&signer, MESSAGE);
	assert_int_equal(blob.at[blob.n - 5], 0);
	blob.at[blob.n - 5] = 1;
	armor(&blob, text, sizeof(text));
	assert_int_equal(check(text, MESSAGE), -EKEYREJECTED);
}

static void test_one_thing_wrong(void **state)
{
	struct signer signer = honest;

	(void)state;
	assert_int_equal(check_of(&signer), 0);
	signer.namespace = "file";
	assert_int_equal(check_of(&signer), -EBADMSG);
	signer.namespace = STATEMENT_NAMESPACE ".example";
	assert_int_equal(check_of(&signer), -EBADMSG);
	signer.namespace = "";
	assert_int_equal(check_of(&signer), -EBADMSG);
	signer = honest;
	signer.hash = "sha256";
	assert_int_equal(check_of(&signer), 0);
	signer.hash = "sha1";
	assert_int_equal(check_of(&signer), -EBADMSG);
	signer.hash = "md5";
	assert_int_equal(check_of(&signer), -EBADMSG);
	signer = honest;
	signer.reserved = "x";
	assert_int_equal(check_of(&signer), -EBADMSG);
	signer = honest;
	signer.version = 2;
	assert_int_equal(check_of(&signer), -EBADMSG);
}

/* Another key's signature under this key's name. */
static void test_key_exchanged(void **state)
{
	struct signer other = honest;
	struct bytes blob = signature_blob(&honest, MESSAGE), key;
	char text[2048];

	(void)state;
	other.seed = 2;
	key = key_blob(&other);
	memcpy(blob.at + 6 + 4 + 4, key.at, key.n);
	armor(&blob, text, sizeof(text));
	assert_int_equal(check(text, MESSAGE), -EKEYREJECTED);
}

static void each_byte(const struct signer *signer)
{
	struct bytes blob = signature_blob(signer, MESSAGE);
	char text[2048];

	for (size_t i = 0; i < blob.n; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			blob.at[i] ^= (uint8_t)(1U << bit);
			armor(&blob, text, sizeof(text));
			if (!check(text, MESSAGE))
				fail_msg("bit %u of byte %zu changed nothing", bit, i);
			blob.at[i] ^= (uint8_t)(1U << bit);
		}
	}
	armor(&blob, text, sizeof(text));
	assert_int_equal(check(text, MESSAGE), 0);
}

static void test_no_bit_can_change(void **state)
{
	struct signer signer = honest;

	(void)state;
	each_byte(&signer);
	signer.sk = true;
	each_byte(&signer);
}

static void test_no_character_can_change(void **state)
{
	static const char others[] = "\n A=z-\t\r0";
	char text[sizeof(real_sha512)];

	(void)state;
	for (size_t i = 0; real_sha512[i]; i++) {
		for (size_t k = 0; others[k]; k++) {
			memcpy(text, real_sha512, sizeof(text));
			if (text[i] == others[k])
				continue;
			text[i] = others[k];
			if (!check(text, MESSAGE))
				fail_msg("character %zu may be %d", i, others[k]);
		}
	}
}

static void test_nothing_is_cut_or_added(void **state)
{
	struct bytes blob = signature_blob(&honest, MESSAGE);
	char text[2048];

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(real_sha512) - 1; n++) {
		snprintf(text, sizeof(text), "%.*s", (int)n, real_sha512);
		assert_int_equal(check(text, MESSAGE), -EBADMSG);
	}
	for (size_t n = blob.n; n-- > 0;) {
		const char *why = "";
		struct sshsig signature;

		assert_int_equal(sshsig_from_blob(blob.at, n, &signature, &why), -EBADMSG);
	}
	blob.n++;
	armor(&blob, text, sizeof(text));
	assert_int_equal(check(text, MESSAGE), -EBADMSG);
	snprintf(text, sizeof(text), "%s\n", real_sha512);
	assert_int_equal(check(text, MESSAGE), -EBADMSG);
	snprintf(text, sizeof(text), "\n%s", real_sha512);
	assert_int_equal(check(text, MESSAGE), -EBADMSG);
	/* the last line feed is not the signature's */
	snprintf(text, sizeof(text), "%.*s", (int)strlen(real_sha512) - 1, real_sha512);
	assert_int_equal(check(text, MESSAGE), 0);
}

/* Lengths that point beyond the end, one after the other. */
static void test_lengths_lie(void **state)
{
	static const uint32_t lies[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };
	struct bytes blob = signature_blob(&honest, MESSAGE);

	(void)state;
	for (size_t at = 6; at + 4 <= blob.n; at++) {
		for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
			struct bytes bad = blob, number = { .n = 0 };
			struct sshsig signature;
			const char *why = "";

			add_u32(&number, lies[i]);
			if (!memcmp(bad.at + at, number.at, 4))
				continue;
			memcpy(bad.at + at, number.at, 4);
			if (!sshsig_from_blob(bad.at, bad.n, &signature, &why))
				assert_int_not_equal(sshsig_verify(&signature, STATEMENT_NAMESPACE,
								   MESSAGE, strlen(MESSAGE), &why),
						     0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_ssh_keygen_makes),
		cmocka_unit_test(test_its_key),
		cmocka_unit_test(test_keys_refused),
		cmocka_unit_test(test_security_keys),
		cmocka_unit_test(test_touch_is_signed),
		cmocka_unit_test(test_one_thing_wrong),
		cmocka_unit_test(test_key_exchanged),
		cmocka_unit_test(test_no_bit_can_change),
		cmocka_unit_test(test_no_character_can_change),
		cmocka_unit_test(test_nothing_is_cut_or_added),
		cmocka_unit_test(test_lengths_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
