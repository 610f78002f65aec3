/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release.h: what `sluiced --release` and `sluiced --detach` do while no daemon runs, or beside
 * one.
 *
 * Owns: their order and their messages. Must not own: waking (hold.h) or the pins (kernel.h).
 */
#ifndef SLUICE_RELEASE_H
#define SLUICE_RELEASE_H

/* Wakes all that are held: without a fresh heartbeat their calls fail. Return: an exit status. */
int release_held(void);

/* Wakes all that are held and ends all enforcement, if the guard lets it. Return: exit status. */
int release_all(void);

#endif
