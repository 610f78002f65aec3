/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineage_graph.h: the graph behind lineage.h, for lineage.c (which changes it) and lineage_walk.c
 * (which walks it).
 */
#ifndef SLUICE_LINEAGE_GRAPH_H
#define SLUICE_LINEAGE_GRAPH_H

/* A failed allocation of the hash table is an error of ours to handle, not the end of the agent. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lineage.h"

enum node_kind { NODE_PROCESS = 1, NODE_OBJECT, NODE_ENDPOINT };

/* PROCESS: pid, start; OBJECT: dev, gen, ino; ENDPOINT: port and protocol, address. */
struct node_key {
	uint32_t kind;
	uint32_t id;
	uint64_t a;
	uint64_t b;
};

struct edge;

/* @mark, @bound: scratch of the walk that visits it */
struct node {
	struct node_key key;
	char *name;
	struct edge *in;
	struct edge *out;
	uint64_t mark;
	uint64_t bound;
	struct node *older, *newer;
	UT_hash_handle hh;
};

struct edge_key {
	struct node *from;
	struct node *to;
	uint64_t type;
};

/*
 * @first, @last: place in the order of facts; @seq, @last_seq: their entries, and in @more those by
 * which labels came
 */
struct edge {
	struct edge_key key;
	char comm[16];
	uint64_t labels;
	uint64_t first;
	uint64_t last;
	uint64_t time_ms;
	uint64_t seq;
	uint64_t last_seq;
	uint64_t *more;
	size_t n_more;
	uint64_t mark; /* of lineage_sources(), when it was counted */
	struct edge *next_in, *prev_in, *next_out, *prev_out;
	UT_hash_handle hh;
};

struct lineage {
	struct node *nodes;
	struct edge *edges;
	struct node *oldest; /* list over all nodes by age */
	size_t max_nodes;
	uint64_t order;
	uint64_t marks;
	lineage_alive_fn alive;
	uint64_t *stands; /* entries, in order, see lineage_look_back() */
	size_t n_stands;
};

struct node *lineage_find(struct lineage *lineage, const struct node_key *key);
void lineage_object_key(const struct sluice_object_id *id, struct node_key *ret);

#endif
