/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_file.h: the journal as a file: one writer, written at the end that is known to be
 * durable, nothing believed after an error.
 *
 * Owns: descriptors, lock, offsets, sync, the cut of what is not wanted. Must not own: what the
 * bytes say.
 */
#ifndef SLUICE_JOURNAL_FILE_H
#define SLUICE_JOURNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct journal_file {
	char *path;
	int lock_fd;	  /* holds the lock as long as the journal is open; never written through */
	int fd;		  /* reading and writing; replaced after an error */
	uint64_t durable; /* bytes that a successful fdatasync() covered */
	bool dirty;	  /* bytes behind them may be in the file, from a write that failed */
	bool renamed;	  /* the folder may not have it under its name yet */
};

/**
 * journal_file_open() - open or create, and lock against a second writer.
 * @ret_size: bytes in the file. Return: 0, or a negative errno with a text in @error.
 */
int journal_file_open(struct journal_file *file, const char *path, uint64_t *ret_size, char *error,
		      size_t error_size);
void journal_file_close(struct journal_file *file);

/**
 * journal_file_append() - write at the durable end and make it durable.
 * On failure what was written is cut again where possible, and journal_file_reopen() is needed
 * before the next try.
 * -ESTALE: the path leads to another file by now; -EBADMSG: somebody else changed the file's size.
 */
int journal_file_append(struct journal_file *file, const char *bytes, size_t size);

/*
 * A fresh descriptor, and the file cut to its durable size: after an error of fdatasync() the old
 * one lies.
 */
int journal_file_reopen(struct journal_file *file);

/*
 * Compares the last append, read from the disk again, with @bytes: 0, or -EIO and it does not count
 * as durable.
 */
int journal_file_reread(struct journal_file *file, const char *bytes, size_t size);

/**
 * journal_file_cut() - move all bytes behind @good to "<path>.torn" (append), durable before they
 * are cut here.
 * @ret_sha256: hex of their hash, 64 characters and NUL
 */
int journal_file_cut(struct journal_file *file, uint64_t good, char ret_sha256[65]);

/**
 * journal_file_next() - the file gets the name @full too, and another, empty one is @file.
 * At each moment one of the two is under the path, and locked.
 * Return: 0; or a negative errno, and all is as it was.
 */
int journal_file_next(struct journal_file *file, const char *full);

/* A second descriptor of the same file, for reading: it, or -ESTALE as above, or another errno. */
int journal_file_reader(const struct journal_file *file);

/* Helpers for other files that must be durable. */
int journal_file_write_at(int fd, const char *bytes, size_t size, uint64_t offset);
int journal_file_sync_folder(const char *path); /* of the folder that holds @path */

#endif
