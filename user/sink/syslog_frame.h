/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_frame.h: a line of the journal as a syslog message.
 *
 *	count SP <110>1 TIME HOST sluice - TYPE [sluice@32473 journal="…" offset="…" size="…"] SP line
 *
 * RFC 5424 in a frame of RFC 5425. The message is the line, to the byte, without its LF and without
 * a byte order mark; offset is where it begins in the journal and size its bytes, so that a receiver
 * can put lines in order, drop what came twice, and see what did not come. TIME and TYPE are for
 * those who search; a checkpoint has no time.
 *
 * Owns: this form. Must not own: which lines are sent, or how.
 */
#ifndef SLUICE_SYSLOG_FRAME_H
#define SLUICE_SYSLOG_FRAME_H

#include <stdint.h>
#include <stdio.h>

#include "journal/merkle.h"

/* What all messages of a host have in common. */
struct syslog_origin {
	char host[256];
	char journal[MERKLE_HEX];
};

/* @name: of this host; what is none by RFC 5424 is left out. @journal: hash of entry 0, hex. */
void syslog_origin_init(struct syslog_origin *origin, const char *name, const char *journal);

/* @line: @size bytes without LF, at @offset of the journal. Errors stay in @out. */
void syslog_frame_write(FILE *out, const struct syslog_origin *origin, uint64_t offset,
			const char *line, size_t size);

#endif
