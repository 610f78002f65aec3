/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal_kept.c: see cmd_journal_kept.h.
 */
#include "cmd_journal_kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct journal_kept_entry {
	STAILQ_ENTRY(journal_kept_entry) next;
	struct journal_entry entry;
	char *line;
};

static struct journal_kept_entry *kept_free(struct journal_kept_entry *kept)
{
	if (kept) {
		json_decref(kept->entry.json);
		free(kept->line);
	}
	free(kept);
	return NULL;
}

static struct journal_kept_entry *kept_new(const struct journal_entry *entry)
{
	struct journal_kept_entry *kept = calloc(1, sizeof(*kept));

	if (!kept)
		return NULL;
	kept->line = strndup(entry->line, entry->size);
	if (!kept->line)
		return kept_free(kept);
	kept->entry = *entry;
	kept->entry.line = kept->line;
	kept->entry.json = json_incref(entry->json);
	return kept;
}

static void drop_first(struct journal_kept *kept)
{
	struct journal_kept_entry *first = STAILQ_FIRST(&kept->list);

	STAILQ_REMOVE_HEAD(&kept->list, next);
	kept->n--;
	kept_free(first);
}

void journal_kept_init(struct journal_kept *kept)
{
	STAILQ_INIT(&kept->list);
	kept->n = 0;
}

static void drop_older_boots(struct journal_kept *kept, uint64_t boot)
{
	while (kept->boot && kept->n &&
	       STAILQ_FIRST(&kept->list)->entry.boot + kept->back < boot)
		drop_first(kept);
}

static void drop_newer_boots(struct journal_kept *kept, uint64_t boot)
{
	struct journal_kept_list all = STAILQ_HEAD_INITIALIZER(all);
	struct journal_kept_entry *first;

	STAILQ_CONCAT(&all, &kept->list);
	while ((first = STAILQ_FIRST(&all))) {
		STAILQ_REMOVE_HEAD(&all, next);
		if (!kept->boot || first->entry.boot + kept->back <= boot) {
			STAILQ_INSERT_TAIL(&kept->list, first, next);
			continue;
		}
		kept_free(first);
		kept->n--;
	}
}

static void drop_beyond_most(struct journal_kept *kept)
{
	while (kept->most && kept->n > kept->most)
		drop_first(kept);
}

int journal_kept_add(struct journal_kept *kept, uint64_t boot, const struct journal_entry *entry)
{
	struct journal_kept_entry *added = kept_new(entry);

	if (!added)
		return -ENOMEM;
	STAILQ_INSERT_TAIL(&kept->list, added, next);
	kept->n++;
	drop_older_boots(kept, boot);
	/* The last ones of an earlier boot are known at the end only. */
	if (!kept->back)
		drop_beyond_most(kept);
	return 0;
}

static void turn(struct journal_kept_list *list)
{
	struct journal_kept_list turned = STAILQ_HEAD_INITIALIZER(turned);
	struct journal_kept_entry *first;

	while ((first = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, next);
		STAILQ_INSERT_HEAD(&turned, first, next);
	}
	STAILQ_CONCAT(list, &turned);
}

void journal_kept_flush(struct journal_kept *kept, uint64_t boot,
			void (*fn)(void *ctx, const struct journal_entry *entry), void *ctx)
{
	drop_older_boots(kept, boot);
	drop_newer_boots(kept, boot);
	drop_beyond_most(kept);
	if (kept->reverse)
		turn(&kept->list);
	while (!STAILQ_EMPTY(&kept->list)) {
		fn(ctx, &STAILQ_FIRST(&kept->list)->entry);
		drop_first(kept);
	}
}
