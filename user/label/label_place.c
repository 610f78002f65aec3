// SPDX-License-Identifier: Apache-2.0
/*
 * label_place.c: see label_place.h.
 */
#include "label_place.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

int label_places_add(struct label_places *places, const struct sluice_identify *found,
		     uint64_t labels)
{
	struct label_place *place = ARRAY_APPEND(places->list, places->n);

	if (!place)
		return -ENOMEM;
	place->id = found->object;
	place->labels = labels;
	place->dev = found->s_dev;
	return 0;
}

void label_places_clear(struct label_places *places)
{
	free(places->list);
	*places = (struct label_places){};
}

int label_places_copy(struct label_places *places, const struct label_places *from)
{
	size_t i;

	label_places_clear(places);
	for (i = 0; i < from->n; i++) {
		struct label_place *place = ARRAY_APPEND(places->list, places->n);

		if (!place)
			return -ENOMEM;
		*place = from->list[i];
	}
	return 0;
}
