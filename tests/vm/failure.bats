#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# failure.bats: full rings, full tables, full disks, malformed messages, decisions that do not fit, clocks that are set.
# What is guarded is refused, everything else runs on, one clear error says why, and the state stays as it was.

bats_require_minimum_version 1.5.0
load lib

SEND_ASK="[Rule send]
Action=egress
Labels=secret
Verdict=ask
Mode=fail
Reviewers=data"

setup() {
	export AGENT=StaleAfter=10s
	ensure_sluiced "$ASK"
	secret rows 'one,two'
	new_gate
}

teardown() {
	pkill -CONT -x sluiced || true
	close_all
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$STATE/sluiced.log"
}

counter() {
	sluice status --json | jq ".counters.$1"
}

counter_above() {
	[ "$(counter "$1")" -gt "$2" ]
}

# Reads labeled data, then sends to N ports of the machine outside. Prints how many were sent and how many refused.
flood() {
	cat >"$ROOT/flood.py" <<-'PYTHON'
	import os, socket, sys, time
	open(sys.argv[1]).read()
	sent = refused = 0
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	for i in range(int(sys.argv[2])):
	    try:
	        sock.sendto(b"flood", ("10.9.0.2", 20000 + i))
	        sent += 1
	    except PermissionError:
	        refused += 1
	    if i % 100 == 99:
	        time.sleep(float(sys.argv[3]))
	print("sent", sent, "refused", refused, flush=True)
	PYTHON
	as paul python3 "$ROOT/flood.py" "$SECRET/rows" "$1" "$2"
}

# fill: more events than the ring has room for: labeled data goes into one pipe after the other. (Refusals would not do:
# they take half of the ring at most, and repeated ones are counted where they are.)
fill() {
	cat >"$ROOT/fill.py" <<-'PYTHON'
	import os, sys
	open(sys.argv[1]).read()
	for i in range(1500):
	    ends = os.pipe()
	    os.write(ends[1], b"labeled")
	    os.close(ends[0])
	    os.close(ends[1])
	PYTHON
	as paul python3 "$ROOT/fill.py" "$SECRET/rows"
}

@test "the ring is full: every guarded action is refused, the process is not stuck, the loss is journaled" {
	local dropped

	set_policy "$SEND"
	dropped=$(counter dropped)
	kill -STOP "$(sluiced_pid)"
	fill
	[ "$(flood 5 0)" = 'sent 0 refused 5' ]
	plain free hello
	[ "$(as paul cat "$PLAIN/free")" = hello ]
	kill -CONT "$(sluiced_pid)"
	wait_until "$PATIENCE" counter_above dropped "$dropped"
	flood 1 0 # the next one that is told of shows the hole
	wait_until "$PATIENCE" journal_has '.type == "journal.gap" and .count > 100'
	wait_until "$PATIENCE" counter_above gaps 100
	sluice journal verify || lost_a_key
}

@test "the ring is full: what would be asked about is refused and not held" {
	local refused

	set_policy "$ASK
Clear=user:paul"
	refused=$(counter refused)
	kill -STOP "$(sluiced_pid)"
	fill
	run -1 as quinn timeout 20 cat "$SECRET/rows"
	[[ $output == *'Operation not permitted'* ]]
	kill -CONT "$(sluiced_pid)"
	wait_until "$PATIENCE" is_running
	counter_above refused "$refused"
	spawn quinn cat "$SECRET/rows"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
}

@test "the ring is full: a grant is not used where its use could not be told" {
	spawn quinn bash -c "read -r a <$SECRET/rows; echo first; read -r go <$ROOT/go
		read -r b <$SECRET/rows && echo second; read -r go <$ROOT/go2; read -r c <$SECRET/rows && echo third"
	wait_held "$PID"
	approve_pid "$PID"
	wait_until "$PATIENCE" grep -q first "$OUT"
	set_policy "$ASK
Clear=user:paul"
	kill -STOP "$(sluiced_pid)"
	fill
	open_gate
	wait_until "$PATIENCE" grep -q 'Operation not permitted' "$OUT"
	kill -CONT "$(sluiced_pid)"
	wait_until "$PATIENCE" is_running
	sleep 1
	open_gate 2
	exit_of "$PID" 0
	grep -q third "$OUT"
	refute grep second "$OUT"
}

@test "too many open requests: refused, counted, said; a new policy closes them all" {
	local pending

	set_policy "$SEND_ASK"
	run -0 flood 4600 0.2
	[[ $output == 'sent 0 refused 4600' ]]
	pending=$(sluice status --json | jq .requests.pending)
	[ "$pending" -gt 3000 ] && [ "$pending" -le 4096 ]
	if [ "$pending" = 4096 ]; then
		grep -q SLUICE_MAX_REQUESTS "$STATE/sluiced.log"
	fi
	plain free hello
	[ "$(as paul cat "$PLAIN/free")" = hello ]
	set_policy "$SEND"
	[ "$(sluice status --json | jq .requests.pending)" = 0 ]
}

# A journal of its own on a small file system.
small_journal() {
	mkdir -p "$STATE/small"
	mountpoint -q "$STATE/small" || mount -t tmpfs -o size=2m none "$STATE/small"
	rm -f "$STATE/small"/*
	stop_sluiced TERM
	AGENT="StaleAfter=10s
Journal=$STATE/small/journal.jsonl
State=$STATE/small" write_policy "$@"
	rm -f "$STATE/small"/*
	run_sluiced
}

normal_journal() {
	stop_sluiced TERM
	write_policy "$ASK"
	run_sluiced
	umount "$STATE/small"
}

fill_disk() {
	dd if=/dev/zero of="$STATE/small/fill" bs=4k 2>/dev/null || true
}

journal_is_broken() {
	sluice status --json | jq -e '.why | tostring | contains("journal cannot be written")'
}

# The last block of a file may have room still when the disk has none: entries that nothing rests on use it up.
journal_is_full() {
	kill -HUP "$(sluiced_pid)"
	journal_is_broken
}

@test "the disk of the journal is full: nothing is granted, denials go on, room makes it whole again" {
	local id

	small_journal "$ASK" "$SEND"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	fill_disk
	wait_until "$PATIENCE" journal_is_full
	run person rita sluice approve "$id" --yes
	[ "$status" -ne 0 ]
	[[ $output == *'nothing was decided: the journal cannot be written'* ]]
	[ "$(state_of "$PID")" = T ]
	run -1 as quinn timeout 20 cat "$SECRET/rows" # nobody can be asked
	[[ $output == *'Operation not permitted'* ]]
	plain free hello
	[ "$(as paul cat "$PLAIN/free")" = hello ]
	rm "$STATE/small/fill"
	wait_until "$PATIENCE" refute journal_is_broken
	approve "$id"
	exit_of "$PID" 0
	sluice journal --json --file "$STATE/small/journal.jsonl" | jq -es '[.[].type] |
		index("decision.void") and index("journal.repaired") and index("grant.issued")'
	sluice journal --json --file "$STATE/small/journal.jsonl" |
		jq -es 'any(.[]; .type == "event.stop" and .verdict == "deny")' # what had to wait is not lost
	sluice journal verify "$STATE/small/journal.jsonl" || lost_a_key
	normal_journal
}

# Of what a daemon had been told, and could not write down, the kernel keeps the record until it is written.
@test "the disk of the journal is full and sluiced is killed: what it had been told is in the next one's journal" {
	small_journal "$ASK" "$SEND"
	fill_disk
	wait_until "$PATIENCE" journal_is_full
	run -1 as quinn timeout 20 cat "$SECRET/rows" # nobody can be asked
	sleep 3 # it has been read by now
	stop_sluiced KILL
	refute grep -q '"user":"quinn"' "$STATE/small/journal.jsonl"
	rm "$STATE/small/fill"
	run_sluiced
	wait_until "$PATIENCE" grep -q '"user":"quinn"' "$STATE/small/journal.jsonl"
	sluice journal verify "$STATE/small/journal.jsonl" || lost_a_key
	normal_journal
}

@test "a journal that cannot be written at all: sluiced does not start, and says why" {
	stop_sluiced TERM
	mkdir -p "$STATE/ro"
	mount -t tmpfs -o ro none "$STATE/ro"
	AGENT="Journal=$STATE/ro/journal.jsonl" write_policy "$ASK"
	run -1 sluiced
	[[ $output == *"$STATE/ro/journal.jsonl"*'Read-only'* ]]
	umount "$STATE/ro"
	write_policy "$ASK"
	run_sluiced
}

@test "malformed and unpermitted messages end the peer and nothing else" {
	local pid

	pid=$(sluiced_pid)
	run -0 "$BATS_TEST_DIRNAME/speak.py" bad /run/sluice/control.sock
	[ "$(grep -c 'ended$' <<<"$output")" -ge 16 ]
	refute grep answered <<<"$output"
	run -0 "$BATS_TEST_DIRNAME/speak.py" bad /run/sluice/gateway.sock
	[ "$(grep -c 'ended$' <<<"$output")" -ge 18 ]
	refute grep answered <<<"$output"
	kill -0 "$pid"
	sluice status
	grep -q 'malformed message' "$STATE/sluiced.log"
	grep -q 'may not send IPC_HELLO' "$STATE/sluiced.log"
}

@test "the gateway's socket is for the gateway only" {
	run as paul "$BATS_TEST_DIRNAME/speak.py" bad /run/sluice/gateway.sock
	refute grep answered <<<"$output"
	grep -q "is not the gateway's user" "$STATE/sluiced.log"
}

@test "too many connections of one user: the others and root are still served" {
	local stayed

	stayed=$(as paul "$BATS_TEST_DIRNAME/speak.py" crowd /run/sluice/control.sock 40)
	[ "$stayed" -le 16 ] && [ "$stayed" -ge 8 ]
	sluice status
	person rita sluice status
}

@test "decisions that do not fit are refused, each with its reason, and change nothing" {
	local id digest

	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	digest=$(sluice show "$id" --json | jq -r .digest)
	speak() {
		person "$1" "$BATS_TEST_DIRNAME/speak.py" decide "${@:2}"
	}
	[[ $(speak rita r-ffffffff "$digest") == '2 there is no such request'* ]]
	[[ $(speak rita "$id" 0123456789abcdef) == '116 '*'its digest is another'* ]]
	[[ $(speak rita "$id" "${digest:0:7}") == '22 '*'first 8 digits'* ]]
	[[ $(speak rita "$id" '') == '22 '*'first 8 digits'* ]]
	[[ $(speak paul "$id" "$digest") == '1 '*'stands behind this request'* ]]
	[[ $(speak 4001 "$id" "$digest") == '1 '* ]]
	[[ $("$BATS_TEST_DIRNAME/speak.py" decide "$id" "$digest") == '1 '* ]] # root is nobody's deputy
	[ "$(state_of "$PID")" = T ]
	[ "$(request_state "$id")" = pending ]
	[[ $(speak rita "$id" "$digest") == '0 '* ]]
	exit_of "$PID" 0
	[[ $(speak quinn "$id" "$digest") == '114 '*'approved already'* ]]
	[ "$(sluice grants --json | jq length)" = 1 ]
}

@test "a decision that comes too late is refused" {
	local id digest

	set_policy "$ASK
Timeout=15s"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	digest=$(sluice show "$id" --json | jq -r .digest)
	exit_of "$PID" 1
	run person rita "$BATS_TEST_DIRNAME/speak.py" decide "$id" "$digest"
	[[ $output == '114 '*'expired already'* || $output == '110 '* ]]
	request_is "$id" expired
}

@test "a reviewer who has read the data cannot decide from there" {
	local id

	set_policy "$ASK
Clear=user:rita"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	run as rita bash -c "read -r a <$SECRET/rows; sluice approve $id --yes"
	[ "$status" -ne 0 ]
	[[ $output == *'has read labeled data'* ]]
	[ "$(request_state "$id")" = pending ]
	as rita sluice approve "$id" --yes # the same person from a clean process
	exit_of "$PID" 0
}

@test "a clock that is set does not move deadlines" {
	local id now

	set_policy "$ASK
Timeout=5min"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	now=$(date +%s)
	date -s "@$((now + 86400))" >/dev/null
	plain free hello
	[ "$(as paul cat "$PLAIN/free")" = hello ]
	sleep 2
	[ "$(request_state "$id")" = pending ]
	date -s "@$((now - 86400))" >/dev/null
	[ "$(request_state "$id")" = pending ]
	approve "$id"
	exit_of "$PID" 0
	date -s "@$now" >/dev/null
	[ "$(sluice grants --json | jq length)" = 1 ]
	sluice journal verify || lost_a_key
}
