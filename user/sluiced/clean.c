/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clean.c: see clean.h.
 */
#include "clean.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/cleanup.h"
#include "base/log.h"

/* Of sd_notify(3) and sd_watchdog_enabled(3). */
static const char *const inherited[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
					 "CREDENTIALS_DIRECTORY" };

int clean_inherit(const char *assignment)
{
	for (size_t i = 0; i < ARRAY_SIZE(inherited); i++) {
		size_t length = strlen(inherited[i]);

		if (!strncmp(assignment, inherited[i], length) && assignment[length] == '=')
			return setenv(inherited[i], assignment + length + 1, 1) ? -errno : 0;
	}
	return -EINVAL;
}

void clean_environment(int argc, char **argv)
{
	char *nothing[] = { NULL }, **again, *option;
	int n = 0;

	/* By this path it would be called "exe" in lists of processes. */
	prctl(PR_SET_NAME, "sluiced");
	if (!environ || !*environ)
		return;
	again = calloc((size_t)argc + ARRAY_SIZE(inherited) + 2, sizeof(*again));
	if (!again)
		return;
	again[n++] = argc ? argv[0] : (char *)"sluiced";
	for (size_t i = 0; i < ARRAY_SIZE(inherited); i++) {
		const char *value = getenv(inherited[i]);

		if (value && asprintf(&option, "--" CLEAN_OPTION "=%s=%s", inherited[i], value) > 0)
			again[n++] = option;
	}
	for (int i = 1; i < argc; i++)
		again[n++] = argv[i];
	execve("/proc/self/exe", again, nothing);
	log_warning_errno(-errno, "Cannot start without environment, so the guard will not take "
				  "this process for the agent");
	free(again); /* lint: the options go with the process */
}
