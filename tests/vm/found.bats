#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# found.bats: processes that had labeled data at hand before the agent, or the label, was there. Runs in a guest
# (lib.bash).

bats_require_minimum_version 1.5.0
# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

# Maps a file, closes it, and sends it when another file is there.
SENDS='import mmap, os, socket, sys, time
with open(sys.argv[1]) as file:
    data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
print("mapped", flush=True)
while not os.path.exists(sys.argv[2]):
    time.sleep(0.1)
socket.create_connection(("10.9.0.2", 9000)).sendall(data[:])'

setup_file() {
	cp /bin/sleep "$ROOT/bin/trusted"
	secret rows mapped-row
	plain note mapped-note
}

setup() {
	GO=$ROOT/go.$BATS_SUITE_TEST_NUMBER.$BATS_TEST_NUMBER
	ensure_sluiced "$SEND" "[Trusted reader]" "Subject=exe:$ROOT/bin/trusted"
}

# no_agent: nothing enforces, until run_sluiced.
no_agent() {
	stop_sluiced TERM
	sluiced --detach
}

has_open() {
	[[ $(readlink "/proc/$1/fd/3") == "$2" && $(<"/proc/$1/comm") != bash ]]
}

# opens FILE [PROGRAM]: spawn a process that has it open for reading, and does nothing.
opens() {
	# shellcheck disable=SC2016
	spawn paul bash -c 'exec 3<"$0"; exec "$1" 1000' "$1" "${2:-sleep}"
	wait_until "$PATIENCE" has_open "$PID" "$1"
}

# maps FILE: spawn a process that has it mapped and not open.
maps() {
	spawn paul python3 -c "$SENDS" "$1" "$GO"
	wait_until "$PATIENCE" grep -q mapped "$OUT"
}

# One start of the agent for all of these: it takes most of a minute.
@test "who had a labeled file mapped or open for reading before the agent began is found, and cannot send it" {
	local mapped mapped_output opened plain trusted

	no_agent
	maps "$SECRET/rows"
	mapped=$PID mapped_output=$OUT
	opens "$SECRET/rows"
	opened=$PID
	opens "$PLAIN/note"
	plain=$PID
	opens "$SECRET/rows" "$ROOT/bin/trusted"
	trusted=$PID
	maps "$PLAIN/note"
	run_sluiced
	[ "$(taint_of "$mapped")" = secret ]
	[ "$(taint_of "$opened")" = secret ]
	[ "$(taint_of "$PID")" = "" ]
	[ "$(taint_of "$plain")" = "" ]
	[ "$(taint_of "$trusted")" = "" ]
	journal_has ".type == \"event.read\" and .subject.pid == $mapped and .subject.user == \"paul\" and
		(.message | contains(\"already had $SECRET/rows\"))"
	sluice why "$opened" | grep -F "$SECRET/rows"
	touch "$GO"
	exit_of "$PID" 0
	exit_of "$mapped" 1
	grep -q 'Operation not permitted' "$mapped_output"
	wait_until "$PATIENCE" received tcp-9000 mapped-note
	refute received tcp-9000 mapped-row
	kill "$opened" "$plain" "$trusted"
}

@test "a new policy labels a file that is mapped: who has it mapped is found, who has it open is not yet" {
	local mapped

	maps "$PLAIN/note"
	mapped=$PID
	opens "$PLAIN/note"
	set_policy "$SEND" "[Label later]" "Path=$PLAIN/note"
	[ "$(taint_of "$mapped")" = later ]
	[ "$(taint_of "$PID")" = "" ]
	kill "$PID" "$mapped"
}

@test "an operator labels a file that is mapped" {
	plain own
	maps "$PLAIN/own"
	[ "$(taint_of "$PID")" = "" ]
	sluice label add "$PLAIN/own" secret
	[ "$(taint_of "$PID")" = secret ]
	touch "$GO"
	exit_of "$PID" 1
}
