/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineage.c: adding to the graph and forgetting: see lineage.h. Walks are in lineage_walk.c.
 */
#include "lineage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "event/process.h"
#include "lineage_graph.h"

#define EVICT_LOOK 64	 /* nodes looked at to make room for one */

static bool ask_proc(pid_t pid, uint64_t start_ns)
{
	return process_alive(pid, start_ns, NULL);
}

struct lineage *lineage_new(size_t max_nodes, lineage_alive_fn alive)
{
	struct lineage *lineage = calloc(1, sizeof(*lineage));

	if (!lineage)
		return NULL;
	lineage->max_nodes = max_nodes;
	lineage->alive = alive ? alive : ask_proc;
	return lineage;
}

static void forget_edge(struct lineage *lineage, struct edge *edge)
{
	DL_DELETE2(edge->key.to->in, edge, prev_in, next_in);
	DL_DELETE2(edge->key.from->out, edge, prev_out, next_out);
	HASH_DEL(lineage->edges, edge);
	free(edge->more);
	free(edge);
}

static void forget_node(struct lineage *lineage, struct node *node)
{
	while (node->in)
		forget_edge(lineage, node->in); /* lint: it takes the edge off both its lists */
	while (node->out)
		forget_edge(lineage, node->out); /* lint: the same */
	DL_DELETE2(lineage->oldest, node, older, newer);
	HASH_DEL(lineage->nodes, node);
	free(node->name);
	free(node);
}

struct lineage *lineage_free(struct lineage *lineage)
{
	while (lineage && lineage->oldest)
		forget_node(lineage, lineage->oldest);
	if (lineage)
		free(lineage->stands);
	free(lineage);
	return NULL;
}

/* What is lost with a node: 0 a process that ended and led nowhere, 3 one that still runs. */
static int worth(struct lineage *lineage, const struct node *node)
{
	bool process = node->key.kind == NODE_PROCESS;

	if (process && lineage->alive((pid_t)node->key.id, node->key.a))
		return 3;
	if (node->out)
		return process ? 1 : 2;
	return process ? 0 : 1;
}

/* Forgets the least worthy of the oldest; looking at few keeps the cost of a full graph even. */
static bool make_room(struct lineage *lineage, const struct node *keep)
{
	struct node *best = NULL, *node = lineage->oldest;
	int least = 4;

	for (int i = 0; i < EVICT_LOOK && node && least; i++) {
		struct node *next = node->newer;
		int value = node == keep ? 4 : worth(lineage, node);

		if (value < least) {
			least = value;
			best = node;
		} else if (value >= 3 && next) { /* runs on: next time look at others first */
			DL_DELETE2(lineage->oldest, node, older, newer);
			DL_APPEND2(lineage->oldest, node, older, newer);
		}
		node = next;
	}
	if (best)
		forget_node(lineage, best);
	return best;
}

/* gcc 12 takes the name of a node that another table holds for a leak. */
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
struct node *lineage_find(struct lineage *lineage, const struct node_key *key)
{
	struct node *node;

	HASH_FIND(hh, lineage->nodes, key, sizeof(*key), node);
	return node;
}
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

static int set_name(struct node *node, const char *name)
{
	char *copy;

	if (!name || !*name || (node->name && !strcmp(node->name, name)))
		return 0;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	free(node->name);
	node->name = copy;
	return 0;
}

/* Finds or makes a node. @keep: must not be forgotten to make room. */
static struct node *get_node(struct lineage *lineage, const struct node_key *key, const char *name,
			     const struct node *keep)
{
	struct node *node = lineage_find(lineage, key);

	if (!node) {
		if (HASH_COUNT(lineage->nodes) >= lineage->max_nodes)
			make_room(lineage, keep);
		node = calloc(1, sizeof(*node));
		if (!node)
			return NULL;
		node->key = *key;
		HASH_ADD(hh, lineage->nodes, key, sizeof(node->key), node);
		if (!node->hh.tbl) {
			free(node);
			return NULL;
		}
		DL_APPEND2(lineage->oldest, node, older, newer);
	}
	return set_name(node, name) < 0 ? NULL : node;
}

static struct edge *new_edge(struct lineage *lineage, const struct edge_key *key,
			     const struct lineage_fact *fact)
{
	struct edge *edge = calloc(1, sizeof(*edge));

	if (!edge)
		return NULL;
	edge->key = *key;
	edge->first = lineage->order;
	edge->time_ms = fact->time_ms;
	edge->seq = fact->seq;
	memcpy(edge->comm, fact->comm, strnlen(fact->comm, sizeof(edge->comm) - 1));
	HASH_ADD(hh, lineage->edges, key, sizeof(edge->key), edge);
	if (!edge->hh.tbl) {
		free(edge);
		return NULL;
	}
	DL_APPEND2(key->to->in, edge, prev_in, next_in);
	DL_APPEND2(key->from->out, edge, prev_out, next_out);
	return edge;
}

/* A fact that adds labels to an edge which is there. */
static int add_labels(struct edge *edge, const struct lineage_fact *fact)
{
	uint64_t *more;

	if (!(fact->labels & ~edge->labels) || edge->seq == fact->seq ||
	    fact->seq == LINEAGE_NO_SEQ)
		return 0;
	more = realloc(edge->more, (edge->n_more + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	edge->more = more;
	more[edge->n_more++] = fact->seq;
	return 0;
}

static int add_edge(struct lineage *lineage, struct node *from, struct node *to,
		    const struct lineage_fact *fact)
{
	struct edge_key key = { .from = from, .to = to, .type = fact->type };
	struct edge *edge;

	lineage->order++;
	HASH_FIND(hh, lineage->edges, &key, sizeof(key), edge);
	if (edge && add_labels(edge, fact) < 0)
		return -ENOMEM;
	if (!edge)
		edge = new_edge(lineage, &key, fact);
	if (!edge)
		return -ENOMEM;
	edge->labels |= fact->labels;
	edge->last = lineage->order;
	edge->last_seq = fact->seq;
	/*
	 * Edges without end come from few nodes with many: the oldest node goes, and its edges with
	 * it.
	 */
	while (HASH_COUNT(lineage->edges) > lineage->max_nodes * LINEAGE_EDGES_PER_NODE)
		if (!make_room(lineage, from))
			break;
	return 0;
}

void lineage_object_key(const struct sluice_object_id *id, struct node_key *ret)
{
	*ret = (struct node_key){ .kind = NODE_OBJECT, .id = id->dev, .a = id->gen, .b = id->ino };
}

static int target_key(const struct sluice_target *target, struct node_key *ret)
{
	switch (target ? target->kind : SLUICE_TARGET_ANY) {
	case SLUICE_TARGET_FILE:
		lineage_object_key(&target->object, ret);
		return 0;
	case SLUICE_TARGET_ENDPOINT:
		*ret = (struct node_key){ .kind = NODE_ENDPOINT,
					  .id = target->arg << 16 | target->port };
		memcpy(&ret->a, target->addr, sizeof(ret->a));
		memcpy(&ret->b, target->addr + sizeof(ret->a), sizeof(ret->b));
		return 0;
	default:
		return -EINVAL;
	}
}

bool lineage_has_peer(unsigned int type)
{
	return type == SLUICE_EVENT_FORK || type == SLUICE_EVENT_TAKE || type == SLUICE_EVENT_GIVE;
}

/* What the other node is called; of a process that we do not see: what it was called before. */
static const char *other_name(const struct lineage_fact *fact)
{
	if (!lineage_has_peer(fact->type))
		return fact->object;
	return fact->type == SLUICE_EVENT_FORK ? fact->comm : NULL;
}

int lineage_add(struct lineage *lineage, const struct lineage_fact *fact)
{
	struct node_key self = { .kind = NODE_PROCESS,
				 .id = (uint32_t)fact->pid,
				 .a = fact->start_ns };
	struct node_key other = { .kind = NODE_PROCESS,
				  .id = (uint32_t)fact->peer,
				  .a = fact->peer_start_ns };
	struct node *process, *object;
	int r = 0;

	if (fact->type == SLUICE_EVENT_READ || fact->type == SLUICE_EVENT_LABEL)
		r = target_key(fact->target, &other);
	else if (!lineage_has_peer(fact->type))
		return 0;
	if (r < 0 || !fact->comm)
		return -EINVAL;
	process = get_node(lineage, &self, fact->comm, NULL);
	if (!process)
		return -ENOMEM;
	object = get_node(lineage, &other, other_name(fact), process);
	if (!object)
		return -ENOMEM;
	if (fact->type == SLUICE_EVENT_READ || fact->type == SLUICE_EVENT_TAKE)
		return add_edge(lineage, object, process, fact);
	return add_edge(lineage, process, object, fact);
}

const char *lineage_object_name(struct lineage *lineage, const struct sluice_object_id *id)
{
	struct node_key key;
	const struct node *node;

	lineage_object_key(id, &key);
	node = lineage_find(lineage, &key);
	return node ? node->name : NULL;
}

size_t lineage_nodes(const struct lineage *lineage)
{
	return HASH_COUNT(lineage->nodes);
}
