/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h: one end of a Unix SOCK_SEQPACKET connection that carries ipc.h messages.
 *
 * Owns: framing, exact sizes, NUL checks of text fields, peer credentials. Must not own: what a
 * message means or who may send it (control.h in sluiced, gateway.c).
 *
 * sluiced takes no descriptors: to close one of a FUSE file waits for whoever serves it, for ever if
 * they like, and SIGKILL does not end that. Who means a file names the descriptor by its number. It
 * gives one, of the journal, to the gateway.
 */
#ifndef SLUICE_CHANNEL_H
#define SLUICE_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc.h"

/* A process as the kernel names it: the peer at connect time, the sender when it sent. */
struct channel_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/* Largest message, header included. */
#define CHANNEL_MAX (sizeof(struct ipc_header) + sizeof(union ipc_any))

union ipc_any {
	struct ipc_result result;
	struct ipc_select select;
	struct ipc_decide decide;
	struct ipc_signed answer;
	struct ipc_reason reason;
	struct ipc_request request;
	struct ipc_grant grant;
	struct ipc_label label;
	struct ipc_label_item label_item;
	struct ipc_glass glass;
	struct ipc_why why;
	struct ipc_edge edge;
	struct ipc_status status;
	struct ipc_metrics metrics;
	struct ipc_report report;
	struct ipc_report_item report_item;
	struct ipc_erase erase;
	struct ipc_erase_item erase_item;
	struct ipc_hello hello;
	struct ipc_delivery delivery;
	struct ipc_channel channel;
	struct ipc_journal journal;
	struct ipc_part part;
	struct ipc_sink sink;
	struct ipc_cosigned cosigned;
};

struct channel_message {
	uint16_t type;
	union ipc_any body;
};

/**
 * channel_listen() - bind and listen; the folder must exist.
 * @mode: of the socket file. A stale socket file is replaced, one that answers is -EADDRINUSE.
 * What comes over its connections is received with channel_receive_from().
 * Return: a non-blocking, close-on-exec descriptor or a negative errno.
 */
int channel_listen(const char *path, mode_t mode);
int channel_accept(int listen_fd, struct channel_peer *ret_peer); /* non-blocking, close-on-exec */
int channel_connect(const char *path); /* blocking; receive time-out of 30 s */

/**
 * channel_send() - send one message whole.
 * Return: 0; -EMSGSIZE when @size is not what @type has; -EAGAIN when the peer does not read; else
 * negative errno.
 */
int channel_send(int sock, enum ipc_type type, const void *payload, size_t size);

/* The same with a descriptor, which stays the caller's. */
int channel_send_file(int sock, enum ipc_type type, const void *payload, size_t size, int fd);

/**
 * channel_receive() - receive one message and check it: magic, version, known type, exact size,
 * NULs, no descriptor.
 * Return: 1 for a message, 0 when the peer has closed, -EAGAIN, or -EPROTO for anything malformed
 * (end the peer).
 */
int channel_receive(int sock, struct channel_message *ret);

/*
 * The same on an accepted connection. @ret_sender: set with a message: who sent it, which may be
 * another process than connected: a descriptor is inherited, and can be given away.
 */
int channel_receive_from(int sock, struct channel_message *ret, struct channel_peer *ret_sender);

/* The same from a peer that may give a descriptor. @ret_fd: it, to be closed, or -1. */
int channel_receive_file(int sock, struct channel_message *ret, int *ret_fd);

const char *channel_type_name(uint16_t type);

#endif
