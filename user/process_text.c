/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_text.c: command line and environment, which the process itself may have written: see
 * process.h.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"

#define ENVIRON_MAX (256 * 1024)
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%^"

/*
 * Opens a file of /proc/PID; proc answers reads from the process that had the pid at the time of
 * open.
 */
static FILE *open_file(pid_t pid, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%d/%s", process_root, pid, name);
	return fopen(path, "re");
}

/* Appends @text; what does not fit is dropped. */
static void append(char *ret, size_t size, size_t *used, const char *text)
{
	while (*text && *used + 1 < size)
		ret[(*used)++] = *text++;
	ret[*used] = '\0';
}

static void append_word(char *ret, size_t size, size_t *used, const char *word)
{
	char one[2] = "";

	if (*used)
		append(ret, size, used, " ");
	if (*word && !word[strspn(word, PLAIN)]) {
		append(ret, size, used, word);
		return;
	}
	append(ret, size, used, "'");
	for (; *word; word++) {
		one[0] = *word;
		append(ret, size, used, *word == '\'' ? "'\\''" : one);
	}
	append(ret, size, used, "'");
}

int process_command(pid_t pid, uint64_t start_ns, char *ret, size_t size)
{
	_cleanup_fclose_ FILE *file = open_file(pid, "cmdline");
	size_t room = 0, used = 0;
	char *word = NULL;

	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	if (!process_alive(pid, start_ns, NULL))
		return -ESRCH;
	ret[0] = '\0';
	while (used + 1 < size && getdelim(&word, &room, '\0', file) > 0)
		append_word(ret, size, &used, word);
	free(word);
	return 0;
}

int process_environ(pid_t pid, uint64_t start_ns, const char *name, char *ret, size_t size)
{
	_cleanup_fclose_ FILE *file = open_file(pid, "environ");
	size_t room = 0, length = strlen(name);
	ssize_t n, total = 0;
	char *word = NULL;
	int r = -ENOENT;

	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	if (!process_alive(pid, start_ns, NULL))
		return -ESRCH;
	while (r && total < ENVIRON_MAX && (n = getdelim(&word, &room, '\0', file)) > 0) {
		total += n;
		if (strncmp(word, name, length) || word[length] != '=')
			continue;
		snprintf(ret, size, "%s", word + length + 1);
		r = 0;
	}
	free(word);
	return r;
}
