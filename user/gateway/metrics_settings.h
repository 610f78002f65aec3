/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics_settings.h: section [Metrics] of gateway.conf, checked: a server of its own for
 * GET /metrics.
 *
 * Owns: its keys, and who may do without a token. Must not own: address and certificate, which are
 * those of [Web] (web_settings.h), or what is shown (web_metrics.c).
 */
#ifndef SLUICE_METRICS_SETTINGS_H
#define SLUICE_METRICS_SETTINGS_H

#include "setting.h"
#include "web/web_settings.h"

/* In a struct web_settings of web_settings_new(). */
extern const struct setting metrics_settings_keys[];
extern const size_t metrics_settings_n_keys;

/* As the check of struct notifier_ops. */
int metrics_settings_check(void *settings, struct setting_error *error);

#endif
