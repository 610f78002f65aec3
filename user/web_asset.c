// SPDX-License-Identifier: Apache-2.0
/*
 * web_asset.c: see web_asset.h. Owns the directives by which the assembler takes the files in; the
 * Makefile knows that this file depends on them.
 */
#include "web_asset.h"

#define ASSET(name, path)                                    \
	__asm__(".section .rodata\n"                         \
		".global " #name ", " #name "_size\n" #name  \
		":\n"                                        \
		".incbin \"" path "\"\n1:\n"                \
		".balign 8\n" #name "_size:\n"              \
		".quad 1b - " #name "\n"                     \
		".previous\n")

ASSET(web_style, "user/web/style.css");
ASSET(web_script, "user/web/page.js");
ASSET(web_openapi, "user/web/openapi.json");
