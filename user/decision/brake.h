/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brake.h: who was refused too often of late, so that whoever has taken over an account or the
 * gateway tries few things, and fills no journal.
 *
 * Owns: counts by account, and of all together, within SLUICE_REFUSED_WINDOW_S. Must not own: what
 * is refused (decision_channel.h). An honest reviewer is not stopped by the refusals of others.
 */
#ifndef SLUICE_BRAKE_H
#define SLUICE_BRAKE_H

#include <stdbool.h>

#include "base/account.h"

struct brake;

struct brake *brake_new(void);		       /* NULL when memory ran out */
struct brake *brake_free(struct brake *brake); /* returns NULL; accepts NULL */

/* Whether nothing more of @account is looked at for now. NULL: of nobody that is known. */
bool brake_holds(const struct brake *brake, const struct account *account);

/*
 * Counts one refusal. Return: whether it is to be journaled; of many all over only the first are.
 */
bool brake_count(struct brake *brake, const struct account *account);

#endif
