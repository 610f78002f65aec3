// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_teams_app.c: "sluice teams-app": the package by which an administrator of Microsoft Teams
 * brings the bot into a team.
 *
 * Owns: its manifest (Microsoft's schema for apps of Teams, version 1.22) and the icons in it. Must
 * not own: the bot (notifier_bot.c); it asks sluiced for nothing.
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>
#include <zip.h>

#include "base/account.h"
#include "base/cleanup.h"
#include "web/asset.h"

#ifndef SLUICE_VERSION
#define SLUICE_VERSION "0.0"
#endif

#define KEY_APP_ID 256
#define KEY_URL	   257
#define SCHEMA	   "https://developer.microsoft.com/json-schemas/teams/v1.22/MicrosoftTeams.schema.json"
#define URL_TEXT   1024

extern const char teams_color[];
extern const size_t teams_color_size;
extern const char teams_outline[];
extern const size_t teams_outline_size;

ASSET(teams_color, "user/teams/color.png");
ASSET(teams_outline, "user/teams/outline.png");

struct app_input {
	struct cmd_input input;
	const char *app_id;
	const char *url;
};

static void free_zip(zip_t **zip)
{
	if (*zip)
		zip_discard(*zip);
}

/* The letters that JSON and URLs take as they are. */
static bool is_address(const char *url)
{
	static const char start[] = "https://";

	return strncmp(url, start, strlen(start)) == 0 && url[strlen(start)] &&
	       strlen(url) < URL_TEXT &&
	       url[strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "-._~:/[]%@!$&'()*+,;=")] == '\0';
}

/* It asks for no right to read what people write. */
static json_t *manifest(const char *app_id, const char *url)
{
	return json_pack(
		"{s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s,s:s},s:{s:s,s:s},s:{s:s,s:s},s:{s:s,s:s},s:s,"
		"s:[{s:s,s:[s],s:b,s:b}],s:[]}",
		"$schema", SCHEMA, "manifestVersion", "1.22", "version", SLUICE_VERSION ".0", "id",
		app_id, "developer", "name", "Sluice", "websiteUrl", url, "privacyUrl", url,
		"termsOfUseUrl", url, "name", "short", "Sluice", "full", "Sluice approvals",
		"description", "short", "Approve or deny what labeled data may be used for.",
		"full",
		"Sluice stops programs on hosts before they use labeled data in a way that a rule "
		"guards, and asks people. This app posts its questions to a channel and takes the "
		"answers.",
		"icons", "color", "color.png", "outline", "outline.png", "accentColor", "#1B5E84",
		"bots", "botId", app_id, "scopes", "team", "isNotificationOnly", 0, "supportsFiles",
		0, "validDomains");
}

/* @bytes: must live until the archive is closed */
static int add_file(zip_t *zip, const char *name, const void *bytes, size_t size)
{
	zip_source_t *source = zip_source_buffer(zip, bytes, size, 0);

	if (!source)
		return -ENOMEM;
	if (zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) < 0) {
		zip_source_free(source);
		return -ENOMEM;
	}
	return 0;
}

static int write_package(const char *path, const char *text)
{
	_cleanup_(free_zip) zip_t *zip = NULL;
	zip_error_t error;
	int code = 0;

	zip = zip_open(path, ZIP_CREATE | ZIP_EXCL, &code);
	if (!zip) {
		zip_error_init_with_code(&error, code);
		code = cmd_fail(CMD_FAILED, "cannot write %s: %s", path,
				zip_error_strerror(&error));
		zip_error_fini(&error);
		return code;
	}
	if (add_file(zip, "manifest.json", text, strlen(text)) < 0 ||
	    add_file(zip, "color.png", teams_color, teams_color_size) < 0 ||
	    add_file(zip, "outline.png", teams_outline, teams_outline_size) < 0 ||
	    zip_close(zip) < 0)
		return cmd_fail(CMD_FAILED, "cannot write %s: %s", path, zip_strerror(zip));
	TAKE_PTR(zip);
	return CMD_OK;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct app_input *input = state->input;

	switch (key) {
	case KEY_APP_ID:
		input->app_id = arg;
		return 0;
	case KEY_URL:
		input->url = arg;
		return 0;
	default:
		return cmd_parse_common(key, arg, state);
	}
}

static int check(const struct app_input *input, struct account *ret_id)
{
	const char *why;

	if (!input->app_id || !input->url)
		return cmd_fail(CMD_USAGE, "state --app-id and --url, as AppId= and PublicURL= of "
					   "gateway.conf");
	if (account_set(ACCOUNT_ENTRA, input->app_id, input->app_id, ret_id, &why) < 0)
		return cmd_fail(CMD_USAGE,
				"'%s' is not the id of the bot's application, like "
				"01234567-89ab-cdef-0123-456789abcdef",
				input->app_id);
	if (!is_address(input->url))
		return cmd_fail(CMD_USAGE, "'%s' is not an address that starts with https://",
				input->url);
	return CMD_OK;
}

int cmd_teams_app(int argc, char **argv, struct cmd_common *common)
{
	static const struct argp_option options[] = {
		{ "app-id", KEY_APP_ID, "ID", 0, "Of the bot, as AppId= of gateway.conf", 0 },
		{ "url", KEY_URL, "URL", 0, "Of the gateway, as PublicURL= of gateway.conf", 0 },
		{ 0 },
	};
	const struct argp argp = {
		options,
		parse,
		"FILE.zip",
		"Write the app package of the bot for Microsoft Teams.\vAn administrator of Teams "
		"uploads it, and adds the app to the team with the reviewers' channel.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct app_input input = { .input = { .common = common,
					      .positional = { .min = 1, .max = 1 } } };
	_cleanup_free_ char *text = NULL;
	struct account id;
	json_t *json;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	code = check(&input, &id);
	if (code)
		return code;
	json = manifest(id.subject, input.url);
	text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	json_decref(json);
	if (!text)
		return cmd_fail(CMD_FAILED, "not enough memory");
	return write_package(input.input.positional.values[0], text);
}
