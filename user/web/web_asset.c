// SPDX-License-Identifier: Apache-2.0
/*
 * web_asset.c: see web_asset.h. Owns which files these are; the Makefile knows that this file
 * depends on them.
 */
#include "web_asset.h"

#include "asset.h"

ASSET(web_style, "user/web/style.css");
ASSET(web_script, "user/web/page.js");
ASSET(web_openapi, "user/web/openapi.json");
