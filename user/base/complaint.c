// SPDX-License-Identifier: Apache-2.0
/* complaint.c: see complaint.h. */
#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>

int complain(const struct complaint *complaint, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(complaint->text, complaint->size, format, ap);
	va_end(ap);
	return error;
}
