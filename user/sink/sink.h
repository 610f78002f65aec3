/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.h: one place off the host that the gateway sends the journal to, with its settings.
 *
 * Owns: the seam, when it is tried, back-off, and what is told of it. A kind of place is a struct
 * sink_ops in a file of its own (sink_folder.c) and one line in the table of sink.c; the
 * configuration and the gateway know kinds only by this. Must not own: any protocol, the journal
 * (gateway_journal.h).
 *
 * Only bytes that are signed and durable are sent, and only unchanged: a copy is the beginning of
 * the journal, to the byte, or it is told to have diverged.
 */
#ifndef SLUICE_SINK_H
#define SLUICE_SINK_H

#include <event2/event.h>
#include <stdbool.h>

#include "gateway/gateway_http.h"
#include "gateway/gateway_journal.h"
#include "gateway/setting.h"

/* Bytes of the journal that are taken at once, so that the loop gets its turn. */
#define SINK_CHUNK (256U << 10)

struct sink;

/**
 * struct sink_context: borrowed for the life of the sinks.
 * @state: the gateway's folder
 * @report: how a place stands
 * @wanted: an older file of the journal is, the one with that byte: sink_wake() comes with it
 * @cosigned: what a witness has signed. Return: 0, or a negative errno: not now
 */
struct sink_context {
	struct event_base *base;
	struct http *http;
	const struct gateway_journal *journal;
	const char *state;
	void (*report)(void *arg, const struct ipc_sink *sink);
	void (*wanted)(void *arg, uint64_t at);
	int (*cosigned)(void *arg, const struct ipc_cosigned *cosigned);
	void *arg;
};

/**
 * struct sink_run: a place while the gateway runs; begins what a kind keeps itself.
 * @busy: something is under way, and one of sink_sent() and sink_failed() will end it
 * @told: what was reported last
 */
struct sink_run {
	const struct sink *sink;
	const struct sink_context *context;
	struct event *timer;
	bool busy;
	unsigned int failures;
	uint64_t told_ms;
	struct ipc_sink told;
};

/**
 * struct sink_ops: a kind of place.
 * @kind: name of its sections in gateway.conf
 * @defaults, @check, @clear: as those of struct notifier_ops
 * @readable, @writable: a path that is needed after the start, or NULL
 * @receipt: what it reports as held is what the place itself says or shows
 * @run_size: of what it keeps
 * @go: send the next piece, if there is one: nothing is under way
 * @close: nothing may be called back any more; free what is kept, but not @run
 */
struct sink_ops {
	const char *kind;
	size_t settings_size;
	const struct setting *keys;
	size_t n_keys;
	void (*defaults)(void *settings);
	int (*check)(void *settings, struct setting_error *error);
	void (*clear)(void *settings);
	const char *(*readable)(const void *settings);
	const char *(*writable)(const void *settings);
	bool receipt;
	size_t run_size;
	void (*go)(struct sink_run *run);
	void (*close)(struct sink_run *run);
};

/* @name: "folder" or "folder-NAME", as reports and state files have it. */
struct sink {
	const struct sink_ops *ops;
	char name[32];
	void *settings;
};

/* Return: the kind that sections named @kind configure, or NULL. */
const struct sink_ops *sink_find(const char *kind);

/* @name: what follows the kind in the title, may be empty. Return: 0, -EINVAL for it, -ENOMEM. */
int sink_init(struct sink *sink, const struct sink_ops *ops, const char *name);
void sink_clear(struct sink *sink);

/* Both are borrowed. Return: 0 or -ENOMEM. */
int sink_run_new(const struct sink *sink, const struct sink_context *context,
		 struct sink_run **ret);
struct sink_run *sink_run_free(struct sink_run *run); /* returns NULL; accepts NULL */

/* There may be more to send. */
void sink_wake(struct sink_run *run);
/* Somebody new listens: all is reported once more. */
void sink_tell_again(struct sink_run *run);

/*
 * What was under way is through: @held of the journal are there, in the kind's own unit. The next
 * piece is sent after @wait_s at the earliest.
 */
void sink_sent(struct sink_run *run, uint64_t held, uint64_t wait_s);

/*
 * All is well as far as can be seen, and nobody says that more is there: of a place without
 * receipts. What failed before is not over yet.
 */
void sink_under_way(struct sink_run *run, uint64_t held, uint64_t wait_s);

/* Nothing is known, but there is more to do after @wait_s; 0: after the loop's other work. */
void sink_again(struct sink_run *run, uint64_t wait_s);

/* Nothing was sent: byte @at is in a file that is not here, and is asked for. */
void sink_wait(struct sink_run *run, uint64_t at);

/*
 * It is not: @state, and why (no secrets). Tried again after a time that grows to five minutes, or
 * after @wait_s if that is longer.
 */
void sink_failed(struct sink_run *run, enum ipc_sink_state state, uint64_t wait_s,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

extern const struct sink_ops sink_folder;
extern const struct sink_ops sink_collector;
extern const struct sink_ops sink_syslog;
extern const struct sink_ops sink_witness;

#endif
