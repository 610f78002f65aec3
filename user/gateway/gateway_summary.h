/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_summary.h: what sluice-gateway --check says of settings that are good.
 *
 * Owns: these lines. Must not own: the settings.
 */
#ifndef SLUICE_GATEWAY_SUMMARY_H
#define SLUICE_GATEWAY_SUMMARY_H

#include "gateway_config.h"

/* To standard output. @path: of the file */
void gateway_summary_print(const struct gateway_config *config, const char *path);

#endif
