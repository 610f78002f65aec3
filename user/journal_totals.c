// SPDX-License-Identifier: Apache-2.0
/*
 * journal_totals.c: see journal_totals.h.
 */
#include "journal_totals.h"

#include <errno.h>

int journal_totals_count(json_t *totals, const json_t *entry)
{
	const char *type = json_string_value(json_object_get(entry, "type"));
	json_t *count = type ? json_object_get(totals, type) : NULL;

	if (!type)
		return 0;
	if (count)
		return json_integer_set(count, json_integer_value(count) + 1) ? -ENOMEM : 0;
	return json_object_set_new(totals, type, json_integer(1)) ? -ENOMEM : 0;
}
