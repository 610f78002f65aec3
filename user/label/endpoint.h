/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h: addresses behind the names in the policy, and the host's own.
 *
 * Owns: a child process that resolves names (the only part of sluiced that may use the network, as
 * nobody, with nothing but a pipe to the daemon), the addresses it found, and the watch on the
 * host's own. Must not own: which names (policy.h) or what is allowed there (ruleset.h).
 */
#ifndef SLUICE_ENDPOINT_H
#define SLUICE_ENDPOINT_H

#include <event2/event.h>

#include "policy/policy.h"
#include "policy/ruleset.h"

struct endpoints;

typedef void (*endpoint_changed_fn)(void *ctx);

/**
 * endpoints_new() - start the resolver child; call before threads, keys or BPF exist in this
 * process.
 * Return: 0 or a negative errno.
 */
int endpoints_new(struct endpoints **ret);
struct endpoints *endpoints_free(struct endpoints *endpoints); /* ends the child; returns NULL */

/*
 * Serves answers and watches own addresses from now on; @changed when any address is new or gone.
 */
int endpoints_start(struct endpoints *endpoints, struct event_base *base,
		    endpoint_changed_fn changed, void *ctx);

/*
 * Asks for all host names of @policy now and every SLUICE_RESOLVE_S; answers come later through
 * @changed.
 */
void endpoints_watch(struct endpoints *endpoints, const struct policy *policy);

/* For struct ruleset_names: the addresses known now. -ENOENT while nothing is known. */
int endpoints_host(void *endpoints, const char *host, struct ruleset_address **ret, size_t *ret_n);
int endpoints_own(struct ruleset_address **ret, size_t *ret_n);

#endif
