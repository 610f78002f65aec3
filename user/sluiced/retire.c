// SPDX-License-Identifier: Apache-2.0
/*
 * retire.c: see retire.h. The age of a file is that of the entry with which the next one begins:
 * the host key has signed it, as nobody has what a file system says.
 */
#include "retire.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent.h"
#include "base/log.h"
#include "control/control.h"
#include "event/record.h"
#include "guard/guard.h"
#include "journal/journal_retire.h"
#include "lineage/lineage_follow.h"
#include "policy/policy.h"

#define CLOCK_WAIT_S 3600

static void tell(struct agent *agent, const char *why)
{
	if (why && (!agent->retire.told || strcmp(why, agent->retire.told) != 0))
		log_notice("a file of the journal is older than JournalKeep=, and stays: %s", why);
	agent->retire.told = why;
}

/* NULL: it may go. */
static const char *reason_to_stay(struct agent *agent, const struct journal_removed *file,
				  uint64_t to)
{
	if (agent_boot_ns() < agent->retire.wait_ns)
		return "the host's clock was set within the last hour";
	if (lineage_follow_place(agent->follow) < to)
		return "the index of the lineage has not read it";
	if (journal_starts_without(agent->journal) < 0)
		return "the state beside the journal is missing or wrong, so that a start needs it";
	return control_not_copied(agent, to, file->last + 1);
}

/* Behind those that went before, or the first of a new row. */
static void remember(struct retire *retire, const struct journal_removed *file)
{
	bool again = retire->last && retire->first == file->first;

	if (!again && (!retire->last || retire->last + 1 != file->first))
		retire->since = file->first;
	retire->first = file->first;
	retire->last = file->last;
}

static int announce(struct agent *agent, const struct journal_removed *file, int64_t ended_ms)
{
	json_t *said = journal_removed_body(file);
	int r;

	if (said)
		json_object_set_new(said, "ended_ms", json_integer(ended_ms));
	r = record_announce(
		agent,
		json_pack("{s:o,s:I,s:o}", "removed", said, "keep_s",
			  (json_int_t)agent->policy->settings.journal_keep_s, "copies",
			  control_copies(agent)),
		JOURNAL_REMOVED_TYPE,
		"sluiced removes entries %" PRIu64 " to %" PRIu64 ", which are in %s: older than "
		"JournalKeep=",
		file->first, file->last, file->file);
	return r ? r : record_commit(agent);
}

/* One that could not be removed is not announced a second time. */
static void remove_file(struct agent *agent, struct journal_removed *file, int64_t ended_ms)
{
	struct retire was = agent->retire;
	bool said = was.last && was.first == file->first && was.last == file->last;
	int r;

	remember(&agent->retire, file);
	file->since = agent->retire.since;
	r = said ? 0 : announce(agent, file, ended_ms);
	if (r < 0) {
		agent->retire = was;
		return;
	}
	r = journal_remove_oldest(agent->journal, file);
	if (r < 0) {
		log_error_errno(r, "Cannot remove '%s' of the journal, as was announced",
				file->file);
		return;
	}
	log_info("removed '%s' of the journal: older than JournalKeep=", file->file);
	guard_follow_journal(agent);
}

void retire_look(struct agent *agent)
{
	uint64_t keep_ms = agent->policy->settings.journal_keep_s * 1000ULL, to = 0;
	struct journal_removed file;
	int64_t ended_ms = 0;
	const char *why = NULL;
	int r;

	if (!keep_ms)
		return;
	r = journal_oldest(agent->journal, &file, &ended_ms, &to);
	if (r == -EUCLEAN)
		why = "a file that is full is not what the one behind it says; see: sluice journal "
		      "verify";
	else if (r < 0 && r != -ENOENT)
		why = "it cannot be read";
	else if (r == 0 && (int64_t)agent_time_ms() - ended_ms < (int64_t)keep_ms)
		r = -ENOENT;
	if (r == 0)
		why = reason_to_stay(agent, &file, to);
	tell(agent, why);
	if (r == 0 && !why)
		remove_file(agent, &file, ended_ms);
}

void retire_mistrust_clock(struct agent *agent)
{
	agent->retire.wait_ns = agent_boot_ns() + CLOCK_WAIT_S * 1000000000ULL;
}
