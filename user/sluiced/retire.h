/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retire.h: files of the journal that are older than JournalKeep= are removed.
 *
 * Owns: when, and the entry "journal.removed" before. Must not own: the removal itself
 * (journal_retire.h), what is held off the host (control.h).
 */
#ifndef SLUICE_RETIRE_H
#define SLUICE_RETIRE_H

#include <jansson.h>
#include <stdint.h>

struct agent;

/**
 * struct retire: what is known of earlier removals.
 * @since, @first, @last: entries of the files that went one after the other, and where the newest
 * of these begins; @last 0: none
 * @wait_ns: of the boot clock: none goes before
 * @told: why one stays that is old enough, as it was logged; NULL: none does
 */
struct retire {
	uint64_t since, first, last;
	uint64_t wait_ns;
	const char *told;
};

/* Each minute: at most one goes. */
void retire_look(struct agent *agent);

/* The clock was set: by it nothing goes for an hour, in which somebody may set it right. */
void retire_mistrust_clock(struct agent *agent);

/* At start: an entry "journal.removed"; what a file of the journal hands to the next one. */
void retire_replay(struct agent *agent, const json_t *entry);
int retire_facts(const struct retire *retire, json_t *facts);
void retire_recall(struct retire *retire, const json_t *facts);

#endif
