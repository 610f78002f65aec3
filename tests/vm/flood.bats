#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whoever floods with refused attempts hides nothing: the same refusal is counted, and others are told of. Whoever fills what
# the kernel side keeps hurts only themselves. Runs in a guest (lib.bash, programs/flood.c).

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

setup_file() {
	export AGENT=StaleAfter=20s # an emulated processor is slow under a flood
	secret rows
	plain note
	set_policy "[Rule keep]" Action=egress Labels=secret Verdict=deny
}

setup() {
	SINCE=$(sluice journal --json | jq -s length)
}

teardown() {
	pkill -CONT -x sluiced || true
	pkill -KILL -x flood || true
	rm -rf /dev/shm/flood*
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

# A share is a quarter: SLUICE_QUOTA_SHARE of limits.h.
SEGMENTS=4096
SOCKETS=16384

# shm NAME: an empty folder of memory files.
shm() {
	rm -rf "/dev/shm/$1"
	mkdir -m 777 "/dev/shm/$1"
}

# no_memory COMMAND...: it fails with ENOMEM, as it says.
no_memory() {
	run "$@"
	echo "$output"
	[ "$status" -ne 0 ] && [[ $output == *'Cannot allocate memory'* ]]
}

@test "who maps more files than their share keeps nobody else from mapping" {
	shm flood
	spawn paul "$PROGRAMS/flood" map /dev/shm/flood 16384
	wait_until "$PATIENCE" test -s "$OUT"
	as rita "$PROGRAMS/segment" posix "$SECRET/rows" "$PLAIN/rita"
	[ "$(labels_of "$PLAIN/rita")" = secret ]
	[ "$(cat "$OUT")" -le "$SEGMENTS" ]
	no_memory as paul "$PROGRAMS/segment" posix "$SECRET/rows" "$PLAIN/paul"
	run as paul "$PROGRAMS/ring" alone "$PLAIN/note" "$PLAIN/paul"
	[ "$status" -eq 137 ] # an io_uring counts, too
	as rita "$PROGRAMS/ring" alone "$PLAIN/note" "$PLAIN/rita"
	# The files stay, but nobody has them mapped any more.
	kill "$PID" && wait_until "$PATIENCE" ended "$PID"
	as paul "$PROGRAMS/segment" posix "$SECRET/rows" "$PLAIN/paul"
	[ "$(labels_of "$PLAIN/paul")" = secret ]
}

has_namespace() {
	[[ $(readlink "/proc/$1/ns/user") != $(readlink /proc/self/ns/user) ]]
}

@test "an id of a user namespace has no share of its own" {
	local inside flood

	spawn paul unshare -U sleep 600
	inside=$PID
	wait_until "$PATIENCE" has_namespace "$inside"
	cat <<<$'0 2002 1\n1 700000 9' >"/proc/$inside/uid_map"
	cat <<<'0 2002 1' >"/proc/$inside/gid_map"
	as root nsenter -U -S 1 -t "$inside" "$PROGRAMS/segment" posix "$PLAIN/note" "$PLAIN/inside"
	shm flood
	spawn paul "$PROGRAMS/flood" map /dev/shm/flood 16384
	flood=$PID
	wait_until "$PATIENCE" test -s "$OUT"
	no_memory as root nsenter -U -S 1 -t "$inside" "$PROGRAMS/segment" posix "$PLAIN/note" "$PLAIN/inside"
	kill "$flood" "$inside"
}

@test "a child that was not made does not keep what its parent had mapped" {
	shm flood
	shm flood2
	[ "$(as paul "$PROGRAMS/flood" unborn /dev/shm/flood "$SEGMENTS")" -gt $((SEGMENTS / 2)) ]
	[ "$(as paul "$PROGRAMS/flood" unborn /dev/shm/flood2 "$SEGMENTS")" -gt $((SEGMENTS / 2)) ]
}

@test "who leaves more messages than their share keeps nobody else from sending" {
	run as paul "$PROGRAMS/flood" messages "$SECRET/rows" 81920
	[ "$status" -eq 137 ] # killed: what is in the queue already cannot be refused
	as rita "$PROGRAMS/queue" sysv "$SECRET/rows" "$PLAIN/rita.message"
	[ "$(labels_of "$PLAIN/rita.message")" = secret ]
	run as paul "$PROGRAMS/flood" messages "$SECRET/rows" 1
	[ "$status" -eq 137 ]
	ipcrm --all=msg
	as paul "$PROGRAMS/flood" messages "$SECRET/rows" 1
}

@test "who sends through more sockets than their share is refused, until they are closed" {
	ulimit -n 65536
	for _ in 1 2; do
		run as paul "$PROGRAMS/flood" pairs "$SECRET/rows" $((SOCKETS + 100))
		echo "$output"
		[ "$output" -le "$SOCKETS" ] && [ "$output" -gt $((SOCKETS - 100)) ]
	done
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
	sluice journal verify || lost_a_key
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

CROWD=${SLUICE_CROWD:-1000} # 10000 in the long run
((CROWD <= 1000)) || export BATS_TEST_TIMEOUT=900

# crowd ARG...: so many processes at once do it; sets PID, which ends when the last has tried.
crowd() {
	ulimit -u $((2 * CROWD + 1000))
	spawn paul "$PROGRAMS/flood" crowd "$SECRET/rows" "$@" "$CROWD"
}

# came_to OUTCOME: of all of the crowd, within the time.
came_to() {
	wait_until 300 ended "$PID"
	cat "$OUT"
	[ "$(<"$OUT")" = "$1" ]
}

# stopped: how many of the crowd are.
stopped() {
	pgrep -c -x -r T flood || true
}

waiting() {
	sluice status --json | jq .requests.held
}

# all_wait COUNT: so many are stopped, and each has an open request.
all_wait() {
	local stopped waiting

	stopped=$(stopped) waiting=$(waiting)
	echo "$stopped stopped, $waiting wait"
	((stopped == $1 && waiting == $1))
}

usable() {
	timeout 60 sluice status >/dev/null
	as quinn cat "$PLAIN/note"
	run as quinn "$PROGRAMS/flood" ports "$SECRET/rows" 10.9.0.3 1
	[ "$output" = 1 ]
}

@test "a crowd sends at once: nothing gets out, and each is told of or counted as lost" {
	set_policy "[Rule keep]" Action=egress Labels=secret Verdict=deny
	crowd 10.9.0.2
	came_to "through 0 unread 0 unsent $CROWD other 0"
	refute received udp-9000 flood
	wait_until "$PATIENCE" accounted "$CROWD" || accounted "$CROWD"
	[ "$(stopped)" = 0 ]
	usable
}

@test "a crowd is to be asked about at once: who is stopped has a request, all others are refused, and none stays" {
	set_policy "[Rule keep]" Action=egress Labels=secret Verdict=deny "$ASK
Clear=user:quinn
Timeout=$((40 + CROWD / 50))s"
	crowd -
	wait_until 240 all_wait 512 || all_wait 512
	usable
	came_to "through 0 unread $CROWD unsent 0 other 0"
	wait_until "$PATIENCE" all_wait 0 || all_wait 0
	usable
}
