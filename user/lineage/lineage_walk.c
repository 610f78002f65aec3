/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineage_walk.c: walking back from a process to where its data came from: see lineage.h.
 *
 * Breadth first, so that what is near is found before a limit is reached. A node is visited again
 * only when it is reached with a later bound than before, so the walk ends on cycles too.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "event/process.h"
#include "lineage.h"
#include "lineage_graph.h"

/* Calls @edge for each edge on the way. Non-zero ends the walk. */
typedef bool (*edge_fn)(void *ctx, struct edge *edge, uint64_t bound);

struct queue {
	struct node **nodes;
	size_t used, read, room;
};

static int push(struct queue *queue, struct node *node)
{
	if (queue->used == queue->room) {
		size_t room = queue->room ? 2 * queue->room : 64;
		struct node **nodes = realloc(queue->nodes, room * sizeof(struct node *));

		if (!nodes)
			return -ENOMEM;
		queue->nodes = nodes;
		queue->room = room;
	}
	queue->nodes[queue->used++] = node;
	return 0;
}

static int visit(struct lineage *lineage, struct queue *queue, struct node *node, uint64_t bound)
{
	if (node->mark == lineage->marks && node->bound >= bound)
		return 0;
	node->mark = lineage->marks;
	node->bound = bound;
	return push(queue, node);
}

/* Follows edges that carried one of @labels, or any edge when 0. */
static void walk_back(struct lineage *lineage, struct node *start, uint64_t labels, edge_fn fn,
		      void *ctx)
{
	struct queue queue = { 0 };
	bool ended = false;

	lineage->marks++;
	visit(lineage, &queue, start, UINT64_MAX);
	while (!ended && queue.read < queue.used) {
		struct node *node = queue.nodes[queue.read++];

		for (struct edge *edge = node->in; edge && !ended; edge = edge->next_in) {
			uint64_t bound = edge->last < node->bound ? edge->last : node->bound;

			if (edge->first > node->bound || (labels && !(edge->labels & labels)))
				continue;
			ended = fn(ctx, edge, bound) ||
				visit(lineage, &queue, edge->key.from, bound) < 0;
		}
	}
	free(queue.nodes);
}

/* @edge: of a read */
static void fill_step(const struct edge *edge, struct lineage_step *ret)
{
	const struct node *from = edge->key.from;
	struct lineage_step step = {
		.verb = from->key.kind == NODE_ENDPOINT ? "received" : "read",
		.comm = edge->comm,
		.pid = (pid_t)edge->key.to->key.id,
		.object = from->name ? from->name : "",
		.labels = edge->labels,
		.time_ms = edge->time_ms,
		.seq = edge->seq,
	};

	*ret = step;
}

/*
 * Reads of one label: of originals, and the nearest of all in case that a cycle hides the original.
 * @mark, @counted: each such read counts once, whatever labels it has; all labels count together
 */
struct origins {
	uint64_t label;
	uint64_t mark;
	size_t *counted;
	struct edge *edges[SLUICE_MAX_SOURCES];
	size_t n;
	struct edge *nearest;
};

static bool is_original(const struct node *object, uint64_t label, uint64_t bound)
{
	for (const struct edge *edge = object->in; edge; edge = edge->next_in)
		if (edge->labels & label && edge->first < bound)
			return false;
	return true;
}

static void take_origin(struct origins *origins, struct edge *edge)
{
	if (edge->mark != origins->mark) {
		edge->mark = origins->mark;
		(*origins->counted)++;
	}
	if (origins->n < SLUICE_MAX_SOURCES)
		origins->edges[origins->n++] = edge;
}

/*
 * Goes on when it has all that are named: who approves is to know how many there are. Not for ever:
 * whoever has read the most could have the daemon walk all of that for each label of each request.
 */
static bool collect_origin(void *ctx, struct edge *edge, uint64_t bound)
{
	struct origins *origins = ctx;

	if (edge->key.type != SLUICE_EVENT_READ)
		return false;
	if (!origins->nearest)
		origins->nearest = edge;
	for (size_t i = 0; i < origins->n; i++)
		if (origins->edges[i] == edge)
			return false;
	if (is_original(edge->key.from, origins->label, bound))
		take_origin(origins, edge);
	return origins->n == SLUICE_MAX_SOURCES && *origins->counted >= SLUICE_COUNTED_SOURCES;
}

/* Adds a source, or notes that one already named has this label too. */
static size_t add_source(struct edge *edge, struct edge **named, struct lineage_step *ret, size_t n,
			 size_t max, uint64_t label)
{
	for (size_t i = 0; i < n; i++) {
		if (named[i] == edge) {
			ret[i].labels |= label;
			return n;
		}
	}
	if (n == max)
		return n;
	named[n] = edge;
	fill_step(edge, &ret[n]);
	ret[n].labels = label;
	return n + 1;
}

size_t lineage_sources(struct lineage *lineage, pid_t pid, uint64_t start_ns, uint64_t labels,
		       struct lineage_step *ret, size_t max, size_t *ret_more)
{
	struct node_key key = { .kind = NODE_PROCESS, .id = (uint32_t)pid, .a = start_ns };
	struct node *node = lineage_find(lineage, &key);
	_cleanup_free_ struct origins *origins = calloc(SLUICE_MAX_LABELS, sizeof(*origins));
	struct edge *named[SLUICE_MAX_SOURCES];
	size_t n = 0, counted = 0;
	uint64_t mark = ++lineage->marks;

	*ret_more = 0;
	if (!node || !origins)
		return 0;
	if (max > SLUICE_MAX_SOURCES)
		max = SLUICE_MAX_SOURCES;
	for (unsigned int bit = 0; bit < SLUICE_MAX_LABELS; bit++) {
		struct origins *o = &origins[bit];

		o->label = 1ULL << bit;
		o->mark = mark;
		o->counted = &counted;
		if (labels & o->label)
			walk_back(lineage, node, o->label, collect_origin, o);
		if (!o->n && o->nearest)
			take_origin(o, o->nearest);
	}
	for (size_t round = 0; round < SLUICE_MAX_SOURCES; round++)
		for (unsigned int bit = 0; bit < SLUICE_MAX_LABELS; bit++)
			if (round < origins[bit].n)
				n = add_source(origins[bit].edges[round], named, ret, n, max,
					       origins[bit].label);
	*ret_more = counted - n;
	return n;
}
