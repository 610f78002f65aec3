/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_private.h: what the files of check.h share: reading, saying, and the rows. For these, and
 * for health.c, which says the same of the installation.
 */
#ifndef SLUICE_CHECK_PRIVATE_H
#define SLUICE_CHECK_PRIVATE_H

#include <stdio.h>
#include <sys/types.h>

#include "check.h"

/* What was found, and how it is; then, unless it is well, the remedy. */
void check_say(struct check_result *result, int ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void check_mend(struct check_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Paths are below check_root. Return: a descriptor or a negative errno. */
int check_open(const char *path);
/* The first @size - 1 bytes, ended with NUL. Return: how many, or a negative errno. */
ssize_t check_read_bytes(const char *path, char *ret, size_t size);
/* The first line, without its end. Return: 0 or a negative errno. */
int check_read_line(const char *path, char *ret, size_t size);
/* Whether a file has this very line. Return: 1, 0, or a negative errno. */
int check_has_line(const char *path, const char *line);
/* What is mounted there, "" for nothing. Return: 0 or a negative errno. */
int check_mounted_type(const char *path, char *ret, size_t size);
bool check_is_mounted(const char *path, const char *type);
/* Of the kernel: "6.1.0-28-amd64". */
bool check_read_release(char *ret, size_t size);

void check_kernel(struct check_result *result);
void check_machine(struct check_result *result);
void check_btf(struct check_result *result);
void check_lsm(struct check_result *result);
void check_lockdown(struct check_result *result);
void check_bpffs(struct check_result *result);
void check_capabilities(struct check_result *result);
void check_ftrace(struct check_result *result);
void check_preemption(struct check_result *result);
void check_cgroup(struct check_result *result);

#endif
