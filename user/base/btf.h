/* SPDX-License-Identifier: Apache-2.0 */
/*
 * btf.h: which functions a file in BTF's format names.
 *
 * Owns: reading the format (Documentation/bpf/btf.rst). Must not own: which functions are needed
 * (check.c, kernel.c), loading programs.
 */
#ifndef SLUICE_BTF_H
#define SLUICE_BTF_H

#include <stdbool.h>
#include <stddef.h>

/**
 * btf_functions() - look for @n functions in the BTF file behind @fd, which is read to its end.
 * @ret_found: one for each of @names
 * Return: 0, -EBADMSG when the file is not in BTF's format, or another negative errno.
 */
int btf_functions(int fd, const char *const *names, size_t n, bool *ret_found);

#endif
