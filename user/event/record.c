/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c: adding entries, and the queue of those that wait for a journal that can be written: see
 * record.h.
 */
#include "record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "journal/journal.h"
#include "policy/policy.h"
#include "record_seal.h"
#include "wording.h"

/**
 * @waiting: whole entries, oldest first
 * @lost: entries for which there was no room in @waiting
 * @erased: old entries that lacked private text
 * @critical: an entry since the last commit gives or takes a right
 */
struct record {
	json_t *waiting;
	uint64_t lost;
	uint64_t erased;
	bool critical;
};

struct record *record_new(void)
{
	struct record *record = calloc(1, sizeof(*record));

	if (!record)
		return NULL;
	record->waiting = json_array();
	return record->waiting ? record : record_free(record);
}

struct record *record_free(struct record *record)
{
	if (record)
		json_decref(record->waiting);
	free(record);
	return NULL;
}

/* Type and message in front, so that a person who reads the file sees them first. */
static json_t *compose(json_t *body, const char *type, const char *format, va_list ap)
	__attribute__((format(printf, 3, 0)));

static json_t *compose(json_t *body, const char *type, const char *format, va_list ap)
{
	_cleanup_free_ char *text = NULL, *message = NULL;
	json_t *entry = json_object();
	int length = vasprintf(&text, format, ap);

	if (length < 0)
		text = NULL;
	else
		message = wording_utf8(text, (size_t)length);
	if (!body || !message || json_object_set_new(entry, "type", json_string(type)) ||
	    json_object_set_new(entry, "message", json_string(message)) ||
	    json_object_update(entry, body)) {
		json_decref(entry);
		entry = NULL;
	}
	json_decref(body);
	return entry;
}

/* Of the entry itself: it is counted as lost, since what cannot be written would hold up all others. */
static bool never_fits(int r)
{
	return r == -E2BIG || r == -EINVAL;
}

/* What waits is in memory as it was: what is private then is found out when it is written. */
static int put(struct agent *agent, json_t *entry, uint64_t *ret_seq)
{
	json_t *sealed;
	int r;

	if (!agent->vault)
		return journal_add(agent->journal, json_incref(entry), ret_seq);
	sealed = json_deep_copy(entry);
	r = sealed ? record_seal(agent, sealed) : -ENOMEM;
	if (!r)
		return journal_add(agent->journal, sealed, ret_seq);
	json_decref(sealed);
	return r;
}

/* Journals what had to wait. Nothing is taken from the queue before the journal has it. */
static int add_waiting(struct agent *agent)
{
	struct record *record = agent->record;
	json_t *gap;

	while (json_array_size(record->waiting)) {
		int r = put(agent, json_array_get(record->waiting, 0), NULL);

		if (r < 0 && !never_fits(r))
			return r;
		record->lost += r < 0;
		json_array_remove(record->waiting, 0);
	}
	if (!record->lost)
		return 0;
	gap = json_pack("{s:s, s:s, s:I}", "type", "journal.gap", "message",
			"entries were lost while the journal could not be written", "count",
			(json_int_t)record->lost);
	if (!gap)
		return -ENOMEM;
	if (journal_add(agent->journal, gap, NULL) < 0)
		return -EIO;
	record->lost = 0;
	return 0;
}

static int add(struct agent *agent, json_t *entry, uint64_t *ret_seq)
{
	int r;

	if (!entry)
		return -ENOMEM;
	if (!agent->journal || journal_broken(agent->journal))
		return -EIO;
	r = add_waiting(agent);
	if (r < 0)
		return r;
	return put(agent, entry, ret_seq);
}

static void keep(struct record *record, json_t *entry)
{
	if (entry && json_array_size(record->waiting) < RECORD_MAX_WAITING &&
	    !json_array_append(record->waiting, entry))
		return;
	if (!record->lost++)
		log_error("Journal entries are being lost: the journal cannot be written and too "
			  "many wait for it");
}

/* What nobody may be able to sign again, not even in the same second. */
static bool is_critical(const char *type)
{
	static const char *const kinds[] = { "decision", "grant.", "standing.",
					     "policy.",	 "glass.", "guard.mode",
					     "journal.removed" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncmp(type, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

int record_add(struct agent *agent, uint64_t *ret_seq, json_t *body, const char *type,
	       const char *format, ...)
{
	json_t *entry;
	va_list ap;
	int r;

	va_start(ap, format);
	entry = compose(body, type, format, ap);
	va_end(ap);
	r = add(agent, entry, ret_seq);
	agent->record->critical |= is_critical(type);
	if (never_fits(r))
		agent->record->lost++;
	else if (r < 0)
		keep(agent->record, entry);
	json_decref(entry);
	return r;
}

int record_announce(struct agent *agent, json_t *body, const char *type, const char *format, ...)
{
	json_t *entry;
	va_list ap;
	int r;

	va_start(ap, format);
	entry = compose(body, type, format, ap);
	va_end(ap);
	r = add(agent, entry, NULL);
	agent->record->critical |= r == 0 && is_critical(type);
	json_decref(entry);
	return r;
}

static int commit(struct agent *agent, bool rotate, bool always)
{
	int r;

	if (!agent->journal)
		return -EIO;
	if (!journal_broken(agent->journal)) {
		r = add_waiting(agent);
		if (r < 0)
			return r;
	}
	r = rotate ? journal_rotate(agent->journal, always) : journal_commit(agent->journal);
	if (r == 0)
		agent->record->critical = false;
	return r;
}

int record_commit(struct agent *agent)
{
	return commit(agent, agent->record->critical, false);
}

int record_rotate(struct agent *agent, bool always)
{
	return commit(agent, true, always);
}

int record_next_file(struct agent *agent)
{
	const struct policy_settings *settings = &agent->policy->settings;
	int r;

	if (!agent->journal || record_broken(agent) ||
	    !journal_is_full(agent->journal, settings->journal_file_bytes,
			     settings->journal_file_s * 1000ULL))
		return 0;
	r = journal_begin_file(agent->journal);
	if (r == 0)
		return 1;
	return r == -EAGAIN ? 0
			    : log_error_errno(r, "The journal cannot go on in another file, and "
						 "stays in the one that is full");
}

void record_note_erased(struct agent *agent)
{
	agent->record->erased++;
}

uint64_t record_erased(const struct agent *agent)
{
	return agent->record->erased;
}

const char *record_broken(const struct agent *agent)
{
	return agent->journal ? journal_broken(agent->journal) : "no journal is open";
}
