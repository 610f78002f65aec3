/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_peer.h: a connection to a receiver of syslog: TCP, TLS, and that it is who it should be.
 *
 * Owns: the socket, what certificates and names must be, how long each step may take. Must not own:
 * what is sent, what comes of an end (sink_syslog.c). All but what says so may wait: not for the
 * loop. In no two threads at once.
 */
#ifndef SLUICE_SYSLOG_PEER_H
#define SLUICE_SYSLOG_PEER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

struct syslog_peer;

/**
 * struct syslog_place: where to.
 * @host: a name or an address, which the certificate must have
 * @timeout_s: for each of: a connection to one address, TLS, a time in which nothing is taken
 * @probe_s: an idle connection is looked at so often
 */
struct syslog_place {
	char host[256];
	uint16_t port;
	uint16_t timeout_s;
	uint32_t probe_s;
	SSL_CTX *tls;
};

/* Why not; no secrets. @refused: trying again is of no use before somebody has changed something. */
struct syslog_trouble {
	bool refused;
	char text[256];
};

/* Return: 0, or -1 with @trouble. */
int syslog_peer_open(const struct syslog_place *place, struct syslog_peer **ret,
		     struct syslog_trouble *trouble);
/* Never waits; ends TLS. Returns NULL; accepts NULL. */
struct syslog_peer *syslog_peer_close(struct syslog_peer *peer);

/* All of it. Return: 0, or -1 with @trouble. */
int syslog_peer_send(struct syslog_peer *peer, const char *bytes, size_t size,
		     struct syslog_trouble *trouble);

/* Whether it still stands; what comes from there is dropped. Never waits. Return: as before. */
int syslog_peer_look(struct syslog_peer *peer, struct syslog_trouble *trouble);

/* Bytes of the connection that were handed over, and that the other host has acknowledged. */
uint64_t syslog_peer_written(const struct syslog_peer *peer);
uint64_t syslog_peer_acked(const struct syslog_peer *peer);

#endif
