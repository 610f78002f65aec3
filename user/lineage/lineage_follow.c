// SPDX-License-Identifier: Apache-2.0
/*
 * lineage_follow.c: see lineage_follow.h.
 *
 * One turn is one transaction: the entries and the place behind them are in the index together.
 */
#include "lineage_follow.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/record.h"
#include "journal/journal.h"

/* Holds any line, and the signature behind it. */
#define CHUNK	    (4 * (SLUICE_JOURNAL_ENTRY_MAX + 1))
#define TURN_NS	    20000000 /* what a turn may take from all else */
#define RETRY_TICKS 5	     /* between attempts while the disk is full */

/**
 * @place: the same as in the index, when no transaction is open
 * @turn: reads on when nothing else is to be done; it is pending while more is known to be there
 */
struct lineage_follow {
	struct agent *agent;
	struct lineage_index *index;
	struct event *turn;
	char *folder;
	char *buffer;
	struct lineage_place place;
	unsigned int wait;
	char broken[256];
};

static uint64_t left(const struct lineage_follow *follow)
{
	uint64_t durable = journal_durable(follow->agent->journal);

	return durable > follow->place.offset ? durable - follow->place.offset : 0;
}

/* Return: 0, or -EBADMSG for what cannot be the next line of the journal. */
static int add_line(struct lineage_follow *follow, struct lineage_place *place, const char *line,
		    size_t size)
{
	json_auto_t *entry = NULL;
	uint64_t seq;
	int err;

	place->offset += size + 1;
	if (size > 14 && !memcmp(line, "{\"checkpoint\":", 14))
		return 0;
	entry = json_loadb(line, size, JSON_ALLOW_NUL, NULL);
	if (!record_get_u64(entry, "seq", &seq) || seq != place->seq)
		return -EBADMSG;
	place->seq++;
	err = lineage_index_add(follow->index, entry, seq);
	return err;
}

/* Whole lines of the buffer, until the time of the turn is over. */
static int add_lines(struct lineage_follow *follow, struct lineage_place *place, size_t size)
{
	uint64_t end = agent_boot_ns() + TURN_NS;
	const char *line = follow->buffer, *stop = line + size, *lf;
	int err = 0;

	while (!err && line < stop && agent_boot_ns() < end) {
		lf = memchr(line, '\n', (size_t)(stop - line));
		if (!lf)
			return line == follow->buffer ? -EBADMSG : 0;
		err = add_line(follow, place, line, (size_t)(lf - line));
		line = lf + 1;
	}
	return err;
}

static int read_turn(struct lineage_follow *follow)
{
	struct lineage_place place = follow->place;
	ssize_t n = journal_read_at(follow->agent->journal, follow->buffer, CHUNK, place.offset);
	int err;

	if (n <= 0)
		return n ? (int)n : -EBADMSG;
	err = lineage_index_begin(follow->index);
	if (!err)
		err = add_lines(follow, &place, (size_t)n);
	if (!err)
		err = lineage_index_commit(follow->index, &place);
	if (!err)
		follow->place = place;
	return err;
}

/* Says so once, in the log and in the journal, when writing begins to fail and when it works. */
static void tell(struct lineage_follow *follow, int err)
{
	struct agent *agent = follow->agent;
	bool was = follow->broken[0];

	follow->wait = err ? RETRY_TICKS : 0;
	if (was == !!err)
		return;
	if (!err) {
		follow->broken[0] = '\0';
		log_notice("the index of the lineage is written again");
		record_add(agent, NULL, json_object(), "lineage.saved",
			   "the index of the lineage is written again");
		return;
	}
	snprintf(follow->broken, sizeof(follow->broken), "%s",
		 err == -EBADMSG ? "the journal's file is not what was written"
				 : lineage_index_error(follow->index));
	log_error_errno(err,
			"The index of the lineage cannot be written (%s): 'sluice why' and 'sluice "
			"lineage' lack the newest steps; make room in the folder of State=",
			follow->broken);
	record_add(agent, NULL, json_pack("{s:o}", "error", record_text(follow->broken)),
		   "lineage.unsaved",
		   "the index of the lineage cannot be written; nothing else depends on it");
}

static int begin_at_start(struct lineage_follow *follow)
{
	struct journal_part oldest;
	int err = lineage_index_clear(follow->index);

	if (!err)
		err = journal_part(follow->agent->journal, 0, &oldest);
	if (err)
		return err;
	follow->place = (struct lineage_place){ .offset = oldest.from, .seq = oldest.first };
	snprintf(follow->place.genesis, sizeof(follow->place.genesis), "%s",
		 journal_genesis(follow->agent->journal));
	return 0;
}

/* Opens the file of the index, or makes one in memory: questions are worth less than enforcement.
 */
static int open_index(struct lineage_follow *follow)
{
	char text[512] = "";
	int err = lineage_index_open(follow->folder, SLUICE_MAX_LINEAGE, &follow->index, text,
				     sizeof(text));

	if (err && err != -ENOMEM) {
		log_warning("%s: the lineage is only in memory until the next start", text);
		return lineage_index_open(NULL, SLUICE_MAX_NODES, &follow->index, text,
					  sizeof(text));
	}
	if (!err && text[0])
		log_notice("%s", text);
	return err;
}

/* A file that was damaged while it was in use. */
static int renew(struct lineage_follow *follow)
{
	lineage_index_free(follow->index);
	follow->index = NULL;
	return open_index(follow) ? -ENOMEM : begin_at_start(follow);
}

/* Return: 0, or a negative errno that has been told. */
static int turn(struct lineage_follow *follow)
{
	int err;

	if (!follow->index)
		return -ENOMEM;
	err = left(follow) ? read_turn(follow) : 0;
	if (err) {
		tell(follow, err); /* before the rollback, which has an error text of its own */
		lineage_index_rollback(follow->index);
		if (err == -EUCLEAN)
			renew(follow);
		return err;
	}
	tell(follow, 0);
	return 0;
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
	static const struct timeval at_once;
	struct lineage_follow *follow = ctx;

	(void)fd;
	(void)what;
	if (!turn(follow) && left(follow))
		event_add(follow->turn, &at_once);
}

void lineage_follow_tick(struct lineage_follow *follow)
{
	if (!follow || (follow->wait && --follow->wait) || !left(follow))
		return;
	if (!event_pending(follow->turn, EV_TIMEOUT, NULL))
		on_turn(-1, 0, follow);
}

uint64_t lineage_follow_catch_up(struct lineage_follow *follow, unsigned int ms)
{
	uint64_t end = agent_boot_ns() + (uint64_t)ms * 1000000, size;
	int err = 0;

	while (!err && left(follow) && agent_boot_ns() < end)
		err = turn(follow);
	size = journal_size(follow->agent->journal);
	return left(follow) && size > follow->place.seq ? size - follow->place.seq : 0;
}

int lineage_follow_again(struct lineage_follow *follow)
{
	int err = follow->index ? begin_at_start(follow) : -ENOMEM;

	if (!err)
		lineage_follow_tick(follow);
	return err;
}

uint64_t lineage_follow_place(const struct lineage_follow *follow)
{
	return follow->place.offset;
}

struct lineage_index *lineage_follow_index(struct lineage_follow *follow)
{
	return follow->index;
}

const char *lineage_follow_broken(const struct lineage_follow *follow)
{
	return follow->broken[0] ? follow->broken : NULL;
}

/* Whether the index is of this journal, and its place is where the next entry begins. */
static bool is_place(struct lineage_follow *follow)
{
	const struct lineage_place *place = &follow->place;
	uint64_t durable = journal_durable(follow->agent->journal);
	char start[64], wanted[64];
	ssize_t n;

	if (strcmp(place->genesis, journal_genesis(follow->agent->journal)) != 0 ||
	    place->offset > durable)
		return false;
	if (place->offset == durable)
		return place->seq == journal_size(follow->agent->journal);
	n = journal_read_at(follow->agent->journal, start, sizeof(start) - 1, place->offset);
	if (n <= 0)
		return false;
	start[n] = '\0';
	snprintf(wanted, sizeof(wanted), "{\"seq\":%" PRIu64 ",", place->seq);
	return !strncmp(start, wanted, strlen(wanted)) || !strncmp(start, "{\"checkpoint\":", 14);
}

static int start(struct lineage_follow *follow, const char *folder)
{
	int err;

	follow->folder = folder ? strdup(folder) : NULL;
	follow->buffer = malloc(CHUNK);
	follow->turn = event_new(follow->agent->base, -1, 0, on_turn, follow);
	if ((folder && !follow->folder) || !follow->buffer || !follow->turn)
		return -ENOMEM;
	err = open_index(follow);
	if (!err)
		err = lineage_index_place(follow->index, &follow->place);
	if (err || is_place(follow))
		return err;
	if (follow->place.seq)
		log_notice("the index of the lineage is of another journal: it is built again");
	return begin_at_start(follow);
}

int lineage_follow_new(struct agent *agent, const char *folder, struct lineage_follow **ret)
{
	struct lineage_follow *follow = calloc(1, sizeof(*follow));
	int err;

	if (!follow)
		return -ENOMEM;
	follow->agent = agent;
	err = start(follow, folder);
	if (err) {
		lineage_follow_free(follow);
		return err;
	}
	*ret = follow;
	return 0;
}

struct lineage_follow *lineage_follow_free(struct lineage_follow *follow)
{
	if (!follow)
		return NULL;
	if (follow->turn)
		event_free(follow->turn);
	lineage_index_free(follow->index);
	free(follow->folder);
	free(follow->buffer);
	free(follow);
	return NULL;
}
