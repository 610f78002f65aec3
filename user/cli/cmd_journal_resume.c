/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal_resume.c: "sluice journal --checkpoint": what is wrong with a place, and how that is
 * told. The place itself is journal_resume.c's.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd_journal.h"

int cmd_resume_load(const char *path, struct journal_resume *ret)
{
	int r = journal_resume_load(path, ret);

	if (r == 0)
		return CMD_OK;
	if (r == -EBADMSG)
		return cmd_fail(CMD_PLACE_WRONG,
				"'%s' is damaged, or no file of --checkpoint; to have everything "
				"once more, remove it",
				path);
	return cmd_fail(cmd_exit_code(r), "cannot read '%s': %s", path, strerror(-r));
}

int cmd_resume_lost(const char *path, const struct journal_resume *resume, int error)
{
	if (error == -EXDEV)
		return cmd_fail(CMD_PLACE_OTHER,
				"the journal is not the one of '%s': entry 0 is another; a new one "
				"was begun, or it was replaced. To read it from its start, remove "
				"that file",
				path);
	if (error == -ENODATA)
		return cmd_fail(CMD_FAILED,
				"%" PRIu64 " entries were read, and the files with the next ones "
				"are not here any more; put them back, or to begin with what is "
				"here, remove '%s'",
				resume->from.entries, path);
	return cmd_fail(CMD_PLACE_GONE,
			"THE JOURNAL IS NOT WHAT IT WAS: %" PRIu64 " signed entries were read, and "
			"they are not in it any more: it was cut back, or made anew with the "
			"host's key. Keep '%s' and the journal as evidence",
			resume->from.entries, path);
}

int cmd_resume_save(const char *path, const struct journal_resume *resume, uint64_t n_printed)
{
	int r = resume->now.entries > resume->from.entries ? journal_resume_save(path, &resume->now)
							   : 0;

	if (r < 0)
		return cmd_fail(cmd_exit_code(r),
				"cannot write '%s': %s; the next run prints these entries again",
				path, strerror(-r));
	return n_printed ? CMD_OK : CMD_NOTHING_NEW;
}
