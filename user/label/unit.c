// SPDX-License-Identifier: Apache-2.0
/*
 * unit.c: see unit.h.
 */
#include "unit.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

const char *unit_cgroup_root = "/sys/fs/cgroup";

/* gcc 12 takes the array that the caller gets for a leak. */
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
static void fts_closep(FTS **fts)
{
	if (*fts)
		fts_close(*fts);
}
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

int unit_cgroups(const char *unit, uint64_t **ret, size_t *ret_n)
{
	char *roots[] = { (char *)unit_cgroup_root, NULL };
	/*
	 * Within one mount: below the folder of a hybrid host other hierarchies are mounted, whose
	 * ids mean other things.
	 */
	_cleanup_(fts_closep) FTS *fts =
		fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	_cleanup_free_ uint64_t *ids = NULL;
	const FTSENT *entry;
	size_t n = 0;

	if (!fts)
		return -errno;
	while ((entry = fts_read(fts))) {
		uint64_t *more;

		if (entry->fts_level == FTS_ROOTLEVEL && entry->fts_errno)
			return -entry->fts_errno;
		if (entry->fts_info != FTS_D || strcmp(entry->fts_name, unit))
			continue;
		more = reallocarray(ids, n + 1, sizeof(*ids));
		if (!more)
			return -ENOMEM;
		ids = more;
		ids[n++] = entry->fts_statp->st_ino;
	}
	*ret = TAKE_PTR(ids);
	*ret_n = n;
	return 0;
}
