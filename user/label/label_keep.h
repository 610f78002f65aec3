/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label_keep.h: labels that data or an operator brought to objects outlive a reboot.
 *
 * Owns: when the kernel's labels go into the table and when the table goes into the kernel. Must
 * not own: the table's file (label_table.h), labels by policy (label.h): those are resolved anew.
 *
 * While programs are loaded the kernel's map is the truth and the table follows it within a second;
 * what the kernel side notes as changed waits there through crashes of this program. At a first
 * start the table fills the map, before any policy is in force.
 */
#ifndef SLUICE_LABEL_KEEP_H
#define SLUICE_LABEL_KEEP_H

#include <stdbool.h>

#include "sluiced/agent.h"

struct label_keep;

/* Opens the table in @folder. On failure @text says why and what to do. */
int label_keep_new(const char *folder, struct label_keep **ret, char *text, size_t size);
struct label_keep *label_keep_free(struct label_keep *keep); /* returns NULL */

/**
 * label_keep_start() - bring table and kernel together, before a policy is in force.
 * @adopted: the kernel was enforcing all the while, so what it has forgotten is gone
 */
int label_keep_start(struct agent *agent, const char *folder, bool adopted, char *text,
		     size_t size);

/*
 * Writes what has changed; call it with every heartbeat. What cannot be written is kept for the
 * next time; that, and the end of it, is logged and journaled once.
 */
void label_keep_tick(struct agent *agent);

/**
 * label_keep_object() - the labels of the object behind @fd were changed by us: make that durable
 * now.
 * Return: 1 when it is, 0 when its file system cannot be known again after it was unmounted, or a
 * negative errno: it will be tried again.
 */
int label_keep_object(struct agent *agent, int fd);

#endif
