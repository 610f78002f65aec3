// SPDX-License-Identifier: Apache-2.0
/*
 * test_policy_channel.c: channels of the gateway, and the accounts by which they know people.
 */
#include "policy_fixture.h"

#define K1 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V+j6JJza8"
#define K2 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V+j6JJza9"
#define F1 "SHA256:A+k/zJ3eVel3195utjDJ56mRAJbdohbTkVYmbjDdkBw"
#define SK                                                                                         \
	"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIJz3YswSfGhbTNMU"  \
	"CIR2jBIoejtFnkgIke9V+j6JJza8AAAABHNzaDo="
#define WEB "[Channel web]\nKey=" K1 "\nTier=A3\nAccounts=oidc\n"
#define IDP "https://idp.example/realms/x"

static void test_channel(void **state)
{
	struct policy *policy =
		fixture_policy(WEB "[Channel chat]\nKey=" K2
				   " gateway\nTier=A2\nAccounts=slack\nAccounts=entra\n");
	const struct policy_channel *web = policy_find_channel(policy, "web");
	const struct policy_channel *chat = policy_find_channel(policy, "chat");

	(void)state;
	assert_int_equal(policy->n_channels, 2);
	assert_string_equal(web->key.fingerprint, F1);
	assert_int_equal(web->key.origin.line, 2);
	assert_int_equal(web->tier, POLICY_A3);
	assert_int_equal(web->accounts, 1U << ACCOUNT_OIDC);
	assert_int_equal(chat->tier, POLICY_A2);
	assert_int_equal(chat->accounts, 1U << ACCOUNT_SLACK | 1U << ACCOUNT_ENTRA);
	assert_null(policy_find_channel(policy, "Web"));
	policy_free(policy);
}

static void test_channel_refused(void **state)
{
	static const char *const refusals[][2] = {
		{ "[Channel]\n", "1: [Channel] needs a name; " },
		{ "[Channel Web]\n", "1: \"Web\" is no name; " },
		{ WEB WEB, "5: [Channel web] is already at " },
		{ "[Channel web]\nTier=A1\nAccounts=oidc\n", "1: [Channel web] has no Key=; " },
		{ "[Channel web]\nKey=" K1 "\nAccounts=oidc\n", "1: [Channel web] has no Tier=; " },
		{ "[Channel web]\nKey=" K1 "\nTier=A1\n", "1: [Channel web] has no Accounts=; " },
		{ "[Channel web]\nKey=" K1 "\nKey=" K2 "\n", "3: Key= is already set in line 2; " },
		{ "[Channel web]\nTier=A0\n", "2: Tier=A0 is a notice" },
		{ "[Channel web]\nTier=A4\n", "2: Tier=A4 is not known; " },
		{ "[Channel web]\nAccounts=ldap\n",
		  "2: Accounts=ldap is not known; write one of: oidc, entra, slack, client" },
		{ "[Channel web]\nAccounts=oidc OIDC\n", "2: Accounts=OIDC is not known; " },
		{ "[Channel web]\nAccounts=oidc oidc\n", "2: oidc is named twice here; " },
		{ "[Channel web]\nKey=ssh-rsa AAAA\n", "2: Key=ssh-rsa AAAA... is an RSA key; " },
		{ "[Channel web]\nKey=" SK "\n",
		  "2: Key=sk-ssh-ed25519@openssh.com AAA... is of a security key, which a person" },
		{ "[Channel web]\nUrl=x\n",
		  "2: unknown key Url= in [Channel]; known are: Key Tier Accounts" },
		{ "[Channel chat]\nKey=" K1 "\nTier=A3\nAccounts=slack oidc\n",
		  "3: Tier=A3 takes a sign-in for each answer, and a button in Slack is none; " },
		{ "[Channel api]\nKey=" K1 "\nTier=A3\nAccounts=client\n",
		  "3: Tier=A3 takes a sign-in for each answer, and a client's token is none; " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		fixture_refuse(refusals[i][0], refusals[i][1]);
}

/* A key says for sure whose word it is. */
static void test_keys_are_of_one(void **state)
{
	(void)state;
	fixture_refuse(WEB "[Channel b]\nKey=" K1 "\n",
		       "6: key " F1 " is that of [Channel web] at ");
	fixture_refuse(WEB "[Person ann]\nKey=" K1 "\n",
		       "6: key " F1 " is that of [Channel web] at ");
	fixture_refuse("[Person ann]\nKey=" K1 "\n" WEB,
		       "4: key " F1 " belongs to [Person ann] at ");
	policy_free(fixture_policy("[Person ann]\nKey=" K2 "\n" WEB));
}

static void test_accounts(void **state)
{
	static const char text[] =
		"[Person ann]\nOIDC=" IDP " 248289761001\nOIDC=" IDP " \"auth0|a b\"\n"
		"Entra=01234567-89AB-CDEF-0123-456789ABCDEF FEDCBA98-7654-3210-fedc-ba9876543210\n"
		"Slack=T024BE7LD U2147483697\nTeams=fedcba98-7654-3210-fedc-ba9876543210\n"
		"[Person bob]\nSlack=T024BE7LE U2147483697\nOIDC=" IDP "/ 248289761001\n"
		"OIDC=http://127.0.0.1:9000 bob\nClient=pager tickets.2\n";
	struct account account = { .kind = ACCOUNT_ENTRA,
				   .issuer = "01234567-89ab-cdef-0123-456789abcdef",
				   .subject = "fedcba98-7654-3210-fedc-ba9876543210" };
	struct policy *policy = fixture_policy(text);
	const char *why;

	(void)state;
	assert_string_equal(policy_person_by_account(policy, &account)->name, "ann");
	assert_int_equal(policy_person_by_account(policy, &account)->n_accounts, 4);
	account.kind = ACCOUNT_OIDC; /* the same words as an account of another kind are another */
	assert_null(policy_person_by_account(policy, &account));
	assert_int_equal(account_set(ACCOUNT_OIDC, IDP, "auth0|a b", &account, &why), 0);
	assert_string_equal(policy_person_by_account(policy, &account)->name, "ann");
	assert_int_equal(account_set(ACCOUNT_SLACK, "T024BE7LE", "U2147483697", &account, &why), 0);
	assert_string_equal(policy_person_by_account(policy, &account)->name, "bob");
	assert_int_equal(
		account_set(ACCOUNT_CLIENT, ACCOUNT_GATEWAY, "tickets.2", &account, &why), 0);
	assert_string_equal(policy_person_by_account(policy, &account)->name, "bob");
	assert_int_equal(account_set(ACCOUNT_CLIENT, ACCOUNT_GATEWAY, "ticket", &account, &why), 0);
	assert_null(policy_person_by_account(policy, &account));
	assert_int_equal(account_set(ACCOUNT_CLIENT, "other", "pager", &account, &why), -EINVAL);
	policy_free(fixture_policy("[Channel api]\nKey=" K1 "\nTier=A2\nAccounts=client\n"));
	policy_free(policy);
}

static void test_accounts_refused(void **state)
{
	static const char *const refusals[][2] = {
		{ "OIDC=" IDP "\n", "2: OIDC= takes two words" },
		{ "OIDC=" IDP " a b\n", "2: OIDC= takes two words" },
		{ "OIDC=idp.example a\n", "2: OIDC= is not such an account; the issuer is a URL" },
		{ "OIDC=http://idp.example a\n", "2: OIDC= is not such an account; the issuer is" },
		{ "OIDC=http://127.0.0.1.evil.example a\n", "2: OIDC= is not such an account; " },
		{ "OIDC=https://idp.example?x a\n", "2: OIDC= is not such an account; " },
		{ "OIDC=https:// a\n", "2: OIDC= is not such an account; " },
		{ "OIDC=" IDP " \" a\"\n", "2: OIDC= is not such an account; issuer and subject" },
		{ "Entra=contoso.example fedcba98-7654-3210-fedc-ba9876543210\n",
		  "2: Entra= is not such an account; the directory (tenant) id is copied" },
		{ "Entra=fedcba98-7654-3210-fedc-ba9876543210 ann@contoso.example\n",
		  "2: Entra= is not such an account; the object id is copied" },
		{ "Slack=U024BE7LD U2147483697\n",
		  "2: Slack= is not such an account; the team id" },
		{ "Slack=T024BE7LD ann\n", "2: Slack= is not such an account; the user id" },
		{ "Client=Pager\n", "2: Client= is not such an account; a client is named as in" },
		{ "Client=pager pager\n", "2: Client=sluice-gateway pager is [Person ann] at " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		char text[512];

		snprintf(text, sizeof(text), "[Person ann]\n%s", refusals[i][0]);
		fixture_refuse(text, refusals[i][1]);
	}
}

static void test_accounts_are_of_one(void **state)
{
#define ENTRA "Entra=01234567-89ab-cdef-0123-456789abcdef fedcba98-7654-3210-fedc-ba9876543210\n"
#define TEAMS "Teams=FEDCBA98-7654-3210-fedc-ba9876543210\n"
	(void)state;
	fixture_refuse("[Person ann]\nOIDC=" IDP " 1\n[Person bob]\nOIDC=" IDP " 1\n",
		       "4: OIDC=" IDP " 1 is [Person ann] at ");
	fixture_refuse("[Person ann]\nOIDC=" IDP " 1\nOIDC=" IDP " 1\n",
		       "3: OIDC=" IDP " 1 is [Person ann] at ");
	fixture_refuse("[Person ann]\n" TEAMS "[Person bob]\n" ENTRA, "4: Entra=");
	fixture_refuse("[Person ann]\n" ENTRA "[Person bob]\n" TEAMS, "4: Teams=");
	policy_free(fixture_policy("[Person ann]\n" ENTRA TEAMS "[Person bob]\nOIDC=" IDP " 1\n"));
}

/* A rule that nobody could ever answer is refused; what a channel reaches counts. */
static void test_who_can(void **state)
{
#define PEOPLE_OF_WEB                                                                              \
	"[Person ann]\nOIDC=" IDP " 1\n[Person bob]\n"                                             \
	"[Person carla]\nSlack=T024BE7LD U2147483697\n"                                            \
	"[Group g]\nMember=ann bob carla\n[Label a]\n"
#define RULE "[Rule r]\nAction=open\nLabels=a\nVerdict=ask\nReviewers=g\n"
	(void)state;
	policy_free(fixture_policy(PEOPLE_OF_WEB WEB RULE "Tier=A3\n"));
	fixture_refuse(PEOPLE_OF_WEB RULE "Tier=A3\n", "14: Tier=A3 takes a person's key, or an");
	fixture_refuse(PEOPLE_OF_WEB WEB RULE "Tier=A3\nApprovals=2\n",
		       "18: Tier=A3 takes a person's key, or an account of a channel that reaches "
		       "it, and 1 of the reviewers have one where 2 must");
	policy_free(fixture_policy(PEOPLE_OF_WEB WEB "[Channel chat]\nKey=" K2
						     "\nTier=A2\nAccounts=slack\n" RULE
						     "Tier=A2\nApprovals=2\n"));
	fixture_refuse(PEOPLE_OF_WEB WEB "[Channel chat]\nKey=" K2
					 "\nTier=A2\nAccounts=slack\n" RULE
					 "Tier=A3\nApprovals=2\n",
		       "22: Tier=A3 takes ");
}

#define POLICY_TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST(test_channel),	    POLICY_TEST(test_channel_refused),
		POLICY_TEST(test_keys_are_of_one),  POLICY_TEST(test_accounts),
		POLICY_TEST(test_accounts_refused), POLICY_TEST(test_accounts_are_of_one),
		POLICY_TEST(test_who_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
