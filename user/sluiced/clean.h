/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clean.h: the daemon starts itself once more without any environment.
 *
 * The kernel gives the agent's identity to a program that nobody steers (bpf/guard.bpf.h), and an
 * environment steers: loader, C library and crypto library read it. The few variables that the
 * service manager needs come back as arguments.
 *
 * Owns: which those are. Must not own: other options (sluiced.c).
 */
#ifndef SLUICE_CLEAN_H
#define SLUICE_CLEAN_H

#define CLEAN_OPTION "inherit" /* --inherit=NAME=VALUE */

/*
 * To be called first. Without environment: returns at once. Else does not return, or returns with
 * a warning when the program cannot be started again: it goes on without the identity then.
 */
void clean_environment(int argc, char **argv);

/* The value of a --inherit option. Return: 0, or -EINVAL when it is none of ours. */
int clean_inherit(const char *assignment);

#endif
