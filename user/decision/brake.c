// SPDX-License-Identifier: Apache-2.0
/*
 * brake.c: see brake.h. The table is small: of more accounts at once the one whose window began
 * first is forgotten; the count of all bounds what that can be used for.
 */
#include "brake.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "limits.h"
#include "sluiced/agent.h"

#define SLOTS	  64
#define WINDOW_NS (SLUICE_REFUSED_WINDOW_S * 1000000000ULL)

/* @count: 0: free */
struct window {
	uint64_t since_ns;
	unsigned int count;
};

struct slot {
	struct window window;
	struct account account; /* of nobody: without a subject */
};

struct brake {
	struct slot slots[SLOTS];
	struct window all;
};

static const struct account nobody;

struct brake *brake_new(void)
{
	return calloc(1, sizeof(struct brake));
}

struct brake *brake_free(struct brake *brake)
{
	free(brake);
	return NULL;
}

static bool is_over(const struct window *window, uint64_t now_ns)
{
	return !window->count || now_ns - window->since_ns >= WINDOW_NS;
}

static unsigned int add(struct window *window, uint64_t now_ns)
{
	if (is_over(window, now_ns))
		*window = (struct window){ .since_ns = now_ns };
	return ++window->count;
}

static ssize_t find(const struct brake *brake, const struct account *account)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (brake->slots[i].window.count &&
		    account_equal(&brake->slots[i].account, account))
			return (ssize_t)i;
	return -1;
}

bool brake_holds(const struct brake *brake, const struct account *account)
{
	ssize_t i = find(brake, account ?: &nobody);

	return i >= 0 && brake->slots[i].window.count >= SLUICE_MAX_REFUSED &&
	       !is_over(&brake->slots[i].window, agent_boot_ns());
}

static struct slot *take_slot(struct brake *brake, const struct account *account)
{
	struct slot *slot = brake->slots;

	for (size_t i = 0; i < SLOTS && slot->window.count; i++)
		if (!brake->slots[i].window.count ||
		    brake->slots[i].window.since_ns < slot->window.since_ns)
			slot = &brake->slots[i];
	*slot = (struct slot){ .account = *account };
	return slot;
}

bool brake_count(struct brake *brake, const struct account *account)
{
	uint64_t now_ns = agent_boot_ns();
	ssize_t i = find(brake, account ?: &nobody);
	struct slot *slot = i < 0 ? take_slot(brake, account ?: &nobody) : &brake->slots[i];

	add(&slot->window, now_ns);
	return add(&brake->all, now_ns) <= SLUICE_MAX_REFUSED_ALL;
}
