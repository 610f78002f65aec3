// SPDX-License-Identifier: Apache-2.0
/*
 * kernel_ask.c: what the kernel and people tell each other about one subject, action and object:
 * that it is asked about, how often it was refused, and what it is granted.
 *
 * Owns: the maps of asks, refusals and grants, which have the same key. Must not own: when
 * (request.c, grant.c, hold.c).
 */
#include "kernel_private.h"

#include <errno.h>

#include "base/cleanup.h"

/* The keys of one of the three maps. @ret: the caller's to free, also on failure. */
static ssize_t keys_of(const struct kernel *kernel, enum kernel_map which,
		       struct sluice_ask_key **ret)
{
	char *keys = NULL;
	ssize_t n = kernel_map_keys(kernel, which, sizeof(**ret), &keys);

	*ret = (struct sluice_ask_key *)(void *)keys;
	return n;
}

int kernel_ask_get(struct kernel *kernel, const struct sluice_ask_key *key, struct sluice_ask *ret)
{
	return kernel_map_get(kernel, KMAP_ASKS, key, ret);
}

int kernel_ask_end(struct kernel *kernel, const struct sluice_ask_key *key)
{
	return kernel_map_delete(kernel, KMAP_ASKS, key);
}

int kernel_ask_each(struct kernel *kernel, kernel_ask_fn fn, void *ctx)
{
	_cleanup_free_ struct sluice_ask_key *keys = NULL;
	ssize_t n = keys_of(kernel, KMAP_ASKS, &keys), i;
	struct sluice_ask ask;

	for (i = 0; i < n; i++)
		if (!kernel_map_get(kernel, KMAP_ASKS, &keys[i], &ask))
			fn(ctx, &keys[i], &ask);
	return n < 0 ? (int)n : 0;
}

int kernel_refusal_each(struct kernel *kernel, kernel_refusal_fn fn, void *ctx)
{
	_cleanup_free_ struct sluice_ask_key *keys = NULL;
	ssize_t n = keys_of(kernel, KMAP_REFUSALS, &keys), i;
	struct sluice_refusal refusal;

	for (i = 0; i < n; i++)
		if (!kernel_map_get(kernel, KMAP_REFUSALS, &keys[i], &refusal))
			fn(ctx, &keys[i], &refusal);
	return n < 0 ? (int)n : 0;
}

uint64_t kernel_refusal_take(struct kernel *kernel, const struct sluice_ask_key *key)
{
	struct sluice_take_refusals args = { .key = *key };

	return kernel_program_run(kernel->program[KRUN_TAKE_REFUSALS], &args, sizeof(args))
		       ? 0
		       : args.untold;
}

void kernel_refusal_lost(struct kernel *kernel, uint64_t count)
{
	struct sluice_take_refusals args = { .lost = count };

	kernel_program_run(kernel->program[KRUN_TAKE_REFUSALS], &args, sizeof(args));
}

int kernel_grant_put(struct kernel *kernel, const struct sluice_ask_key *key,
		     const struct sluice_grant *grant)
{
	int err = kernel_map_put(kernel, KMAP_LIVE, &grant->id, &grant->expires_ns);

	return err ? err : kernel_map_put(kernel, KMAP_GRANTS, key, grant);
}

int kernel_grant_get(struct kernel *kernel, const struct sluice_ask_key *key,
		     struct sluice_grant *ret)
{
	return kernel_map_get(kernel, KMAP_GRANTS, key, ret);
}

int kernel_grant_end(struct kernel *kernel, const struct sluice_ask_key *key, uint64_t id)
{
	struct sluice_grant grant;
	int err = kernel_map_delete(kernel, KMAP_LIVE, &id);

	/* The key may have got a newer grant meanwhile: that one stays. */
	if (!kernel_map_get(kernel, KMAP_GRANTS, key, &grant) && grant.id == id)
		err = kernel_map_delete(kernel, KMAP_GRANTS, key);
	return err == -ENOENT ? 0 : err;
}

int kernel_grant_each(struct kernel *kernel, kernel_grant_fn fn, void *ctx)
{
	_cleanup_free_ struct sluice_ask_key *keys = NULL;
	ssize_t n = keys_of(kernel, KMAP_GRANTS, &keys), i;
	struct sluice_grant grant;

	for (i = 0; i < n; i++)
		if (!kernel_map_get(kernel, KMAP_GRANTS, &keys[i], &grant))
			fn(ctx, &keys[i], &grant);
	return n < 0 ? (int)n : 0;
}
