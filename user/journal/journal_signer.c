// SPDX-License-Identifier: Apache-2.0
/*
 * journal_signer.c: see journal_signer.h. The library keeps private keys of this kind in its secure
 * heap, and cleans them when it frees them.
 */
#include "journal_signer.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "journal_checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define SECURE_BYTES 32768 /* a key is 32 */
#define SECURE_LEAST 32

void journal_signer_prepare(void)
{
	if (CRYPTO_secure_malloc_initialized())
		return;
	if (CRYPTO_secure_malloc_init(SECURE_BYTES, SECURE_LEAST) != 1)
		log_warning("the memory of keys cannot be locked and may come into the swap space: "
			    "raise LimitMEMLOCK= of sluiced");
}

void journal_signer_done(struct journal_signer *signer)
{
	struct note_key **keys[] = { &signer->host, &signer->new_host, &signer->epoch,
				     &signer->next_epoch };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		*keys[i] = note_key_free(*keys[i]);
}

int journal_signer_next(struct journal_signer *signer, const struct journal_keys *keys)
{
	char name[NOTE_NAME_MAX + JOURNAL_EPOCH_NAME];
	EVP_PKEY *pkey;
	int r;

	snprintf(name, sizeof(name), "%s/epoch/%" PRIu64, note_key_name(signer->host), keys->named);
	pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!pkey)
		return -ENOTSUP;
	signer->next_epoch = note_key_free(signer->next_epoch);
	r = note_key_new(name, pkey, &signer->next_epoch);
	EVP_PKEY_free(pkey);
	return r;
}

int journal_signer_compose(const struct journal_signer *signer, const struct journal_keys *keys,
			   uint64_t size, const uint8_t root[MERKLE_HASH], char **ret_line)
{
	const struct note_key *const by_role[JOURNAL_ROLES] = {
		[JOURNAL_HOST] = signer->host,
		[JOURNAL_NEW_HOST] = signer->new_host,
		[JOURNAL_EPOCH] = signer->epoch,
	};
	const struct note_key *signers[JOURNAL_ROLES];
	char name[NOTE_NAME_MAX + JOURNAL_EPOCH_NAME];
	size_t n = 0;
	bool needed;
	int r;

	for (enum journal_role role = 0; role < JOURNAL_ROLES; role++) {
		if (!journal_keys_role(keys, role, name, &needed) || !needed)
			continue;
		if (!by_role[role])
			return -ENOKEY;
		signers[n++] = by_role[role];
	}
	r = journal_checkpoint_compose(note_key_name(signer->host), signers, n, size, root,
				       ret_line);
	return r;
}

void journal_signer_advance(struct journal_signer *signer, const struct journal_keys *keys)
{
	if (signer->next_epoch || keys->ends) {
		note_key_free(signer->epoch);
		signer->epoch = keys->ends ? NULL : TAKE_PTR(signer->next_epoch);
		signer->next_epoch = note_key_free(signer->next_epoch);
	}
	if (keys->host_changes) {
		note_key_free(signer->host);
		signer->host = TAKE_PTR(signer->new_host);
	}
}
