/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_page.h: a finished report as one page of HTML, for people who have nothing but a browser:
 * no script, no other file, charts as SVG.
 *
 * Owns: the page's looks and words. Must not own: what is counted (report.h), what is safe in a
 * page (html.h).
 */
#ifndef SLUICE_REPORT_PAGE_H
#define SLUICE_REPORT_PAGE_H

#include "base/html.h"

#include <jansson.h>

/* The page, NUL-terminated and to be freed; NULL when memory ran out. */
char *report_page(const json_t *report);

/* Requests by day, stacked by what came of them; @days as in report.json. */
void report_chart_days(struct html *html, const json_t *days);
/* Requests by the time until they were decided: [{"label", "requests"}]. */
void report_chart_times(struct html *html, const json_t *histogram);

#endif
