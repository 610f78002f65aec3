/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wording.h: what the kernel knows as bytes and numbers, as text for the journal and for people.
 *
 * Owns: spelling of paths, targets, labels, users and byte strings. Must not own: what a terminal
 * may show (escape.h), or what operators write (text.h).
 *
 * Names on Linux are bytes, the journal and the sockets carry UTF-8. The spelling: a backslash is
 * written twice, a byte that is not part of valid UTF-8 is written \xHH (two lower case hex
 * digits), all else stays. So any name can be read by people and turned back into exactly its bytes
 * with wording_bytes().
 */
#ifndef SLUICE_WORDING_H
#define SLUICE_WORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"

struct agent;

/* Local accounts are looked up here, never over the network; a variable for tests. */
extern const char *wording_passwd;

/* Longest spelling of @length bytes, with the NUL. */
#define WORDING_ROOM(length) (4 * (size_t)(length) + 1)

/* Spells @length bytes. Return: owned by the caller; NULL when memory ran out. */
char *wording_utf8(const char *bytes, size_t length);

/**
 * wording_copy() - spell @bytes (ended by NUL) into @size bytes, whole characters only.
 * Return: bytes of the spelling that did not fit, 0 almost always.
 */
size_t wording_copy(char *ret, size_t size, const char *bytes);

/*
 * Turns a spelling back into bytes. Return: their number; -EINVAL for what is none, -ENAMETOOLONG.
 */
int wording_bytes(const char *text, char *ret, size_t size);

/**
 * wording_path() - join components as struct sluice_event carries them (leaf first, NUL after
 * each).
 * @cut: the upper part is missing: starts with "…/" instead of "/"
 * Control characters and other bytes are kept as they are. A path that does not fit is cut in front
 * in the same way.
 */
void wording_path(const char *parts, size_t length, bool cut, char *ret, size_t size);

/*
 * The target of @event in words: path, "address:port/protocol" as a policy names it, or the change
 * of credentials. Bytes, not UTF-8.
 */
void wording_target(const struct sluice_event *event, char *ret, size_t size);
void wording_endpoint(const struct sluice_target *target, char *ret, size_t size);

/*
 * What an action does to its target, to stand before it: "send to "; empty where the target's words
 * say it.
 */
const char *wording_verb(uint32_t action);

/*
 * Names of the labels, the most sensitive first, comma and space between. Return: bytes of them that
 * did not fit.
 */
size_t wording_labels(const struct agent *agent, uint64_t labels, char *ret, size_t size);

/* Bits in the order in which wording_labels() names them. Return: how many. */
size_t wording_sort_labels(const struct agent *agent, uint64_t labels,
			   uint8_t ret_bits[SLUICE_MAX_LABELS]);

/* Local account of @uid, or the number. */
void wording_user(uid_t uid, char *ret, size_t size);

void wording_hex(const void *bytes, size_t length, char *ret); /* @ret: 2 * length + 1 */
/* -EINVAL unless exactly @length bytes */
int wording_unhex(const char *hex, void *ret, size_t length);

#endif
