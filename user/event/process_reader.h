/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_reader.h: the child that reads what stands in another process's memory: its command line
 * and its environment.
 *
 * The kernel takes the lock of that memory to read them, and whoever shares the memory can keep the
 * lock for ever, for instance in an mmap() that waits for a file system of their own. sluiced must
 * not wait with them. So a child, forked before any secret is in memory, forks a worker for each
 * question, kills it after SLUICE_READ_MS, and answers that there is no answer.
 *
 * Owns: the child, its time limit, and how much time may be lost this way. Must not own: what is
 * read (process_text.c), or what is thought of a process that cannot be read (request_fill.c,
 * person.c). The functions to ask are in process.h.
 */
#ifndef SLUICE_PROCESS_READER_H
#define SLUICE_PROCESS_READER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Return: 0 (also when it runs already) or a negative errno. */
int process_reader_start(void);

/* Ends the child; what is asked from now on is -ENOTCONN. */
void process_reader_stop(void);

/* For the worker only: they wait as long as the process likes. As in process.h otherwise. */
int process_text_command(pid_t pid, uint64_t start_ns, char *ret, size_t size);
int process_text_environ(pid_t pid, uint64_t start_ns, const char *name, char *ret, size_t size);

#endif
