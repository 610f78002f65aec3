// SPDX-License-Identifier: Apache-2.0
/*
 * test_label_names.c: a label keeps its number for good; a damaged file and a 65th label are
 * refused whole.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "label/label.h"

static char folder[64];

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_label_names.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static void path_of(const char *name, char ret[128])
{
	snprintf(ret, 128, "%s/%s", folder, name);
}

static int teardown(void **state)
{
	char path[128];

	(void)state;
	path_of("labels", path);
	unlink(path);
	return rmdir(folder);
}

static void put(const char *text)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[128];

	path_of("labels", path);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
}

static void expect_file(const char *text)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[128], found[4096] = "";

	path_of("labels", path);
	file = fopen(path, "re");
	assert_non_null(file);
	found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
	assert_string_equal(found, text);
}

/* Numbers for labels with these names, in this order. */
static int number(const char *const *names, size_t n, struct label_names *known, unsigned int *ret,
		  struct policy_error *error)
{
	struct policy_label labels[SLUICE_MAX_LABELS] = {};
	struct policy policy = { .labels = labels, .n_labels = n };
	char file[] = "/etc/sluice/policy.d/10.conf";
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(labels[i].name, sizeof(labels[i].name), "%s", names[i]);
		labels[i].origin.file = file;
		labels[i].origin.line = (unsigned int)i + 1;
	}
	return label_numbers(&policy, folder, known, ret, error);
}

static void test_numbers_are_kept(void **state)
{
	static const char *const first[] = { "pii", "secret" }, *const second[] = { "money",
										    "secret" };
	unsigned int numbers[SLUICE_MAX_LABELS];
	struct label_names known = {}, loaded;
	struct policy_error error = {};

	(void)state;
	assert_int_equal(number(first, 2, &known, numbers, &error), 0);
	assert_int_equal(numbers[0], 0);
	assert_int_equal(numbers[1], 1);
	expect_file("0 pii\n1 secret\n");
	/* "pii" has left the policy: files may carry its bit still, so nobody else gets it. */
	assert_int_equal(number(second, 2, &known, numbers, &error), 0);
	assert_int_equal(numbers[0], 2);
	assert_int_equal(numbers[1], 1);
	expect_file("0 pii\n1 secret\n2 money\n");
	assert_int_equal(label_names_load(folder, &loaded, &error), 0);
	assert_memory_equal(&loaded, &known, sizeof(known));
}

static void test_no_file_is_no_label(void **state)
{
	struct label_names loaded = { .name[3] = "rest" };
	struct policy_error error = {};

	(void)state;
	assert_int_equal(label_names_load(folder, &loaded, &error), 0);
	assert_string_equal(loaded.name[3], "");
}

static void test_damaged_files(void **state)
{
	static const char *const damaged[] = {
		"0 pii\n0 secret\n", "64 pii\n", "pii\n", "0 pii and more\n", "0 pii",
		"-1 pii\n",	     "\n",
	};
	struct label_names loaded = { .name[3] = "kept" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(damaged); i++) {
		struct policy_error error = {};

		put(damaged[i]);
		if (label_names_load(folder, &loaded, &error) != -EBADMSG)
			fail_msg("accepted: %s", damaged[i]);
		assert_non_null(strstr(error.text, folder));
		assert_non_null(strstr(error.text, "backup"));
		assert_string_equal(loaded.name[3], "kept");
	}
}

static void test_the_65th(void **state)
{
	struct label_names known = {}, before;
	unsigned int numbers[SLUICE_MAX_LABELS];
	struct policy_error error = {};
	const char *one = "new";
	int i;

	(void)state;
	for (i = 0; i < SLUICE_MAX_LABELS; i++)
		snprintf(known.name[i], sizeof(known.name[i]), "label%d", i);
	before = known;
	assert_int_equal(number(&one, 1, &known, numbers, &error), -ENOSPC);
	assert_non_null(strstr(error.text, "10.conf:1: label 'new'"));
	assert_memory_equal(&known, &before, sizeof(known));
	one = "label63";
	assert_int_equal(number(&one, 1, &known, numbers, &error), 0);
	assert_int_equal(numbers[0], 63);
}

static void test_no_folder(void **state)
{
	unsigned int numbers[SLUICE_MAX_LABELS];
	struct label_names known = {};
	struct policy_error error = {};
	const char *one = "new";

	(void)state;
	strcat(folder, "/none");
	assert_int_equal(number(&one, 1, &known, numbers, &error), -ENOENT);
	folder[strlen(folder) - strlen("/none")] = '\0';
	assert_non_null(strstr(error.text, "/none"));
	assert_string_equal(known.name[0], ""); /* what could not be kept was not given */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_file_is_no_label, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_65th, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_folder, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
