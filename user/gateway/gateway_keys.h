/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_keys.h: sluice-gateway --print-keys: the channels' public keys, in words of the policy.
 *
 * Owns: as whom this may be asked, and the sections. Must not own: the keys (channel_key.h).
 */
#ifndef SLUICE_GATEWAY_KEYS_H
#define SLUICE_GATEWAY_KEYS_H

/* @folder: the gateway's state; missing keys are made there. 0 or a negative errno, logged. */
int gateway_keys_print(const char *folder);

#endif
