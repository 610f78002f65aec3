/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h: what a program of this project takes away from itself before it reads anything from
 * outside.
 *
 * Owns: no_new_privs, capabilities, system call filter, Landlock. Must not own: what the service
 * manager takes away (user/systemd); both are in force together.
 */
#ifndef SLUICE_SANDBOX_H
#define SLUICE_SANDBOX_H

#include <stddef.h>

/* @path and everything below stays readable, and @writable if set. A path that is not there is left
 * out. */
struct sandbox_path {
	const char *path;
	int writable;
};

/* What could be put into force; Landlock's version is 0 when the kernel has none. */
struct sandbox_report {
	int landlock_abi;
};

/**
 * sandbox_gateway() - for the program that talks to the network: no capabilities, no new
 * privileges, only the system calls of an HTTPS client and of a server whose socket listens
 * already, and only the files named here and those that name look-ups and TLS read (/etc, /usr).
 * Must run before the first thread. What is forbidden answers EPERM; starting programs, tracing,
 * BPF and mounts kill.
 * @ret: may be NULL
 * Return: 0 or a negative errno, after which the program must end: some of it may be in force
 * already.
 */
int sandbox_gateway(const struct sandbox_path *paths, size_t n, struct sandbox_report *ret);

/* For sluiced, before it loads anything: no new privileges, and modules have no types (sandbox.c
 * says why); its capabilities and system calls are its unit's matter. Return: 0 or negative errno.
 */
int sandbox_daemon(void);

/* For sluiced, when its programs are attached: nothing that needs CAP_NET_ADMIN is left to do. */
int sandbox_loaded(void);

#endif
