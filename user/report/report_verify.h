/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_verify.h: VERIFY.md: how a stranger checks the folder. Owns these words alone.
 */
#ifndef SLUICE_REPORT_VERIFY_H
#define SLUICE_REPORT_VERIFY_H

extern const char report_verify_text[];

#endif
