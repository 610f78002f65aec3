// SPDX-License-Identifier: Apache-2.0
/*
 * report_made.c: see report_made.h.
 */
#include "report_made.h"

#include <string.h>

bool report_made_valid(const struct ipc_report *made)
{
	const size_t digits = sizeof(made->manifest) - 1;
	size_t size = strlen(made->framework);

	return strlen(made->manifest) == digits &&
	       strspn(made->manifest, "0123456789abcdef") == digits && size &&
	       strspn(made->framework, "abcdefghijklmnopqrstuvwxyz0123456789-") == size &&
	       made->from_ms <= made->to_ms && made->to_ms <= INT64_MAX && made->entries;
}

json_t *report_made_body(const struct ipc_report *made)
{
	return json_pack("{s:{s:s, s:s, s:I, s:I, s:I}}", "report", "manifest_sha256",
			 made->manifest, "framework", made->framework, "from_ms",
			 (json_int_t)made->from_ms, "to_ms", (json_int_t)made->to_ms, "entries",
			 (json_int_t)made->entries);
}
