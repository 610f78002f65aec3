/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.c: connections of sluiced: see control.h. The table at `permits` is the closed list of
 * messages.
 */
#include "control.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "control_peer.h"
#include "event/process.h"
#include "policy/policy.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* since Linux 6.5 */
#endif

/* Each message, who may send it, whether it is answered. */
static const struct permit {
	uint16_t type;
	enum peer_kind kind;
	bool silent;
	answer_fn fn;
} permits[] = {
	{ IPC_STATUS, PEER_CLI, false, answer_status },
	{ IPC_REQUESTS, PEER_CLI, false, answer_requests },
	{ IPC_DECIDE, PEER_CLI, false, answer_decide },
	{ IPC_SUBMIT, PEER_CLI, false, answer_submit },
	{ IPC_GRANTS, PEER_CLI, false, answer_grants },
	{ IPC_REVOKE, PEER_CLI, false, answer_revoke },
	{ IPC_LABEL, PEER_CLI, false, answer_label },
	{ IPC_WHY, PEER_CLI, false, answer_why },
	{ IPC_LINEAGE, PEER_CLI, false, answer_lineage },
	{ IPC_REINDEX, PEER_CLI, false, answer_reindex },
	{ IPC_GLASS, PEER_CLI, false, answer_glass },
	{ IPC_REASON, PEER_CLI, false, answer_reason },
	{ IPC_REPORT, PEER_CLI, false, answer_report },
	{ IPC_ERASE, PEER_CLI, false, answer_erase },
	{ IPC_METRICS, PEER_CLI, false, answer_metrics },
	{ IPC_HELLO, PEER_GATEWAY, true, gateway_hello },
	{ IPC_DELIVERY, PEER_GATEWAY, true, gateway_delivery },
	{ IPC_CHANNEL, PEER_GATEWAY, false, gateway_decide },
	{ IPC_SUBMIT, PEER_GATEWAY, false, gateway_submit },
	{ IPC_STATUS, PEER_GATEWAY, false, answer_status },
	{ IPC_METRICS, PEER_GATEWAY, false, answer_metrics },
	{ IPC_SINK, PEER_GATEWAY, true, gateway_sink },
	{ IPC_COSIGNED, PEER_GATEWAY, true, gateway_cosigned },
	{ IPC_PART, PEER_GATEWAY, true, gateway_part },
};

static struct answer *answer_free(struct answer *answer)
{
	if (answer)
		free(answer->items);
	free(answer);
	return NULL;
}

static void end_client(struct client *client)
{
	struct control *control = client->control;

	if (control->gateway == client)
		control->gateway = NULL;
	DL_DELETE(control->clients, client);
	if (client->readable)
		event_free(client->readable);
	if (client->writable)
		event_free(client->writable);
	if (client->pidfd >= 0)
		close(client->pidfd);
	close(client->sock);
	answer_free(client->answer);
	free(client->notes);
	free(client);
}

static const struct timeval stall_limit = { .tv_sec = CONTROL_STALL_S };

/* The time goes on from where it is, unless the peer has read something: others wake us as well. */
static void wait_until_writable(struct client *client)
{
	if (client->sent || !event_pending(client->writable, EV_TIMEOUT, NULL))
		event_add(client->writable, &stall_limit);
}

/* Who comes asks at once; only a gateway that has said hello may have nothing to say for days. */
static int wait_until_readable(struct client *client)
{
	return event_add(client->readable, client->greeted ? NULL : &stall_limit);
}

/*
 * Sends one item. Return: 0, also when there is none any more; -EAGAIN; or the errno that ends the
 * peer.
 */
static int send_item(struct client *client, struct answer *answer)
{
	const char *item = (const char *)answer->items +
			   answer->next * (answer->fill ? 16 : answer->item_size);
	_cleanup_free_ union ipc_any *body = NULL;

	if (!answer->fill)
		return client_send(client, answer->type, item, answer->item_size);
	body = calloc(1, sizeof(*body));
	if (!body)
		return -ENOMEM;
	if (!answer->fill(client->control->agent, item, body)) {
		/* cppcheck-suppress memleak; freed by its cleanup attribute */
		return 0;
	}
	return client_send(client, answer->type, body, answer->item_size);
}

/*
 * Sends as much of the answer as the peer takes. Return: 0 when it is through, else as send_item().
 */
static int send_answer(struct client *client)
{
	struct answer *answer = client->answer;
	int r;

	for (; answer->next < answer->n; answer->next++) {
		r = send_item(client, answer);
		if (r < 0)
			return r;
	}
	r = client_send(client, IPC_RESULT, &answer->result, sizeof(answer->result));
	if (r < 0)
		return r;
	client->answer = answer_free(answer);
	wait_until_readable(client);
	return 0;
}

int client_send(struct client *client, enum ipc_type type, const void *body, size_t size)
{
	int r = channel_send(client->sock, type, body, size);

	client->sent |= r >= 0;
	return r;
}

/* Goes on with whatever waits for this peer; ends it when it is gone. */
static void go_on(struct client *client)
{
	int r = 0;

	client->sent = false;
	if (client->answer)
		r = send_answer(client);
	if (!r)
		r = gateway_send(client);
	if (r == -EAGAIN)
		wait_until_writable(client);
	else if (r < 0)
		end_client(client);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;

	(void)fd;
	if (client->doomed) {
		log_error("The gateway does not read what it is told: ended");
		end_client(client);
		return;
	}
	if (what & EV_TIMEOUT) {
		log_notice("Peer %d (uid %u) does not read its answers: ended", client->peer.pid,
			   client->peer.uid);
		end_client(client);
		return;
	}
	go_on(client);
}

/* Of a gateway the hello comes first. */
static const struct permit *find_permit(const struct client *client,
					const struct channel_message *message)
{
	if (client->kind == PEER_GATEWAY && message->type != IPC_HELLO && !client->greeted)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(permits); i++)
		if (permits[i].type == message->type && permits[i].kind == client->kind)
			return &permits[i];
	return NULL;
}

/* Return: 0, or a negative errno that ends the peer. */
static int dispatch(struct client *client, const struct channel_message *message)
{
	const struct permit *permit = find_permit(client, message);
	struct answer *answer;
	int r;

	if (!permit) {
		log_warning("Peer %d (uid %u) may not send %s, or not yet: ended", client->peer.pid,
			    client->peer.uid, channel_type_name(message->type));
		return -EPROTO;
	}
	answer = calloc(1, sizeof(*answer));
	if (!answer)
		return -ENOMEM;
	r = permit->fn(client, message, answer);
	if (r < 0 || permit->silent) {
		answer_free(answer);
		return r;
	}
	client->answer = answer;
	event_del(client->readable);
	return 0;
}

/*
 * Login and labels are looked at of the process that connected: a clean one could connect for one
 * that carries labels. Return: as channel_receive(); -EPERM when it was not the peer.
 */
static int receive(const struct client *client, struct channel_message *message)
{
	const struct channel_peer *peer = &client->peer;
	struct channel_peer sender;
	int r = channel_receive_from(client->sock, message, &sender);

	if (r < 0 && r != -EAGAIN)
		log_warning("Peer %d (uid %u) sent a malformed message: ended", peer->pid,
			    peer->uid);
	if (r <= 0 || sender.pid == peer->pid)
		return r;
	log_error("Process %d (uid %u) sent %s over the connection of process %d (uid %u): ended; "
		  "whoever sends must connect itself",
		  sender.pid, sender.uid, channel_type_name(message->type), peer->pid, peer->uid);
	return -EPERM;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	_cleanup_free_ struct channel_message *message = calloc(1, sizeof(*message));
	struct client *client = arg;
	int r;

	(void)fd;
	if (!message || what & EV_TIMEOUT) { /* takes a place and asks nothing */
		end_client(client);
		return;
	}
	r = receive(client, message);
	if (r == -EAGAIN)
		return;
	if (r > 0)
		r = dispatch(client, message) < 0 ? -EPROTO : 1;
	if (r <= 0)
		end_client(client);
	else
		go_on(client);
}

/* @uid: NULL for anybody's */
static size_t count_clients(const struct control *control, enum peer_kind kind, const uid_t *uid)
{
	size_t n = 0;

	for (const struct client *client = control->clients; client; client = client->next)
		n += client->kind == kind && (!uid || client->peer.uid == *uid);
	return n;
}

static bool is_nobody(const struct control *control, uid_t uid)
{
	const struct policy *policy = control->agent->policy;

	return uid != 0 && !(policy && policy_person_by_uid(policy, uid));
}

/*
 * One user can have many thousand uids (user namespaces) and with them take all places. So those of
 * people go before: the longest connected of nobody's ends for them. False when there is none.
 */
static bool make_place(struct control *control, uid_t uid)
{
	struct client *client = control->clients;

	while (client && (client->kind != PEER_CLI || !is_nobody(control, client->peer.uid)))
		client = client->next;
	if (!client || is_nobody(control, uid))
		return false;
	end_client(client);
	return true;
}

static const char *reason_to_refuse_gateway(const struct control *control, uid_t uid)
{
	if (uid != 0 && uid != control->agent->gateway_uid)
		return "is not the gateway's user";
	if (count_clients(control, PEER_GATEWAY, NULL) >= CONTROL_MAX_GATEWAYS)
		return "found too many connections of gateways";
	return NULL;
}

/* NULL when the peer may stay. Root finds a place always, if it has not too many. */
static const char *reason_to_refuse(struct control *control, enum peer_kind kind, uid_t uid)
{
	if (kind == PEER_GATEWAY)
		return reason_to_refuse_gateway(control, uid);
	if (count_clients(control, kind, &uid) >= SLUICE_MAX_CLIENTS_PER_UID)
		return "has too many connections (SLUICE_MAX_CLIENTS_PER_UID)";
	if (uid != 0 && count_clients(control, kind, NULL) >= SLUICE_MAX_CLIENTS &&
	    !make_place(control, uid))
		return "found too many connections (SLUICE_MAX_CLIENTS)";
	return NULL;
}

/*
 * The process that connected; older kernels know only its pid, which then may be another's by a
 * hair.
 */
static int open_peer(int sock, pid_t pid)
{
	int fd = -1;
	socklen_t size = sizeof(fd);

	if (!getsockopt(sock, SOL_SOCKET, SO_PEERPIDFD, &fd, &size))
		return fd;
	return process_open(pid, 0);
}

static int add_client(struct control *control, enum peer_kind kind, int sock,
		      const struct channel_peer *peer)
{
	struct client *client = calloc(1, sizeof(*client));
	struct event_base *base = control->agent->base;

	if (!client)
		return -ENOMEM;
	client->control = control;
	client->kind = kind;
	client->peer = *peer;
	client->sock = sock;
	client->pidfd = open_peer(sock, peer->pid);
	DL_APPEND(control->clients, client); /* lint: one that made place is off the list */
	client->readable = event_new(base, sock, EV_READ | EV_PERSIST, on_readable, client);
	client->writable = event_new(base, sock, EV_WRITE, on_writable, client);
	if (client->readable && client->writable && !wait_until_readable(client))
		return 0;
	end_client(client);
	return 0; /* the socket is closed with the client */
}

static void on_connect(struct control *control, enum peer_kind kind, int listen_fd)
{
	struct channel_peer peer;
	const char *why;
	int sock = channel_accept(listen_fd, &peer);

	if (sock < 0)
		return;
	why = reason_to_refuse(control, kind, peer.uid);
	if (why)
		log_notice("Peer %d (uid %u) %s: refused", peer.pid, peer.uid, why);
	if (why || add_client(control, kind, sock, &peer) < 0)
		close(sock);
}

static void on_cli(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	on_connect(arg, PEER_CLI, fd);
}

static void on_gateway(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	on_connect(arg, PEER_GATEWAY, fd);
}

static int listen_on(struct control *control, int i, const char *path, mode_t mode,
		     event_callback_fn fn)
{
	control->sock[i] = channel_listen(path, mode);
	if (control->sock[i] < 0)
		return control->sock[i];
	control->listener[i] = event_new(control->agent->base, control->sock[i],
					 EV_READ | EV_PERSIST, fn, control);
	return control->listener[i] && !event_add(control->listener[i], NULL) ? 0 : -ENOMEM;
}

int control_open(struct agent *agent, const char *control_path, const char *gateway_path,
		 struct control **ret)
{
	struct control *control = calloc(1, sizeof(*control));
	int r;

	if (!control)
		return -ENOMEM;
	control->agent = agent;
	control->sock[0] = control->sock[1] = -1;
	control->brake = brake_new();
	r = control->brake ? listen_on(control, 0, control_path, 0666, on_cli) : -ENOMEM;
	/*
	 * who connects is checked by uid; the mode lets the gateway's user in, whatever its group
	 */
	if (!r)
		r = listen_on(control, 1, gateway_path, 0666, on_gateway);
	if (r < 0) {
		control_close(control);
		return r;
	}
	*ret = control;
	return 0;
}

struct control *control_close(struct control *control)
{
	if (!control)
		return NULL;
	while (control->clients)
		end_client(control->clients); /* lint: it takes the client off this list */
	for (size_t i = 0; i < ARRAY_SIZE(control->sock); i++) {
		if (control->listener[i])
			event_free(control->listener[i]);
		if (control->sock[i] >= 0)
			close(control->sock[i]);
	}
	brake_free(control->brake);
	free(control);
	return NULL;
}

static void notify(struct agent *agent, enum ipc_type type, const char *id)
{
	struct client *gateway = agent->control ? agent->control->gateway : NULL;

	if (!gateway || gateway->doomed)
		return;
	gateway->doomed = gateway_note(gateway, type, id) < 0;
	/*
	 * Sent, or ended, from the loop: what led here may be a decision that this very peer has
	 * brought. To wake one that waits to be writable would take its time limit away.
	 */
	if (gateway->doomed || !event_pending(gateway->writable, EV_WRITE, NULL))
		event_active(gateway->writable, EV_WRITE, 0);
}

void control_notify(struct agent *agent, const struct request *request)
{
	bool open = request->state == IPC_PENDING || request->notice;

	notify(agent, open ? IPC_NOTIFY_OPEN : IPC_NOTIFY_CLOSED, request->id);
}

void control_notify_journal(struct agent *agent)
{
	struct client *gateway = agent->control ? agent->control->gateway : NULL;

	if (!gateway || !gateway_journal_changed(gateway))
		return;
	gateway->journal_waits = true;
	notify(agent, IPC_NOTIFY_JOURNAL, "");
}

void control_notify_glass(struct agent *agent, const char *id)
{
	notify(agent, IPC_NOTIFY_OPEN, id);
}
