/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify.h: tells the service manager how a daemon is, by the datagram that sd_notify(3) describes.
 *
 * Owns: the NOTIFY_SOCKET datagram and the WATCHDOG_USEC interval. Must not own: when to send what
 * (the daemons do). Written here because libsystemd would bring compression libraries into
 * privileged processes.
 */
#ifndef SLUICE_NOTIFY_H
#define SLUICE_NOTIFY_H

#include <stdint.h>

/**
 * notify_send() - send one state, for example "READY=1" or "WATCHDOG=1"; several are separated by
 * newlines. Return: 1 when sent, 0 when no service manager asked for it, or a negative errno.
 */
int notify_send(const char *state);

/* Return: the watchdog's interval in microseconds, 0 when none is set for this process. Send at
 * half of it. */
uint64_t notify_watchdog_us(void);

#endif
