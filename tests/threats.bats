#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tests/threats names a test for each way in which an approval could be got wrongly: they are all there, and run.

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd -P)
N=22

# rows: number, file and test of each line, with tabs between
rows() {
	sed -n 's/^\([0-9]*\) | .* | \(tests\/[^ |]*\) | \(.*\)$/\1\t\2\t\3/p' "$ROOT/tests/threats"
}

# runs FILE TEST: it is one of the tests of that file. A function of a unit test is also in its list.
runs() {
	case $1 in
	*.bats) grep -qxF -- "@test \"$2\" {" "$ROOT/$1" ;;
	*.c) grep -qE "^static void $2\\(void \\*\\*state\\)" "$ROOT/$1" && grep -qE "(TEST|test[a-z_]*)\\($2[,)]" "$ROOT/$1" ;;
	*) false ;;
	esac
}

@test "each threat has a test" {
	[ "$(rows | cut -f1 | sort -nu | xargs)" = "$(seq "$N" | xargs)" ]
	# no line that is not understood
	[ "$(rows | wc -l)" = "$(grep -vc '^#' "$ROOT/tests/threats")" ]
}

@test "each test that is named exists" {
	local number file name missing=0
	while IFS=$'\t' read -r number file name; do
		runs "$file" "$name" || { echo "$number: $file has no test '$name'"; missing=1; }
	done < <(rows)
	[ "$missing" = 0 ]
	# a name that does not exist is noticed
	! runs tests/bot.bats 'no such test' || false
	! runs tests/unit/test_decision.c test_nothing || false
}
