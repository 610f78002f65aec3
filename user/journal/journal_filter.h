/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_filter.h: which entries somebody wants to see.
 *
 * Owns: comparing an entry with what was asked for. Must not own: reading and holding back
 * (journal_read.h), the command line (cmd_journal.c).
 */
#ifndef SLUICE_JOURNAL_FILTER_H
#define SLUICE_JOURNAL_FILTER_H

#include <jansson.h>
#include <netinet/in.h>
#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

/* Boots of the host, counted from the journal's first entry on. */
struct journal_boots {
	uint64_t n; /* boots before the one of the last entry */
	char id[64];
	uint64_t boottime_us;
};

/*
 * An entry is wanted when it fits all that is not NULL, 0 or false. Patterns are those of
 * fnmatch(3), "*" also over "/".
 */
struct journal_resume;
struct reveal;
struct journal_filter {
	const char *request; /* "request" */
	const char *action;  /* "action" */
	const char *label;   /* in "labels", or "label" */
	const char *person;  /* "person", "requester" or "reviewer" */
	const char *type;    /* "type" itself, or what stands before one of its dots: "grant" fits
				"grant.used" */
	const char *rule;    /* "rule" */
	const char
		*decision; /* "approved" and "denied" of a decision, or the "state" of a request */
	const char *process;	 /* number of "subject" or "peer" */
	const char *user;	 /* of the subject: name, or number of the user or of the login */
	const char *executable;	 /* pattern for the subject's path, or its name without a slash */
	const char *path;	 /* pattern for a target that is a file, or "path" */
	const char *destination; /* pattern for the text of a target that is an endpoint */
	int64_t since_ms, until_ms; /* "time", both included */
	uint64_t from_seq;	    /* "seq", itself included */
	bool has_grep, has_network;
	regex_t grep;		 /* found in "message" */
	struct in6_addr network; /* the target's address is in it; IPv4 is mapped */
	unsigned int prefix;
	bool no_upkeep; /* not what the journal writes for its keys and sums alone */
	/* No filter: what is wanted without a look at its JSON may come without. */
	bool late;
	/* No filter: by type and time alone, what tells totals comes, too, and what is of the type at
	 * another time, so that all can be counted (journal_population.h). */
	bool counts;
	struct journal_boots *boots;   /* no filter: where the reader counts them; may be NULL */
	struct journal_resume *resume; /* no filter: what the reader has to find; may be NULL */
	/* No filter: private text is put in before anything is compared; may be NULL. */
	struct reveal *reveal;
};

void journal_filter_done(struct journal_filter *filter);

/*
 * False: the entry of this line cannot be wanted, so that its JSON, which costs most, need not be
 * parsed.
 */
bool journal_filter_may_want(const struct journal_filter *filter, const char *line, size_t size);

/* With @late: the entry is wanted, and nobody had to look at its JSON. */
bool journal_filter_wants_line(const struct journal_filter *filter, const char *line, size_t size);

bool journal_filter_wants(const struct journal_filter *filter, const json_t *entry);

/* The same without @counts. NULL: its JSON was not looked at, as it is of another time: false. */
bool journal_filter_fits(const struct journal_filter *filter, const json_t *entry);

/*
 * "message" must match this extended regular expression; upper case is told from lower case only
 * where the expression has some. -EINVAL: it is none.
 */
int journal_filter_grep(struct journal_filter *filter, const char *expression);

/*
 * Address, address/prefix, or a pattern for the endpoint's text ("*:443"). -EINVAL: a wrong prefix.
 */
int journal_filter_destination(struct journal_filter *filter, const char *text);

/* To be given each entry in order. Return: the number of its boot. */
uint64_t journal_boots_count(struct journal_boots *boots, const json_t *entry);
/* The same for the line of an entry that names no boot, which is not parsed. */
void journal_boots_pass(struct journal_boots *boots, const char *line, size_t size);

#endif
