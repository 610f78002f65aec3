/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_control_erase.c: erasing private text through the socket: who may, what is journaled before
 * and after, and what is not done when the journal cannot say it.
 */
#include "control_fixture.h"

#include "event/record_vault.h"
#include "policy/policy.h"
#include "vault/vault.h"

#define ROOT_ALONE                                                                                 \
	if (getuid() != 0)                                                                         \
	skip()

static void keep_private(void)
{
	char text[8192], error[512] = "", *was;
	struct policy *policy;

	snprintf(text, sizeof(text), "%s[Journal]\nPrivate=/srv/customers\n", fixture_policy_text);
	policy_free((struct policy *)world.agent.policy);
	load_policy(&world.agent, text);
	policy = (struct policy *)world.agent.policy;
	world.agent.privacy = policy;
	was = policy->settings.state;
	policy->settings.state = world.folder;
	assert_int_equal(record_vault_open(&world.agent, policy, error, sizeof(error)), 0);
	policy->settings.state = was;
}

static int end(void **state)
{
	world.agent.vault = vault_close(world.agent.vault);
	return teardown(state);
}

static struct ipc_erase wanted(void)
{
	return (struct ipc_erase){ .uid = -1, .path = "/srv/customers", .reason = "ticket 4712" };
}

/* Return: the result's error, or of an item 0 and its texts. */
static int erase(const struct ipc_erase *act, uint64_t *ret_texts)
{
	int sock = dial(control_path);
	struct channel_message *message = say(sock, IPC_ERASE, act, sizeof(*act));
	int r = message->type == IPC_RESULT ? message->body.result.error : -1;

	if (message->type == IPC_ERASE_ITEM) {
		*ret_texts = message->body.erase_item.texts;
		r = 0;
	}
	close(sock);
	turn();
	return r;
}

static uint64_t left(void)
{
	const struct vault_select all = { .uid = VAULT_NOBODY };
	uint64_t n = 0;

	assert_int_equal(vault_count(world.agent.vault, &all, &n), 0);
	return n;
}

static void test_erased_and_journaled(void **state)
{
	struct ipc_erase act = wanted();
	uint64_t texts = 0, before;
	json_t *entry;

	(void)state;
	ROOT_ALONE;
	keep_private();
	open_one(1);
	before = left();
	assert_true(before > 0);
	act.count = 1;
	assert_int_equal(erase(&act, &texts), 0);
	assert_int_equal(texts, before);
	assert_int_equal(left(), before); /* only counted */
	assert_null(entry_of("vault.erasing"));
	act.count = 0;
	assert_int_equal(erase(&act, &texts), 0);
	assert_int_equal(texts, before);
	assert_int_equal(left(), 0);
	entry = entry_of("vault.erasing");
	assert_string_equal(member(entry, "reason"), "ticket 4712");
	entry = entry_of("vault.erased");
	assert_int_equal(json_integer_value(json_object_get(entry, "texts")), (json_int_t)before);
	assert_string_equal(member(entry, "reason"), "ticket 4712");
	assert_string_equal(member(entry, "by"), "bob");
	assert_null(strstr(member(entry, "message"), "customers"));
	assert_int_equal(world.journal.durable, json_array_size(world.journal.entries));
	/* nothing is left of it, in any byte of the file */
	assert_int_equal(count_of("vault.rewritten"), 1);
	assert_false(vault_scrub_pending(world.agent.vault));
	record_vault_tick(&world.agent);
	assert_int_equal(count_of("vault.rewritten"), 1);
	assert_int_equal(erase(&act, &texts), ENOENT);
	assert_int_equal(count_of("vault.erased"), 1);
}

/* Of a large one the daemon's ticks overwrite the rest, while all else goes on. */
static void test_large_vault(void **state)
{
	const struct vault_scope scope = { .uid = ANN, .request = "", .time_ms = 1 };
	struct ipc_erase act = wanted();
	char plain[64], commitment[VAULT_TEXT];
	uint64_t texts = 0;
	unsigned int ticks = 0;

	(void)state;
	ROOT_ALONE;
	keep_private();
	open_one(1);
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(plain, sizeof(plain), "/srv/other/%u", i);
		assert_int_equal(vault_put(world.agent.vault, &scope, false, plain, commitment), 0);
	}
	assert_int_equal(erase(&act, &texts), 0);
	assert_int_equal(count_of("vault.erased"), 1);
	assert_int_equal(count_of("vault.rewritten"), 0);
	while (vault_scrub_pending(world.agent.vault) && ticks++ < 100)
		record_vault_tick(&world.agent);
	assert_true(ticks > 1 && ticks < 20);
	assert_int_equal(count_of("vault.rewritten"), 1);
}

static void test_neighbours_stay(void **state)
{
	struct ipc_erase act = wanted();
	uint64_t texts = 0, before;

	(void)state;
	ROOT_ALONE;
	keep_private();
	open_one(1);
	before = left();
	snprintf(act.path, sizeof(act.path), "/srv/customers/other");
	assert_int_equal(erase(&act, &texts), ENOENT);
	act = wanted();
	act.uid = BOB;
	assert_int_equal(erase(&act, &texts), ENOENT);
	act = wanted();
	snprintf(act.request, sizeof(act.request), "r-00000000");
	assert_int_equal(erase(&act, &texts), ENOENT);
	act = wanted();
	act.before_ms = agent_time_ms() - 86400000;
	assert_int_equal(erase(&act, &texts), ENOENT);
	assert_int_equal(left(), before);
	assert_null(entry_of("vault.erasing"));
	act = wanted();
	act.uid = ANN;
	assert_int_equal(erase(&act, &texts), 0);
	assert_int_equal(left(), 0);
}

static void test_nonsense(void **state)
{
	struct ipc_erase act = wanted();
	uint64_t texts;

	(void)state;
	ROOT_ALONE;
	assert_int_equal(erase(&act, &texts), ENOENT); /* there is no vault */
	keep_private();
	open_one(1);
	act.path[0] = '\0'; /* not: everything */
	assert_int_equal(erase(&act, &texts), EINVAL);
	act = wanted();
	act.reason[0] = '\0';
	assert_int_equal(erase(&act, &texts), EINVAL);
	act = wanted();
	snprintf(act.path, sizeof(act.path), "srv/customers");
	assert_int_equal(erase(&act, &texts), EINVAL);
	assert_true(left() > 0);
}

static void test_not_before_the_journal(void **state)
{
	struct ipc_erase act = wanted();
	uint64_t texts, before;

	(void)state;
	ROOT_ALONE;
	keep_private();
	open_one(1);
	before = left();
	world.journal.fail_commit = true;
	assert_int_not_equal(erase(&act, &texts), 0);
	assert_int_equal(left(), before);
}

static void test_only_root(void **state)
{
	struct ipc_erase act = wanted();
	uint64_t texts;

	(void)state;
	ROOT_ALONE;
	keep_private();
	open_one(1);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(erase(&act, &texts), EPERM);
	assert_int_equal(seteuid(0), 0);
	assert_true(left() > 0);
}

#define ERASE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ERASE_TEST(test_erased_and_journaled),
		ERASE_TEST(test_large_vault),
		ERASE_TEST(test_neighbours_stay),
		ERASE_TEST(test_nonsense),
		ERASE_TEST(test_not_before_the_journal),
		ERASE_TEST(test_only_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
