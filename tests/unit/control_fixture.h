/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_fixture.h: both sockets of an agent, with real connections from this process, which is
 * BOB if nothing else is said. Owns no test.
 */
#ifndef SLUICE_TEST_CONTROL_FIXTURE_H
#define SLUICE_TEST_CONTROL_FIXTURE_H

#include "agent_fixture.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "base/channel.h"
#include "control/control.h"
#include "control/control_peer.h"

static char control_path[128], gateway_path[128];

MAYBE static void be(uint32_t loginuid)
{
	struct fake_process self = { .pid = getpid(),
				     .ppid = 1,
				     .uid = getuid(),
				     .euid = getuid(),
				     .loginuid = loginuid,
				     .cgroup = "/user.slice/user-1.slice/session-1.scope" };

	add_process(&self);
}

#define OUR_FILE 7 /* descriptor of this process in the false /proc */

MAYBE static void add_our_file(const char *target)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%d/fd", world.folder, getpid());
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%d/fd/%d", world.folder, getpid(), OUR_FILE);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

MAYBE static int setup(void **state)
{
	int r = agent_setup(state);

	world.agent.gateway_uid = getuid() ? getuid() : 4999;
	world.agent.version = "0.1";
	chmod(world.folder, 0755);
	snprintf(control_path, sizeof(control_path), "%s/c", world.folder);
	snprintf(gateway_path, sizeof(gateway_path), "%s/g", world.folder);
	be(BOB);
	return r ? r : control_open(&world.agent, control_path, gateway_path, &world.agent.control);
}

MAYBE static int teardown(void **state)
{
	world.agent.control = control_close(world.agent.control);
	return agent_teardown(state);
}

MAYBE static void turn(void)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(world.agent.base, EVLOOP_NONBLOCK);
}

MAYBE static int dial(const char *path)
{
	int sock = channel_connect(path);

	assert_true(sock >= 0);
	fcntl(sock, F_SETFL, O_NONBLOCK);
	turn();
	return sock;
}

/* The next message: 1, 0 when the peer was ended, -EAGAIN when nothing comes. */
MAYBE static int next(int sock, struct channel_message *message)
{
	int r = -EAGAIN;

	for (int i = 0; i < 10 && r == -EAGAIN; i++) {
		turn();
		r = channel_receive(sock, message);
	}
	return r == -ECONNRESET || r == -EPIPE ? 0 : r;
}

MAYBE static struct channel_message *say(int sock, enum ipc_type type, const void *body,
					 size_t size)
{
	static struct channel_message message;

	memset(&message, 0, sizeof(message));
	assert_int_equal(channel_send(sock, type, body, size), 0);
	if (next(sock, &message) != 1)
		message.type = 0;
	return &message;
}

MAYBE static struct request *open_one(uint64_t ino)
{
	struct sluice_event event =
		make_stop(add_worker(ANN, ANN), ANN, SLUICE_OPEN, CUSTOMERS, true);

	event.loginuid = ANN;
	event.key.target.object.ino = ino;
	return stop(&event);
}

MAYBE static struct ipc_decide approval(const struct request *request)
{
	struct ipc_decide answer = { .approve = 1 };

	memcpy(answer.id, request->id, sizeof(answer.id));
	memcpy(answer.digest, request->digest, sizeof(answer.digest));
	return answer;
}

#define CONTROL_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
