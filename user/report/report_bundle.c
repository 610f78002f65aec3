// SPDX-License-Identifier: Apache-2.0
/*
 * report_bundle.c: see report_bundle.h.
 */
#include "report_bundle.h"

#include "base/cleanup.h"
#include "journal/merkle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Return: 0; -ENOTEMPTY; a negative errno. */
static int check_empty(int folder)
{
	int copy = fcntl(folder, F_DUPFD_CLOEXEC, 3), r = 0;
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (!entries) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		return r;
	}
	while (r == 0 && (entry = readdir(entries)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = -ENOTEMPTY;
	closedir(entries);
	return r;
}

int bundle_open(const char *path, struct bundle *ret)
{
	struct stat st;

	*ret = (struct bundle){ .folder = -1 };
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	ret->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (ret->folder < 0 || fstat(ret->folder, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return -EPERM; /* somebody else could exchange what is written */
	ret->manifest = open_memstream(&ret->text, &ret->size);
	return ret->manifest ? check_empty(ret->folder) : -ENOMEM;
}

int bundle_folder(struct bundle *bundle, const char *name)
{
	return mkdirat(bundle->folder, name, 0700) < 0 ? -errno : 0;
}

static int hash_of(const void *bytes, size_t size, char ret[65])
{
	uint8_t hash[MERKLE_HASH];

	if (EVP_Digest(bytes, size, hash, NULL, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	merkle_hex(hash, ret);
	return 0;
}

static int write_file(int folder, const char *name, const void *bytes, size_t size)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file)
		return -errno;
	errno = 0;
	if (fwrite(bytes, 1, size, file) != size || fflush(file) || fsync(fd) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

int bundle_add(struct bundle *bundle, const char *name, const void *bytes, size_t size)
{
	char hash[65];
	int r = hash_of(bytes, size, hash);

	if (r == 0)
		r = write_file(bundle->folder, name, bytes, size);
	if (r == 0)
		fprintf(bundle->manifest, "%s  %s\n", hash, name);
	return r;
}

int bundle_add_late(struct bundle *bundle, const char *name, const void *bytes, size_t size)
{
	int r = write_file(bundle->folder, name, bytes, size);

	return r == 0 && fsync(bundle->folder) < 0 ? -errno : r;
}

int bundle_finish(struct bundle *bundle, char ret_hash[65])
{
	int r;

	if (fflush(bundle->manifest) || ferror(bundle->manifest))
		return -ENOMEM;
	r = hash_of(bundle->text, bundle->size, ret_hash);
	if (r == 0)
		r = write_file(bundle->folder, "MANIFEST.sha256", bundle->text, bundle->size);
	return r == 0 && fsync(bundle->folder) < 0 ? -errno : r;
}

void bundle_close(struct bundle *bundle)
{
	if (bundle->manifest)
		fclose(bundle->manifest);
	free(bundle->text);
	if (bundle->folder >= 0)
		close(bundle->folder);
}
