/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.h: one line on the terminal of a process.
 *
 * Owns: which terminal that is, and that nobody is waited for. Must not own: the words
 * (request_tell.c).
 *
 * It is the controlling terminal of the process, reached by one of the standard descriptors of the
 * process or of the one that began its session: nothing is opened by name, which may mean another
 * terminal elsewhere, and nothing that is not that device. `mesg n` keeps it from being written to.
 */
#ifndef SLUICE_TERMINAL_H
#define SLUICE_TERMINAL_H

#include <stdint.h>
#include <sys/types.h>

/**
 * terminal_write() - write @line as it is, as much as the terminal takes at once.
 * @line: with nothing in it that a terminal would obey but its ends of line
 * Return: 0; -ESRCH when the process is gone; -ENOTTY when it has no terminal that can be reached;
 * -EAGAIN when the terminal does not take it; another negative errno.
 */
int terminal_write(pid_t pid, uint64_t start_ns, const char *line);

#endif
