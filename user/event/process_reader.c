/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_reader.c: see process_reader.h. First the child's side, then sluiced's.
 *
 * One question, one answer over a socket of packets. Both carry a number: an answer that came too
 * late belongs to no open question and is passed over.
 */
#include "process_reader.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "limits.h"
#include "process.h"

#define GRACE_MS 200 /* for the child itself, on a busy host */
#define READER_FD 3

/* @name: of the variable; empty for the command line. @size: bytes wanted, with the NUL. */
struct question {
	uint64_t number;
	uint64_t start_ns;
	pid_t pid;
	uint32_t size;
	char root[128];
	char name[64];
};

/* @error: 0 or a negative errno. Sent as long as its text. */
struct answer {
	uint64_t number;
	int32_t error;
	char text[PROCESS_TEXT_MAX];
};

/* ---- the child ---- */

static void send_answer(int sock, const struct answer *answer)
{
	size_t length = offsetof(struct answer, text) + strlen(answer->text) + 1;

	if (send(sock, answer, length, MSG_NOSIGNAL) < 0 && errno == EPIPE)
		_exit(0);
}

static void send_error(int sock, const struct question *question, int error)
{
	struct answer answer = { .number = question->number, .error = error };

	send_answer(sock, &answer);
}

static void work(int sock, const struct question *question)
{
	struct answer answer = { .number = question->number };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	process_root = question->root;
	if (question->name[0])
		answer.error = process_text_environ(question->pid, question->start_ns,
						    question->name, answer.text, question->size);
	else
		answer.error = process_text_command(question->pid, question->start_ns, answer.text,
						    question->size);
	send_answer(sock, &answer);
	_exit(0);
}

/* Return: whether the worker, who alone holds the other end of @pipe, has ended or could be. */
static bool end_worker(pid_t worker, int pipe)
{
	struct pollfd end = { .fd = pipe, .events = POLLIN };
	bool ended = poll(&end, 1, SLUICE_READ_MS) == 1;

	if (!ended) {
		kill(worker, SIGKILL);
		ended = poll(&end, 1, GRACE_MS / 4) == 1;
	}
	if (ended)
		waitpid(worker, NULL, 0);
	return ended;
}

/*
 * Return: 1 when the worker stays because not even SIGKILL ends its wait, else 0. The answer that a
 * killed worker did not give is given here.
 */
static int run_worker(int sock, const struct question *question)
{
	int ends[2] = { -1, -1 };
	pid_t worker = pipe2(ends, O_CLOEXEC) ? -1 : fork();
	bool ended = true;

	if (!worker)
		work(sock, question);
	close(ends[1]);
	if (worker > 0)
		ended = end_worker(worker, ends[0]);
	close(ends[0]);
	/* When the worker did answer, this one is passed over. */
	send_error(sock, question, worker < 0 ? -EAGAIN : -ETIMEDOUT);
	return !ended;
}

static void keep_rights(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "sluiced-reader");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (capng_get_caps_process() || capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE)
		return;
	capng_clear(CAPNG_SELECT_CAPS);
	capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SYS_PTRACE,
		      CAP_DAC_READ_SEARCH, -1);
	capng_apply(CAPNG_SELECT_CAPS);
}

static void serve(int sock) __attribute__((noreturn));
static void serve(int sock)
{
	struct question question;
	int stuck = 0;

	keep_rights();
	while (recv(sock, &question, sizeof(question), 0) == sizeof(question)) {
		while (stuck && waitpid(-1, NULL, WNOHANG) > 0)
			stuck--;
		if (stuck < SLUICE_MAX_READERS)
			stuck += run_worker(sock, &question);
		else
			send_error(sock, &question, -EBUSY);
	}
	_exit(0);
}

/* ---- sluiced ---- */

/*
 * @lost_ms: waited in vain since @since_ns; @stuck, @stuck_ns: pid and start of the process that
 * was waited for last
 */
static struct reader {
	pid_t child;
	int sock;
	uint64_t number;
	uint64_t since_ns;
	uint64_t lost_ms;
	pid_t stuck;
	uint64_t stuck_ns;
} reader = { .sock = -1 };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int process_reader_start(void)
{
	int pair[2];

	if (reader.sock >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	reader.child = fork();
	if (!reader.child) {
		signal(SIGPIPE, SIG_IGN);
		if (dup2(pair[1], READER_FD) < 0)
			_exit(1);
		close_range(READER_FD + 1, ~0U, 0);
		serve(READER_FD);
	}
	close(pair[1]);
	if (reader.child < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	reader.sock = pair[0];
	return 0;
}

void process_reader_stop(void)
{
	if (reader.sock < 0)
		return;
	close(reader.sock);
	kill(reader.child, SIGKILL);
	waitpid(reader.child, NULL, 0);
	reader = (struct reader){ .sock = -1 };
}

/* Return: 0, or why it is not even tried. */
static int check_patience(pid_t pid, uint64_t start_ns)
{
	if (reader.sock < 0)
		return -ENOTCONN;
	if (now_ns() - reader.since_ns > SLUICE_READ_WINDOW_S * 1000000000ULL) {
		reader.since_ns = now_ns();
		reader.lost_ms = 0;
		reader.stuck = 0;
	}
	if (reader.stuck == pid && reader.stuck_ns == start_ns)
		return -ETIMEDOUT;
	return reader.lost_ms < SLUICE_READ_LOST_MS ? 0 : -EBUSY;
}

/* Return: 0 with the next packet in @ret, -ETIMEDOUT, or another negative errno. */
static int receive(uint64_t deadline_ns, struct answer *ret)
{
	struct pollfd p = { .fd = reader.sock, .events = POLLIN };
	uint64_t now = now_ns();
	ssize_t n;

	if (now >= deadline_ns)
		return -ETIMEDOUT;
	n = poll(&p, 1, (int)((deadline_ns - now) / 1000000) + 1);
	if (!n || (n < 0 && errno == EINTR))
		return -EAGAIN;
	if (n < 0)
		return -errno;
	n = recv(reader.sock, ret, sizeof(*ret), MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	if ((size_t)n <= offsetof(struct answer, text))
		return n ? -EBADMSG : -EPIPE;
	((char *)ret)[n - 1] = '\0';
	return 0;
}

static int wait_answer(uint64_t number, struct answer *ret)
{
	uint64_t deadline_ns = now_ns() + (SLUICE_READ_MS + GRACE_MS) * 1000000ULL;
	int r;

	ret->number = 0; /* no question has it */
	ret->error = -EIO;
	do
		r = receive(deadline_ns, ret);
	while (r == -EAGAIN || (!r && ret->number != number));
	return r ? r : ret->error;
}

static void note_lost(const struct question *question, uint64_t began_ns)
{
	reader.lost_ms += (now_ns() - began_ns) / 1000000;
	reader.stuck = question->pid;
	reader.stuck_ns = question->start_ns;
}

static int ask(struct question *question, char *ret, size_t size)
{
	struct answer answer;
	uint64_t began_ns = now_ns();
	int r = check_patience(question->pid, question->start_ns);

	if (r)
		return r;
	question->number = ++reader.number;
	question->size = size < sizeof(answer.text) ? (uint32_t)size : sizeof(answer.text);
	snprintf(question->root, sizeof(question->root), "%s", process_root);
	if (send(reader.sock, question, sizeof(*question), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		r = -errno;
	else
		r = wait_answer(question->number, &answer);
	if (r == -EPIPE) {
		log_error("The reader of command lines has ended; they stay unknown until sluiced "
			  "is restarted");
		process_reader_stop();
	}
	if (r == -ETIMEDOUT)
		note_lost(question, began_ns);
	if (!r)
		snprintf(ret, size, "%s", answer.text);
	return r;
}

int process_command(pid_t pid, uint64_t start_ns, char *ret, size_t size)
{
	struct question question = { .pid = pid, .start_ns = start_ns };

	return ask(&question, ret, size);
}

int process_environ(pid_t pid, uint64_t start_ns, const char *name, char *ret, size_t size)
{
	struct question question = { .pid = pid, .start_ns = start_ns };

	snprintf(question.name, sizeof(question.name), "%s", name);
	return ask(&question, ret, size);
}
