// SPDX-License-Identifier: Apache-2.0
/*
 * lineage_stand.c: which entries of the journal the graph stands on: see lineage.h. An edge needs
 * the one that made it, the last one (walks ask when an edge was used last), and those by which
 * labels came.
 */
#include "lineage.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "lineage_graph.h"

static int newest_first(const void *a, const void *b)
{
	const struct edge *left = *(struct edge *const *)a, *right = *(struct edge *const *)b;

	return (left->last < right->last) - (left->last > right->last);
}

static int by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static struct edge **sort_edges(const struct lineage *lineage, size_t *ret_n)
{
	struct edge **edges = calloc(HASH_COUNT(lineage->edges) + 1, sizeof(struct edge *));
	size_t n = 0;

	for (struct edge *edge = lineage->edges; edges && edge; edge = edge->hh.next)
		edges[n++] = edge;
	if (n)
		qsort(edges, n, sizeof(struct edge *), newest_first);
	*ret_n = n;
	return edges;
}

static size_t put_edge(const struct edge *edge, uint64_t *ret)
{
	size_t n = 0;

	ret[n++] = edge->seq;
	ret[n++] = edge->last_seq;
	for (size_t i = 0; i < edge->n_more; i++)
		ret[n++] = edge->more[i];
	return n;
}

int lineage_look_back(struct lineage *lineage, size_t most)
{
	size_t n, room = 0, used = 0;
	_cleanup_free_ struct edge **edges = sort_edges(lineage, &n);

	free(lineage->stands);
	lineage->stands = NULL;
	lineage->n_stands = 0;
	if (!edges)
		return -ENOMEM;
	n = n < most ? n : most;
	for (size_t i = 0; i < n; i++)
		room += 2 + edges[i]->n_more;
	lineage->stands = calloc(room + 1, sizeof(uint64_t));
	if (!lineage->stands)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		used += put_edge(edges[i], lineage->stands + used);
	qsort(lineage->stands, used, sizeof(uint64_t), by_number);
	lineage->n_stands = used;
	return 0;
}

bool lineage_stands(const struct lineage *lineage, uint64_t seq)
{
	return seq != LINEAGE_NO_SEQ && lineage->n_stands &&
	       bsearch(&seq, lineage->stands, lineage->n_stands, sizeof(seq), by_number);
}
