/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_asset.h: the files that pages refer to, in the program.
 *
 * Owns: where they lie in memory. Must not own: what is in them: user/web/.
 */
#ifndef SLUICE_WEB_ASSET_H
#define SLUICE_WEB_ASSET_H

#include <stddef.h>

extern const char web_style[], web_style_end[];
extern const char web_script[], web_script_end[];

static inline size_t web_style_size(void)
{
	return (size_t)(web_style_end - web_style);
}

static inline size_t web_script_size(void)
{
	return (size_t)(web_script_end - web_script);
}

#endif
