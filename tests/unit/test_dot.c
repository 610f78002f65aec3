/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_dot.c: steps as a graph: each node once, each step an edge, and no name gets out of its
 * quotes or means anything to Graphviz.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/dot.h"
#include "base/escape.h"

static json_t *step(const char *verb, int source, int target, const char *subject,
		    const char *object)
{
	return json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:[s,s], s:b, s:n}", "verb",
			 verb, "source", source, "target", target, "subject", subject, "object",
			 object, "executable", "/bin/x", "user", "ann", "time",
			 "2026-11-22T14:00:00.000Z", "labels", "pii", "secret", "former", 0,
			 "request");
}

static char *graph(json_t *rows, const char *note)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(rows);
	assert_non_null(out);
	assert_int_equal(dot_print(out, rows, note), 0);
	fclose(out);
	json_decref(rows);
	return text;
}

/*
 * The grammar that is used, read strictly: braces, statements that end with ";", and quoted strings
 * in which a backslash takes the next character with it. Return: how many strings.
 */
static size_t check(const char *text)
{
	bool quoted = false;
	size_t strings = 0;
	int depth = 0;

	for (const char *c = text; *c; c++) {
		if (quoted && *c == '\\') {
			assert_non_null(strchr("\\\"n", c[1])); /* no other escape means text */
			assert_true(c[1]);
			c++;
		} else if (*c == '"') {
			strings += quoted;
			quoted = !quoted;
		} else if (quoted) {
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
			assert_true(*c != '&' || !strncmp(c, "&amp;", 5));
		} else {
			assert_non_null(
				strchr("abcdefghijklmnopqrstuvwxyzLR0123456789{}[]=,;-> \t\n", *c));
			depth += (*c == '{') - (*c == '}');
			assert_true(depth >= 0);
		}
	}
	assert_false(quoted);
	assert_int_equal(depth, 0);
	return strings;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

static void test_nodes_and_edges(void **state)
{
	_cleanup_free_ char *text = NULL;
	json_t *rows = json_array(), *former;

	(void)state;
	json_array_append_new(rows, step("read", 1, 2, "cat[41]", "/srv/a"));
	former = step("wrote", 2, 3, "cat[41]", "/srv/b");
	json_object_set_new(former, "former", json_true());
	json_object_set_new(former, "request", json_string("r-7"));
	json_array_append_new(rows, former);
	json_array_append_new(rows, step("started", 2, 4, "cat[41]", "sh[42]"));
	json_array_append_new(rows, step("became", 4, 4, "sh[42]", "/usr/bin/curl"));
	json_array_append_new(rows, step("received", 5, 4, "curl[42]", "10.0.0.1:5432/tcp"));
	text = graph(rows, "3 more steps are not shown");
	assert_int_equal(check(text), 5 + 5 + 1);
	assert_int_equal(count(text, "\tn2 ["), 1); /* in three steps, one node */
	assert_non_null(strstr(text, "\tn1 [shape=note, label=\"/srv/a\"];\n"));
	assert_non_null(strstr(text, "\tn2 [shape=box, label=\"cat[41]\\n/bin/x\"];\n"));
	assert_non_null(strstr(text, "n1 -> n2 [label=\"read\\n2026-11-22T14:00:00.000Z\\nann\\npii"
				     "\\nsecret\"];"));
	assert_non_null(strstr(text, "n2 -> n3 [style=dashed, label=\"wrote\\n(former contents)"));
	assert_non_null(strstr(text, "\\nr-7\"];"));
	assert_non_null(strstr(text, "n4 -> n4 [label=\"became\\n/usr/bin/curl"));
	assert_non_null(strstr(text, "n5 [shape=cylinder"));
	assert_non_null(strstr(text, "note [shape=plaintext, label=\"3 more"));
}

static void test_nothing(void **state)
{
	_cleanup_free_ char *text = graph(json_array(), "");

	(void)state;
	assert_string_equal(text, "digraph lineage {\n\trankdir=LR;\n}\n");
}

/* What somebody may call a file to get out of the label, or to show another name. */
static void test_names_stay_names(void **state)
{
	static const struct {
		const char *name;
		const char *shown;
	} names[] = {
		{ "/a\"];n9 [label=\"b", "/a\\\"];n9 [label=\\\"b" },
		{ "/a\\", "/a\\\\" },
		{ "/a\\\"", "/a\\\\\\\"" },
		{ "/\\N\\G\\l", "/\\\\N\\\\G\\\\l" },
		{ "/&lt;b&#65;", "/&amp;lt;b&amp;#65;" },
		{ "<b>bold</b>", "<b>bold</b>" }, /* HTML only without quotes */
		{ "/a\nb\x1b[31m", "/a\\\\nb\\\\x1b[31m" },
		{ "/\xe2\x80\xae"
		  "cod",
		  "/\\\\u202ecod" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *text = NULL, *wanted = NULL;
		json_t *rows = json_array();

		json_array_append_new(rows, step("read", 1, 2, names[i].name, names[i].name));
		json_object_set_new(json_array_get(rows, 0), "labels", json_pack("[s]", "x\"y"));
		text = graph(rows, names[i].name);
		assert_int_equal(check(text), 2 + 1 + 1);
		assert_true(asprintf(&wanted, "n1 [shape=note, label=\"%s\"];\n", names[i].shown) >
			    0);
		if (!strstr(text, wanted))
			fail_msg("%s lacks %s", text, wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes_and_edges),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_names_stay_names),
	};

	escape_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
