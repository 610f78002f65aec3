// SPDX-License-Identifier: Apache-2.0
/*
 * account.c: see account.h. Owns no state.
 */
#include "account.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

#define DIGITS "0123456789"
#define LARGE  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SMALL  "abcdefghijklmnopqrstuvwxyz"

const char *const account_kind_names[] = {
	[ACCOUNT_OIDC] = "oidc",     [ACCOUNT_ENTRA] = "entra", [ACCOUNT_SLACK] = "slack",
	[ACCOUNT_CLIENT] = "client", NULL,
};

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

/* One line, shown and signed: nothing in it may look like another line, or like nothing. */
static bool is_plain(const char *text)
{
	size_t length = strlen(text);

	return length && length < ACCOUNT_TEXT && text_find_bad(text, length) == length &&
	       !strchr(text, '\t') && text[0] != ' ' && text[length - 1] != ' ';
}

/* In the clear only to this host itself, for tests: a token that came so is anybody's. */
static bool is_issuer(const char *text)
{
	static const char *const starts[] = { "https://", "http://127.0.0.1:", "http://[::1]:",
					      "http://localhost:" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		size_t start = strlen(starts[i]);

		if (!strncmp(text, starts[i], start))
			return text_is_made_of(text + start,
					       SMALL LARGE DIGITS "-._~:/[]%@!$&'()*+,;=");
	}
	return false;
}

static int set_oidc(struct account *account, const char **ret_why)
{
	if (!is_issuer(account->issuer))
		return refuse(ret_why, "the issuer is a URL that starts with https://, as the "
				       "identity provider's tokens state it, without ? and #");
	return 0;
}

#define GUID "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

/* With the letters small: Entra shows both. */
static bool set_guid(char *text)
{
	if (strlen(text) != strlen(GUID))
		return false;
	for (size_t i = 0; text[i]; i++) {
		text[i] = (char)tolower((unsigned char)text[i]);
		if (GUID[i] == '-' ? text[i] != '-' : !strchr(DIGITS "abcdef", text[i]))
			return false;
	}
	return true;
}

static int set_entra(struct account *account, const char **ret_why)
{
	if (!set_guid(account->issuer))
		return refuse(ret_why, "the directory (tenant) id is copied from Entra, like "
				       "01234567-89ab-cdef-0123-456789abcdef");
	if (!set_guid(account->subject))
		return refuse(ret_why, "the object id is copied from Entra, like "
				       "01234567-89ab-cdef-0123-456789abcdef");
	return 0;
}

static bool is_slack_id(const char *text, const char *first)
{
	return strchr(first, text[0]) && strlen(text) >= 3 && text_is_made_of(text, LARGE DIGITS);
}

static int set_slack(struct account *account, const char **ret_why)
{
	if (!is_slack_id(account->issuer, "T"))
		return refuse(ret_why, "the team id begins with T, like T024BE7LD");
	if (!is_slack_id(account->subject, "UW"))
		return refuse(ret_why, "the user id begins with U or W, like U2147483697");
	return 0;
}

static int set_client(struct account *account, const char **ret_why)
{
	if (strcmp(account->issuer, ACCOUNT_GATEWAY) != 0 || !text_is_name(account->subject, ""))
		return refuse(ret_why, "a client is named as in [Client NAME] of gateway.conf: "
				       "small letters, digits, '-', '_' and '.', a letter first");
	return 0;
}

int account_set(enum account_kind kind, const char *issuer, const char *subject,
		struct account *ret, const char **ret_why)
{
	static int (*const set[ACCOUNT_KINDS])(struct account *, const char **) = {
		[ACCOUNT_OIDC] = set_oidc,
		[ACCOUNT_ENTRA] = set_entra,
		[ACCOUNT_SLACK] = set_slack,
		[ACCOUNT_CLIENT] = set_client,
	};
	struct account account = { .kind = kind };
	int r;

	if (!is_plain(issuer) || !is_plain(subject))
		return refuse(ret_why,
			      "issuer and subject are each text of 1 to 255 bytes, without "
			      "controls, and without spaces at their ends");
	memcpy(account.issuer, issuer, strlen(issuer) + 1);
	memcpy(account.subject, subject, strlen(subject) + 1);
	r = set[kind](&account, ret_why);
	if (r == 0)
		*ret = account;
	return r;
}

bool account_equal(const struct account *a, const struct account *b)
{
	return a->kind == b->kind && !strcmp(a->issuer, b->issuer) &&
	       !strcmp(a->subject, b->subject);
}

uint64_t account_mark(const struct account *account)
{
	char text[2 * ACCOUNT_TEXT + 16];
	unsigned char hash[32];
	uint64_t mark = 0;
	int n = snprintf(text, sizeof(text), "%s\n%s\n%s\n", account_kind_names[account->kind],
			 account->issuer, account->subject);

	if (EVP_Digest(text, (size_t)n, hash, NULL, EVP_sha256(), NULL) != 1)
		return 0;
	for (size_t i = 0; i < sizeof(mark); i++)
		mark = mark << 8 | hash[i];
	return mark ? mark : 1;
}
