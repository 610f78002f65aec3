// SPDX-License-Identifier: Apache-2.0
/*
 * test_bot.c: what comes in from Teams, to the decision that goes to sluiced and the answer to whom
 * pressed. The keys, and sluiced, are played. Sources: user/teams/bot.c and what it calls.
 */
#include "bot_fixture.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "teams/bot.h"
#include "teams/teams_card.h"
#include "web/oidc_provider.h"

static const struct notifier_ops ops = { .kind = "TeamsBot" };

static struct world {
	EVP_PKEY *key, *other;
	struct jwt_keys *keys;
	const struct jwt_keys *known; /* NULL: none yet */
	struct event_base *base;
	struct delivered *delivered;
	struct gateway_requests *requests;
	struct notifier notifier;
	struct bot *bot;
	char folder[32];
	/* what reached sluiced */
	unsigned int decisions;
	struct channel_decision decision;
	char evidence[SLUICE_EVIDENCE_MAX];
	int decide_error;
	gateway_decided_fn decided;
	void *decided_arg;
	unsigned int fetched;
	/* the answer */
	unsigned int replies;
	unsigned int status;
	json_t *body;
} world;

int provider_new(const struct provider_options *options, struct http *http, struct provider **ret)
{
	(void)http;
	assert_string_equal(options->issuer, ISSUER);
	*ret = NULL;
	return 0;
}

struct provider *provider_free(struct provider *provider)
{
	return provider;
}

int provider_want_addresses(struct provider *provider, provider_ready_fn ready, void *arg)
{
	(void)provider;
	ready(arg, 0);
	return 0;
}

int provider_want_keys(struct provider *provider, bool fresh, provider_ready_fn ready, void *arg)
{
	(void)provider;
	world.fetched += fresh;
	ready(arg, 0);
	return 0;
}

const struct jwt_keys *provider_keys(const struct provider *provider)
{
	(void)provider;
	return world.known;
}

int gateway_link_decide(struct gateway_link *link, const struct channel_decision *decision,
			const char *evidence, gateway_decided_fn decided, void *arg)
{
	(void)link;
	if (world.decide_error)
		return world.decide_error;
	assert_null(world.decided); /* one at a time is played */
	world.decisions++;
	world.decision = *decision;
	snprintf(world.evidence, sizeof(world.evidence), "%s", evidence);
	world.decided = decided;
	world.decided_arg = arg;
	return 0;
}

static void sluiced_says(int error, const char *text)
{
	gateway_decided_fn decided = world.decided;

	assert_non_null(decided);
	world.decided = NULL;
	decided(world.decided_arg, error, text);
}

static struct ipc_request request_of(const char *id)
{
	struct ipc_request request = {
		.digest = DIGEST,
		.host = "etl-04.example",
		.boot = "11111111-2222-3333-4444-555555555555",
		.action = "egress",
		.waiting = "hold",
		.scope = "process",
		.duration_s = 300,
		.approvals_needed = 1,
		.target = "198.51.100.7 port 443 tcp",
		.expires_ms = sealed.expires_ms,
	};

	snprintf(request.id, sizeof(request.id), "%s", id);
	return request;
}

static void open_request(const struct ipc_request *request)
{
	const struct delivered_request key = delivered_request(request);

	gateway_requests_opened(world.requests, request);
	assert_int_equal(delivered_add(world.delivered, "teamsbot", DELIVERED_OPEN, &key,
				       CONVERSATION "/" CARD, 7),
			 0);
}

static void close_request(enum ipc_state state)
{
	struct ipc_request request = request_of("r-abc123");

	request.state = (uint8_t)state;
	gateway_requests_closed(world.requests, &request);
}

static int setup(void **state)
{
	struct bot_options options;
	struct ipc_request request = request_of("r-abc123");

	(void)state;
	sealed.expires_ms = ((uint64_t)time(NULL) + 600) * 1000;
	request.expires_ms = sealed.expires_ms;
	world.folder[0] = '\0';
	strcpy(world.folder, "/tmp/test_bot.XXXXXX");
	if (!mkdtemp(world.folder))
		return -1;
	world.base = event_base_new();
	world.known = world.keys;
	world.notifier = (struct notifier){ .ops = &ops,
					    .name = "teamsbot",
					    .page = "https://page.example",
					    .settings = &settings };
	assert_int_equal(delivered_load(world.folder, &world.delivered), 0);
	assert_int_equal(gateway_requests_new(&world.requests), 0);
	options = (struct bot_options){ .base = world.base,
					.notifier = &world.notifier,
					.delivered = world.delivered,
					.requests = world.requests };
	assert_int_equal(bot_new(&options, &world.bot), 0);
	open_request(&request);
	return 0;
}

static int teardown(void **state)
{
	char path[64];

	(void)state;
	if (world.decided)
		sluiced_says(ECONNRESET, "gone");
	world.bot = bot_free(world.bot);
	world.requests = gateway_requests_free(world.requests);
	world.delivered = delivered_free(world.delivered);
	event_base_free(world.base);
	json_decref(world.body);
	world.body = NULL;
	snprintf(path, sizeof(path), "%s/delivered", world.folder);
	unlink(path);
	rmdir(world.folder);
	world.decisions = world.replies = world.fetched = 0;
	world.decide_error = 0;
	return 0;
}

static int make_keys(void **state)
{
	(void)state;
	world.key = EVP_RSA_gen(2048);
	world.other = EVP_RSA_gen(2048);
	world.keys = keys_of(world.key, "[\"msteams\"]");
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	jwt_keys_free(world.keys);
	EVP_PKEY_free(world.key);
	EVP_PKEY_free(world.other);
	return 0;
}

static void on_reply(void *arg, unsigned int status, const json_t *body)
{
	(void)arg;
	world.replies++;
	world.status = status;
	json_decref(world.body);
	world.body = body ? json_deep_copy(body) : NULL;
}

static void receive(const char *token, const char *body)
{
	_cleanup_free_ char *header = NULL;

	if (asprintf(&header, "Bearer %s", token) < 0)
		abort();
	world.replies = 0;
	bot_receive(world.bot, header, body, strlen(body), on_reply, NULL);
}

/* Takes over @activity. */
static void press(json_t *activity)
{
	_cleanup_free_ char *claims = good_claims(time(NULL));
	_cleanup_free_ char *token = make_token(world.key, BOT_HEADER, claims);
	_cleanup_free_ char *body = text_of(activity);

	receive(token, body);
}

static void press_with(const char *path, const char *value)
{
	json_t *root = good_activity();

	put(root, path, value ? json_string(value) : NULL);
	press(root);
}

static void press_verb(const char *verb)
{
	json_t *root = good_activity();

	put_verb(root, verb);
	press(root);
}

static const char *type_of_answer(void)
{
	assert_int_equal(world.replies, 1);
	assert_int_equal(world.status, 200);
	return json_string_value(json_object_get(world.body, "type"));
}

/* What the person reads. */
static bool answer_has(const char *text)
{
	_cleanup_free_ char *all = json_dumps(world.body, JSON_COMPACT);

	return strstr(all, text);
}

static bool has_button(enum teams_verb verb)
{
	json_t *card = json_object_get(world.body, "value"), *action;
	size_t i;

	json_array_foreach (json_object_get(card, "actions"), i, action) {
		const char *name = json_string_value(json_object_get(action, "verb"));

		if (name && !strcmp(name, teams_verbs[verb]))
			return true;
	}
	return false;
}

#define IS_CARD(buttons)                                                                           \
	do {                                                                                       \
		assert_string_equal(type_of_answer(), "application/vnd.microsoft.card.adaptive");  \
		assert_int_equal(has_button(TEAMS_DENY), buttons);                                 \
	} while (0)
#define IS_TEXT(text)                                                                              \
	do {                                                                                       \
		assert_string_equal(type_of_answer(),                                              \
				    "application/vnd.microsoft.activity.message");                 \
		assert_true(answer_has(text));                                                     \
	} while (0)
#define IS_ERROR()                                                                                 \
	do {                                                                                       \
		assert_string_equal(type_of_answer(), "application/vnd.microsoft.error");          \
		assert_int_equal(json_integer_value(json_object_get(world.body, "statusCode")),    \
				 400);                                                             \
	} while (0)
#define IS_EMPTY(code)                                                                             \
	do {                                                                                       \
		assert_int_equal(world.replies, 1);                                                \
		assert_int_equal(world.status, code);                                              \
		assert_null(world.body);                                                           \
	} while (0)

static void a_press_reaches_sluiced(void **state)
{
	json_auto_t *evidence = NULL;
	const char *token;

	(void)state;
	press(good_activity());
	assert_int_equal(world.replies, 0);
	assert_int_equal(world.decisions, 1);
	assert_string_equal(world.decision.channel, "teams");
	assert_int_equal(world.decision.tier, 2);
	assert_int_equal(world.decision.account.kind, ACCOUNT_ENTRA);
	assert_string_equal(world.decision.account.issuer, TENANT);
	assert_string_equal(world.decision.account.subject, CARLA);
	assert_string_equal(world.decision.statement.answer.id, "r-abc123");
	assert_string_equal(world.decision.statement.answer.digest, DIGEST);
	assert_int_equal(world.decision.statement.answer.approve, 1);
	assert_int_equal(world.decision.statement.answer.scope, IPC_SCOPE_ONCE); /* as preset */
	assert_string_equal(world.decision.statement.answer.reason, "known partner");
	evidence = json_loads(world.evidence, 0, NULL);
	assert_int_equal(json_string_length(json_object_get(evidence, "body_sha256")), 64);
	assert_string_equal(json_string_value(json_object_get(evidence, "card")), CARD);
	assert_string_equal(json_string_value(json_object_get(evidence, "conversation")),
			    CONVERSATION);
	token = json_string_value(json_object_get(evidence, "token"));
	assert_non_null(strchr(token, '.')); /* header and claims, not the signature */
	assert_ptr_equal(strchr(token, '.'), strrchr(token, '.'));
	assert_int_equal(json_string_length(json_object_get(evidence, "token_sha256")), 64);
	sluiced_says(0, "r-abc123 is approved: grant g-2");
	IS_CARD(false);
	assert_true(answer_has("is approved: grant g-2"));
}

static void how_far_it_goes_is_chosen(void **state)
{
	(void)state;
	press_with("value.action.data.limit", "process 300");
	assert_int_equal(world.decisions, 1);
	assert_int_equal(world.decision.statement.answer.scope, IPC_SCOPE_PROCESS);
	assert_int_equal(world.decision.statement.answer.duration_s, 300);
}

static void no_further_than_the_rule(void **state)
{
	(void)state;
	press_with("value.action.data.limit", "executable 300");
	assert_int_equal(world.decisions, 0);
	IS_TEXT("not among those to choose from");
}

static void a_denial_has_no_choice(void **state)
{
	json_t *root = good_activity();

	(void)state;
	put_verb(root, "sluice.deny");
	put(root, "value.action.data.limit", json_string("executable 300"));
	press(root);
	assert_int_equal(world.decisions, 1);
	assert_int_equal(world.decision.statement.answer.approve, 0);
}

static void a_denial_reaches_sluiced(void **state)
{
	(void)state;
	press_verb("sluice.deny");
	assert_int_equal(world.decisions, 1);
	assert_int_equal(world.decision.statement.answer.approve, 0);
	close_request(IPC_DENIED);
	sluiced_says(0, "r-abc123 is denied");
	IS_CARD(false);
	assert_true(answer_has("is denied"));
}

/* Whoever captured a message and its token, which are good for an hour. */
static void a_captured_message_decides_once(void **state)
{
	_cleanup_free_ char *claims = good_claims(time(NULL));
	_cleanup_free_ char *token = make_token(world.key, BOT_HEADER, claims);
	_cleanup_free_ char *body = text_of(good_activity());

	(void)state;
	receive(token, body);
	sluiced_says(0, "r-abc123 is approved");
	close_request(IPC_APPROVED);
	receive(token, body);
	IS_CARD(false);
	assert_int_equal(world.decisions, 1);
	/* for another request it is no button on that one's card */
	{
		struct ipc_request request = request_of("r-other1");

		json_t *root = good_activity();

		gateway_requests_opened(world.requests, &request);
		press_with("value.action.data.rid", "r-other1");
		IS_ERROR();
		assert_true(answer_has("none that this gateway has made"));
		/* not even for who had that button */
		sealed = request;
		put(root, "value.action.data.rid", json_string("r-other1"));
		put_verb(root, "sluice.approve");
		press(root);
		sealed = request_of("r-abc123");
	}
	IS_ERROR();
	assert_true(answer_has("not on the card"));
	assert_int_equal(world.decisions, 1);
}

static void a_second_click_decides_nothing(void **state)
{
	(void)state;
	press(good_activity());
	assert_int_equal(world.decisions, 1);
	press(good_activity());
	IS_CARD(false);
	assert_true(answer_has("is being decided"));
	press_verb("sluice.deny");
	IS_CARD(false);
	assert_int_equal(world.decisions, 1);
	/* it is the first one that is told */
	world.replies = 0;
	sluiced_says(0, "1 of 2 approvals");
	IS_CARD(false);
	assert_true(answer_has("1 of 2 approvals"));
	/* and sluiced knows who has decided already */
	press(good_activity());
	assert_int_equal(world.decisions, 2);
	sluiced_says(EEXIST, "carla has decided on this request before; another person must");
	IS_CARD(false);
}

static void two_people_are_two(void **state)
{
	(void)state;
	press(good_activity());
	sluiced_says(0, "1 of 2 approvals");
	press_with("from.aadObjectId", "0e0e0e0e-1111-2222-3333-444444444444");
	assert_int_equal(world.decisions, 2);
	assert_string_equal(world.decision.account.subject, "0e0e0e0e-1111-2222-3333-444444444444");
}

static void no_answer_takes_longer_than_two_seconds(void **state)
{
	struct timespec begin, end;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	press(good_activity());
	while (!world.replies)
		event_base_loop(world.base, EVLOOP_ONCE);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_in_range(end.tv_sec - begin.tv_sec, 1, 4);
	IS_CARD(false);
	assert_true(answer_has("is being decided"));
	/* the answer that comes later is nobody's any more, and nothing is lost */
	sluiced_says(0, "r-abc123 is approved");
	assert_int_equal(world.replies, 1);
	press(good_activity());
	assert_int_equal(world.decisions, 2);
}

static void sluiceds_refusals_are_told(void **state)
{
	(void)state;
	press(good_activity());
	sluiced_says(EPERM, "carla stands behind this request and cannot decide on it");
	IS_CARD(false);
	assert_true(answer_has("carla stands behind this request"));
	/* what may be done better at once leaves the card as it is */
	press_with("value.action.data.reason", NULL);
	assert_string_equal(world.decision.statement.answer.reason, "");
	sluiced_says(ENOKEY, "the rule wants a reason; state one");
	IS_TEXT("the rule wants a reason");
	world.decide_error = -ENOTCONN;
	press(good_activity());
	IS_TEXT("the agent does not answer");
	world.decide_error = -EINVAL;
	press_with("value.action.data.reason", "two\nlines");
	IS_TEXT("must be one line of at most 500 letters");
}

static void a_reason_has_its_limit(void **state)
{
	char reason[SLUICE_REASON_MAX + 1];

	(void)state;
	memset(reason, 'x', sizeof(reason));
	reason[SLUICE_REASON_MAX - 1] = '\0';
	press_with("value.action.data.reason", reason);
	assert_int_equal(world.decisions, 1);
	sluiced_says(0, "1 of 2 approvals");
	reason[SLUICE_REASON_MAX - 1] = 'x';
	reason[SLUICE_REASON_MAX] = '\0';
	press_with("value.action.data.reason", reason);
	IS_TEXT("at most 500 letters");
	assert_int_equal(world.decisions, 1);
}

static void who_asks_sees_no_buttons(void **state)
{
	const struct account carla = { ACCOUNT_ENTRA, TENANT, CARLA };
	struct ipc_request request = request_of("r-abc123");
	json_t *view;

	(void)state;
	request.behind[0] = 7;
	request.behind[1] = account_mark(&carla);
	gateway_requests_opened(world.requests, &request);
	view = good_activity();
	put(view, "value.trigger", json_string("automatic"));
	put(view, "value.action.verb", json_string("sluice.view"));
	press(json_deep_copy(view));
	IS_CARD(false);
	assert_false(has_button(TEAMS_APPROVE));
	assert_true(answer_has("you stand behind this request"));
	put(view, "from.aadObjectId", json_string("0e0e0e0e-1111-2222-3333-444444444444"));
	press(view);
	IS_CARD(true);
	assert_true(has_button(TEAMS_APPROVE));
	assert_false(answer_has("you stand behind"));
	assert_int_equal(world.decisions, 0);
}

static void what_a_button_cannot_approve_is_not(void **state)
{
	struct ipc_request request = request_of("r-abc123");

	(void)state;
	request.tier = 3;
	gateway_requests_opened(world.requests, &request);
	press(good_activity());
	IS_TEXT("cannot be approved by a button");
	request.tier = 2;
	request.hidden = 1;
	gateway_requests_opened(world.requests, &request);
	press(good_activity());
	IS_TEXT("cannot be approved by a button");
	assert_int_equal(world.decisions, 0);
	press_verb("sluice.deny"); /* no is safe */
	assert_int_equal(world.decisions, 1);
	sluiced_says(0, "denied");
	request.hidden = 0;
	gateway_requests_opened(world.requests, &request);
	press(good_activity());
	assert_int_equal(world.decisions, 2);
}

static void what_is_wrong_decides_nothing(void **state)
{
	(void)state;
	press_with("conversation.tenantId", "0d0d0d0d-1111-2222-3333-444444444444");
	IS_EMPTY(403);
	press_with("channelId", "webchat");
	IS_EMPTY(403);
	press_with("serviceUrl", "https://smba.trafficmanager.net/amer/");
	IS_EMPTY(403);
	press_with("conversation.id", "19:xyz@thread.tacv2;messageid=1700000000001");
	IS_ERROR();
	press_with("replyToId", "1700000000002");
	IS_ERROR();
	press_with("value.trigger", "automatic");
	IS_ERROR();
	press_with("from.aadObjectId", NULL);
	IS_TEXT("who you are");
	press_with("value.action.data.d", "0000");
	IS_TEXT("not what that card showed");
	press_with("value.action.data.mac", "0000");
	IS_ERROR();
	press_with("value.action.data.rid", "r-none");
	IS_TEXT("not known here");
	press_with("type", "conversationUpdate");
	IS_EMPTY(200);
	assert_int_equal(world.decisions, 0);
}

static void who_is_not_microsoft_is_refused(void **state)
{
	_cleanup_free_ char *claims = good_claims(time(NULL));
	_cleanup_free_ char *token = make_token(world.key, BOT_HEADER, claims);
	_cleanup_free_ char *forged = make_token(world.other, BOT_HEADER, claims);
	_cleanup_free_ char *unknown =
		make_token(world.other, "{\"alg\":\"RS256\",\"kid\":\"k9\"}", claims);
	_cleanup_free_ char *body = text_of(good_activity());

	(void)state;
	receive(forged, body);
	IS_EMPTY(401);
	assert_int_equal(world.fetched, 0);
	receive(unknown, body); /* a key that may be new is fetched, now and then */
	IS_EMPTY(401);
	receive(unknown, body);
	IS_EMPTY(401);
	assert_int_equal(world.fetched, 1);
	world.replies = 0;
	bot_receive(world.bot, NULL, body, strlen(body), on_reply, NULL);
	IS_EMPTY(401);
	receive(token, "{");
	IS_EMPTY(400);
	world.known = NULL;
	receive(token, body);
	IS_EMPTY(503);
	assert_int_equal(world.decisions, 0);
	world.known = world.keys;
	receive(token, body);
	assert_int_equal(world.decisions, 1);
}

#define BOT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOT_TEST(a_press_reaches_sluiced),
		BOT_TEST(a_denial_reaches_sluiced),
		BOT_TEST(a_captured_message_decides_once),
		BOT_TEST(a_second_click_decides_nothing),
		BOT_TEST(two_people_are_two),
		BOT_TEST(no_answer_takes_longer_than_two_seconds),
		BOT_TEST(sluiceds_refusals_are_told),
		BOT_TEST(how_far_it_goes_is_chosen),
		BOT_TEST(no_further_than_the_rule),
		BOT_TEST(a_denial_has_no_choice),
		BOT_TEST(a_reason_has_its_limit),
		BOT_TEST(who_asks_sees_no_buttons),
		BOT_TEST(what_a_button_cannot_approve_is_not),
		BOT_TEST(what_is_wrong_decides_nothing),
		BOT_TEST(who_is_not_microsoft_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
