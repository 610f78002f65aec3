/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant_table.h: what grant.c and grant_recover.c share; nobody else includes it.
 */
#ifndef SLUICE_GRANT_TABLE_H
#define SLUICE_GRANT_TABLE_H

#include "grant.h"

int grant_table_add(struct agent *agent, struct grant *grant); /* 0 or -ENOMEM */
void grant_table_remove(struct grant *grant);
/* (re)starts the timer of its expiry */
int grant_arm(struct grant *grant);
void grant_drop(struct grant *grant, const char *why);	       /* ends it: journal, kernel, table */

#endif
