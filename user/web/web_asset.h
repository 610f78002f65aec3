/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_asset.h: the files that pages and the API refer to, in the program.
 *
 * Owns: where they lie in memory. Must not own: what is in them: user/web/.
 */
#ifndef SLUICE_WEB_ASSET_H
#define SLUICE_WEB_ASSET_H

#include <stddef.h>

extern const char web_style[];
extern const size_t web_style_size;
extern const char web_script[];
extern const size_t web_script_size;
extern const char web_openapi[];
extern const size_t web_openapi_size;

#endif
