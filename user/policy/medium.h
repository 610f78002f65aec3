/* SPDX-License-Identifier: Apache-2.0 */
/*
 * medium.h: the ways off the host that have no address, as people write them: "fs:nfs".
 *
 * Owns: these words. Must not own: which inode or socket is what (bpf/medium.bpf.h), or who may
 * use them (policy.h).
 */
#ifndef SLUICE_MEDIUM_H
#define SLUICE_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

/* The word for @medium, or NULL when a policy cannot name it. */
const char *medium_word(uint32_t medium);

/* What @word names, or SLUICE_MEDIUM_NONE. */
enum sluice_medium medium_of_word(const char *word);

/* Whether @word is of that form, known or not. */
bool medium_is_meant(const char *word);

/* All words in one line, parted by blanks. */
void medium_list(char *ret, size_t size);

#endif
