// SPDX-License-Identifier: Apache-2.0
/*
 * health_files.c: the vault, and the files of the journal behind each other: see health.h. Nothing
 * is verified here: that is sluice journal verify.
 */
#include "health.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "check_private.h"
#include "journal/journal_stream.h"
#include "limits.h"
#include "vault/vault.h"

/* Whether it is as sluiced makes it: @owner's, a file, for nobody else. Else @result says so. */
static bool is_private(struct check_result *result, const char *path, const struct stat *st,
		       uid_t owner)
{
	if (S_ISREG(st->st_mode) && !(st->st_mode & (S_IRWXG | S_IRWXO)) && st->st_uid == owner)
		return true;
	check_say(result, 0, "%s: mode %04o, owner %u", path, (unsigned int)(st->st_mode & 07777),
		  (unsigned int)st->st_uid);
	check_mend(result,
		   "find out who could read or change it; then: chown %u %s; chmod 0600 %s",
		   (unsigned int)owner, path, path);
	return false;
}

static void cannot_look(struct check_result *result, const char *path, int error)
{
	check_say(result, -1, "%s cannot be looked at: %s", path, strerror(error));
	check_mend(result, "look as root: sudo sluice doctor");
}

static void look_inside(struct check_result *result, const char *path)
{
	const struct vault_select all = { .uid = VAULT_NOBODY };
	struct vault *vault = NULL;
	char text[512] = "";
	uint64_t n = 0;
	int r = vault_open_reader(path, &vault, text, sizeof(text));

	if (r == 0)
		r = vault_count(vault, &all, &n);
	if (r < 0) {
		check_say(result, r == -EBUSY ? -1 : 0, "%s", *text ? text : strerror(-r));
		check_mend(result, r == -EBUSY ? "look again in a minute"
					       : "put a backup in its place, or move it aside: what "
						 "it held is as good as erased then");
	} else if (vault_scrub_pending(vault)) {
		check_say(result, -1, "private texts: %" PRIu64 "; what was erased is still being "
			  "overwritten", n);
		check_mend(result, "keep sluiced running until the journal has vault.rewritten: "
				   "sluice journal --type vault.rewritten");
	} else {
		check_say(result, 1, "private texts: %" PRIu64 ", for root only", n);
	}
	vault_close(vault);
}

void health_vault(struct check_result *result, const char *state)
{
	char path[SLUICE_PATH_TEXT];
	struct stat st, folder;

	result->name = "vault";
	snprintf(path, sizeof(path), "%s/" VAULT_FILE, state);
	if (stat(state, &folder) < 0 || lstat(path, &st) < 0) {
		if (errno == ENOENT)
			check_say(result, 1, "none: nothing was ever private here");
		else
			cannot_look(result, path, errno);
		return;
	}
	if (is_private(result, path, &st, folder.st_uid))
		look_inside(result, path);
}

/* The full files have the owner and the mode of the one that is written. */
static bool are_private(struct check_result *result, const struct journal_stream *stream,
			uid_t owner)
{
	for (size_t i = 0; i < stream->files.n; i++) {
		const char *path = stream->files.list[i].path;
		struct stat st;

		if (lstat(path, &st) < 0) {
			cannot_look(result, path, errno);
			return false;
		}
		if (!is_private(result, path, &st, owner))
			return false;
	}
	return true;
}

/* Each names the one before; what is missing before all of them retention may have removed. */
static void look_for_gaps(struct check_result *result, const struct journal_stream *stream)
{
	_cleanup_free_ char *missing = journal_stream_missing(stream);

	if (missing && stream->whole > 0) {
		check_say(result, 0, "'%s' is missing between %zu files", missing,
			  stream->files.n);
		check_mend(result, "put it back from where the journal is sent to or from a backup; "
				   "see: sluice journal verify");
	} else if (missing) {
		check_say(result, 1, "%zu, from entry %" PRIu64 " on; whether older ones were removed "
			  "by JournalKeep= says: sluice journal verify",
			  stream->files.n, journal_stream_first(stream));
	} else {
		check_say(result, 1, "%zu, without a gap", stream->files.n);
	}
}

void health_journal_files(struct check_result *result, const char *journal)
{
	struct journal_stream stream;
	struct stat folder;
	char path[SLUICE_PATH_TEXT], *slash;
	int r = journal_stream_open(journal, &stream);

	result->name = "journal files";
	snprintf(path, sizeof(path), "%s", journal);
	slash = strrchr(path, '/');
	if (slash)
		slash[slash == path] = '\0';
	if (r == -ENOENT)
		check_say(result, 1, "none yet");
	else if (r < 0)
		cannot_look(result, journal, -r);
	else if (stat(slash ? path : ".", &folder) < 0)
		cannot_look(result, path, errno);
	else if (are_private(result, &stream, folder.st_uid))
		look_for_gaps(result, &stream);
	journal_stream_done(&stream);
}
