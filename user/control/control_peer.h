/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_peer.h: what control.c (connections) and control_answer.c, control_query.c,
 * control_gateway.c, control_journal.c (meaning) share; nobody else includes it.
 */
#ifndef SLUICE_CONTROL_PEER_H
#define SLUICE_CONTROL_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/channel.h"
#include "control.h"
#include "decision/decision.h"

/* A peer that does not read for so long is ended, and one that has not said what it wants. */
#define CONTROL_STALL_S 30

/* One, and one that comes again before the end of the former was seen. */
#define CONTROL_MAX_GATEWAYS 2

/* Entries a minute about copies of the journal, witnesses included. */
#define CONTROL_SINK_ENTRIES 30

enum peer_kind { PEER_CLI = 1, PEER_GATEWAY = 2 };

struct client;

/**
 * struct answer: items, then a result; sent as fast as the peer reads.
 * @items: @n of @item_size bytes each; with @fill they are ids of 16 bytes, and the item is made
 * when it is sent
 * @fill: false when there is nothing of that id any more: it is left out
 */
struct answer {
	enum ipc_type type;
	void *items;
	size_t item_size;
	size_t n;
	size_t next;
	bool (*fill)(struct agent *agent, const char id[16], union ipc_any *ret);
	struct ipc_result result;
};

/* A notification that waits for the gateway. */
struct note {
	enum ipc_type type;
	char id[16];
};

/**
 * struct client: one peer.
 * @pidfd: of the process that connected, -1 when it had ended: then it is nobody
 * @answer: being sent; the next message is read when it is through
 * @sent: something since it was last served
 * @greeted: gateway: it has said hello
 * @doomed: gateway: to be ended by the loop, because it does not read
 * @wants_journal: gateway: it has places for it; @has_journal: it has the descriptor
 * @journal_waits: a note of it is queued; @journal_told, @journal_refused: what the last one said
 * @journal_from: where the file begins of which it has the descriptor
 * @part_wanted: an older file is, the one with the byte @part_at
 * @notes: gateway: ring of notifications, from @first on
 */
struct client {
	struct control *control;
	enum peer_kind kind;
	int sock;
	int pidfd;
	struct channel_peer peer;
	struct event *readable;
	struct event *writable;
	struct answer *answer;
	bool sent;
	bool greeted;
	bool doomed;
	bool wants_journal;
	bool has_journal;
	bool journal_waits;
	bool journal_refused;
	bool part_wanted;
	uint64_t journal_told;
	uint64_t journal_from;
	uint64_t part_at;
	struct note *notes;
	size_t n_notes, first, room;
	struct client *prev, *next;
};

/**
 * struct control: both sockets.
 * @gateway: the one gateway that said hello, or NULL
 * @brake: decisions of the gateway that were refused; outlives its connections
 * @problem: newest delivery problem, empty when the newest delivery worked
 * @fill: how full the kernel's maps were at @fill_ns of the boot clock; 0: not known
 * @sinks: where the journal is sent to; @time_ms in them: when they were last journaled
 * @sink_heard_ms: when they were last heard of; @sink_hello: in which of the gateway's connections
 * @hellos: of the gateway so far; @hello_sinks: places that it has, by the newest
 * @sink_minute, @sink_entries: entries about them in this minute
 */
struct control {
	struct agent *agent;
	int sock[2];
	struct event *listener[2];
	struct client *clients;
	struct client *gateway;
	struct brake *brake;
	char problem[256];
	struct ipc_metrics fill;
	uint64_t fill_ns;
	struct ipc_sink sinks[SLUICE_MAX_SINKS];
	uint64_t sink_heard_ms[SLUICE_MAX_SINKS];
	uint64_t sink_hello[SLUICE_MAX_SINKS];
	uint64_t hellos;
	uint32_t hello_sinks;
	size_t n_sinks;
	uint64_t sink_minute;
	unsigned int sink_entries;
};

/**
 * One message and what it leads to. @answer: result and items to fill; not sent when @silent.
 * Return: 0, or a negative errno that ends the peer: for what an honest peer never sends.
 */
typedef int (*answer_fn)(struct client *client, const struct channel_message *message,
			 struct answer *answer);

int answer_status(struct client *client, const struct channel_message *message,
		  struct answer *answer);
int answer_metrics(struct client *client, const struct channel_message *message,
		   struct answer *answer);
int answer_erase(struct client *client, const struct channel_message *message,
		 struct answer *answer);
int answer_report(struct client *client, const struct channel_message *message,
		  struct answer *answer);
int answer_requests(struct client *client, const struct channel_message *message,
		    struct answer *answer);
int answer_decide(struct client *client, const struct channel_message *message,
		  struct answer *answer);
int answer_submit(struct client *client, const struct channel_message *message,
		  struct answer *answer);
int answer_grants(struct client *client, const struct channel_message *message,
		  struct answer *answer);
int answer_revoke(struct client *client, const struct channel_message *message,
		  struct answer *answer);
int answer_label(struct client *client, const struct channel_message *message,
		 struct answer *answer);
int answer_why(struct client *client, const struct channel_message *message, struct answer *answer);
int answer_reindex(struct client *client, const struct channel_message *message,
		   struct answer *answer);
int answer_lineage(struct client *client, const struct channel_message *message,
		   struct answer *answer);
int answer_glass(struct client *client, const struct channel_message *message,
		 struct answer *answer);
int answer_reason(struct client *client, const struct channel_message *message,
		  struct answer *answer);
int gateway_hello(struct client *client, const struct channel_message *message,
		  struct answer *answer);
int gateway_delivery(struct client *client, const struct channel_message *message,
		     struct answer *answer);
int gateway_decide(struct client *client, const struct channel_message *message,
		   struct answer *answer);
int gateway_submit(struct client *client, const struct channel_message *message,
		   struct answer *answer);
int gateway_sink(struct client *client, const struct channel_message *message,
		 struct answer *answer);
int gateway_cosigned(struct client *client, const struct channel_message *message,
		     struct answer *answer);
int gateway_part(struct client *client, const struct channel_message *message,
		 struct answer *answer);

/* Whether there is more of the journal than the gateway knows. */
bool gateway_journal_changed(const struct client *client);
/* Tells it. Return: as gateway_send(). */
int gateway_send_journal(struct client *client);
void control_describe_sinks(const struct control *control, struct ipc_status *ret);

/* Sends to a peer that takes it. Return: as channel_send(). */
int client_send(struct client *client, enum ipc_type type, const void *body, size_t size);

/* Queues one notification. -ENOBUFS when the gateway reads none: end it, it will ask again. */
int gateway_note(struct client *client, enum ipc_type type, const char *id);
/* sends what waits; 0, -EAGAIN, or the errno that ends the peer */
int gateway_send(struct client *client);

/* Sets the result: @error 0 or a negative errno. Return: 0. */
int answer_result(struct answer *answer, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * All roads from the peer to people, as they are now. 0, or a negative errno when it is gone or not
 * who connected.
 */
int peer_decider(const struct client *client, struct decider *ret);

/*
 * The file behind descriptor @fd of the peer's process, as O_PATH: nothing of it is read, and to
 * close it again asks nobody. -EBADF for -1 and for what is not open there.
 */
int peer_file(const struct client *client, int32_t fd);

/* Whether the peer may see everybody's: root, or a person of the policy. */
bool peer_sees_all(const struct client *client);

#endif
