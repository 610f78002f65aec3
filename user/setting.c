// SPDX-License-Identifier: Apache-2.0
/*
 * setting.c: see setting.h. Owns how a refusal is written.
 */
#include "setting.h"

#include <stdarg.h>
#include <stdio.h>

int setting_refuse(struct setting_error *error, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	return r;
}
