/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check-signature.c: what sluiced itself says of a statement and its signature, for tests with the
 * real ssh-keygen on the other side. Usage: check-signature STATEMENT SIGNATURE; both are files.
 * The fingerprint of the key is printed when all is right. Must not own: any rule; it only calls
 * them.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "key/sshsig.h"
#include "key/statement.h"

static bool read_file(const char *path, char *ret, size_t size)
{
	_cleanup_fclose_ FILE *in = fopen(path, "r");
	size_t n = in ? fread(ret, 1, size - 1, in) : 0;

	ret[n] = '\0';
	return n && n < size - 1;
}

int main(int argc, char **argv)
{
	char statement[2048], signature[2048], fingerprint[SSHKEY_FINGERPRINT_MAX];
	const char *why = "does not fit";
	struct statement parsed;
	struct sshsig sig;
	unsigned int line;

	if (argc != 3 || !read_file(argv[1], statement, sizeof(statement)) ||
	    !read_file(argv[2], signature, sizeof(signature)))
		return 2;
	if (statement_parse(statement, &parsed, &line) < 0) {
		printf("line %u of the statement\n", line);
		return 1;
	}
	if (sshsig_from_text(signature, &sig, &why) < 0 ||
	    sshsig_verify(&sig, STATEMENT_NAMESPACE, statement, strlen(statement), &why) < 0) {
		printf("the signature %s\n", why);
		return 1;
	}
	sshkey_fingerprint(&sig.key, fingerprint);
	puts(fingerprint);
	return 0;
}
