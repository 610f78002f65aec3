/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_memory.h: what a place remembers over restarts: the file "<what>-<name of the place>" of the
 * gateway's folder.
 *
 * Owns: that the file is there whole, and durable. Must not own: what it says.
 */
#ifndef SLUICE_SINK_MEMORY_H
#define SLUICE_SINK_MEMORY_H

#include "sink.h"

/* Return: 0 or a negative errno. */
int sink_memory_write(const struct sink_run *run, const char *what, const char *text);

/* Empty when nothing is remembered, or more than @size - 1 bytes are. */
void sink_memory_read(const struct sink_run *run, const char *what, char *text, size_t size);

#endif
