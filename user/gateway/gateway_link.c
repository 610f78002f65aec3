// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_link.c: see gateway_link.h. Owns the permit table: any message that is not in it ends the
 * connection. sluiced answers decisions and questions in the order they came, so the oldest one that
 * waits is whose answer comes.
 */
#include "gateway_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <utlist.h>

#include "base/channel.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/when.h"

#define FIRST_DELAY_MS 250
#define MAX_DELAY_MS   10000
/* A connection that lived as long was a good one: the next attempt is made soon. */
#define GOOD_LIFE_S 10
/* Messages taken in one go, so that posts and the watchdog get their turn. */
#define BATCH 16
/* How long sluiced may be too busy to take a report, before it counts as gone. */
#define REPORT_WAIT_MS 2000
/* Decisions that wait for sluiced's answer, and how long one waits before nobody counts on it. */
#define MAX_DECISIONS	64
#define DECISION_WAIT_S 15

/*
 * @item: the type of the item that comes before the result, 0: none
 * @decided: NULL: whoever asked was told that it takes too long; the answer is still to come
 */
struct waiting {
	struct waiting *prev, *next;
	struct event *timer;
	uint16_t item;
	gateway_item_fn got;
	gateway_decided_fn decided;
	void *arg;
};

struct gateway_link {
	struct event_base *base;
	const struct gateway_link_options *options;
	struct event *timer;
	struct event *event; /* NULL: not connected */
	int fd;
	unsigned int delay_ms;
	time_t since_s;
	bool told; /* that sluiced does not answer */
	struct waiting *waiting;
	size_t n_waiting;
	int file; /* that came with the message, or -1 */
	struct channel_message message;
};

static void tell(struct waiting *waiting, int error, const char *text)
{
	gateway_decided_fn decided = waiting->decided;

	waiting->decided = NULL;
	if (decided)
		decided(waiting->arg, error, text);
}

static void forget_decision(struct gateway_link *link, struct waiting *waiting)
{
	DL_DELETE(link->waiting, waiting);
	link->n_waiting--;
	event_free(waiting->timer);
	free(waiting);
}

/* Off the list before it is told: what it leads to may ask again. */
static void end_decision(struct gateway_link *link, int error, const char *text)
{
	struct waiting oldest = *link->waiting;

	forget_decision(link, link->waiting);
	tell(&oldest, error, text);
}

static void on_result(struct gateway_link *link)
{
	const struct ipc_result *result = &link->message.body.result;

	end_decision(link, result->error, result->text);
}

static void on_item(struct gateway_link *link)
{
	struct waiting *oldest = link->waiting;

	oldest->item = 0; /* there is one */
	if (oldest->decided)
		oldest->got(oldest->arg, &link->message.body);
}

static void on_all(struct gateway_link *link)
{
	if (link->options->on_all)
		link->options->on_all(link->options->arg);
}

static void on_open(struct gateway_link *link)
{
	link->options->on_open(link->options->arg, &link->message.body.request);
}

static void on_closed(struct gateway_link *link)
{
	link->options->on_closed(link->options->arg, &link->message.body.request);
}

static void on_journal(struct gateway_link *link)
{
	link->options->on_journal(link->options->arg, &link->message.body.journal,
				  TAKE_FD(link->file));
}

/*
 * When a message may come: always, to who waits for an answer, to who waits for that item of it, to
 * who sends the journal somewhere.
 */
enum permission { FREE, ASKED, ITEM, SINKS };

static const struct {
	uint16_t type;
	enum permission when;
	void (*handle)(struct gateway_link *link);
} permitted[] = {
	{ IPC_NOTIFY_OPEN, FREE, on_open },  { IPC_NOTIFY_CLOSED, FREE, on_closed },
	{ IPC_NOTIFY_ALL, FREE, on_all },    { IPC_NOTIFY_JOURNAL, SINKS, on_journal },
	{ IPC_RESULT, ASKED, on_result },    { IPC_STATUS_ITEM, ITEM, on_item },
	{ IPC_METRICS_ITEM, ITEM, on_item },
};

static bool may_come(const struct gateway_link *link, enum permission when)
{
	if (when == ITEM)
		return link->waiting && link->waiting->item == link->message.type;
	if (when == SINKS)
		return link->options->hello.sinks;
	return when == FREE || link->waiting;
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static void connect_later(struct gateway_link *link)
{
	struct timeval tv = { .tv_sec = link->delay_ms / 1000,
			      .tv_usec = link->delay_ms % 1000 * 1000 };

	evtimer_add(link->timer, &tv);
	link->delay_ms = link->delay_ms * 2 < MAX_DELAY_MS ? link->delay_ms * 2 : MAX_DELAY_MS;
}

static void forget_connection(struct gateway_link *link)
{
	if (link->event)
		event_free(link->event);
	link->event = NULL;
	closep(&link->fd);
	link->fd = -1;
	while (link->waiting)
		end_decision(link, ECONNRESET,
			     "the connection to sluiced ended before it answered; look whether the "
			     "request was decided");
}

static void disconnect(struct gateway_link *link, const char *why)
{
	log_warning("the connection to sluiced ended: %s; connecting again", why);
	forget_connection(link);
	if (now_s() - link->since_s >= GOOD_LIFE_S)
		link->delay_ms = FIRST_DELAY_MS;
	connect_later(link);
}

static void dispatch(struct gateway_link *link)
{
	char why[128];

	for (size_t i = 0; i < ARRAY_SIZE(permitted); i++) {
		if (permitted[i].type == link->message.type && may_come(link, permitted[i].when)) {
			permitted[i].handle(link);
			return;
		}
	}
	snprintf(why, sizeof(why), "it sent %s, which it may not",
		 channel_type_name(link->message.type));
	disconnect(link, why);
}

/* Return: whether there may be more to read. */
static bool receive_one(struct gateway_link *link)
{
	int r = channel_receive_file(link->fd, &link->message, &link->file);

	if (r == -EAGAIN)
		return false;
	if (r == 1) {
		dispatch(link);
		closep(&link->file); /* of a message that has none */
	} else if (r == 0)
		disconnect(link, "sluiced closed it");
	else if (r == -EPROTO)
		disconnect(link, "sluiced sent a malformed message");
	else
		disconnect(link, strerror(-r));
	return link->event; /* dispatch() may have ended the connection */
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	for (int i = 0; i < BATCH; i++)
		if (!receive_one(arg))
			return;
}

static int say_hello(struct gateway_link *link)
{
	int r;

	if (fcntl(link->fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	r = channel_send(link->fd, IPC_HELLO, &link->options->hello, sizeof(link->options->hello));
	if (r < 0)
		return r;
	link->event = event_new(link->base, link->fd, EV_READ | EV_PERSIST, on_readable, link);
	if (!link->event || event_add(link->event, NULL) < 0)
		return -ENOMEM;
	if (link->options->on_connected)
		link->options->on_connected(link->options->arg);
	return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct gateway_link *link = arg;
	int r;

	(void)fd;
	(void)what;
	link->fd = channel_connect(link->options->path);
	r = link->fd < 0 ? link->fd : say_hello(link);
	if (r < 0) {
		forget_connection(link);
		log_errno(link->told ? LOG_DEBUG : LOG_WARNING, r,
			  "cannot reach sluiced at %s, trying on", link->options->path);
		link->told = true;
		connect_later(link);
		return;
	}
	link->since_s = now_s();
	link->told = false;
	log_info("connected to sluiced at %s", link->options->path);
}

int gateway_link_new(struct event_base *base, const struct gateway_link_options *options,
		     struct gateway_link **ret)
{
	const struct timeval at_once = {};
	struct gateway_link *link = calloc(1, sizeof(*link));

	if (!link)
		return -ENOMEM;
	link->base = base;
	link->options = options;
	link->fd = -1;
	link->delay_ms = FIRST_DELAY_MS;
	link->timer = evtimer_new(base, on_timer, link);
	if (!link->timer || evtimer_add(link->timer, &at_once) < 0) {
		gateway_link_free(link);
		return -ENOMEM;
	}
	*ret = link;
	return 0;
}

struct gateway_link *gateway_link_free(struct gateway_link *link)
{
	if (!link)
		return NULL;
	forget_connection(link);
	if (link->timer)
		event_free(link->timer);
	free(link);
	return NULL;
}

static int send_patiently(struct gateway_link *link, enum ipc_type type, const void *body,
			  size_t size)
{
	struct pollfd room = { .fd = link->fd, .events = POLLOUT };
	int r = channel_send(link->fd, type, body, size);

	if (r == -EAGAIN && poll(&room, 1, REPORT_WAIT_MS) == 1)
		r = channel_send(link->fd, type, body, size);
	return r;
}

void gateway_link_report(struct gateway_link *link, const struct ipc_delivery *delivery)
{
	int r = link->event ? send_patiently(link, IPC_DELIVERY, delivery, sizeof(*delivery)) : 0;

	if (r < 0)
		disconnect(link, r == -EAGAIN ? "sluiced does not read" : strerror(-r));
}

void gateway_link_sink(struct gateway_link *link, const struct ipc_sink *sink)
{
	int r = link->event ? send_patiently(link, IPC_SINK, sink, sizeof(*sink)) : 0;

	if (r < 0)
		disconnect(link, r == -EAGAIN ? "sluiced does not read" : strerror(-r));
}

void gateway_link_part(struct gateway_link *link, uint64_t at)
{
	const struct ipc_part part = { .at = at };
	int r = link->event ? send_patiently(link, IPC_PART, &part, sizeof(part)) : 0;

	if (r < 0)
		disconnect(link, r == -EAGAIN ? "sluiced does not read" : strerror(-r));
}

int gateway_link_cosigned(struct gateway_link *link, const struct ipc_cosigned *cosigned)
{
	return link->event ? send_patiently(link, IPC_COSIGNED, cosigned, sizeof(*cosigned))
			   : -ENOTCONN;
}

bool gateway_link_connected(const struct gateway_link *link)
{
	return link->event;
}

static void on_decision_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell(arg, ETIME, "sluiced takes too long to answer; look whether the request was decided");
}

/* NULL when memory ran out. */
static struct waiting *wait_for_answer(struct gateway_link *link, gateway_decided_fn decided,
				       void *arg)
{
	const struct timeval limit = { .tv_sec = DECISION_WAIT_S };
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting)
		return NULL;
	waiting->decided = decided;
	waiting->arg = arg;
	waiting->timer = evtimer_new(link->base, on_decision_late, waiting);
	if (!waiting->timer || event_add(waiting->timer, &limit) < 0) {
		if (waiting->timer)
			event_free(waiting->timer);
		free(waiting);
		return NULL;
	}
	DL_APPEND(link->waiting, waiting);
	link->n_waiting++;
	return waiting;
}

/* What only the moment of sending knows, and what a denial has not. */
static int complete(struct channel_decision *decision, const char *evidence)
{
	struct statement *statement = &decision->statement;
	unsigned char bytes[(STATEMENT_NONCE - 1) / 2];

	if (strlen(evidence) >= SLUICE_EVIDENCE_MAX)
		return -EMSGSIZE;
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(statement->nonce + 2 * i, 3, "%02x", bytes[i]);
	statement->time_ms = when_now();
	if (!statement->answer.approve) {
		statement->answer.scope = IPC_SCOPE_RULE;
		statement->answer.duration_s = 0;
	}
	return channel_evidence_digest(evidence, decision->evidence);
}

static int compose(const struct gateway_link *link, const struct channel_decision *decision,
		   const char *evidence, struct ipc_channel *ret)
{
	struct channel_decision whole = *decision;
	int r = complete(&whole, evidence);

	if (r == 0)
		r = channel_decision_write(&whole, ret->statement, sizeof(ret->statement));
	if (r < 0)
		return r;
	memcpy(ret->evidence, evidence, strlen(evidence) + 1);
	return channel_keys_sign(link->options->keys, decision->channel, ret->statement,
				 ret->signature, sizeof(ret->signature));
}

static int send_decision(struct gateway_link *link, enum ipc_type type, const void *message,
			 size_t size, gateway_decided_fn decided, void *arg)
{
	struct waiting *waiting = wait_for_answer(link, decided, arg);
	int r;

	if (!waiting)
		return -ENOMEM;
	r = send_patiently(link, type, message, size);
	if (r < 0)
		forget_decision(link, waiting);
	return r;
}

static int can_bring(const struct gateway_link *link)
{
	if (!link->event)
		return -ENOTCONN;
	return link->n_waiting < MAX_DECISIONS ? 0 : -EBUSY;
}

int gateway_link_decide(struct gateway_link *link, const struct channel_decision *decision,
			const char *evidence, gateway_decided_fn decided, void *arg)
{
	_cleanup_free_ struct ipc_channel *message = NULL;
	int r = can_bring(link);

	if (r < 0)
		return r;
	if (!link->options->keys)
		return -ENOKEY;
	message = calloc(1, sizeof(*message));
	if (!message)
		return -ENOMEM;
	r = compose(link, decision, evidence, message);
	return r < 0 ? r
		     : send_decision(link, IPC_CHANNEL, message, sizeof(*message), decided, arg);
}

int gateway_link_submit(struct gateway_link *link, const struct ipc_signed *answer,
			gateway_decided_fn decided, void *arg)
{
	int r = can_bring(link);

	return r < 0 ? r : send_decision(link, IPC_SUBMIT, answer, sizeof(*answer), decided, arg);
}

int gateway_link_ask(struct gateway_link *link, enum ipc_type type, enum ipc_type item,
		     gateway_item_fn got, gateway_decided_fn decided, void *arg)
{
	struct waiting *waiting;
	int r = can_bring(link);

	if (r < 0)
		return r;
	waiting = wait_for_answer(link, decided, arg);
	if (!waiting)
		return -ENOMEM;
	waiting->item = (uint16_t)item;
	waiting->got = got;
	r = send_patiently(link, type, NULL, 0);
	if (r < 0)
		forget_decision(link, waiting);
	return r;
}
