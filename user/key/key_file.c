// SPDX-License-Identifier: Apache-2.0
/*
 * key_file.c: see key_file.h. The file appears under its name only when it is complete and on
 * disk (written beside it, then linked), so that a crash leaves no half a key that would stop the
 * next start.
 */
#include "key_file.h"

#include "base/cleanup.h"
#include "journal/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_MAX 4096

/* A key under a password is refused: nobody is there to type it. */
static int no_password(char *buffer, int size, int writing, void *ctx)
{
	(void)buffer, (void)size, (void)writing, (void)ctx;
	return -1;
}

static int check_owner(int fd, const struct key_use *use, const char *path, char *error,
		       size_t error_size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode)) {
		snprintf(error, error_size, "the %s '%s' is not a plain file", use->what,
			 path);
		return -EINVAL;
	}
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		snprintf(error, error_size,
			 "the %s '%s' belongs to uid %u: run 'chown %u %s'", use->what, path,
			 st.st_uid, geteuid(), path);
		return -EACCES;
	}
	if (st.st_mode & 07777 & ~use->mode) {
		snprintf(error, error_size,
			 "the %s '%s' is open to others than its owner (mode %04o): run "
			 "'chmod 600 %s'; if somebody may have read it, %s",
			 use->what, path, st.st_mode & 07777, path, use->anew);
		return -EACCES;
	}
	return 0;
}

static EVP_PKEY *parse_key(const char *pem, size_t size)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)size);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

	BIO_free(bio);
	if (pkey && !EVP_PKEY_is_a(pkey, "ED25519")) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

int key_file_load(const struct key_use *use, const char *path, EVP_PKEY **ret, char *error,
		  size_t error_size)
{
	_cleanup_close_ int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	char pem[KEY_FILE_MAX];
	EVP_PKEY *pkey;
	ssize_t n;
	int r;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0) {
		r = -errno;
		snprintf(error, error_size, "cannot open the %s '%s': %s", use->what, path,
			 strerror(-r));
		return r;
	}
	r = check_owner(fd, use, path, error, error_size);
	if (r < 0)
		return r;
	n = read(fd, pem, sizeof(pem));
	pkey = n > 0 ? parse_key(pem, (size_t)n) : NULL;
	OPENSSL_cleanse(pem, sizeof(pem));
	if (!pkey) {
		snprintf(error, error_size,
			 "the %s '%s' is not an Ed25519 private key in PEM without password: "
			 "restore it from a backup, or %s",
			 use->what, path, use->anew);
		return -EINVAL;
	}
	*ret = pkey;
	return 0;
}

static int write_key(const char *path, EVP_PKEY *pkey)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	BIO *bio;
	char *pem;
	long size;
	int r;

	if (fd < 0)
		return -errno;
	bio = BIO_new(BIO_s_secmem());
	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1) {
		BIO_free(bio);
		return -ENOMEM;
	}
	size = BIO_get_mem_data(bio, &pem);
	r = journal_file_write_at(fd, pem, (size_t)size, 0);
	BIO_free(bio);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

/* Gives the finished file its name, unless there is one already. */
static int publish_key(const char *beside, const char *path)
{
	int r = link(beside, path) < 0 ? -errno : 0;

	unlink(beside);
	return r < 0 ? r : journal_file_sync_folder(path);
}

int key_file_create(const struct key_use *use, const char *path, EVP_PKEY **ret, char *error,
		    size_t error_size)
{
	_cleanup_free_ char *beside = NULL;
	EVP_PKEY *pkey;
	int r;

	if (asprintf(&beside, "%s.new", path) < 0)
		return -ENOMEM;
	pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!pkey) {
		snprintf(error, error_size, "the crypto library cannot make an Ed25519 key");
		return -ENOTSUP;
	}
	unlink(beside); /* left by a crash: it never had its name, nothing is signed with it */
	r = write_key(beside, pkey);
	if (r == 0)
		r = publish_key(beside, path);
	if (r < 0) {
		EVP_PKEY_free(pkey);
		snprintf(error, error_size, "cannot create the %s '%s': %s", use->what, path,
			 strerror(-r));
		return r;
	}
	*ret = pkey;
	return 0;
}
