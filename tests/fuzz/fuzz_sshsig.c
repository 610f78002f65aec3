/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_sshsig.c: bytes as what a person signs with. The first byte chooses:
 *	'b' the rest is a signature without its heading
 *	't' the rest is a signature as text
 *	'k' the rest is the line of a key
 *	's' the rest is a statement
 *	'c' the rest is what a channel signs
 * Must hold: no memory error; what is refused says why; what is accepted has one spelling only, and
 * is no signature of anything here. Sources: fuzz_sshsig.c
 * user/{account,base64,channel_decision,sshkey,sshsig,sshwire,statement,text,when}.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "key/channel_decision.h"
#include "key/sshsig.h"
#include "key/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void check_key(const struct sshkey *key)
{
	struct sshkey again;
	const char *why = NULL;
	char line[SSHKEY_LINE_MAX], fingerprint[SSHKEY_FINGERPRINT_MAX];

	require(key->blob_size <= SSHKEY_BLOB_MAX);
	require(key->sk == (*key->application != '\0'));
	sshkey_line(key, line);
	require(!sshkey_from_line(line, &again, &why) && sshkey_equal(key, &again));
	require(!sshkey_fingerprint(key, fingerprint) && strlen(fingerprint) == 50);
}

static void check_signature(int r, const struct sshsig *signature, const char *why)
{
	require(r == 0 || (r < 0 && why));
	if (r < 0)
		return;
	check_key(&signature->key);
	require(!strcmp(signature->hash, "sha512") || !strcmp(signature->hash, "sha256"));
	require(strlen(signature->namespace) < SSHSIG_NAMESPACE_MAX);
	require(sshsig_verify(signature, STATEMENT_NAMESPACE, "", 0, &why) < 0);
}

static void check_statement(const char *text)
{
	struct statement statement;
	char again[sizeof(((struct ipc_signed *)NULL)->statement)];
	unsigned int line = 0;

	if (statement_parse(text, &statement, &line) < 0) {
		require(line > 0);
		return;
	}
	require(!statement_write(&statement, again, sizeof(again)) && !strcmp(text, again));
	require(statement.answer.approve == (statement.answer.scope != IPC_SCOPE_RULE));
}

static void check_channel(const char *text)
{
	struct channel_decision decision;
	char again[sizeof(((struct ipc_channel *)NULL)->statement)];
	const char *answer = strstr(text, "\nsluice-decision-v1\n");
	unsigned int line = 0;

	if (channel_decision_parse(text, &decision, &line) < 0) {
		require(line > 0);
		return;
	}
	require(!channel_decision_write(&decision, again, sizeof(again)) && !strcmp(text, again));
	require(decision.tier >= 1 && decision.tier <= 3 && answer != NULL);
	check_statement(answer + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sshsig signature;
	const char *why = NULL;
	struct sshkey key;
	char *text;

	if (!size)
		return 0;
	text = calloc(1, size);
	require(text != NULL);
	memcpy(text, data + 1, size - 1);
	if (data[0] == 'b')
		check_signature(sshsig_from_blob((const uint8_t *)text, size - 1, &signature, &why),
				&signature, why);
	if (data[0] == 't')
		check_signature(sshsig_from_text(text, &signature, &why), &signature, why);
	if (data[0] == 'k' && !sshkey_from_line(text, &key, &why))
		check_key(&key);
	if (data[0] == 's')
		check_statement(text);
	if (data[0] == 'c')
		check_channel(text);
	free(text);
	return 0;
}
