/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset.h: a policy as the kernel takes it: masks, members, destinations (abi.h).
 *
 * Owns: the translation, a pure function of the policy and of what the host says about its names.
 * Must not own: the policy's words (policy.h), numbers of labels (label.h), addresses of hosts
 * (endpoint.h), or the maps (kernel.h).
 */
#ifndef SLUICE_RULESET_H
#define SLUICE_RULESET_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "policy.h"

/* IPv6, or IPv4 as ::ffff:a.b.c.d; network order. */
struct ruleset_address {
	uint8_t bytes[16];
};

/**
 * struct ruleset_names: what the names of a policy mean on this host at this moment.
 * @numbers: for each label of the policy its bit in the kernel, 0 to 63, all different; stable over
 * reloads
 * @executable: identity of the file at @path; of anything with a path, for sinks
 * @unit: cgroup ids of a unit, as an array that the caller frees; none while the unit does not run
 * @host: addresses of a host name, as an array that the caller frees
 * @warn: what was left out because the host does not know it; text is one line without origin. May
 * be NULL.
 * @own: the host's own addresses; loopback need not be among them
 * @executable, @unit and @host return 0 or a negative errno. -ENOENT means "not now": who or what
 * is named so gets nothing (@warn tells, but for units); any other error ends the compilation.
 */
struct ruleset_names {
	const unsigned int *numbers;
	void *context;
	int (*executable)(void *context, const char *path, struct sluice_object_id *ret);
	int (*unit)(void *context, const char *unit, uint64_t **ret, size_t *ret_n);
	int (*host)(void *context, const char *host, struct ruleset_address **ret, size_t *ret_n);
	void (*warn)(void *context, const struct policy_origin *origin, const char *text);
	const struct ruleset_address *own;
	size_t n_own;
};

/* Entry of the map `members`. @clearances: bits; of a sink, labels. */
struct ruleset_member {
	struct sluice_member_key key;
	uint64_t clearances;
};

/* Entry of the longest-prefix map `destinations`. */
struct ruleset_destination {
	struct sluice_destination_key key;
	struct sluice_destination value;
};

/* A unit that clearances state, for whoever sees it start later: its cgroup becomes a member. */
struct ruleset_unit {
	char *name;
	uint64_t clearances;
};

/**
 * struct ruleset: one compiled policy for one slot.
 * @members: one entry a key
 * @destinations: shortest prefix first; as the map answers with the longest match only, each entry
 * repeats what shorter prefixes allow. Its ports are in this order: entries of one protocol before
 * those of any (0), then by port. Entries of the same protocol do not overlap, and one of a
 * protocol says all that holds there, so that the first match is the answer.
 */
struct ruleset {
	struct sluice_policy kernel;
	struct ruleset_member *members;
	size_t n_members;
	struct ruleset_destination *destinations;
	size_t n_destinations;
	struct ruleset_unit *units;
	size_t n_units;
};

/**
 * ruleset_compile() - translate @policy for @slot.
 * @slot: 0 or 1
 * @generation: of the policy, for struct sluice_policy
 * @ret: on success the rule set; owned by the caller, ruleset_free(); needs neither @policy nor
 * @names any more Return: 0; -E2BIG when the kernel cannot hold it (clearances, ports of a prefix,
 * destinations), -ENOMEM, or what a callback returned; then @error has the one message.
 */
int ruleset_compile(const struct policy *policy, const struct ruleset_names *names,
		    unsigned int slot, unsigned int generation, struct ruleset **ret,
		    struct policy_error *error);

/* Returns NULL; accepts NULL. */
struct ruleset *ruleset_free(struct ruleset *ruleset);

#endif
