#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whoever floods with refused attempts hides nothing: the same refusal is counted, and others are told of. Runs in a guest
# (lib.bash, programs/flood.c).

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

setup_file() {
	export AGENT=StaleAfter=20s # an emulated processor is slow under a flood
	secret rows
	set_policy "[Rule keep]" Action=egress Labels=secret Verdict=deny
}

setup() {
	SINCE=$(sluice journal --json | jq -s length)
}

teardown() {
	pkill -CONT -x sluiced || true
	pkill -KILL -x flood || true
	close_all
}

# refusals PORT (0: any): of this test, as the journal has them: entries and what they count.
refusals() {
	sluice journal --json | jq -es --argjson port "$1" --argjson since "$SINCE" \
		'[.[$since:][] | select((.type == "event.stop" or .type == "event.repeat") and
			($port == 0 or .target.port == $port))]
		| map((.repeats // 0) + (if .type == "event.stop" then 1 else 0 end)) | add // 0'
}

refusals_are() {
	local found

	found=$(refusals "$1")
	echo "$found refusals"
	[[ $found == "$2" ]]
}

lost() {
	sluice status --json | jq '.counters.dropped + .counters.refused + .counters.gaps'
}

@test "the same refusal 100000 times: all are counted, and one of another process is told of" {
	local lost

	lost=$(lost)
	spawn paul "$PROGRAMS/flood" send "$SECRET/rows" 10.9.0.2 100000
	as quinn "$PROGRAMS/flood" ports "$SECRET/rows" 10.9.0.3 1
	exit_of "$PID" 0
	[ "$(cat "$OUT")" = 100000 ]
	wait_until "$PATIENCE" refusals_are 9000 100001 || refusals_are 9000 100001
	sluice journal --json | jq -es 'any(.[]; .type == "event.stop" and .subject.uid == 2003 and .verdict == "deny" and
		(.target.text | contains("10.9.0.3")))'
	sluice journal --json | jq -es '[.[] | select(.type == "event.stop")] | length < 500'
	[ "$(lost)" = "$lost" ]
}

@test "2000 different refusals at once: each is told of, and no other event is lost" {
	local lost

	lost=$(lost)
	as paul "$PROGRAMS/flood" ports "$SECRET/rows" 10.9.0.2 2000
	as quinn cp "$SECRET/rows" "$PLAIN/meanwhile"
	wait_until "$PATIENCE" refusals_are 0 2000 || refusals_are 0 2000
	[ "$(lost)" = "$lost" ]
}

@test "a refusal of another kind by the same process is told of at once" {
	as paul "$PROGRAMS/flood" ports "$SECRET/rows" 10.9.0.2 3
	wait_until "$PATIENCE" refusals_are 9001 1
	wait_until "$PATIENCE" refusals_are 9002 1
}

# What the journal says that it does not tell of.
gaps() {
	sluice journal --json | jq -es --argjson since "$SINCE" \
		'[.[$since:][] | select(.type == "journal.gap") | .count] | add // 0'
}

# accounted COUNT: so many refusals at least are told of or counted as lost.
accounted() {
	local told lost

	told=$(refusals 0) lost=$(gaps)
	echo "$told refusals, $lost lost"
	((told + lost >= $1))
}

@test "more refusals than are remembered while nobody looks: each is told of or counted as lost" {
	kill -STOP "$(<"$STATE/sluiced.pid")"
	as paul "$PROGRAMS/flood" ports "$SECRET/rows" 10.9.0.2 2500
	as quinn "$PROGRAMS/flood" ports "$SECRET/rows" 10.9.0.3 1 # what the flood is to hide
	as paul "$PROGRAMS/flood" ports "$SECRET/rows" 10.9.0.2 7500
	kill -CONT "$(<"$STATE/sluiced.pid")"
	wait_until "$PATIENCE" accounted 10001 || accounted 10001
	journal_has '.type == "journal.gap" and (.message | contains("refusals"))'
	sluice journal verify
}

@test "a flood that does not end: sluiced answers, and others can be asked about" {
	local flood

	set_policy "[Rule keep]" Action=egress Labels=secret Verdict=deny "$ASK
Clear=user:paul"
	spawn paul "$PROGRAMS/flood" ports "$SECRET/rows" 10.9.0.2 100000000
	flood=$PID
	sleep 5
	timeout 30 sluice status
	spawn quinn cat "$SECRET/rows"
	wait_held "$PID"
	kill -0 "$flood"
	kill "$flood"
	deny_pid "$PID"
	exit_of "$PID" 1
}
