/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account.h: an account that somebody else than this host keeps for a person, by the names that do
 * not change and are not given twice.
 *
 *	oidc	issuer	URL of the identity provider, as its tokens state it (iss)
 *		subject	of the token (sub)
 *	entra	issuer	directory (tenant) id, subject object id: both as 8-4-4-4-12 digits
 *	slack	issuer	team id, subject user id
 *	client	issuer	ACCOUNT_GATEWAY, subject NAME of a [Client NAME] in gateway.conf: another
 *		program, with a token of its own
 *
 * Owns: these forms, and that one account has one spelling. Must not own: whose an account is
 * (policy.h), or how somebody shows that it is theirs (the gateway's channels). Names that people
 * choose, and addresses, are no part of it.
 */
#ifndef SLUICE_ACCOUNT_H
#define SLUICE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#define ACCOUNT_TEXT 256 /* with the NUL: what OpenID Connect allows for a subject */

/* Who keeps the accounts of clients: the gateway itself, by its own name. */
#define ACCOUNT_GATEWAY "sluice-gateway"

enum account_kind { ACCOUNT_OIDC, ACCOUNT_ENTRA, ACCOUNT_SLACK, ACCOUNT_CLIENT, ACCOUNT_KINDS };

struct account {
	enum account_kind kind;
	char issuer[ACCOUNT_TEXT];
	char subject[ACCOUNT_TEXT];
};

/* In small letters: the names above, ended by NULL. */
extern const char *const account_kind_names[ACCOUNT_KINDS + 1];

/**
 * account_set() - check both texts and write them in their one spelling.
 * @ret_why: what is wrong and the remedy, a sentence without subject
 * Return: 0 or -EINVAL.
 */
int account_set(enum account_kind kind, const char *issuer, const char *subject,
		struct account *ret, const char **ret_why);

bool account_equal(const struct account *a, const struct account *b);

/*
 * Tells accounts apart without naming them: the start of SHA-256 over kind, issuer and subject, a
 * line each. Never 0, but when OpenSSL fails.
 */
uint64_t account_mark(const struct account *account);

#endif
