/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label.h: which objects carry which labels: resolves the policy's paths and attributes once, and
 * what operators set.
 *
 * Owns: the way from a path to an identity, and the numbers of labels (file <state>/labels). Must
 * not own: labels that move at run time (the kernel does that), or the maps (kernel.h).
 */
#ifndef SLUICE_LABEL_H
#define SLUICE_LABEL_H

#include <stdbool.h>
#include <stddef.h>

#include "ipc.h"
#include "policy/policy.h"
#include "sluiced/agent.h"

struct mounts;

/**
 * label_numbers() - give each label of @policy its bit: the one it always had, or a free one.
 * @folder: of the agent's state; the file "labels" in it is replaced durably when a label is new
 * @names: in: what is known; out: with the new ones. @numbers: bit of policy label i
 * A label that left the policy keeps its bit: files may still carry it. No bit left: -ENOSPC.
 */
int label_numbers(const struct policy *policy, const char *folder, struct label_names *names,
		  unsigned int numbers[SLUICE_MAX_LABELS], struct policy_error *error);

/* Gives @name a number if it has none; as above. */
int label_names_add(const char *folder, const char *name, struct label_names *names,
		    struct policy_error *error);

/* Reads "<folder>/labels". No file is no label; a damaged one is refused. */
int label_names_load(const char *folder, struct label_names *ret, struct policy_error *error);

/**
 * label_apply() - label the policy's paths, mounts below them, and files with its attributes, in
 * @slot.
 * A path that cannot be opened is an error: a policy that silently guards less than it says is
 * worse than none.
 */
int label_apply(struct agent *agent, const struct policy *policy, const unsigned int *numbers,
		unsigned int slot, struct policy_error *error);

/**
 * label_follow_mounts() - what is mounted changed from @old to @now: what is new gets at once the
 * labels that the policy in force gives to its place, and that is journaled.
 * Return: whether something that was labeled so is gone: then label anew (deploy_relabel()).
 */
bool label_follow_mounts(struct agent *agent, const struct mounts *old, const struct mounts *now);

/* @slot: 0 or 1 */
struct label_bits {
	unsigned int slot;
	uint64_t labels;
};

/*
 * For label_mount.c: label what lies at @path, and files below it by attribute. Both are noted as
 * what a line of the policy leads to (label_place.h).
 */
int label_path(struct agent *agent, const char *path, const struct label_bits *bits,
	       bool *ret_folder);
int label_xattr(struct agent *agent, const struct policy_xattr *xattr, const char *below,
		const struct label_bits *bits, bool *ret_folder);

/* The same for what is mounted below such a place, which is not noted. */
int label_below(struct kernel *kernel, const char *path, const struct label_bits *bits,
		struct sluice_identify *ret_found);

/* Copies what the policy in force labels from slot to slot. */
int label_copy(struct agent *agent, unsigned int from, unsigned int to);

/**
 * label_set() - add or remove a label of one object, by an operator.
 * @text: what was done or the remedy
 * A label that the policy gives cannot be removed (-EBUSY), one that it does not know is refused
 * (-ENOENT).
 */
int label_set(struct agent *agent, int fd, const char *label, bool add, const char *path,
	      char *text, size_t size);

typedef int (*label_item_fn)(void *ctx, const struct ipc_label_item *item);
/* Labels of one object (its own and its folders') or, with @fd -1, all that are known. */
int label_list(struct agent *agent, int fd, label_item_fn fn, void *ctx);

#endif
