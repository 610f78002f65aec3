#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Labels move over Unix sockets, from who sends to who receives, and not to who receives other data.
# Nothing is guarded here, so nothing stops. Runs in a guest (lib.bash).

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

setup_file() {
	secret source
	plain source
	cp "$PROGRAMS/unix" "$ROOT/bin/relay"
	set_policy "[Trusted relay]" "Subject=exe:$ROOT/bin/relay"
}

setup() {
	TO=$PLAIN/out.$BATS_SUITE_TEST_NUMBER
	CLEAN=$PLAIN/clean.$BATS_SUITE_TEST_NUMBER
}

# moves MODE: what was sent labels what its receiver writes; other data does not.
moves() {
	local labels

	as paul "$PROGRAMS/unix" "$1" "$SECRET/source" "$TO"
	labels=$(labels_of "$TO")
	[ "$labels" = secret ] || { echo "$TO carries \"$labels\""; return 1; }
	as paul "$PROGRAMS/unix" "$1" "$PLAIN/source" "$CLEAN"
	[ -s "$CLEAN" ]
	[ -z "$(labels_of "$CLEAN")" ]
}

@test "a stream over a named socket labels who waited for it" {
	moves stream
}

@test "datagrams over a named socket" {
	moves dgram
}

@test "packets in sequence" {
	moves seqpacket
}

@test "a stream over an abstract name" {
	moves abstract
}

@test "data that waited in the socket when its sender was gone" {
	moves queued
}

@test "data sent before the connection was accepted" {
	moves unaccepted
}

@test "a socketpair, by write and read" {
	moves pair
}

@test "a socketpair of datagrams" {
	moves pair-dgram
}

@test "sendfile into a Unix socket" {
	moves sendfile
}

@test "splice out of a Unix socket" {
	moves splice-out
}

@test "a server's answer labels the client" {
	moves back
}

@test "a socket that was passed on" {
	moves passed
}

@test "a connection without data labels nobody" {
	as paul "$PROGRAMS/unix" close "$SECRET/source" "$TO"
	[ -s "$TO" ]
	[ -z "$(labels_of "$TO")" ]
}

@test "a trusted receiver takes no labels" {
	as paul "$ROOT/bin/relay" queued "$SECRET/source" "$TO"
	[ -s "$TO" ]
	[ -z "$(labels_of "$TO")" ]
}

@test "lineage leads over the socket to the file" {
	as paul "$PROGRAMS/unix" pair "$SECRET/source" "$TO"
	sluice lineage "$TO" --json >"$BATS_TEST_TMPDIR/lineage"
	grep -q "$SECRET/source" "$BATS_TEST_TMPDIR/lineage"
}
