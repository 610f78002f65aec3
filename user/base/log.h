/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h: one line a message on standard error, with the syslog priority that journald reads ("<4>")
 * when standard error is not a terminal. Must not own: the signed journal (journal.h), which is the
 * record of truth.
 */
#ifndef SLUICE_LOG_H
#define SLUICE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

/* Messages less urgent than this (LOG_ERR, LOG_INFO, LOG_DEBUG) are dropped; default LOG_INFO. */
void log_set_level(int level);
void log_message(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_messagev(int level, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

#define log_error(...) log_message(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_message(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)

/* Logs and returns @error (a negative errno), whose text is appended. */
int log_errno(int level, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/**
 * struct log_limit: of lines that anybody can cause; all zero in the beginning.
 * @since_s: on the boot clock, when its minute began; @n: lines since
 */
struct log_limit {
	int64_t since_s;
	unsigned int n;
};

/*
 * Whether one more may be written: ten a minute. How many were not is said by a line "N more @what"
 * when the next minute's first one comes.
 */
bool log_limit(struct log_limit *limit, const char *what);

#define log_error_errno(error, ...) log_errno(LOG_ERR, error, __VA_ARGS__)
#define log_warning_errno(error, ...) log_errno(LOG_WARNING, error, __VA_ARGS__)

#endif
