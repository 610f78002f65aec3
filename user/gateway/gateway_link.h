/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_link.h: the connection to sluiced, made again whenever it ends.
 *
 * Owns: hello, which messages sluiced may send, reconnecting with back-off. Must not own: what a
 * request leads to.
 */
#ifndef SLUICE_GATEWAY_LINK_H
#define SLUICE_GATEWAY_LINK_H

#include <event2/event.h>
#include <stdbool.h>

#include "base/channel.h"
#include "ipc.h"
#include "key/channel_decision.h"
#include "key/channel_key.h"

struct gateway_link;

/* @request: borrowed for the call. */
typedef void (*gateway_request_fn)(void *arg, const struct ipc_request *request);

/**
 * struct gateway_link_options: borrowed for the life of the link.
 * @path: of sluiced's socket
 * @hello: sent first on each connection
 * @keys: of the channels that bring decisions; NULL: none does
 * @on_connected: a connection began: all that is open comes now, and then @on_all
 * @on_journal: what of the journal may be sent on; @fd: its file, taken over, or -1: as before.
 * Called only if hello says that there are places for it
 * @on_open, @on_closed: called for each request that sluiced tells about
 */
struct gateway_link_options {
	const char *path;
	struct ipc_hello hello;
	const struct channel_keys *keys;
	void (*on_connected)(void *arg);
	void (*on_all)(void *arg);
	gateway_request_fn on_open;
	gateway_request_fn on_closed;
	void (*on_journal)(void *arg, const struct ipc_journal *journal, int fd);
	void *arg;
};

/* Connects from the loop; a missing sluiced is no error. Return: 0 or -ENOMEM. */
int gateway_link_new(struct event_base *base, const struct gateway_link_options *options,
		     struct gateway_link **ret);
struct gateway_link *gateway_link_free(struct gateway_link *link); /* returns NULL; accepts NULL */

/*
 * Without a connection the report is dropped: sluiced asks again for each open request when it is
 * back, and then hears how it stands.
 */
void gateway_link_report(struct gateway_link *link, const struct ipc_delivery *delivery);

bool gateway_link_connected(const struct gateway_link *link);

/*
 * What became of a decision. @error: 0, or the positive errno of decision.h; ECONNRESET, ETIME: it
 * is not known whether it was taken, the request itself will show. @text: for the person.
 */
typedef void (*gateway_decided_fn)(void *arg, int error, const char *text);

/**
 * gateway_link_decide() - sign a person's answer with the key of its channel and send it.
 * @decision: from channel_decision_begin(), filled in; copied
 * @evidence: text of a JSON object, less than SLUICE_EVIDENCE_MAX bytes
 * @decided: called exactly once, later, from the loop or from gateway_link_free(); not when this
 * fails
 * Return: 0; -ENOTCONN: sluiced is not there; -EBUSY: too many wait; -ENOKEY: no such channel;
 * -EINVAL: cannot be stated (a reason of several lines, an account not in account_set()'s
 * spelling); -EMSGSIZE: evidence too long; another negative errno.
 */
int gateway_link_decide(struct gateway_link *link, const struct channel_decision *decision,
			const char *evidence, gateway_decided_fn decided, void *arg);

/*
 * The same for an answer that the person has signed: it is brought as it is. Return: 0, -ENOTCONN,
 * -EBUSY, or another negative errno of sending.
 */
int gateway_link_submit(struct gateway_link *link, const struct ipc_signed *answer,
			gateway_decided_fn decided, void *arg);

/* What sluiced has answered; @item is borrowed for the call. */
typedef void (*gateway_item_fn)(void *arg, const union ipc_any *item);

/**
 * gateway_link_ask() - a question without a payload whose answer is one item: IPC_STATUS or
 * IPC_METRICS.
 * @item: its type; @got: called at most once, before @decided; not after @decided said ETIME
 * @decided: as of gateway_link_decide(): 0: the answer is whole
 * Return: 0, -ENOTCONN, -EBUSY, or another negative errno of sending.
 */
int gateway_link_ask(struct gateway_link *link, enum ipc_type type, enum ipc_type item,
		     gateway_item_fn got, gateway_decided_fn decided, void *arg);
/* How a copy of the journal stands. Without a connection it is dropped; say it again on each. */
void gateway_link_sink(struct gateway_link *link, const struct ipc_sink *sink);
/* An older file of the journal is wanted; without a connection it is dropped. */
void gateway_link_part(struct gateway_link *link, uint64_t at);
/* What a witness has signed. Return: 0; -ENOTCONN; another negative errno. */
int gateway_link_cosigned(struct gateway_link *link, const struct ipc_cosigned *cosigned);

#endif
