#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Policies that are rehearsed: tests that they hold, why something is decided so, what a journal says of them. Nothing but
# the program. SLUICE_BUILD: folder with sluice and with tests/make-journal; default build/.

setup() {
	BUILD=${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}
	SLUICE=$BUILD/sluice
	export SLUICE_SOCKET=$BATS_TEST_TMPDIR/none.sock
	export TZ=UTC LC_ALL=C
	unset COLUMNS
	ETC=$BATS_TEST_TMPDIR/etc
	POLICY=$ETC/policy.d/10.conf
	mkdir -p "$ETC/policy.d" "$BATS_TEST_TMPDIR/data"
	printf '[Agent]\nMonitor=yes\n' >"$ETC/sluice.conf"
	cat >"$POLICY" <<-END
		[Label pii]
		Sensitivity=restricted
		Path=$BATS_TEST_TMPDIR/data
		[Rule out]
		Action=egress
		Labels=pii
		To=10.20.0.0/16:5432/tcp
		Clear=user:1003 unit:export.service
		Verdict=ask
		Reviewers=leads
		[Rule rights]
		Action=credential
		Labels=pii
		Verdict=deny
		[Person ann]
		Uid=1001
		[Person bob]
		Uid=1002
		[Group leads]
		Member=ann bob
	END
}

# run_apart COMMAND...: run, with standard error in $errors and not in $output
run_apart() {
	run bash -c '"$@" 2>"$BATS_TEST_TMPDIR/errors"' _ "$@"
	errors=$(cat "$BATS_TEST_TMPDIR/errors")
}

json() {
	jq -e "$1" <<<"$output" >/dev/null || { echo "not so: $1"; echo "$output"; return 1; }
}

@test "policy check: tests that hold are counted, also in monitor mode" {
	cat >>"$POLICY" <<-END
		[Test to-the-database]
		Action=egress
		Subject=user:1001
		Labels=pii
		To=10.20.1.2:5432
		Expect=allow
		[Test anywhere-else]
		Action=egress
		Labels=pii
		To=203.0.113.9:443
		Expect=ask
		Rule=out
		[Test no-other-rights]
		Action=credential
		Labels=pii
		Expect=deny
	END
	run "$SLUICE" policy check "$ETC"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ $output == *"3 tests passed"* ]]
	run "$SLUICE" policy check --json "$ETC"
	json '.valid and .tests == 3'
}

@test "policy check: a test that fails names itself, what comes out and by which rule" {
	cat >>"$POLICY" <<-END
		[Test never]
		Action=egress
		Labels=pii
		To=203.0.113.9:443
		Expect=deny
	END
	local line rule
	line=$(grep -n '^Expect=' "$POLICY" | cut -d: -f1)
	rule=$(grep -n '^.Rule out' "$POLICY" | cut -d: -f1)
	run_apart "$SLUICE" policy check "$ETC"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$errors" = "sluice: $POLICY:$line: [Test never] expects deny, but comes to ask by [Rule out] at $POLICY:$rule; correct the rules or the test" ]
	run_apart "$SLUICE" policy check --json "$ETC"
	[ "$status" -eq 1 ]
	json '.valid == false and (.error | contains("[Test never] expects deny"))'
	sed -i 's/^Verdict=ask/Verdict=deny/' "$POLICY"
	run "$SLUICE" policy check "$ETC"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}
