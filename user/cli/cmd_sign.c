/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_sign.c: answers that a person signs with a key of their own, and "sluice submit".
 *
 * Owns: what is put into a statement, and the call of ssh-keygen, which knows agents, passphrases
 * and security keys. Must not own: the form of a statement (statement.h), or whether it is right;
 * sluiced verifies it.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/read_whole.h"
#include "base/scope.h"
#include "base/when.h"
#include "key/statement.h"

#define NOT_INSTALLED 127 /* status of the child when there is no such program */

static const char *text_of(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key)) ?: "";
}

/* What the rule would allow, in words of its own: a signature is over what is meant. */
static void fill_terms(const json_t *request, struct ipc_decide *answer)
{
	if (!answer->scope)
		answer->scope = scope_from(text_of(request, "scope"));
	if (!answer->duration_s)
		answer->duration_s =
			(uint32_t)json_integer_value(json_object_get(request, "duration_s"));
}

static int fill_nonce(char *ret)
{
	unsigned char bytes[(STATEMENT_NONCE - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return cmd_fail(CMD_FAILED, "no random numbers: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return CMD_OK;
}

int cmd_state(const json_t *request, const struct ipc_decide *answer, bool standing,
	      struct ipc_signed *ret)
{
	struct statement statement = { .answer = *answer,
				       .standing = standing,
				       .time_ms = when_now() };
	int code =
		cmd_copy(statement.host, sizeof(statement.host), text_of(request, "host"), "host");

	if (code == CMD_OK)
		code = cmd_copy(statement.boot, sizeof(statement.boot), text_of(request, "boot"),
				"boot id");
	if (code == CMD_OK)
		code = fill_nonce(statement.nonce);
	if (code)
		return code;
	if (answer->approve)
		fill_terms(request, &statement.answer);
	if (statement_write(&statement, ret->statement, sizeof(ret->statement)) < 0)
		return cmd_fail(CMD_FAILED,
				"this cannot be stated to be signed: the reason must be "
				"one line of text, and the request one of a policy in "
				"force");
	return CMD_OK;
}

static void __attribute__((noreturn)) become_ssh_keygen(const char *key, int in, int out)
{
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execlp("ssh-keygen", "ssh-keygen", "-q", "-Y", "sign", "-n", STATEMENT_NAMESPACE,
		       "-f", key, NULL);
	_exit(NOT_INSTALLED);
}

/* Gives the child the statement and takes the signature. Return: bytes of it, negative errno. */
static ssize_t converse(int in, int out, const char *statement, char *ret, size_t size)
{
	size_t length = strlen(statement);
	ssize_t n = write(in, statement, length); /* less than a pipe holds */

	close(in);
	return n == (ssize_t)length ? read_whole(out, ret, size) : -EPIPE;
}

/* Return: the status of ssh-keygen, negative errno. @ret_n: bytes of the signature, or an errno. */
static int run_ssh_keygen(const char *key, struct ipc_signed *answer, ssize_t *ret_n)
{
	int in[2], out[2], status = 0;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(out, O_CLOEXEC) < 0) {
		int error = errno;

		close(in[0]);
		close(in[1]);
		return -error;
	}
	pid = fork();
	if (pid == 0)
		become_ssh_keygen(key, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	*ret_n = converse(in[1], out[0], answer->statement, answer->signature,
			  sizeof(answer->signature) - 1);
	close(out[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 ? WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status) : -EAGAIN;
}

int cmd_sign(const char *key, struct ipc_signed *answer)
{
	ssize_t n = 0;
	int status;

	signal(SIGPIPE, SIG_IGN);
	status = run_ssh_keygen(key, answer, &n);
	if (status == NOT_INSTALLED)
		return cmd_fail(CMD_FAILED, "ssh-keygen is not there; install openssh-client, or "
					    "sign elsewhere what --print says");
	if (status < 0)
		return cmd_fail(CMD_FAILED, "cannot run ssh-keygen: %s", strerror(-status));
	if (status || n <= 0)
		return cmd_fail(CMD_FAILED,
				"ssh-keygen did not sign with '%s' (status %d); nothing "
				"was decided",
				key, status);
	answer->signature[n] = '\0';
	return CMD_OK;
}

int cmd_send_signed(const struct cmd_common *common, const struct ipc_signed *answer)
{
	struct client_call call = {
		.socket = common->socket,
		.type = IPC_SUBMIT,
		.payload = answer,
		.size = sizeof(*answer),
	};

	return cmd_act(&call, common);
}

static int read_file(const char *path, const char *what, char *ret, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -errno : read_whole(fd, ret, size);

	if (n < 0)
		return cmd_fail(cmd_exit_code((int)n), "cannot read '%s': %s", path,
				strerror((int)-n));
	if (n == (ssize_t)size || memchr(ret, '\0', (size_t)n))
		return cmd_fail(CMD_FAILED, "'%s' is no %s: it is too long or no text", path, what);
	ret[n] = '\0';
	return CMD_OK;
}

int cmd_submit(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common, .positional = { .min = 1, .max = 2 } };
	_cleanup_free_ char *beside = NULL;
	struct ipc_signed answer = { .statement = "" };
	const char *path;
	int code;

	cmd_parse_simple(
		"STATEMENT [SIGNATURE]",
		"Bring in an answer that was signed elsewhere.\vSTATEMENT: a file with what "
		"approve or deny --print wrote. SIGNATURE: what ssh-keygen -Y sign made of "
		"it, STATEMENT.sig if it is not named. Whoever brings it, it is the answer "
		"of the person whose key signed it.",
		argc, argv, &input);
	path = input.positional.values[0];
	if (input.positional.n == 1 && asprintf(&beside, "%s.sig", path) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	code = read_file(path, "statement", answer.statement, sizeof(answer.statement));
	if (code == CMD_OK && beside && access(beside, F_OK))
		return cmd_fail(CMD_NOT_FOUND,
				"'%s' is not there: sign the statement where the key is, with "
				"'ssh-keygen -Y sign -n %s -f KEY %s', or name the file that holds "
				"the signature",
				beside, STATEMENT_NAMESPACE, path);
	if (code == CMD_OK)
		code = read_file(beside ?: input.positional.values[1], "signature",
				 answer.signature, sizeof(answer.signature));
	return code ? code : cmd_send_signed(common, &answer);
}
