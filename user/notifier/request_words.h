/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_words.h: what the names in a request mean to people, the same in every channel.
 *
 * Owns: the words. Must not own: markup. Each returns NULL for a name that is not known, which is
 * then shown as it came, marked as untrusted.
 */
#ifndef SLUICE_REQUEST_WORDS_H
#define SLUICE_REQUEST_WORDS_H

#include <stdbool.h>

#include "ipc.h"

const char *request_heading(const struct ipc_request *request);
const char *request_action(const struct ipc_request *request);
const char *request_waiting(const struct ipc_request *request);
const char *scope_words(const char *scope);

/* Whether all that was approved has ended, and somebody took back what was left of it. */
bool request_is_revoked(const struct ipc_request *request);

/* "Approved", "Denied", "Revoked", …; of a closed request. */
const char *request_closing(const struct ipc_request *request);

#endif
