/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glass.h: break-glass: for a limited time the guard lets root through, loudly.
 *
 * Two ways lead there, both through the running daemon: two different people of the policy agree,
 * each from a session of their own; or somebody types the code that is shown on the local console
 * and nowhere else. Root alone has neither, as far as uids and the console are what they seem:
 * README says what that is worth.
 *
 * Owns: who may, how long, and that it is journaled before it begins and after it ends, told to the
 * gateway, and logged as an emergency. Must not own: what is guarded (guard.h), or who looks at it
 * afterwards (review.h).
 */
#ifndef SLUICE_GLASS_H
#define SLUICE_GLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "decision/decision.h"
#include "ipc.h"
#include "sluiced/agent.h"

#define GLASS_PEOPLE 2
#define GLASS_CODE   8 /* digits */
#define GLASS_TRIES  3

/**
 * struct glass: at most one break-glass at a time.
 * @asked_until_ns: boot clock: somebody asked, and it waits to be agreed to; 0: nobody did
 * @duration_s, @reason, @asker: as asked
 * @people, @n_people: who agreed so far; @first: the session of the first of them
 * @asking: the session that asked
 * @code: shown on the console, empty when it was not; @tries: left
 * @broken_until_ns: boot clock; 0: whole
 * @session: number of the newest, in the journal's entries
 * @by: who broke it, in words; @until_ms: for people
 */
struct glass {
	uint64_t asked_until_ns;
	uint32_t duration_s;
	char reason[SLUICE_REASON_MAX];
	char asker[SLUICE_NAME_MAX];
	char people[GLASS_PEOPLE][SLUICE_NAME_MAX];
	size_t n_people;
	struct identity first;
	struct identity asking;
	char code[GLASS_CODE + 1];
	unsigned int tries;
	uint64_t broken_until_ns;
	uint32_t session;
	char by[2 * SLUICE_NAME_MAX + 8];
	uint64_t broken_ms;
	uint64_t until_ms;
};

/**
 * glass_act() - one step of a break-glass: see enum ipc_glass_verb.
 * @root: the process runs as root; @decider: who it is
 * @text: always written: what happened, or what is wrong and the remedy
 * Return: 0; -EPERM not a person of the policy, the same one twice, a wrong code, or carries
 * labels; -ENOENT nobody asked; -EALREADY broken, or asked for; -EINVAL no reason, or too long a
 * time; -EIO the journal cannot be written: nothing was done; of a review as review_give().
 */
int glass_act(struct agent *agent, const struct ipc_glass *act, bool root,
	      const struct decider *decider, char *text, size_t size);

/* At start: takes up what the kernel has, and journals what ended meanwhile. */
void glass_take_up(struct agent *agent);

/* Ends what is over. */
void glass_tick(struct agent *agent);

/* One sentence for status while it is broken, else empty. */
void glass_describe(const struct glass *glass, char *text, size_t size);

/* What the gateway is told; @id as in control_notify_glass(). */
#define GLASS_ID "r-glass-"
bool glass_notice(const struct agent *agent, const char *id, struct ipc_request *ret);

#endif
