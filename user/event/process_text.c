/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_text.c: command line and environment, which the process itself may have written. Runs in
 * the worker of process_reader.h, since it waits for the memory of that process.
 */
#include "process_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "process.h"

#define ENVIRON_MAX (256 * 1024)
#define PLAIN	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%^"

/*
 * Reads at most @size - 1 bytes: an area of arguments may be as large as its process likes. Proc
 * answers reads from the process that had the pid at the time of open. Return: bytes or a negative
 * errno.
 */
static ssize_t read_file(pid_t pid, uint64_t start_ns, const char *name, char *ret, size_t size)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[512];
	size_t n;

	snprintf(path, sizeof(path), "%s/%d/%s", process_root, pid, name);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	if (!process_alive(pid, start_ns, NULL))
		return -ESRCH;
	n = fread(ret, 1, size - 1, file);
	ret[n] = '\0';
	return (ssize_t)n;
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

/* What was cut says so: a process that ends its command line so has the words in quotes. */
static void mark_cut(char *ret, size_t size, size_t used)
{
	static const char mark[] = " [cut here]";

	if (used + 1 == size && size > sizeof(mark))
		memcpy(ret + size - sizeof(mark), mark, sizeof(mark));
}

int process_text_command(pid_t pid, uint64_t start_ns, char *ret, size_t size)
{
	char bytes[PROCESS_TEXT_MAX + 1] = "";
	ssize_t n = read_file(pid, start_ns, "cmdline", bytes, sizeof(bytes));
	size_t used = 0;

	if (n < 0)
		return (int)n;
	ret[0] = '\0';
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(bytes + at) + 1)
		append_word(ret, size, &used, bytes + at);
	mark_cut(ret, size, used);
	return 0;
}

int process_text_environ(pid_t pid, uint64_t start_ns, const char *name, char *ret, size_t size)
{
	_cleanup_free_ char *bytes = calloc(1, ENVIRON_MAX);
	size_t length = strlen(name);
	ssize_t n;

	if (!bytes)
		return -ENOMEM;
	n = read_file(pid, start_ns, "environ", bytes, ENVIRON_MAX);
	if (n < 0)
		return (int)n;
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(bytes + at) + 1) {
		const char *word = bytes + at;

		if (strncmp(word, name, length) || word[length] != '=')
			continue;
		snprintf(ret, size, "%s", word + length + 1);
		return 0;
	}
	return -ENOENT; /* lint: word lies in bytes, which is freed */
}
