// SPDX-License-Identifier: Apache-2.0
/*
 * test_gateway_link.c: decisions from the gateway to sluiced, and what comes back. The other end is
 * played here.
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
#include <unistd.h>

#include "base/channel.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "gateway/gateway_link.h"
#include "key/sshsig.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct world {
	char folder[64], path[96];
	struct event_base *base;
	struct channel_keys *keys;
	struct gateway_link_options options;
	struct gateway_link *link;
	int listener, peer;
	unsigned int connected, complete;
	char told[512]; /* what decisions came to, "NAME:ERRNO:TEXT " */
	struct channel_message message;
} world;

static void on_connected(void *arg)
{
	(void)arg;
	world.connected++;
}

static void on_all(void *arg)
{
	(void)arg;
	world.complete++;
}

static void on_request(void *arg, const struct ipc_request *request)
{
	(void)arg;
	(void)request;
}

static void on_decided(void *arg, int error, const char *text)
{
	size_t used = strlen(world.told);

	snprintf(world.told + used, sizeof(world.told) - used, "%s:%d:%.20s ", (const char *)arg,
		 error, text);
}

static void turn(void)
{
	for (int i = 0; i < 5; i++)
		event_base_loop(world.base, EVLOOP_NONBLOCK);
}

static int receive(void)
{
	struct channel_peer sender;

	return channel_receive_from(world.peer, &world.message, &sender);
}

static void accept_link(void)
{
	struct channel_peer who;

	for (int i = 0; i < 200; i++) {
		turn();
		world.peer = channel_accept(world.listener, &who);
		if (world.peer >= 0)
			break;
		usleep(10000);
	}
	assert_true(world.peer >= 0);
	turn();
	assert_int_equal(receive(), 1);
	assert_int_equal(world.message.type, IPC_HELLO);
}

static int setup(void **state)
{
	char error[512];

	(void)state;
	memset(&world, 0, sizeof(world));
	log_set_level(LOG_EMERG);
	unsetenv("CREDENTIALS_DIRECTORY");
	snprintf(world.folder, sizeof(world.folder), "/tmp/sluice-link-XXXXXX");
	if (!mkdtemp(world.folder))
		return -1;
	snprintf(world.path, sizeof(world.path), "%s/socket", world.folder);
	world.listener = channel_listen(world.path, 0600);
	world.base = event_base_new();
	if (channel_keys_load(world.folder, &world.keys, error, sizeof(error)) < 0)
		return -1;
	world.options = (struct gateway_link_options){ .path = world.path,
						       .keys = world.keys,
						       .on_connected = on_connected,
						       .on_all = on_all,
						       .on_open = on_request,
						       .on_closed = on_request };
	if (gateway_link_new(world.base, &world.options, &world.link) < 0)
		return -1;
	accept_link();
	return 0;
}

static int teardown(void **state)
{
	char path[128];

	(void)state;
	gateway_link_free(world.link);
	close(world.peer);
	close(world.listener);
	channel_keys_free(world.keys);
	event_base_free(world.base);
	unlink(world.path);
	for (const struct channel_kind *kind = channel_kinds; kind->name; kind++) {
		snprintf(path, sizeof(path), "%s/channel-%s.key", world.folder, kind->name);
		unlink(path);
	}
	return rmdir(world.folder);
}

static struct channel_decision sample(void)
{
	struct ipc_request request = { .id = "r-1",
				       .host = "etl1",
				       .boot = "11111111-2222-3333-4444-555555555555",
				       .scope = "once",
				       .duration_s = 60 };
	struct channel_decision decision;

	channel_decision_begin(&request, &decision);
	strcpy(decision.channel, "web");
	decision.tier = 3;
	decision.account = (struct account){ .kind = ACCOUNT_OIDC,
					     .issuer = "https://idp.example",
					     .subject = "carla" };
	strcpy(decision.statement.answer.digest, DIGEST);
	decision.statement.answer.approve = 1;
	return decision;
}

static int decide(const struct channel_decision *decision, const char *name)
{
	return gateway_link_decide(world.link, decision, "{}", on_decided, (void *)name);
}

/* The next decision as sluiced gets it: signed by the channel, and whole. */
static struct channel_decision take_decision(void)
{
	const struct ipc_channel *message = &world.message.body.channel;
	struct channel_decision decision;
	struct sshsig signature;
	const char *why = "";
	unsigned int line;
	char digest[65];

	turn();
	assert_int_equal(receive(), 1);
	assert_int_equal(world.message.type, IPC_CHANNEL);
	assert_int_equal(channel_decision_parse(message->statement, &decision, &line), 0);
	assert_int_equal(sshsig_from_text(message->signature, &signature, &why), 0);
	assert_int_equal(sshsig_verify(&signature, CHANNEL_NAMESPACE, message->statement,
				       strlen(message->statement), &why),
			 0);
	channel_evidence_digest(message->evidence, digest);
	assert_string_equal(decision.evidence, digest);
	return decision;
}

static void answer(int error, const char *text)
{
	struct ipc_result result = { .error = error };

	snprintf(result.text, sizeof(result.text), "%s", text);
	assert_int_equal(channel_send(world.peer, IPC_RESULT, &result, sizeof(result)), 0);
	turn();
}

static void test_decide(void **state)
{
	struct channel_decision decision = sample(), sent, second;

	(void)state;
	assert_true(gateway_link_connected(world.link));
	assert_int_equal(world.connected, 1);
	assert_int_equal(channel_send(world.peer, IPC_NOTIFY_ALL, NULL, 0), 0);
	turn();
	assert_int_equal(world.complete, 1);
	assert_int_equal(decide(&decision, "a"), 0);
	decision.statement.answer.approve = 0;
	assert_int_equal(decide(&decision, "b"), 0);
	sent = take_decision();
	assert_string_equal(sent.account.subject, "carla");
	assert_int_equal(sent.statement.answer.scope, IPC_SCOPE_ONCE);
	assert_int_equal(sent.statement.answer.duration_s, 60);
	second = take_decision();
	assert_int_equal(second.statement.answer.approve, 0);
	assert_int_equal(second.statement.answer.duration_s, 0);
	assert_string_not_equal(sent.statement.nonce, second.statement.nonce);
	assert_string_equal(world.told, "");
	answer(0, "r-1 is approved");
	answer(EALREADY, "too late");
	assert_string_equal(world.told, "a:0:r-1 is approved b:114:too late ");
	assert_true(gateway_link_connected(world.link));
}

/* What a person has signed is brought byte for byte, in its turn among the others. */
static void test_submit(void **state)
{
	static const struct ipc_signed signed_answer = { .statement = "what she signed",
							 .signature = "her signature" };
	struct channel_decision decision = sample();

	(void)state;
	assert_int_equal(decide(&decision, "a"), 0);
	assert_int_equal(gateway_link_submit(world.link, &signed_answer, on_decided, "b"), 0);
	take_decision();
	assert_int_equal(receive(), 1);
	assert_int_equal(world.message.type, IPC_SUBMIT);
	assert_memory_equal(&world.message.body.answer, &signed_answer, sizeof(signed_answer));
	answer(EACCES, "no reviewer");
	answer(0, "r-1 is approved");
	assert_string_equal(world.told, "a:13:no reviewer b:0:r-1 is approved ");
	close(world.peer);
	turn();
	assert_int_equal(gateway_link_submit(world.link, &signed_answer, on_decided, "c"),
			 -ENOTCONN);
	accept_link();
}

static void test_cannot_be_sent(void **state)
{
	struct channel_decision decision = sample();
	_cleanup_free_ char *long_text = calloc(1, SLUICE_EVIDENCE_MAX + 1);

	(void)state;
	strcpy(decision.channel, "pager");
	assert_int_equal(decide(&decision, "a"), -ENOKEY);
	decision = sample();
	strcpy(decision.statement.answer.reason, "two\nlines");
	assert_int_equal(decide(&decision, "a"), -EINVAL);
	decision = sample();
	decision.statement.answer.digest[8] = '\0'; /* the whole digest, or nothing */
	assert_int_equal(decide(&decision, "a"), -EINVAL);
	decision = sample();
	memset(long_text, ' ', SLUICE_EVIDENCE_MAX);
	assert_int_equal(gateway_link_decide(world.link, &decision, long_text, on_decided, "a"),
			 -EMSGSIZE);
	long_text[SLUICE_EVIDENCE_MAX - 1] = '\0';
	assert_int_equal(gateway_link_decide(world.link, &decision, long_text, on_decided, "a"), 0);
	take_decision();
	answer(0, "fine");
	assert_string_equal(world.told, "a:0:fine ");
}

static void test_too_many(void **state)
{
	struct channel_decision decision = sample();

	(void)state;
	for (int i = 0; i < 64; i++) {
		assert_int_equal(decide(&decision, ""), 0);
		take_decision();
	}
	assert_int_equal(decide(&decision, "a"), -EBUSY);
	answer(0, "x");
	assert_int_equal(decide(&decision, "a"), 0);
}

/* Nobody is left waiting; what became of it the request itself shows. */
static void test_connection_ends(void **state)
{
	struct channel_decision decision = sample();

	(void)state;
	assert_int_equal(decide(&decision, "a"), 0);
	assert_int_equal(decide(&decision, "b"), 0);
	close(world.peer);
	turn();
	assert_string_equal(world.told, "a:104:the connection to sl b:104:the connection to sl ");
	assert_false(gateway_link_connected(world.link));
	assert_int_equal(decide(&decision, "c"), -ENOTCONN);
	accept_link();
	assert_int_equal(world.connected, 2);
	assert_int_equal(decide(&decision, "d"), 0);
	take_decision();
	answer(0, "fine");
	assert_non_null(strstr(world.told, "d:0:fine "));
}

/* An answer that nobody waits for is none that sluiced sends. */
static void test_answer_to_nothing(void **state)
{
	(void)state;
	answer(0, "x");
	assert_false(gateway_link_connected(world.link));
}

/* @name: what on_decided() tells it by */
struct asker {
	char name[4];
	uint32_t pending;
};

static void on_item(void *arg, const union ipc_any *item)
{
	((struct asker *)arg)->pending = item->status.pending;
}

/* Of what was asked for, once, in its turn among the decisions; anything else ends the peer. */
static void test_ask(void **state)
{
	static const struct ipc_status status = { .pending = 7 };
	struct channel_decision decision = sample();
	struct asker asker = { .name = "q" };

	(void)state;
	assert_int_equal(decide(&decision, "a"), 0);
	assert_int_equal(gateway_link_ask(world.link, IPC_STATUS, IPC_STATUS_ITEM, on_item,
					  on_decided, &asker),
			 0);
	take_decision();
	assert_int_equal(receive(), 1);
	assert_int_equal(world.message.type, IPC_STATUS);
	answer(0, "taken");
	assert_string_equal(world.told, "a:0:taken ");
	assert_int_equal(channel_send(world.peer, IPC_STATUS_ITEM, &status, sizeof(status)), 0);
	turn();
	assert_int_equal(asker.pending, 7);
	assert_true(gateway_link_connected(world.link));
	channel_send(world.peer, IPC_STATUS_ITEM, &status, sizeof(status)); /* a second one */
	turn();
	assert_false(gateway_link_connected(world.link));
	assert_string_equal(world.told, "a:0:taken q:104:the connection to sl ");
	assert_int_equal(gateway_link_ask(world.link, IPC_STATUS, IPC_STATUS_ITEM, on_item,
					  on_decided, &asker),
			 -ENOTCONN);
}

/* An item comes neither unasked nor before its turn. */
static void test_item_out_of_turn(void **state)
{
	static const struct ipc_status status = { .pending = 7 };
	struct channel_decision decision = sample();
	struct asker asker = { .name = "q" };

	(void)state;
	assert_int_equal(decide(&decision, "a"), 0);
	assert_int_equal(gateway_link_ask(world.link, IPC_STATUS, IPC_STATUS_ITEM, on_item,
					  on_decided, &asker),
			 0);
	channel_send(world.peer, IPC_STATUS_ITEM, &status, sizeof(status));
	turn();
	assert_int_equal(asker.pending, 0);
	assert_false(gateway_link_connected(world.link));
}

#define LINK_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINK_TEST(test_decide),		 LINK_TEST(test_submit),
		LINK_TEST(test_cannot_be_sent),
		LINK_TEST(test_too_many),	 LINK_TEST(test_connection_ends),
		LINK_TEST(test_answer_to_nothing), LINK_TEST(test_ask),
		LINK_TEST(test_item_out_of_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
