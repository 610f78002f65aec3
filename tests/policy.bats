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
	FAKE=
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

teardown() {
	[ -z "$FAKE" ] || kill "$FAKE"
}

# Starts what plays sluiced; each lineage ends in the process $1.
daemon() {
	FAKE_PEER=$1 "$BUILD/tests/fake-control" "$SLUICE_SOCKET" "$BATS_TEST_TMPDIR/log" enforcing 3>&- &
	FAKE=$!
	for _ in $(seq 100); do
		[ -S "$SLUICE_SOCKET" ] && return
		sleep 0.05
	done
	return 1
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

# step LINE: its fields "matched why" of the explanation in $output
step() {
	jq -r --arg line "$1" '.steps[] | select(.line == $line) | "\(.matched) \(.why)"' <<<"$output"
}

@test "policy explain: each line that is looked at, and why it matches or not" {
	run "$SLUICE" policy explain --action egress --labels pii --to 10.20.1.2:443 --user 1003 --json "$ETC"
	[ "$status" -eq 0 ]
	json '.verdict == "ask" and .hold and .rule == "out" and .reviewers == ["leads"] and .missing == ["pii"] and .monitor'
	[ "$(step labels)" = "true the process carries them" ]
	[ "$(step To=10.20.0.0/16:5432/tcp)" = "false another port" ]
	[ "$(step "Clear=user:1003 unit:export.service")" = "false the unit is not stated, not export.service" ]
	[ "$(step "[Rule rights]")" = "false it is about another action" ]
	[ "$(step "[Rule out]")" = "true ask" ]
	run "$SLUICE" policy explain --action egress --labels pii --to 10.20.1.2:443 --user 1003 --unit export.service --json "$ETC"
	json '.verdict == "allow" and .rule == "out" and .missing == []'
	[ "$(step "Clear=user:1003 unit:export.service")" = "true it is who tries" ]
	run "$SLUICE" policy explain --action egress --labels pii --to 10.20.1.2:5432 "$ETC"
	[[ ${lines[0]} == "It is allowed, by [Rule out] at $POLICY:4." ]]
	run "$SLUICE" policy explain --action credential --labels pii "$ETC"
	[[ ${lines[0]} == "It is refused, by [Rule rights] at "* ]]
	[[ ${lines[1]} == *"[Agent] has Monitor=yes"* ]]
	run "$SLUICE" policy explain --action open --path "$BATS_TEST_TMPDIR/data/x y" --json "$ETC"
	json '.verdict == "allow" and .rule == null and .labels == ["pii"]'
	[ "$(step "Path=$BATS_TEST_TMPDIR/data")" = "true the file is there, so it carries pii" ]
}

@test "policy explain: a policy whose own tests fail is explained, and mistakes on the command line are told" {
	printf '[Test no]\nAction=credential\nLabels=pii\nExpect=allow\n' >>"$POLICY"
	run "$SLUICE" policy explain --action credential --labels pii --json "$ETC"
	[ "$status" -eq 0 ]
	json '.verdict == "deny"'
	run "$SLUICE" policy explain --action credential --labels pia "$ETC"
	[ "$status" -eq 1 ]
	[[ $output == *"(command line):4: label pia is not defined"* ]]
	run "$SLUICE" policy explain --action egress --labels pii --to 10.0.0.0/8:1 "$ETC"
	[[ $output == *"is no single place"* ]]
	run "$SLUICE" policy explain --action egress --labels pii "$ETC"
	[ "$status" -eq 2 ]
	run "$SLUICE" policy explain --action credential "$ETC"
	[ "$status" -eq 2 ]
	run "$SLUICE" policy explain --labels pii "$ETC"
	[ "$status" -eq 2 ]
	run "$SLUICE" policy explain --action credential --labels $'pii\nRule=out' "$ETC"
	[ "$status" -eq 2 ]
}

@test "policy explain: a process, by /proc and what sluiced says that it carries" {
	daemon $$
	printf '[Label secret]\n[Rule mine]\nAction=write\nLabels=secret\nVerdict=deny\nClear=user:%s exe:%s\n' \
		"$(id -u)" "$(readlink /proc/$$/exe)" >>"$POLICY"
	run "$SLUICE" policy explain --action write --pid $$ --json "$ETC"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	json '.verdict == "allow" and .rule == "mine" and .labels == ["pii", "secret"]'
	run "$SLUICE" policy explain --action write --pid $$ --user 1234 --json "$ETC"
	json '.verdict == "deny" and .rule == "mine"'
	# what sluiced says is not asked for where it is stated
	kill "$FAKE"
	wait "$FAKE" || true
	rm -f "$SLUICE_SOCKET"
	FAKE=
	run "$SLUICE" policy explain --action write --labels pii --pid $$ --json "$ETC"
	json '.verdict == "allow" and .labels == ["pii"]'
	run "$SLUICE" policy explain --action write --pid $$ "$ETC"
	[ "$status" -eq 3 ]
}

@test "policy explain: a process that got nothing carries nothing" {
	daemon 1
	run "$SLUICE" policy explain --action credential --pid $$ --json "$ETC"
	[ "$status" -eq 0 ]
	json '.verdict == "allow" and .labels == []'
}

# A journal of what was tried under some policy, as sluiced writes it.
past() {
	JOURNAL=$BATS_TEST_TMPDIR/journal.jsonl
	sed 's/@/{"pid":1,"start_ns":1,"comm":"x",/' <<-'END' | "$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin
		{"type":"request.opened","message":"m","action":"egress","labels":["pii"],"verdict":"hold","subject":@"exe":"/opt/send","uid":2001,"user":"etl","unit":"nightly.service"},"target":{"kind":"endpoint","text":"203.0.113.9:443/tcp","address":"::ffff:203.0.113.9","port":443,"protocol":6}}
		{"type":"event.stop","message":"m","verdict":"deny","action":"egress","labels":["pii"],"repeats":6,"subject":@"exe":"/opt/send","uid":2002,"user":"web"},"target":{"kind":"endpoint","text":"203.0.113.9:443/tcp","address":"::ffff:203.0.113.9","port":443,"protocol":6}}
		{"type":"event.stop","message":"m","verdict":"audit","action":"egress","labels":["pii"],"subject":@"exe":"/opt/send","uid":2001,"user":"etl","unit":"nightly.service"},"target":{"kind":"endpoint","text":"10.20.3.4:5432/tcp","address":"::ffff:10.20.3.4","port":5432,"protocol":6}}
		{"type":"event.stop","message":"m","verdict":"deny","action":"credential","labels":["pii"],"subject":@"exe":"/usr/bin/sudo","uid":2001,"user":"etl"},"target":{"kind":"credential","text":"change user id from 2001 to 0","credential":1,"id":0}}
		{"type":"event.read","message":"m","labels":["pii"],"subject":@"exe":"/opt/send","uid":2001,"user":"etl"},"target":{"kind":"file","text":"/data/a","dev":1,"gen":0,"ino":9,"mode":33188}}
		{"type":"event.read","message":"m","labels":["gone"],"subject":@"exe":"/opt/send","uid":2001,"user":"etl"},"target":{"kind":"file","text":"/data/b","dev":1,"gen":0,"ino":9,"mode":33188}}
		{"type":"event.label","message":"m","labels":["pii"],"subject":@"exe":"/opt/send","uid":2001,"user":"etl"},"target":{"kind":"file","text":"pipe:[7]","dev":1,"gen":0,"ino":7,"mode":4480}}
		{"type":"grant.used","message":"m","action":"egress","labels":["pii"],"subject":@"exe":"/opt/send","uid":2001,"user":"etl"},"target":{"kind":"endpoint","text":"203.0.113.9:443/tcp","address":"::ffff:203.0.113.9","port":443,"protocol":6}}
	END
}

@test "policy replay: what would be another than it was, with counts and examples" {
	past
	run "$SLUICE" policy replay --journal "$JOURNAL" --json "$ETC"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	json '.before == {"allow":1,"audit":1,"ask":1,"deny":8} and .after == {"allow":2,"audit":0,"ask":8,"deny":1}'
	json '.entries == 6 and .other_labels == 1 and .verified == 10'
	json '[.changes[] | [.from, .to, .n]] == [["audit","allow",1],["deny","ask",7]]'
	json '.changes[1].examples == [{"action":"egress","user":"web","executable":"/opt/send","unit":null,"target":"203.0.113.9:443/tcp","labels":["pii"],"n":7,"entry":2,"rule":"out"}]'
	run "$SLUICE" policy replay --journal "$JOURNAL" "$ETC"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "11 attempts in 6 entries of $JOURNAL, verified through checkpoint 10." ]]
	[[ $output == *"7 were refused and would be asked about:"* ]]
	run "$SLUICE" policy replay --journal "$JOURNAL" --examples 0 --json "$ETC"
	json '.changes[1].n == 7 and .changes[1].examples == []'
}

@test "policy replay: the time, and a policy that reads otherwise" {
	past
	run "$SLUICE" policy replay --journal "$JOURNAL" --until 2020-01-01 --json "$ETC"
	[ "$status" -eq 0 ]
	json '.entries == 0 and .changes == []'
	run "$SLUICE" policy replay --journal "$JOURNAL" --since -1h --json "$ETC"
	json '.entries == 6'
	printf '[Rule look]\nAction=open\nLabels=pii\nVerdict=deny\n' >>"$POLICY"
	run "$SLUICE" policy replay --journal "$JOURNAL" --json "$ETC"
	json '.changes[0] | .from == "allow" and .to == "deny" and .n == 1 and .examples[0].target == "/data/a"'
}

@test "policy replay: nothing is said of a journal that was tampered with" {
	past
	sed -i 's/2002/2009/' "$JOURNAL"
	run_apart "$SLUICE" policy replay --journal "$JOURNAL" --json "$ETC"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $errors == *"TAMPERED"* ]]
	run "$SLUICE" policy replay --journal "$BATS_TEST_TMPDIR/none" "$ETC"
	[ "$status" -eq 4 ]
}

@test "policy learn: by rule what was stopped, and lines that allow exactly that" {
	past
	run "$SLUICE" policy learn --journal "$JOURNAL" --json "$ETC"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	json '[.attempts[] | [.rule, .was, .user, .n, .lines]] == [["out","ask","etl",1,true],["out","deny","web",7,true],["rights","deny","etl",1,true]]'
	json '[.lines[] | [.rule, .line]] == [["out","To=203.0.113.9:443/tcp"],["rights","Clear=user:2001 \"exe:/usr/bin/sudo\""]]'
	json '.allowed == 9 and .left == 0'
	# what one user may send, and another may not, is not said by the place
	run "$SLUICE" policy learn --journal "$JOURNAL" --user web --json "$ETC"
	[ "$status" -eq 0 ]
	json '[.lines[].line] == ["Clear=user:2002 \"exe:/opt/send\""] and .allowed == 7'
	run "$SLUICE" policy learn --journal "$JOURNAL" --rule out --user etl --json "$ETC"
	json '[.lines[].line] == ["Clear=user:2001 \"exe:/opt/send\" unit:nightly.service"]'
	run "$SLUICE" policy learn --journal "$JOURNAL" --rule rights "$ETC"
	[ "$status" -eq 0 ]
	[[ $output == *"Below [Rule rights] at $POLICY:"*'Clear=user:2001 "exe:/usr/bin/sudo"'*"1 attempts would be allowed"* ]]
}

@test "policy learn: the lines that it prints, put into the policy, do what it says" {
	past
	local line at
	line=$("$SLUICE" policy learn --journal "$JOURNAL" --user web --json "$ETC" | jq -r '.lines[0].line')
	at=$("$SLUICE" policy learn --journal "$JOURNAL" --user web --json "$ETC" | jq -r '.lines[0].origin')
	sed -i "${at##*:}a $line" "$POLICY"
	run "$SLUICE" policy replay --journal "$JOURNAL" --json "$ETC"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	json '[.changes[] | [.from, .to, .n]] == [["audit","allow",1],["deny","allow",7]]'
	run "$SLUICE" policy learn --journal "$JOURNAL" --user web "$ETC"
	[[ $output == *"Nothing of that was stopped that this policy would stop." ]]
}

@test "policy learn: what no line can let through alone is left, and a test of the policy is kept" {
	past
	# the same program of the same user without a service is among what is not meant
	printf '%s\n' '{"type":"event.stop","message":"m","verdict":"deny","action":"credential","labels":["pii"],"subject":{"pid":1,"start_ns":1,"comm":"x","exe":"/usr/bin/sudo","uid":2001,"user":"other"},"target":{"kind":"credential","text":"make a user namespace","credential":8,"id":0}}' |
		"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin
	run "$SLUICE" policy learn --journal "$JOURNAL" --rule rights --user etl --json "$ETC"
	[ "$status" -eq 1 ]
	json '.lines == [] and .left == 1 and .attempts[0].lines == false'
	printf '[Test never]\nAction=egress\nLabels=pii\nTo=203.0.113.9:443\nExpect=ask\n' >>"$POLICY"
	run "$SLUICE" policy learn --journal "$JOURNAL" --rule out "$ETC"
	[ "$status" -eq 1 ]
	[[ $output == *"[Test never] expects ask, but comes to allow by [Rule out]"* ]]
}
