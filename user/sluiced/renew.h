/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew.h: "sluiced --new-key": the journal of a stopped daemon gets another host key.
 *
 * Owns: that run. Must not own: how keys change (journal.h).
 */
#ifndef SLUICE_RENEW_H
#define SLUICE_RENEW_H

/* @conf: path of sluice.conf. Return: exit status; what failed is logged with its remedy. */
int renew_key(const char *conf);

#endif
