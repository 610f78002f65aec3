/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_bundle.h: the folder that an auditor gets.
 *
 * Owns: new files in a new folder, and the list of their hashes (MANIFEST.sha256, as sha256sum -c
 * reads it). Must not own: what is in the files.
 */
#ifndef SLUICE_REPORT_BUNDLE_H
#define SLUICE_REPORT_BUNDLE_H

#include <stddef.h>
#include <stdio.h>

struct bundle {
	int folder;
	FILE *manifest;
	char *text; /* of the manifest */
	size_t size;
};

/**
 * bundle_open() - make @path, or take it when it is empty.
 * @ret: bundle_close() in any case, also after a failure
 * Return: 0; -ENOTEMPTY; another negative errno.
 */
int bundle_open(const char *path, struct bundle *ret);
/* A folder in it. Return: 0 or a negative errno. */
int bundle_folder(struct bundle *bundle, const char *name);
/* A new file, mode 0600. @name: below the folder, without white space at its ends. */
int bundle_add(struct bundle *bundle, const char *name, const void *bytes, size_t size);
/* A new file that the manifest does not list, since it is made of it. */
int bundle_add_late(struct bundle *bundle, const char *name, const void *bytes, size_t size);
/* Writes the manifest; @ret_hash: 64 hexadecimal digits of its own SHA-256. */
int bundle_finish(struct bundle *bundle, char ret_hash[65]);
void bundle_close(struct bundle *bundle);

#endif
