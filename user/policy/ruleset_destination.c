/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset_destination.c: addresses with ports as entries of a longest-prefix map.
 *
 * Owns: what each prefix says in the end. Must not own: how ports are cut and joined
 * (ruleset_port.c), or where names resolve to (the callback of struct ruleset_names).
 *
 * The map answers with the longest match alone, so an entry must say all that the shorter ones
 * around it say. Entries are made shortest prefix first: each starts from the finished entry next
 * around it, which already holds all the rest. IPv4 lives in ::ffff:0:0/96 but is not part of what
 * an IPv6 prefix like ::/0 means: that prefix is a world of its own and gets an empty entry where
 * an IPv6 prefix would reach into it.
 */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "ruleset_build.h"
#include "ruleset_port.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
static const struct policy_origin host_itself = { .file = "addresses of this host" };

/* One thing said about one prefix. @origin: NULL when no line says it */
struct statement {
	uint8_t addr[16];
	unsigned int prefix;
	struct sluice_port port;
	const struct policy_origin *origin;
};

struct statements {
	struct ruleset_build *build;
	struct statement *all;
	size_t n;
};

static bool is_v4(const uint8_t addr[16], unsigned int prefix)
{
	return prefix >= 96 && !memcmp(addr, mapped, sizeof(mapped));
}

static bool is_prefix_of(const uint8_t outer[16], unsigned int prefix, const uint8_t inner[16])
{
	unsigned int bytes = prefix / 8, bits = prefix % 8;

	if (memcmp(outer, inner, bytes) != 0)
		return false;
	return !bits || !((outer[bytes] ^ inner[bytes]) & (uint8_t)(0xff00 >> bits));
}

static int add(struct statements *set, const uint8_t addr[16], unsigned int prefix,
	       const struct sluice_port *port, const struct policy_origin *origin)
{
	struct statement *statement = ARRAY_APPEND(set->all, set->n);

	if (!statement)
		return ruleset_fail_memory(set->build);
	*statement = (struct statement){ .prefix = prefix, .port = *port, .origin = origin };
	memcpy(statement->addr, addr, prefix / 8);
	if (prefix % 8)
		statement->addr[prefix / 8] = addr[prefix / 8] & (uint8_t)(0xff00 >> prefix % 8);
	return 0;
}

/* The host itself and loopback are no export: whatever runs here is watched by the same rules. */
static int add_own(struct statements *set)
{
	static const uint8_t loopback4[16] = { [10] = 0xff, [11] = 0xff, [12] = 127 };
	static const uint8_t loopback6[16] = { [15] = 1 };
	static const struct sluice_port any = { .high = UINT16_MAX, .allowed = UINT64_MAX };
	const struct ruleset_names *names = set->build->names;
	int r = add(set, loopback4, 96 + 8, &any, NULL);

	if (r == 0)
		r = add(set, loopback6, 128, &any, NULL);
	for (size_t i = 0; r == 0 && i < names->n_own; i++)
		r = add(set, names->own[i].bytes, 128, &any, NULL);
	return r;
}

static int add_host(struct statements *set, const struct policy_endpoint *endpoint,
		    const struct sluice_port *port)
{
	struct ruleset_build *build = set->build;
	_cleanup_free_ struct ruleset_address *addresses = NULL;
	size_t n = 0;
	int r = build->names->host(build->names->context, endpoint->host, &addresses, &n);

	if (r < 0 && r != -ENOENT)
		return ruleset_fail(build, &endpoint->origin, r,
				    "host %s cannot be looked up: %s; check the resolver or "
				    "write an address",
				    endpoint->host, strerror(-r));
	if (r < 0 || !n) {
		ruleset_warn(build, &endpoint->origin,
			     "host %s has no address now, the line has no effect until it has",
			     endpoint->host);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add(set, addresses[i].bytes, 128, port, &endpoint->origin);
	return r;
}

static int add_endpoints(struct statements *set, const struct policy_endpoint *endpoints, size_t n,
			 uint64_t allowed, uint64_t carries)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct policy_endpoint *endpoint = &endpoints[i];
		struct sluice_port port = {
			.low = endpoint->low,
			.high = endpoint->high,
			.protocol = (uint32_t)endpoint->protocol,
			.allowed = allowed,
			.carries = carries,
		};

		if (endpoint->host)
			r = add_host(set, endpoint, &port);
		else
			r = add(set, endpoint->addr, endpoint->prefix, &port, &endpoint->origin);
	}
	return r;
}

static int add_policy(struct statements *set)
{
	struct ruleset_build *build = set->build;
	const struct policy *policy = build->policy;
	int r = 0;

	for (size_t i = 0; r == 0 && i < policy->n_labels; i++) {
		const struct policy_label *label = &policy->labels[i];

		if (label->n_endpoints)
			build->ruleset->kernel.flags |= SLUICE_POLICY_ENDPOINTS;
		r = add_endpoints(set, label->endpoints, label->n_endpoints, 0,
				  ruleset_kernel_labels(build, UINT64_C(1) << i));
	}
	for (size_t i = 0; r == 0 && i < policy->n_rules; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (rule->verdict != POLICY_ALLOW)
			r = add_endpoints(set, rule->destinations, rule->n_destinations,
					  ruleset_kernel_labels(build, rule->labels), 0);
	}
	return r;
}

/* Closes IPv4 to IPv6 prefixes around it. Says nothing itself. */
static int add_barrier(struct statements *set)
{
	static const struct sluice_port nothing = { .high = UINT16_MAX };
	uint8_t v4[16] = { 0 };

	memcpy(v4, mapped, sizeof(mapped));
	for (size_t i = 0; i < set->n; i++)
		if (set->all[i].prefix < 96 &&
		    is_prefix_of(set->all[i].addr, set->all[i].prefix, v4))
			return add(set, v4, 96, &nothing, NULL);
	return 0;
}

static int by_prefix(const void *a, const void *b)
{
	const struct statement *x = a, *y = b;
	int order;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	order = memcmp(x->addr, y->addr, sizeof(x->addr));
	if (order || !x->origin || !y->origin)
		return order ? order : !!x->origin - !!y->origin;
	order = strcmp(x->origin->file, y->origin->file);
	return order ? order
		     : (x->origin->line > y->origin->line) - (x->origin->line < y->origin->line);
}

/* The longest finished entry around @statement, or NULL. */
static const struct ruleset_destination *find_around(const struct ruleset *ruleset,
						     const struct statement *statement)
{
	for (size_t i = ruleset->n_destinations; i > 0; i--) {
		const struct ruleset_destination *outer = &ruleset->destinations[i - 1];
		unsigned int prefix = outer->key.prefixlen - 32;

		if (prefix < statement->prefix &&
		    is_prefix_of(outer->key.addr, prefix, statement->addr) &&
		    is_v4(outer->key.addr, prefix) == is_v4(statement->addr, statement->prefix))
			return outer;
	}
	return NULL;
}

/* Names the lines about @first's prefix and those around it, as many as fit. */
static int refuse_ports(struct statements *set, const struct statement *first)
{
	const struct policy_origin *blamed = &host_itself;
	char lines[640] = "";
	size_t used = 0;

	for (size_t i = 0; i < set->n && used < sizeof(lines); i++) {
		const struct statement *other = &set->all[i];

		if (!other->origin || other->prefix > first->prefix ||
		    !is_prefix_of(other->addr, other->prefix, first->addr) ||
		    is_v4(other->addr, other->prefix) != is_v4(first->addr, first->prefix))
			continue;
		if (blamed->file == other->origin->file && blamed->line == other->origin->line)
			continue;
		blamed = other->origin;
		used += (size_t)snprintf(lines + used, sizeof(lines) - used, "%s%.200s:%u",
					 used ? ", " : "", blamed->file, blamed->line);
	}
	return ruleset_fail(set->build, blamed, -E2BIG,
			    "more than %d ranges of ports for one prefix, from %s; join ranges "
			    "or name longer prefixes",
			    SLUICE_MAX_PORTS, lines);
}

/* Makes one entry of the @n statements from @first on, which are about one prefix. */
static int add_entry(struct statements *set, const struct statement *first, size_t n)
{
	struct ruleset *ruleset = set->build->ruleset;
	const struct ruleset_destination *around = find_around(ruleset, first);
	size_t inherited = around ? around->value.ports : 0;
	_cleanup_free_ struct sluice_port *said = calloc(n + inherited, sizeof(*said));
	struct sluice_destination value = { 0 };
	struct ruleset_destination *entry;
	int r;

	if (!said)
		return ruleset_fail_memory(set->build);
	for (size_t i = 0; i < inherited; i++)
		said[i] = around->value.port[i];
	for (size_t i = 0; i < n; i++)
		said[inherited + i] = first[i].port;
	r = ruleset_join_ports(said, n + inherited, &value);
	if (r == -E2BIG)
		return refuse_ports(set, first);
	if (r < 0)
		return ruleset_fail_memory(set->build);
	entry = ARRAY_APPEND(ruleset->destinations, ruleset->n_destinations);
	if (!entry)
		return ruleset_fail_memory(set->build);
	entry->key.prefixlen = 32 + first->prefix;
	entry->key.slot = set->build->slot;
	memcpy(entry->key.addr, first->addr, sizeof(entry->key.addr));
	entry->value = value;
	return 0;
}

/* Blames the last line, of those that add prefixes. */
static int refuse_more(struct statements *set)
{
	const struct policy_origin *blamed =
		&(const struct policy_origin){ .file = "own addresses" };

	for (size_t i = 0; i < set->n; i++)
		if (set->all[i].origin)
			blamed = set->all[i].origin;
	return ruleset_fail(set->build, blamed, -E2BIG,
			    "more than %d prefixes after resolving hosts; use shorter prefixes",
			    SLUICE_MAX_DESTINATIONS);
}

static int add_entries(struct statements *set)
{
	int r = 0;

	for (size_t i = 0, n; r == 0 && i < set->n; i += n) {
		const struct statement *first = &set->all[i];

		for (n = 1; i + n < set->n; n++)
			if (first->prefix != first[n].prefix ||
			    memcmp(first->addr, first[n].addr, 16) != 0)
				break;
		if (set->build->ruleset->n_destinations >= SLUICE_MAX_DESTINATIONS)
			return refuse_more(set);
		r = add_entry(set, first, n);
	}
	return r;
}

int ruleset_add_destinations(struct ruleset_build *build)
{
	struct statements set = { .build = build };
	int r = add_own(&set);

	if (r == 0)
		r = add_policy(&set);
	if (r == 0)
		r = add_barrier(&set);
	if (r == 0) {
		qsort(set.all, set.n, sizeof(*set.all), by_prefix);
		r = add_entries(&set);
	}
	free(set.all);
	return r;
}
