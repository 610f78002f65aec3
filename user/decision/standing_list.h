/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing_list.h: what standing.c and standing_use.c share; nobody else includes it.
 */
#ifndef SLUICE_STANDING_LIST_H
#define SLUICE_STANDING_LIST_H

#include "abi.h"
#include "event/process.h"
#include "ipc.h"

/**
 * struct standing: one standing approval. Strings are bytes.
 * @key: as of a grant for the executable: subject, action, target
 * @unit: outermost one of the process
 * @exe_time_ns: when the executable was last changed, as the approvers' request found it
 * @people: who approved, as on the request; @tier A3 and @key are set
 */
struct standing {
	char id[16];
	char request[16];
	struct sluice_ask_key key;
	char unit[PROCESS_UNIT];
	uint64_t exe_time_ns;
	uint64_t labels;
	uint64_t made_ns, until_ns;
	uint64_t made_ms, until_ms;
	struct ipc_decision *people;
	size_t n_people;
	char *subject;
	char *target;
	struct standing *prev, *next;
};

struct standings {
	struct standing *list; /* oldest first */
};

#endif
