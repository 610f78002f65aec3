/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label_place.h: what the lines of a policy led to when it was loaded.
 *
 * Owns: the list. Must not own: the resolution of lines (label.c); what follows when they lead
 * elsewhere (label_stay.h); what is mounted below a labeled path, which has the labels of that
 * place only while it is there (label_mount.c).
 */
#ifndef SLUICE_LABEL_PLACE_H
#define SLUICE_LABEL_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"

/* @dev: super_block::s_dev of its file system, 0 when that is not known */
struct label_place {
	struct sluice_object_id id;
	uint64_t labels;
	uint32_t dev;
};

/* Of one slot of the kernel's policies. */
struct label_places {
	struct label_place *list;
	size_t n;
};

int label_places_add(struct label_places *places, const struct sluice_identify *found,
		     uint64_t labels);
int label_places_copy(struct label_places *places, const struct label_places *from);
void label_places_clear(struct label_places *places);

#endif
