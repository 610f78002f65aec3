// SPDX-License-Identifier: Apache-2.0
/*
 * lineage_index_walk.c: walking back from a process or file to where its data came from: see
 * lineage_index.h.
 *
 * Breadth first, so that what is near is found before a limit is reached. A node is visited again
 * only when it is reached with a later bound than before, so the walk ends on cycles too. What led
 * to former contents is walked after all else: what is both is not former.
 */
#include "lineage_index_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/cleanup.h"
#include "event/wording.h"
#include "vault/reveal.h"

#define LOOK_MOST 32768 /* edges of one walk, some ten milliseconds */

/* One visit of a node: what was there up to the entry @bound. */
struct visit {
	int64_t node;
	int64_t bound;
	unsigned int depth;
	bool former;
};

/* The latest bounds with which a node was reached, for what is current and what is former; -1. */
struct reached {
	int64_t node;
	int64_t bound[2];
	UT_hash_handle hh;
};

struct found {
	int64_t first;
	unsigned int depth;
	bool former;
	UT_hash_handle hh;
};

/* @queue: of what is current, and of what is former, which comes after it */
struct walk {
	struct lineage_index *index;
	struct reached *reached;
	struct found *found; /* in the order of the walk */
	struct visit *queue[2];
	size_t used[2];
	size_t read[2];
	size_t room[2];
	size_t looks;
};

static void walk_end(struct walk *walk)
{
	struct reached *reached, *next_reached;
	struct found *found, *next_found;

	HASH_ITER(hh, walk->reached, reached, next_reached) {
		HASH_DEL(walk->reached, reached);
		free(reached);
	}
	HASH_ITER(hh, walk->found, found, next_found) {
		HASH_DEL(walk->found, found);
		free(found);
	}
	free(walk->queue[0]);
	free(walk->queue[1]);
}

static int push(struct walk *walk, const struct visit *visit)
{
	int i = visit->former;

	if (walk->used[i] == walk->room[i]) {
		size_t room = walk->room[i] ? 2 * walk->room[i] : 64;
		struct visit *more = realloc(walk->queue[i], room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		walk->queue[i] = more;
		walk->room[i] = room;
	}
	walk->queue[i][walk->used[i]++] = *visit;
	return 0;
}

static int reach(struct walk *walk, const struct visit *visit)
{
	struct reached *reached;

	HASH_FIND(hh, walk->reached, &visit->node, sizeof(visit->node), reached);
	if (reached && (reached->bound[0] >= visit->bound ||
			(visit->former && reached->bound[1] >= visit->bound)))
		return 0;
	if (!reached) {
		reached = calloc(1, sizeof(*reached));
		if (!reached)
			return -ENOMEM;
		*reached = (struct reached){ .node = visit->node, .bound = { -1, -1 } };
		HASH_ADD(hh, walk->reached, node, sizeof(reached->node), reached);
		if (!reached->hh.tbl) {
			free(reached);
			return -ENOMEM;
		}
	}
	reached->bound[visit->former] = visit->bound;
	return push(walk, visit);
}

static int find(struct walk *walk, int64_t first, unsigned int depth, bool former)
{
	struct found *found;

	HASH_FIND(hh, walk->found, &first, sizeof(first), found);
	if (found) {
		found->former &= former;
		return 0;
	}
	found = calloc(1, sizeof(*found));
	if (!found)
		return -ENOMEM;
	*found = (struct found){ .first = first, .depth = depth, .former = former };
	HASH_ADD(hh, walk->found, first, sizeof(found->first), found);
	if (found->hh.tbl)
		return 0;
	free(found);
	return -ENOMEM;
}

/* The entry up to @bound that last told that the node was emptied; 0 for none. */
static int64_t emptied_at(struct walk *walk, const struct visit *visit)
{
	sqlite3_stmt *ask = walk->index->statements[LAST_EMPTIED];
	int64_t seq = 0;

	sqlite3_bind_int64(ask, 1, visit->node);
	sqlite3_bind_int64(ask, 2, visit->bound);
	if (sqlite3_step(ask) == SQLITE_ROW)
		seq = sqlite3_column_int64(ask, 0);
	sqlite3_reset(ask);
	return seq;
}

/* One edge into the node of @visit. */
static int follow(struct walk *walk, const struct visit *visit, sqlite3_stmt *row, int64_t emptied)
{
	int64_t first = sqlite3_column_int64(row, 0), last = sqlite3_column_int64(row, 1);
	int64_t kind = sqlite3_column_int64(row, 3);
	struct visit next = {
		.node = sqlite3_column_int64(row, 2),
		.bound = last < visit->bound ? last : visit->bound,
		.depth = visit->depth + 1,
		.former = visit->former ||
			  ((kind == INDEX_WROTE || kind == INDEX_SUNK) && last < emptied),
	};
	int err = find(walk, first, next.depth, next.former);

	return err ? err : reach(walk, &next);
}

static int look(struct walk *walk, const struct visit *visit)
{
	sqlite3_stmt *ask = walk->index->statements[EDGES_INTO];
	int64_t emptied = emptied_at(walk, visit);
	int code = SQLITE_ROW, err = 0;

	sqlite3_bind_int64(ask, 1, visit->node);
	sqlite3_bind_int64(ask, 2, visit->bound);
	while (!err && walk->looks < LOOK_MOST && (code = sqlite3_step(ask)) == SQLITE_ROW) {
		walk->looks++;
		err = follow(walk, visit, ask, emptied);
	}
	sqlite3_reset(ask);
	return err ? err : database_error_of(code);
}

static int walk_back(struct walk *walk, int64_t start)
{
	const struct visit visit = { .node = start, .bound = INT64_MAX };
	int err = reach(walk, &visit);

	for (int i = 0; i < 2; i++) {
		while (!err && walk->read[i] < walk->used[i] && walk->looks < LOOK_MOST) {
			struct visit next = walk->queue[i][walk->read[i]++];

			err = look(walk, &next);
		}
	}
	return err;
}

/* In the spelling of the journal already: cut at a whole character, and visibly. */
static void copy(char *field, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (length >= size) {
		length = size - 4;
		while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
		snprintf(field, size, "%.*s...", (int)length, text);
		return;
	}
	memcpy(field, text, length + 1);
}

/* The same for what may be private: the index has it as the journal has. */
static void copy_private(const struct agent *agent, char *field, size_t size, const char *text)
{
	struct reveal reveal = { .vault = agent->vault, .hide = true };
	_cleanup_free_ char *plain = reveal_text(&reveal, text);

	copy(field, size, plain ? plain : text);
}

static uint64_t kernel_labels(const struct lineage_index *index, const struct agent *agent,
			      uint64_t labels)
{
	uint64_t kernel = 0;

	for (unsigned int i = 0; i < SLUICE_MAX_LABELS; i++) {
		int bit = labels >> i & 1 ? agent_bit_of_name(agent, index->labels[i]) : -1;

		if (bit >= 0)
			kernel |= UINT64_C(1) << bit;
	}
	return kernel;
}

enum whole {
	KIND,
	TIME,
	LABELS,
	COMM,
	EXE,
	USER,
	REQUEST,
	GRANT,
	SOURCE,
	SOURCE_KIND,
	SOURCE_A,
	SOURCE_NAME,
	TARGET,
	TARGET_KIND,
	TARGET_A,
	TARGET_NAME,
};

/* Who did it to what: the words and pids of the step in @row. */
static void fill_ends(const struct agent *agent, sqlite3_stmt *row, struct ipc_edge *ret)
{
	static const char *const verbs[INDEX_KINDS] = {
		[INDEX_READ] = "read",
		[INDEX_WROTE] = "wrote",
		[INDEX_STARTED] = "started",
		[INDEX_BECAME] = "became",
		[INDEX_DECLASSIFIED] = "declassified",
		[INDEX_SUNK] = "logged",
		[INDEX_TOOK] = "got data of",
		[INDEX_GAVE] = "put data into",
	};
	int kind = sqlite3_column_int(row, KIND);
	bool inward = index_is_inward(kind);
	const char *object = index_text(row, inward ? SOURCE_NAME : TARGET_NAME);
	char text[SLUICE_PATH_TEXT];

	copy(ret->verb, sizeof(ret->verb),
	     kind > 0 && kind < INDEX_KINDS ? verbs[kind] : "touched");
	if (kind == INDEX_READ && sqlite3_column_int(row, SOURCE_KIND) == INDEX_ENDPOINT)
		copy(ret->verb, sizeof(ret->verb), "received");
	ret->pid = sqlite3_column_int(row, inward ? TARGET_A : SOURCE_A);
	snprintf(text, sizeof(text), "%.200s[%d]", index_text(row, COMM), ret->pid);
	copy(ret->subject, sizeof(ret->subject), text);
	if (kind == INDEX_BECAME)
		object = index_text(row, EXE);
	if (kind == INDEX_STARTED || kind == INDEX_TOOK || kind == INDEX_GAVE) {
		ret->peer = sqlite3_column_int(row, inward ? SOURCE_A : TARGET_A);
		snprintf(text, sizeof(text), "%.200s[%d]", object, ret->peer);
		object = text;
	}
	copy_private(agent, ret->object, sizeof(ret->object), object);
}

static int fill_edge(struct lineage_index *index, const struct agent *agent,
		     const struct found *found, struct ipc_edge *ret)
{
	sqlite3_stmt *row = index->statements[WHOLE_EDGE];
	int code;

	sqlite3_bind_int64(row, 1, found->first);
	code = sqlite3_step(row);
	if (code == SQLITE_ROW) {
		uint64_t labels = (uint64_t)sqlite3_column_int64(row, LABELS);

		fill_ends(agent, row, ret);
		wording_labels(agent, kernel_labels(index, agent, labels), ret->labels,
			       sizeof(ret->labels));
		copy_private(agent, ret->executable, sizeof(ret->executable), index_text(row, EXE));
		copy(ret->user, sizeof(ret->user), index_text(row, USER));
		copy(ret->request, sizeof(ret->request), index_text(row, REQUEST));
		copy(ret->grant, sizeof(ret->grant), index_text(row, GRANT));
		ret->time_ms = (uint64_t)sqlite3_column_int64(row, TIME);
		ret->seq = (uint64_t)found->first;
		ret->source = (uint64_t)sqlite3_column_int64(row, SOURCE);
		ret->target = (uint64_t)sqlite3_column_int64(row, TARGET);
		ret->former = found->former;
	}
	sqlite3_reset(row);
	return code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? -EUCLEAN : database_error_of(code);
}

static int by_order(const void *a, const void *b)
{
	const struct found *const *x = a, *const *y = b;

	return ((*x)->first > (*y)->first) - ((*x)->first < (*y)->first);
}

/* The nearest of what was found, in the order of the journal. */
static int fill_answer(struct walk *walk, const struct agent *agent,
		       const struct lineage_bounds *bounds, struct lineage_answer *ret)
{
	size_t all = HASH_COUNT(walk->found), n = 0;
	_cleanup_free_ const struct found **shown = calloc(all + 1, sizeof(*shown));
	_cleanup_free_ struct ipc_edge *edges = NULL;
	int err = 0;

	for (const struct found *f = walk->found; shown && f && n < bounds->steps; f = f->hh.next)
		if (f->depth <= bounds->depth)
			shown[n++] = f;
	edges = calloc(n + 1, sizeof(*edges));
	if (!shown || !edges)
		return -ENOMEM;
	qsort(shown, n, sizeof(shown[0]), by_order);
	for (size_t i = 0; !err && i < n; i++)
		err = fill_edge(walk->index, agent, shown[i], &edges[i]);
	if (err)
		return err;
	*ret = (struct lineage_answer){
		.edges = TAKE_PTR(edges),
		.n = n,
		.more = all - n,
		.at_least = walk->looks == LOOK_MOST,
		.dropped_until_ms = walk->index->dropped_ms,
	};
	return 0;
}

static int answer(struct lineage_index *index, const struct agent *agent, int64_t node,
		  const struct lineage_bounds *bounds, struct lineage_answer *ret)
{
	struct walk walk = { .index = index };
	int err = walk_back(&walk, node);

	if (!err)
		err = fill_answer(&walk, agent, bounds, ret);
	walk_end(&walk);
	return err;
}

/*
 * /proc knows starts in ticks only, the journal in nanoseconds. A process that runs is of this
 * boot; for one that has ended, the newest of all boots is meant.
 */
static int64_t find_pid(struct lineage_index *index, pid_t pid, uint64_t start_ns)
{
	const uint64_t tick = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	sqlite3_stmt *ask = index->statements[PROCESSES];
	int64_t best = 0;
	int code;

	sqlite3_bind_int64(ask, 1, pid);
	while ((code = sqlite3_step(ask)) == SQLITE_ROW) {
		uint64_t start = (uint64_t)sqlite3_column_int64(ask, 1);
		uint64_t apart = start > start_ns ? start - start_ns : start_ns - start;

		if (start_ns && (apart > tick || sqlite3_column_int64(ask, 2) != index->boot))
			continue;
		if (sqlite3_column_int64(ask, 0) > best)
			best = sqlite3_column_int64(ask, 0);
	}
	sqlite3_reset(ask);
	return best ? best : database_error_of(code);
}

int lineage_index_of_pid(struct lineage_index *index, const struct agent *agent, pid_t pid,
			 uint64_t start_ns, const struct lineage_bounds *bounds,
			 struct lineage_answer *ret)
{
	int64_t node = find_pid(index, pid, start_ns);

	if (node <= 0)
		return node ? (int)node : -ESRCH;
	return answer(index, agent, node, bounds, ret);
}

int lineage_index_of_object(struct lineage_index *index, const struct agent *agent,
			    const struct sluice_object_id *id, const struct lineage_bounds *bounds,
			    struct lineage_answer *ret)
{
	struct index_key key;
	int64_t node;

	index_object_key(index, id, &key);
	node = index_find_node(index, &key);
	if (node <= 0)
		return node ? (int)node : -ENOENT;
	return answer(index, agent, node, bounds, ret);
}
