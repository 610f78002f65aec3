/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slack_sign.h: the signature of Slack on what it posts to a request URL: "v0=" and the HMAC with
 * SHA-256, in hex digits, of "v0:TIMESTAMP:BODY" under the app's signing secret.
 *
 * Owns: that check, with the time. Must not own: the body.
 */
#ifndef SLUICE_SLACK_SIGN_H
#define SLUICE_SLACK_SIGN_H

#include <stddef.h>
#include <stdint.h>

#define SLACK_SIGN_TIME	  "X-Slack-Request-Timestamp"
#define SLACK_SIGN_HEADER "X-Slack-Signature"

#define SLACK_SIGN_AGE_S  300 /* before and after now */

/**
 * slack_sign_check() - @timestamp and @signature as the headers have them, NULL for none.
 * Return: 0, -ESTALE for another time, -EBADMSG for a bad signature or none, -EIO.
 */
int slack_sign_check(const char *secret, const char *timestamp, const char *signature,
		     const char *body, size_t size, uint64_t now_s);

#endif
