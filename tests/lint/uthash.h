/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uthash.h: what the macros of uthash do, short enough for analyzers; for lint alone, never for a
 * program.
 *
 * The real ones walk chains of pointers whose invariants an analyzer does not know: it sees every
 * removal leave the removed element as the head, so each loop that frees a table looks like use
 * after free; and one hash is a thousand paths, so a file with five of them takes it many minutes.
 * Here a removal gives a head that is not known, a search an element or none.
 */
#ifndef SLUICE_LINT_UTHASH_H
#define SLUICE_LINT_UTHASH_H

#include_next <uthash.h>

void *lint_any(void *head, const void *item);

#undef HASH_FIND
#undef HASH_ADD_KEYPTR_BYHASHVALUE
#undef HASH_ADD_KEYPTR
#undef HASH_ADD
#undef HASH_DELETE
#undef HASH_CLEAR

#define HASH_FIND(hh, head, keyptr, keylen, out) \
	((void)(keylen), (out) = lint_any((head), (keyptr)))
#define HASH_ADD_KEYPTR(hh, head, keyptr, keylen, add) \
	((void)(keyptr), (void)(keylen), (head) = lint_any((head), (add)))
#define HASH_ADD(hh, head, field, keylen, add) ((void)(keylen), (head) = lint_any((head), (add)))
#define HASH_DELETE(hh, head, del) ((head) = lint_any((head), (del)))
#define HASH_CLEAR(hh, head) ((head) = NULL)

#endif
