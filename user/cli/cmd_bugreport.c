/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_bugreport.c: "sluice bugreport": what somebody who helps wants to know first, as one text
 * that may be passed on. Owns what is left in it: of the settings the keys, and values of those
 * keys alone that can name nobody and nothing. Must not own: what is wrong with the host
 * (cmd_doctor.c).
 */
#include "base/view.h"
#include "cmd.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/escape.h"

#ifndef SLUICE_VERSION
#define SLUICE_VERSION "development"
#endif

#define LETTERS	       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DEFAULT_FOLDER "/etc/sluice"

/* Their values are numbers, times, or words of the manual. Others may name people, hosts and files.
 */
static const char *const shown[] = {
	"Accounts",	 "Action",	 "AllowLoopbackHttp",
	"Approvals",	 "Duration",
	"EscalateAfter", "FilesPerUser", "JournalFileAge",
	"JournalFileSize", "JournalKeep", "JournalToGateway", "Libraries",
	"Limit",	 "MaxAttempts",	 "MaxPending",
	"Mode",		 "Monitor",	 "Policy",
	"Rate",		 "Reason",
	"Sensitivity",	 "SessionTime",	 "SignInAge",
	"StaleAfter",	 "Standing",	 "Terminal",
	"Tier",		 "Timeout",	 "UnknownRequester",
	"Verdict",
};

static bool is_shown(const char *key, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (strlen(shown[i]) == length && !memcmp(shown[i], key, length))
			return true;
	return false;
}

/* Numbers, times and words of the manual are of these; what follows a value may say anything. */
static bool is_plain(const char *value)
{
	return value[strspn(value, LETTERS "0123456789 ,\t")] == '\0';
}

/* The kind of the section stays, its name goes. */
static void print_section(const char *line)
{
	bool named = line[strcspn(line, " ]")] == ' ';

	printf("[%.*s%s]\n", (int)strspn(line + 1, LETTERS), line + 1, named ? " ..." : "");
}

static void print_setting(const char *line)
{
	const char *value = strchr(line, '=');

	if (!isupper((unsigned char)*line) || !value) {
		puts("(a line that is no setting)");
	} else if (is_shown(line, strcspn(line, "= \t")) && is_plain(value + 1)) {
		escape_print(stdout, line);
		putchar('\n');
	} else {
		printf("%.*s=...\n", (int)strspn(line, LETTERS), line);
	}
}

/* Comments may say anything. */
static void print_line(const char *line)
{
	line += strspn(line, " \t");
	if (*line == '[')
		print_section(line);
	else if (*line && !strchr("#;", *line))
		print_setting(line);
}

/* A line that is longer than any setting is left out whole: its middle must not pass for a line. */
static void print_settings(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char line[4096], *end;
	bool inside = false;

	if (!file)
		printf("(cannot be read: %s)\n", strerror(errno));
	while (file && fgets(line, sizeof(line), file)) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		if (!inside && (end || feof(file)))
			print_line(line);
		inside = !end;
	}
}

/* Files by number: their names may say too much. */
static void print_folder(const char *folder)
{
	static const char *const patterns[] = { "sluice.conf", "gateway.conf", "policy.d/*.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		_cleanup_free_ char *pattern = NULL;
		glob_t found = { 0 };

		if (asprintf(&pattern, "%s/%s", folder, patterns[i]) < 0)
			return;
		if (glob(pattern, 0, NULL, &found) == 0)
			for (size_t k = 0; k < found.gl_pathc; k++) {
				printf("\n-- %s, %zu\n", patterns[i], k + 1);
				print_settings(found.gl_pathv[k]);
			}
		globfree(&found);
	}
}

static json_t *view(const union ipc_any *item)
{
	return view_status(&item->status);
}

/* How channels do is of use, what they are called and what others answered is not. */
static void remove_from_gateway(json_t *gateway)
{
	json_t *channel;
	size_t i;

	json_object_del(gateway, "problem");
	json_array_foreach (json_object_get(gateway, "channels"), i, channel) {
		json_object_del(channel, "channel");
		json_object_del(channel, "problem");
	}
}

/* Without what people wrote, who they are, and where things lie. */
static void print_status(const struct cmd_common *common)
{
	static const char *const removed[] = { "by", "asker", "reason", "agreed" };
	const struct client_call call = { .socket = common->socket,
					  .type = IPC_STATUS,
					  .item = IPC_STATUS_ITEM };
	json_auto_t *rows = NULL;
	json_t *status, *guard;

	if (cmd_collect(&call, view, &rows)) {
		puts("(sluiced does not answer)");
		return;
	}
	status = json_array_get(rows, 0);
	guard = json_object_get(status, "guard");
	for (size_t i = 0; i < ARRAY_SIZE(removed); i++)
		json_object_del(guard, removed[i]);
	json_object_del(status, "why");
	remove_from_gateway(json_object_get(status, "gateway"));
	json_object_del(json_object_get(status, "journal"), "file");
	cmd_print_json(status);
}

static void print_first_line(const char *what, const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char line[256] = "?";

	if (file && fgets(line, sizeof(line), file))
		line[strcspn(line, "\n")] = '\0';
	printf("%s: %s\n", what, line);
}

static void print_host(void)
{
	struct utsname name;

	puts("sluice " SLUICE_VERSION);
	if (!uname(&name))
		printf("kernel: %s %s, %s\n", name.release, name.version, name.machine);
	print_first_line("system", "/etc/os-release");
	print_first_line("security modules", "/sys/kernel/security/lsm");
}

int cmd_bugreport(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common, .positional = { .max = 1 } };

	cmd_parse_simple(
		"[FOLDER]",
		"What somebody who helps wants to know first, without secrets, names, hosts "
		"and paths.\vFOLDER: of the settings, by default " DEFAULT_FOLDER
		". Read it before you pass it on, and add by hand what the problem is, and "
		"what 'journalctl -u sluiced -u sluice-gateway' and 'sluice doctor' say.",
		argc, argv, &input);
	if (common->json)
		return cmd_fail(CMD_USAGE, "a report is a text for people; leave out --json");
	puts("== host");
	print_host();
	puts("\n== status");
	print_status(common);
	puts("\n== settings; ... stands for what was left out");
	print_folder(input.positional.n ? input.positional.values[0] : DEFAULT_FOLDER);
	return CMD_OK;
}
