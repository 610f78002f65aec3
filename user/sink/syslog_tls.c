// SPDX-License-Identifier: Apache-2.0
/*
 * syslog_tls.c: see syslog_tls.h. All files are read here: where a connection is made, a credential
 * can be read no more.
 */
#include "syslog_tls.h"

#include <errno.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway/secret.h"

static void free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void free_context(SSL_CTX **context)
{
	SSL_CTX_free(*context);
}

/* The empty word keeps OpenSSL from asking a terminal for one. */
static EVP_PKEY *parse_key(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;

	BIO_free(bio);
	return key;
}

static int use_key(SSL_CTX *context, const char *path, struct setting_error *error)
{
	_cleanup_(free_key) EVP_PKEY *key = NULL;
	char *text = NULL;
	int r = secret_read_file("KeyFile", path, false, &text, error);

	if (r < 0)
		return r;
	key = parse_key(text);
	secret_free(text);
	if (!key)
		return setting_refuse(error, -EINVAL,
				      "KeyFile=%s is not a private key in PEM, without a password",
				      path);
	if (SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1)
		return setting_refuse(error, -EINVAL,
				      "KeyFile=%s is not the key of CertificateFile=", path);
	return 0;
}

static int use_certificate(SSL_CTX *context, const struct syslog_tls_files *files,
			   struct setting_error *error)
{
	int r;

	if (!files->certificate != !files->key)
		return setting_refuse(error, -EINVAL,
				      "CertificateFile= and KeyFile= go together; set both, or "
				      "neither");
	if (!files->certificate)
		return 0;
	r = setting_check_readable("CertificateFile", files->certificate, error);
	if (r < 0)
		return r;
	if (SSL_CTX_use_certificate_chain_file(context, files->certificate) != 1)
		return setting_refuse(error, -EINVAL,
				      "CertificateFile=%s is not a certificate in PEM",
				      files->certificate);
	return use_key(context, files->key, error);
}

static int trust(SSL_CTX *context, const char *ca, struct setting_error *error)
{
	int r = setting_check_readable("CAFile", ca, error);

	if (r < 0)
		return r;
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	if (ca ? SSL_CTX_load_verify_file(context, ca) : SSL_CTX_set_default_verify_paths(context))
		return 0;
	return setting_refuse(error, -EINVAL, "CAFile=%s holds no certificates in PEM",
			      ca ? ca : "");
}

int syslog_tls_new(const struct syslog_tls_files *files, SSL_CTX **ret, struct setting_error *error)
{
	_cleanup_(free_context) SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	int r;

	if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
		return setting_refuse(error, -ENOMEM, "not enough memory");
	SSL_CTX_set_mode(context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	r = trust(context, files->ca, error);
	if (r == 0)
		r = use_certificate(context, files, error);
	if (r == 0)
		*ret = TAKE_PTR(context);
	return r;
}
