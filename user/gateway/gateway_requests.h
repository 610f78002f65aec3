/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_requests.h: what the gateway knows of requests: all that are open, those of which
 * something is in force, and those closed last.
 *
 * Owns: the list, in memory only: after each connect sluiced tells of the same. Must not own:
 * whom to tell of them (notifier_queue.h, the page), or whether anything is allowed. Of the loop's
 * thread only.
 */
#ifndef SLUICE_GATEWAY_REQUESTS_H
#define SLUICE_GATEWAY_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/account.h"
#include "ipc.h"

struct gateway_requests;

/*
 * A request came, changed or ended. @updated: it was open before and is, and no more people are
 * asked than were; or it was closed before, as it is. @request: lent for the call; nothing of this header may be called in it.
 */
typedef void (*gateway_change_fn)(void *arg, const struct ipc_request *request, bool updated);

int gateway_requests_new(struct gateway_requests **ret); /* 0 or -ENOMEM */
struct gateway_requests *
gateway_requests_free(struct gateway_requests *requests); /* NULL is fine */

/*
 * IPC_NOTIFY_OPEN, IPC_NOTIFY_CLOSED: what is no question (a glass was broken) is kept as closed.
 */
void gateway_requests_opened(struct gateway_requests *requests, const struct ipc_request *request);
void gateway_requests_closed(struct gateway_requests *requests, const struct ipc_request *request);

/*
 * A connection began, and sluiced has told all that is open (IPC_NOTIFY_ALL): what it did not name
 * in between was closed while nobody listened. @ended, which may be NULL, hears of each such one,
 * lent for the call, and must call nothing of this header.
 */
void gateway_requests_begin(struct gateway_requests *requests);
void gateway_requests_complete(struct gateway_requests *requests,
			       void (*ended)(void *arg, const struct ipc_request *request),
			       void *arg);

/* Calls @changed after each change from now on; NULL: nobody. What is told again is no change. */
void gateway_requests_watch(struct gateway_requests *requests, gateway_change_fn changed,
			    void *arg);

/* Another number after each change. */
uint64_t gateway_requests_version(const struct gateway_requests *requests);

size_t gateway_requests_count(const struct gateway_requests *requests, bool open);

/* One by its id, or NULL: lent until the next call of any function here but _each(). */
const struct ipc_request *gateway_requests_find(struct gateway_requests *requests, const char *id);

/* Whether whoever has @account is known to stand behind @request; some may not be, see ipc.h. */
bool gateway_requests_behind(const struct ipc_request *request, const struct account *account);

/*
 * Calls @fn for each but the first @skip, lent for the call, until it returns false: open ones by
 * age, the oldest first; closed ones the last closed first. @fn must call nothing of this header.
 */
void gateway_requests_each(struct gateway_requests *requests, bool open, size_t skip,
			   bool (*fn)(void *arg, const struct ipc_request *request), void *arg);

#endif
