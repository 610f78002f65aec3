/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h: what sluiced counts, as text of Prometheus
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4).
 *
 * Owns: the names and meanings of the metrics, which dashboards and alerts use
 * (user/examples/prometheus). Must not own: the counts (meter.h, the kernel's), or who is shown
 * them (cmd_metrics.c, web_metrics.c).
 */
#ifndef SLUICE_METRICS_H
#define SLUICE_METRICS_H

#include <stdio.h>

#include "ipc.h"

/* @status: NULL when sluiced does not answer; then @metrics is not looked at. */
void metrics_print(FILE *out, const struct ipc_status *status, const struct ipc_metrics *metrics);

/* For metrics of others: the lines before the samples of one name. */
void metrics_head(FILE *out, const char *name, const char *type, const char *help);
/* What stands in a label's value: without what would end it, and ASCII only, since bytes that are
 * no UTF-8 make Prometheus drop all of a scrape. */
void metrics_quoted(FILE *out, const char *text);

#endif
