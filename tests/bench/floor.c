// SPDX-License-Identifier: Apache-2.0
/*
 * floor.c: attaches floor.bpf.o and runs a command below it: floor OBJECT COMMAND [ARG...].
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int attach_all(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;

	if (!object || bpf_object__load(object))
		return -1;
	bpf_object__for_each_program(program, object)
		if (!bpf_program__attach(program))
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	int status = 1;
	pid_t pid;

	if (argc < 3 || attach_all(argv[1])) {
		fprintf(stderr, "floor: cannot load and attach %s\n",
			argc > 1 ? argv[1] : "nothing");
		return 1;
	}
	pid = fork();
	if (!pid) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
