// SPDX-License-Identifier: Apache-2.0
/*
 * test_api_client.c: clients of the API, and whose a token is. Sources: user/api/api_client.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_client.h"
#include "base/cleanup.h"
#include "base/when.h"

static char folder[32];
static struct api_clients clients;
static struct setting_error error;

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/sluice-client-XXXXXX");
	clients = (struct api_clients){};
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char path[64];

	(void)state;
	for (char c = 'a'; c <= 'f'; c++) {
		snprintf(path, sizeof(path), "%s/%c", folder, c);
		unlink(path);
	}
	api_clients_clear(&clients);
	return rmdir(folder);
}

/* A file of the name @name with that line. Return: its path, the caller's. */
static char *file(const char *name, const char *line, mode_t mode)
{
	char *path = NULL;
	FILE *out;

	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	out = fopen(path, "we");
	assert_non_null(out);
	fprintf(out, "%s\n", line);
	fclose(out);
	chmod(path, mode);
	return path;
}

static struct api_client *add(const char *name, const char *scopes, char *hash_file)
{
	struct api_client *client = api_client_add(&clients, name);

	assert_non_null(client);
	client->scopes_text = strdup(scopes);
	client->token_hash_file = hash_file;
	return client;
}

static int check(struct api_client *client)
{
	error.text[0] = '\0';
	return api_client_check(client, &error);
}

static void test_tokens(void **state)
{
	char first[API_TOKEN_MAX], second[API_TOKEN_MAX], hash[65];
	const struct api_client *a, *b;

	(void)state;
	assert_int_equal(api_token_make(first, hash), 0);
	assert_int_equal(strncmp(first, "sluice_", 7), 0);
	assert_int_equal(strlen(first), 7 + 43);
	a = add("a", "read", file("a", hash, 0640));
	assert_int_equal(check(clients.list[0]), 0);
	assert_int_equal(api_token_make(second, hash), 0);
	assert_string_not_equal(first, second);
	b = add("b", "decide events", file("b", hash, 0600));
	assert_int_equal(check(clients.list[1]), 0);
	assert_int_equal(api_clients_check(&clients, &error), 0);
	assert_ptr_equal(api_client_find(&clients, first), a);
	assert_ptr_equal(api_client_find(&clients, second), b);
	assert_int_equal(a->scopes, API_READ);
	assert_int_equal(b->scopes, API_DECIDE | API_EVENTS);
	assert_int_equal(a->tier, 1);
	assert_null(api_client_find(&clients, ""));
	assert_null(api_client_find(&clients, hash)); /* the hash is no token */
	for (size_t i = 0; first[i]; i++) {
		first[i] ^= 1;
		assert_null(api_client_find(&clients, first));
		first[i] ^= 1;
	}
	strcat(first, "A");
	assert_null(api_client_find(&clients, first));
}

static void test_one_token_is_of_one(void **state)
{
	char token[API_TOKEN_MAX], hash[65];

	(void)state;
	api_token_make(token, hash);
	add("a", "read", file("a", hash, 0600));
	add("b", "decide", file("b", hash, 0600));
	assert_int_equal(check(clients.list[0]) | check(clients.list[1]), 0);
	assert_int_equal(api_clients_check(&clients, &error), -EINVAL);
	assert_non_null(strstr(error.text, "[Client a] and [Client b] have one token"));
}

static void test_expires(void **state)
{
	static const char *const bad[] = { "tomorrow", "now", "-10min", "2027-13-01", "x", "0" };
	char token[API_TOKEN_MAX], hash[65], when[WHEN_TEXT];
	struct api_client *client;

	(void)state;
	api_token_make(token, hash);
	client = add("a", "read", file("a", hash, 0600));
	client->expires = strdup(when_iso(when_now() + 60000, when));
	assert_int_equal(check(client), 0);
	assert_ptr_equal(api_client_find(&clients, token), client);
	client->expires_ms = when_now() - 1;
	assert_null(api_client_find(&clients, token));
	assert_true(api_client_expired(client));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		free(client->expires);
		client->expires = strdup(bad[i]);
		assert_int_equal(check(client), -EINVAL);
		assert_non_null(strstr(error.text, "Expires="));
	}
	free(client->expires);
	client->expires = strdup("2020-01-01"); /* past, and well written */
	assert_int_equal(check(client), 0);
	assert_null(api_client_find(&clients, token));
}

static void test_refused(void **state)
{
	char token[API_TOKEN_MAX], hash[65], large[65];
	struct api_client *client;

	(void)state;
	api_token_make(token, hash);
	client = add("a", "read write", file("a", hash, 0600));
	assert_int_equal(check(client), -EINVAL);
	assert_non_null(strstr(error.text, "Scopes=write is not known"));
	client = add("b", "read", file("b", token, 0600));
	assert_int_equal(check(client), -EINVAL);
	assert_non_null(strstr(error.text, "never put the token itself there"));
	assert_null(strstr(error.text, token));
	client = add("c", "read", file("c", hash, 0644));
	assert_int_equal(check(client), -EPERM);
	assert_non_null(strstr(error.text, "is open to others"));
	client = add("d", "read", file("d", hash, 0660));
	assert_int_equal(check(client), -EPERM);
	client = add("e", "read", file("e", hash, 0600));
	client->tier_text = strdup("A3");
	assert_int_equal(check(client), -EINVAL);
	assert_non_null(strstr(error.text, "Tier=A3 must be A1 or A2"));
	strcpy(client->tier_text, "A2");
	assert_int_equal(check(client), 0);
	assert_int_equal(client->tier, 2);
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)(hash[i] >= 'a' ? hash[i] - 32 : hash[i]);
	client = add("f", "read", file("f", strpbrk(hash, "abcdef") ? large : "x", 0600));
	assert_int_equal(check(client), -EINVAL);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "", "Pager", "a b", "1a", "a/b", "\xc3\xa9" };
	char name[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_null(api_client_add(&clients, bad[i]));
		assert_int_equal(errno, EINVAL);
	}
	for (int i = 0; i < API_MAX_CLIENTS; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		assert_non_null(api_client_add(&clients, name));
	}
	assert_null(api_client_add(&clients, "c1"));
	assert_int_equal(errno, EEXIST);
	assert_null(api_client_add(&clients, "one-more"));
	assert_int_equal(errno, ENOSPC);
}

#define CLIENT_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLIENT_TEST(test_tokens),  CLIENT_TEST(test_one_token_is_of_one),
		CLIENT_TEST(test_expires), CLIENT_TEST(test_refused),
		CLIENT_TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
