/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_test_card.h: sluice-gateway --test-card.
 *
 * Owns: one message to each channel, and what is printed of it. Must not own: the message
 * (notifier.h); nothing is tried twice.
 */
#ifndef SLUICE_GATEWAY_TEST_CARD_H
#define SLUICE_GATEWAY_TEST_CARD_H

#include "gateway_config.h"

/* Runs the loop until each channel has answered. Return: 0; -EIO: one did not take it, which is
 * printed. */
int gateway_test_cards(struct event_base *base, struct http *http,
		       const struct gateway_config *config);

#endif
