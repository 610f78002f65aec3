/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notifier.h: one way to tell people about requests: a channel with its settings.
 *
 * Owns: the seam. A channel is a struct notifier_ops in a file of its own (notifier_teams.c) and
 * one line in the table of notifier.c; the configuration, queue, retries and reports know channels
 * only by this. Must not own: any protocol.
 */
#ifndef SLUICE_NOTIFIER_H
#define SLUICE_NOTIFIER_H

#include <stdbool.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/gateway_http.h"
#include "gateway/setting.h"
#include "ipc.h"

enum notifier_outcome {
	NOTIFIER_DONE,	  /* the channel has taken the message */
	NOTIFIER_AGAIN,	  /* try again later */
	NOTIFIER_UNKNOWN, /* try again later; this one may have arrived */
	NOTIFIER_REFUSED, /* another try would end the same */
};

#define NOTIFIER_PLACE_MAX 512

/**
 * struct notifier_result: what became of one post.
 * @wait_s: the channel asks not to come back earlier, 0 when it does not
 * @text: reason for people, no secrets
 * @place: of NOTIFIER_DONE: where the message stands now, in the channel's own words: printable
 * ASCII without spaces, since it is kept on disk; "" when it cannot be edited
 */
struct notifier_result {
	enum notifier_outcome outcome;
	uint64_t wait_s;
	char text[256];
	char place[NOTIFIER_PLACE_MAX];
};

/* @r: 0: it may be posted now; a negative errno: not, for @why (no secrets; "" for the errno's). */
typedef void (*notifier_ready_fn)(void *arg, int r, const char *why);

/**
 * struct notifier_ops: a kind of channel.
 * @kind: name of its sections in gateway.conf
 * @single: there is at most one, without a name
 * @defaults: fill settings that are all zero
 * @check: read secrets and check what belongs together; 0 or negative errno with @error filled
 * @clear: free what settings hold; wipe secrets
 * @readable: a file that is still read after the start, or NULL
 * @edits: messages that were posted can be replaced; then, and only then, @post gets a place: the
 * answer to a question replaces it, and an open request that changes does so, too
 * @more_anew: of a channel that edits: when more people are asked, that is a message of its own, of
 * which they hear; else it replaces the first
 * @render: the message for a request by a channel with these settings, open or closed by its state, with a link to the page where it
 * can be decided (@page: its address, or NULL for none); the same for the same request, since only
 * what reads otherwise is edited; of one that was closed while nobody listened there may be no more
 * than id, the digest's first 16 digits, closed_ms, state and outcome; owned by the caller; NULL
 * with errno
 * @render_test: a message that says it is a test
 * @prepare: optional: get what a post needs first (a token). Return: 0: nothing, post at once;
 * -EINPROGRESS: @ready is called once, later, from the loop; another negative errno: it cannot be
 * got. A failure counts as NOTIFIER_AGAIN. Never called again before @ready was.
 * @cancel: with @prepare: @ready must not be called any more; harmless when nothing is under way
 * @post: start to send a message: a new one (@place is NULL), or in place of the one there; @place
 * is borrowed for the call
 * @judge: what the answer means; it may forget what @prepare got
 */
struct notifier_ops {
	const char *kind;
	bool single;
	size_t settings_size;
	const struct setting *keys;
	size_t n_keys;
	void (*defaults)(void *settings);
	int (*check)(void *settings, struct setting_error *error);
	void (*clear)(void *settings);
	const char *(*readable)(const void *settings);
	bool edits;
	bool more_anew;
	char *(*render)(const void *settings, const struct ipc_request *request, const char *page);
	char *(*render_test)(const char *host);
	int (*prepare)(void *settings, struct http *http, notifier_ready_fn ready, void *arg);
	void (*cancel)(void *settings);
	int (*post)(const void *settings, struct http *http, const char *place, const char *message,
		    http_done_fn done, void *arg, struct http_transfer **ret);
	void (*judge)(void *settings, const struct http_answer *answer,
		      struct notifier_result *ret);
};

/**
 * struct notifier: a configured channel.
 * @name: "teams" or "teams-NAME", as reports and the state file have it
 * @max_attempts: posts of one message
 * @after: name of the channel in whose place this one posts when that fails; owned; or NULL
 * @hand_over_s: how long that one may take
 * @before: the same channel, borrowed, or NULL
 * @page: address of the gateway's page, borrowed, or NULL
 */
struct notifier {
	const struct notifier_ops *ops;
	char name[32];
	uint64_t max_attempts;
	char *after;
	uint64_t hand_over_s;
	const struct notifier *before;
	const char *page;
	void *settings;
};

/* The keys that each channel has, besides its kind's own: in struct notifier. */
enum notifier_key { NOTIFIER_MAX_ATTEMPTS, NOTIFIER_AFTER, NOTIFIER_HAND_OVER, NOTIFIER_KEYS };
extern const struct setting notifier_keys[NOTIFIER_KEYS];

/* The text of a message; takes over @message, which may be NULL. Owned by the caller; NULL with errno. */
char *notifier_dump(json_t *message);

/* Return: the kind that sections named @kind configure, or NULL. */
const struct notifier_ops *notifier_find(const char *kind);

/**
 * notifier_init() - a channel with default settings.
 * @name: what follows the kind in the section's title, may be empty
 * Return: 0, -EINVAL for the name, -ENOMEM.
 */
int notifier_init(struct notifier *notifier, const struct notifier_ops *ops, const char *name);
void notifier_clear(struct notifier *notifier);

extern const struct notifier_ops notifier_slack;
extern const struct notifier_ops notifier_teams;
extern const struct notifier_ops notifier_bot;
extern const struct notifier_ops notifier_webhook;

#endif
