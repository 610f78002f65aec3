/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_key.h: where the private key is that the journal is signed with: journal.key in the folder
 * of the state, or the credential of that name that the service manager hands over, which it may
 * have unsealed with the TPM (systemd.exec(5), LoadCredentialEncrypted=).
 *
 * Owns: which of the two it is. Must not own: loading the key (key_file.h), making it (journal.h).
 */
#ifndef SLUICE_HOST_KEY_H
#define SLUICE_HOST_KEY_H

#include <stddef.h>

#define HOST_KEY_FILE "journal.key"

/**
 * host_key_path() - the file that the key is to be read from.
 * @state: the folder of the state
 * @text: a sentence with the remedy on failure
 * Return: 0; -EEXIST: a credential and a file are there, of which one is not sealed: nothing says
 * which one the journal goes by; -ENAMETOOLONG.
 */
int host_key_path(const char *state, char *ret, size_t ret_size, char *text, size_t size);

#endif
