/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_lineage.h: where the data came from and where it is to go, drawn.
 *
 * Owns: the picture, and the same in words below it. Must not own: lineage itself.
 */
#ifndef SLUICE_WEB_LINEAGE_H
#define SLUICE_WEB_LINEAGE_H

#include "base/html.h"
#include "ipc.h"

/* A section of a page. */
void add_lineage(struct html *html, const struct ipc_request *request);

#endif
