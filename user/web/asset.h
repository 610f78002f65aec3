/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asset.h: files of the source tree, in a program.
 *
 * Owns: the directives by which the assembler takes them in. Must not own: which files; that an
 * object depends on them the Makefile knows.
 */
#ifndef SLUICE_ASSET_H
#define SLUICE_ASSET_H

/* Defines name[] and name_size, which are declared as const char[] and const size_t. */
#define ASSET(name, path)                                    \
	__asm__(".section .rodata\n"                         \
		".global " #name ", " #name "_size\n" #name  \
		":\n"                                        \
		".incbin \"" path "\"\n1:\n"                \
		".balign 8\n" #name "_size:\n"              \
		".quad 1b - " #name "\n"                     \
		".previous\n")

#endif
