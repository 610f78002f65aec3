// SPDX-License-Identifier: Apache-2.0
/*
 * test_host_key.c: where the journal's key is looked for, and that one that others can read is
 * refused wherever it is.
 */
#include "key/host_key.h"

#include "journal_fixture.h"

#include <errno.h>
#include <limits.h>

/* Folders of the test: the state and what a service manager hands over. */
struct places {
	struct fixture *f;
	char state[PATH_MAX], credentials[PATH_MAX], text[1024];
};

static void make_places(struct places *places, struct fixture *f)
{
	*places = (struct places){ .f = f };
	snprintf(places->state, sizeof(places->state), "%s.state", f->path);
	snprintf(places->credentials, sizeof(places->credentials), "%s.credentials", f->path);
	mkdir(places->state, 0700);
	mkdir(places->credentials, 0700);
	setenv("CREDENTIALS_DIRECTORY", places->credentials, 1);
}

/* The key of a journal that is begun there, with this mode. */
static void put_key(struct places *places, const char *folder, mode_t mode)
{
	char key[PATH_MAX + 32], journal[PATH_MAX + 32];
	struct journal_recovery recovery;
	struct journal *opened = NULL;

	snprintf(key, sizeof(key), "%s/" HOST_KEY_FILE, folder);
	snprintf(journal, sizeof(journal), "%s/journal", folder);
	assert_int_equal(journal_open(journal, key, "h/journal", NULL, &opened, &recovery,
				      places->text, sizeof(places->text)),
			 0);
	journal_close(opened);
	assert_int_equal(chmod(key, mode), 0);
}

static void drop_key(const char *folder)
{
	char key[PATH_MAX + 32];

	snprintf(key, sizeof(key), "%s/" HOST_KEY_FILE, folder);
	unlink(key);
	snprintf(key, sizeof(key), "%s/journal", folder);
	unlink(key);
}

static int find(struct places *places, char *ret)
{
	places->text[0] = '\0';
	return host_key_path(places->state, ret, PATH_MAX, places->text, sizeof(places->text));
}

/* Opens the journal that was begun with the credential, by the key that is found. */
static int open_sealed(struct places *places)
{
	char key[PATH_MAX], journal[PATH_MAX + 32];
	struct journal_recovery recovery;
	struct journal *opened = NULL;
	int r = find(places, key);

	assert_int_equal(r, 0);
	snprintf(journal, sizeof(journal), "%s/journal", places->credentials);
	r = journal_open(journal, key, "h/journal", NULL, &opened, &recovery, places->text,
			 sizeof(places->text));
	/* the first entry of another file is signed by it, too, and nothing else is looked for */
	if (r == 0) {
		assert_int_equal(journal_add(opened, json_pack("{s:s}", "type", "agent.note"), NULL),
				 0);
		assert_int_equal(journal_begin_file(opened), 0);
	}
	journal_close(opened);
	return r;
}

static void test_where(void **state)
{
	struct places places;
	char key[PATH_MAX], wanted[PATH_MAX + 32];

	make_places(&places, *state);
	snprintf(wanted, sizeof(wanted), "%s/" HOST_KEY_FILE, places.state);
	assert_int_equal(find(&places, key), 0); /* to be made there */
	assert_string_equal(key, wanted);
	put_key(&places, places.state, 0600);
	assert_int_equal(find(&places, key), 0);
	assert_string_equal(key, wanted);
	put_key(&places, places.credentials, 0400);
	assert_int_equal(find(&places, key), -EEXIST);
	assert_non_null(strstr(places.text, wanted));
	assert_non_null(strstr(places.text, "shred -u"));
	drop_key(places.state);
	snprintf(wanted, sizeof(wanted), "%s/" HOST_KEY_FILE, places.credentials);
	assert_int_equal(find(&places, key), 0);
	assert_string_equal(key, wanted);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(find(&places, key), 0); /* started by hand: nothing there */
	assert_string_not_equal(key, wanted);
	drop_key(places.credentials);
}

static void test_mode(void **state)
{
	static const struct {
		mode_t mode;
		int r;
	} modes[] = { { 0400, 0 }, { 0600, 0 }, { 0440, -EACCES }, { 0404, -EACCES } };
	struct places places;
	char key[PATH_MAX + 32];

	make_places(&places, *state);
	put_key(&places, places.credentials, 0400);
	snprintf(key, sizeof(key), "%s/" HOST_KEY_FILE, places.credentials);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(key, modes[i].mode), 0);
		assert_int_equal(open_sealed(&places), modes[i].r);
		if (modes[i].r)
			assert_non_null(strstr(places.text, "open to others than its owner"));
	}
	if (geteuid() == 0) {
		assert_int_equal(chmod(key, 0400), 0);
		assert_int_equal(chown(key, 65534, 65534), 0);
		assert_int_equal(open_sealed(&places), -EACCES);
		assert_non_null(strstr(places.text, "belongs to uid 65534"));
	}
	drop_key(places.credentials);
	unsetenv("CREDENTIALS_DIRECTORY");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = { TEST(test_where), TEST(test_mode) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
