// SPDX-License-Identifier: Apache-2.0
/*
 * journal_population.c: see journal_population.h. Clocks are set back, so that an entry of the
 * period may come when it seemed to be over: what was counted since waits until that is known.
 */
#include "journal_population.h"

#include "journal_totals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void place_set(struct journal_place_told *place, const struct journal_place_told *from)
{
	json_t *old = place->entry;

	*place = *from;
	json_incref(place->entry);
	json_decref(old);
}

int journal_population_init(struct journal_population *population)
{
	*population = (struct journal_population){ .index = json_object() };
	return population->index ? 0 : -ENOMEM;
}

void journal_population_done(struct journal_population *population)
{
	json_decref(population->from.entry);
	json_decref(population->to.entry);
	json_decref(population->last.entry);
	json_decref(population->index);
	free(population->types);
	*population = (struct journal_population){ 0 };
}

static void move(struct journal_population *population, enum journal_stretch from,
		 enum journal_stretch to)
{
	for (size_t i = 0; i < population->n; i++) {
		struct journal_population_type *type = &population->types[i];

		type->inside[to] += type->inside[from];
		type->outside[to] += type->outside[from];
		type->inside[from] = type->outside[from] = 0;
	}
}

static void drop(struct journal_population *population)
{
	for (size_t i = 0; i < population->n; i++) {
		struct journal_population_type *type = &population->types[i];

		memset(type->inside, 0, sizeof(type->inside));
		memset(type->outside, 0, sizeof(type->outside));
	}
}

/* The last place is the second one of the period, as far as is known. */
static void close_period(struct journal_population *population)
{
	move(population, STRETCH_WAITING, STRETCH_BETWEEN);
	place_set(&population->to, &population->last);
	population->closed = true;
	population->waiting = false;
}

void journal_population_place(struct journal_population *population, uint64_t seq, json_t *entry,
			      enum journal_when when)
{
	const struct journal_place_told told = { .seq = seq,
						 .entry = entry,
						 .totals = journal_totals_of(entry) };

	if (!told.totals)
		return;
	place_set(&population->last, &told);
	population->begun |= when != WHEN_BEFORE;
	if (!population->begun) {
		drop(population);
		place_set(&population->from, &told);
		return;
	}
	move(population, STRETCH_REST, STRETCH_WAITING);
	population->waiting |= population->rest;
	population->rest = false;
	if (when == WHEN_BEHIND && (population->waiting || !population->closed))
		close_period(population);
}

static struct journal_population_type *find(struct journal_population *population, const char *type)
{
	const json_t *at = json_object_get(population->index, type);
	struct journal_population_type *types = population->types;
	size_t room = population->room ? 2 * population->room : 64;

	if (at)
		return &types[json_integer_value(at)];
	if (population->n == population->room) {
		types = realloc(types, room * sizeof(*types));
		if (!types)
			return NULL;
		population->types = types;
		population->room = room;
	}
	if (json_object_set_new(population->index, type, json_integer((json_int_t)population->n)))
		return NULL;
	types[population->n] = (struct journal_population_type){
		.type = json_object_iter_key(json_object_iter_at(population->index, type))
	};
	return &types[population->n++];
}

int journal_population_take(struct journal_population *population, const char *type,
			    enum journal_when when, bool inside)
{
	struct journal_population_type *counted = find(population, type);

	if (!counted)
		return -ENOMEM;
	(inside ? counted->inside : counted->outside)[STRETCH_REST]++;
	population->rest |= inside;
	population->begun |= inside || when != WHEN_BEFORE;
	return 0;
}

bool journal_population_end(struct journal_population *population)
{
	bool more = population->waiting || population->rest || !population->closed;

	if (more)
		close_period(population);
	return more;
}

uint64_t journal_population_delta(const struct journal_population *population, const char *type)
{
	json_int_t before = json_integer_value(json_object_get(population->from.totals, type));
	json_int_t after = json_integer_value(json_object_get(population->to.totals, type));

	return after > before ? (uint64_t)(after - before) : 0;
}
