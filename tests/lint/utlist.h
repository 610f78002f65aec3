/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utlist.h: what a removal from a list does, short enough for analyzers; for lint alone: see
 * uthash.h here.
 */
#ifndef SLUICE_LINT_UTLIST_H
#define SLUICE_LINT_UTLIST_H

#include_next <utlist.h>

void *lint_any(void *head, const void *item);

#undef DL_DELETE2
#undef LL_DELETE2

#define DL_DELETE2(head, del, prev, next) ((head) = lint_any((head), (del)))
#define LL_DELETE2(head, del, next) ((head) = lint_any((head), (del)))

#endif
