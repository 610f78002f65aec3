#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Who waits at a pipe before labeled data comes gets the labels with it; who waits for other data stays clean. Runs in
# a guest (lib.bash, programs/pipes.c).

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

setup_file() {
	secret source waited-for
	plain source harmless
	set_policy "[Rule keep]" Action=egress Labels=secret Verdict=deny
}

setup() {
	TO=$PLAIN/out.$BATS_SUITE_TEST_NUMBER
	CLEAN=$PLAIN/clean.$BATS_SUITE_TEST_NUMBER
}

# waits MODE: what it writes has the label when labeled data came, and none when other data came.
waits() {
	as paul "$PROGRAMS/pipes" "$1" "$SECRET/source" "$TO"
	cmp "$SECRET/source" "$TO"
	[ "$(labels_of "$TO")" = secret ]
	as paul "$PROGRAMS/pipes" "$1" "$PLAIN/source" "$CLEAN"
	cmp "$PLAIN/source" "$CLEAN"
	[ "$(labels_of "$CLEAN")" = "" ]
}

@test "read of a pipe" {
	waits read
}

@test "readv of a pipe" {
	waits readv
}

@test "read of a named pipe" {
	waits fifo
}

@test "poll, then read" {
	waits poll
}

@test "read by one of several threads" {
	waits thread
}

@test "vmsplice out of a pipe" {
	waits vmsplice
}

@test "splice from a pipe into a file" {
	waits splice-file
}

@test "splice from a pipe into a pipe where another waits" {
	waits splice-pipe
}

@test "tee from a pipe into a pipe where another waits" {
	waits tee
}

# sends MODE TEXT: labeled data does not go out.
sends() {
	plain text "$2-clean"
	secret text "$2-secret"
	run as paul "$PROGRAMS/pipes" "$1" "$SECRET/text" 10.9.0.2
	[ "$status" -ne 0 ]
}

@test "splice from a pipe into a socket that waits" {
	sends splice-socket waiting
	if [[ $(uname -r) == 6.1.* ]]; then
		run as paul "$PROGRAMS/pipes" splice-socket "$PLAIN/text" 10.9.0.2
		[ "$status" -eq 122 ] # EINVAL: this kernel asks nobody after the wait
	else
		as paul "$PROGRAMS/pipes" splice-socket "$PLAIN/text" 10.9.0.2
		wait_until "$PATIENCE" received tcp-9000 waiting-clean
	fi
	refute received tcp-9000 waiting-secret
}

@test "splice from a pipe into a socket when data is there" {
	sends splice-now ready
	as paul "$PROGRAMS/pipes" splice-now "$PLAIN/text" 10.9.0.2
	wait_until "$PATIENCE" received tcp-9000 ready-clean
	refute received tcp-9000 ready-secret
}

reads_standard_input() {
	grep -q '^0 0x0 ' "/proc/$1/syscall"
}

# waiter FIFO OUT: cat waits for what comes by FIFO; sets PID.
waiter() {
	rm -f "$1" && mkfifo -m 666 "$1"
	spawn paul bash -c "exec cat <>'$1' >'$2'"
	wait_until "$PATIENCE" reads_standard_input "$PID"
}

@test "who may not open what came while it waited is killed; other data it gets" {
	cp /bin/cat "$ROOT/bin/allowed"
	set_policy "[Rule closed]" Action=open Labels=secret Verdict=deny "Clear=exe:$ROOT/bin/allowed"
	waiter "$TO.fifo" "$TO"
	as paul bash -c "exec '$ROOT/bin/allowed' '$SECRET/source' >'$TO.fifo'"
	exit_of "$PID" 137
	[ ! -s "$TO" ]
	waiter "$CLEAN.fifo" "$CLEAN"
	as paul bash -c "exec '$ROOT/bin/allowed' '$PLAIN/source' >'$CLEAN.fifo'"
	wait_until "$PATIENCE" cmp "$PLAIN/source" "$CLEAN"
	kill "$PID"
}
