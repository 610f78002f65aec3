/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_policy_person.c: keys of people, and rules that want them.
 */
#include "policy_fixture.h"

#define ANNS		 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V+j6JJza8"
#define ANNS_FINGERPRINT "SHA256:A+k/zJ3eVel3195utjDJ56mRAJbdohbTkVYmbjDdkBw"
/* another point */
#define BOBS  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V+j6JJza9"
#define LABEL "[Label a]\n"
#define RULE  "[Rule r]\nAction=open\nLabels=a\nVerdict=ask\nReviewers=leads\n"
#define KEYED "[Person ann]\nKey=" ANNS " ann@laptop\n[Person bob]\n[Group leads]\nMember=ann bob\n"

static void test_keys(void **state)
{
	struct policy *policy = fixture_policy("[Person ann]\nUid=1\nKey=" ANNS
					       " ann's laptop\n[Person bob]\nKey=" BOBS "\n");
	const struct policy_person *ann = policy_find_person(policy, "ann");
	const struct policy_key *key = NULL;
	struct sshkey other;
	const char *why = "";

	(void)state;
	assert_int_equal(ann->n_keys, 1);
	assert_string_equal(ann->keys[0].fingerprint, ANNS_FINGERPRINT);
	assert_int_equal(ann->keys[0].origin.line, 3);
	assert_ptr_equal(policy_person_by_key(policy, &ann->keys[0].key, &key), ann);
	assert_ptr_equal(key, &ann->keys[0]);
	assert_int_equal(sshkey_from_line(BOBS, &other, &why), 0);
	assert_string_equal(policy_person_by_key(policy, &other, &key)->name, "bob");
	other.blob[other.blob_size - 1] ^= 0x40;
	assert_null(policy_person_by_key(policy, &other, &key));
	policy_free(policy);
}

static void test_keys_refused(void **state)
{
	static const char *const refusals[][2] = {
		{ "[Person a]\nKey=" ANNS "\n[Person b]\n\nKey=" ANNS " other comment\n",
		  "5: key " ANNS_FINGERPRINT " belongs to [Person a] at /" },
		{ "[Person a]\nKey=" ANNS "\nKey=" ANNS "\n",
		  "3: key " ANNS_FINGERPRINT " belongs to [Person a] at /" },
		{ "[Person a]\nKey=ssh-rsa AAAAB3NzaC1yc2E=\n",
		  "2: Key=ssh-rsa AAAAB3NzaC1yc2E=... is an RSA key; make one with ssh-keygen" },
		{ "[Person a]\nKey=/home/a/.ssh/id_ed25519.pub\n",
		  "2: Key=/home/a/.ssh/id_ed25519.pub... does not begin with ssh-ed25519" },
		{ "[Person a]\nKey=a@b " ANNS "\n",
		  "2: Key=a@b ssh-ed25519 AAAAC3NzaC1lZD... does" },
		{ "[Person a]\nKey=" ANNS "AA\n",
		  "2: Key=ssh-ed25519 AAAAC3NzaC1lZDI1NT... holds" },
		{ "[Person a]\nKey=\n", "2: Key= has no value; " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		fixture_refuse(refusals[i][0], refusals[i][1]);
}

/* Every one of them is compared when a signature comes. */
static void test_too_many(void **state)
{
	char text[8192] = "[Person a]\n", line[256];
	struct policy *policy;

	(void)state;
	for (int i = 0; i < SLUICE_MAX_KEYS + 1; i++) {
		if (i == SLUICE_MAX_KEYS) {
			policy = fixture_policy(text);
			assert_int_equal(policy->people[0].n_keys, SLUICE_MAX_KEYS);
			policy_free(policy);
		}
		snprintf(line, sizeof(line), "Key=%.*s%c%c%s\n", (int)strlen(ANNS) - 4, ANNS,
			 'A' + i, 'A', "za");
		/* base64 ends with whole bytes here: the last character is one of 64 */
		strcat(text, line);
	}
	fixture_refuse(text, "18: more than 16 Key= of one person; ");
}

static void test_tiers(void **state)
{
	static const enum policy_tier tiers[] = { POLICY_A1, POLICY_A2, POLICY_A3 };
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tiers); i++) {
		struct policy *policy;

		snprintf(text, sizeof(text), KEYED LABEL RULE "Tier=%s\n",
			 policy_tier_name(tiers[i]));
		policy = fixture_policy(text);
		assert_int_equal(policy->rules[0].tier, tiers[i]);
		policy_free(policy);
	}
	fixture_refuse(KEYED LABEL RULE "Tier=A0\n", "12: Tier=A0 is a notice, which decides ");
	fixture_refuse(KEYED LABEL RULE "Tier=A4\n",
		       "12: Tier=A4 is not known; write one of: A1, A2, A3");
}

/* As today: who has a login decides. */
static void test_default_tier(void **state)
{
	struct policy *policy = fixture_policy(PEOPLE LABEL RULE);

	(void)state;
	assert_int_equal(policy->rules[0].tier, POLICY_A1);
	policy_free(policy);
}

/* A rule that nobody could ever answer. */
static void test_nobody_can(void **state)
{
	(void)state;
	fixture_refuse(PEOPLE LABEL RULE "Tier=A3\n",
		       "13: Tier=A3 takes a person's key, or an account of a channel that reaches "
		       "it, and 0 of the reviewers have one ");
	fixture_refuse(KEYED LABEL RULE "Tier=A2\nApprovals=2\n",
		       "12: Tier=A2 takes a person's key, or an account of a channel that reaches "
		       "it, and 1 of the reviewers have one ");
	policy_free(fixture_policy(KEYED LABEL RULE "Tier=A1\nApprovals=2\n"));
	policy_free(fixture_policy(KEYED LABEL RULE "Tier=A3\n"));
	policy_free(fixture_policy(PEOPLE LABEL "[Rule r]\nAction=open\nLabels=a\nVerdict=deny\n"
						"Tier=A3\n"));
}

static void test_covers(void **state)
{
	struct policy *policy =
		fixture_policy("[Person bob]\nCovers=ann carla\n[Person ann]\n[Person carla]\n"
			       "[Person dave]\nCovers=bob\n[Group leads]\nMember=ann\n" LABEL RULE
			       "Approvals=2\n");
	const struct policy_person *bob = policy_find_person(policy, "bob");

	(void)state;
	assert_int_equal(bob->n_covers, 2);
	assert_false(policy_in_groups(policy, 1, bob));
	assert_true(policy_reviews(policy, 1, bob));
	assert_true(policy_reviews(policy, 1, policy_find_person(policy, "ann")));
	assert_false(policy_reviews(policy, 1, policy_find_person(policy, "carla")));
	/* it does not go on from one to the next */
	assert_false(policy_reviews(policy, 1, policy_find_person(policy, "dave")));
	policy_free(policy);
	fixture_refuse("[Person bob]\nCovers=ann\n", "2: person ann is not defined; ");
	fixture_refuse("[Person bob]\nCovers=bob\n", "2: nobody covers for themselves; ");
	fixture_refuse("[Person bob]\nCovers=ann\nCovers=ann\n[Person ann]\n",
		       "3: ann is covered for twice; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),	     cmocka_unit_test(test_keys_refused),
		cmocka_unit_test(test_too_many),     cmocka_unit_test(test_tiers),
		cmocka_unit_test(test_default_tier), cmocka_unit_test(test_nobody_can),
		cmocka_unit_test(test_covers),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
