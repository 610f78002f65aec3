#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Ways around the guard that the kernel offers to anybody: each is refused or labeled, and its neighbour works. Runs in a
# guest (lib.bash, evade.py). Every packet that reaches the outside is kept, whomever it is for.

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

EVADE=$BATS_TEST_DIRNAME/evade.py
WIRE=$STATE/wire
POLICY=("[Label top]" "Path=$ROOT/top" "[Rule top]" Action=egress Labels=top Verdict=deny
	"[Trusted backup]" "Subject=exe:$ROOT/bin/trusted"
	"[Rule keep]" Action=egress Labels=secret Verdict=deny)

setup_file() {
	local mac

	secret rows
	mac=$(ip -n outside -j link show eth0 | jq -r '.[0].address')
	ip neigh replace 127.0.0.1 lladdr "$mac" dev inside # as a hostile machine answers
	ip netns exec outside python3 -c '
import socket, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
with open(sys.argv[1], "wb", 0) as out:
    while True:
        out.write(sock.recv(65536))' "$WIRE" </dev/null >/dev/null 2>&1 3>&- &
	echo $! >"$STATE/wire.pid"
	wait_until "$PATIENCE" test -e "$WIRE"
	cp "$(realpath "$(command -v python3)")" "$ROOT/bin/trusted"
	mkdir -p "$ROOT/top"
	echo top >"$ROOT/top/rows"
	set_policy "${POLICY[@]}"
}

teardown_file() {
	kill "$(<"$STATE/wire.pid")"
}

setup() {
	TEXT=evade-$BATS_SUITE_TEST_NUMBER
}

on_wire() {
	grep -qsa -e "$1" "$WIRE"
}

# mark: what was sent before it has come when it comes.
mark() {
	as paul "$EVADE" unspec - "$TEXT-mark"
	wait_until "$PATIENCE" on_wire "$TEXT-mark"
}

# kept MODE [USER]: a clean process sends so, one that carries the label does not.
kept() {
	as "${2-paul}" "$EVADE" "$1" - "$TEXT-clean"
	wait_until "$PATIENCE" on_wire "$TEXT-clean"
	run as "${2-paul}" "$EVADE" "$1" "$SECRET/rows" "$TEXT-secret"
	echo "$status $output"
	[ "$status" -eq 101 ]
	mark
	refute on_wire "$TEXT-secret"
}

@test "UDP to a name without a family" {
	kept unspec
}

@test "UDP over IPv6 with a name without a family" {
	kept unspec6
}

@test "UDP connected to port 0" {
	kept port0
}

@test "a source route set on the socket" {
	kept route root # it takes CAP_NET_RAW
}

@test "a source route in the message" {
	kept route_message root
}

@test "127.0.0.1 out of an interface, set on the socket" {
	kept interface
}

@test "127.0.0.1 out of an interface, in the message" {
	kept interface_message
}

# kept_later MODE [USER]: what was free stays so only while the socket is what it was.
kept_later() {
	kept "$@"
	[[ $output == *first* ]]
}

@test "an interface set after a send that was free: sendto" {
	kept_later interface_later
}

@test "an interface set after a send that was free: send" {
	kept_later interface_later_send
}

@test "an interface set after a send that was free: write" {
	kept_later interface_later_write
}

@test "an interface for what is not multicast, set after a send that was free" {
	kept_later unicast_later
}

@test "the same over IPv6" {
	run as paul "$EVADE" unicast6_later "$SECRET/rows" "$TEXT"
	echo "$status $output"
	[ "$status" -eq 101 ]
	[[ $output == *first*"not permitted"* ]]
}

@test "a source route set after a send that was free" {
	kept_later route_later root
}

@test "a socket connected elsewhere after a send that was free: send" {
	kept_later reconnect_later
}

@test "a socket connected elsewhere after a send that was free: write" {
	kept_later reconnect_later_write
}

@test "a place that a new policy does not allow any more" {
	set_policy "${POLICY[@]}" "To=10.9.0.2:9000/udp"
	spawn paul "$EVADE" until_refused "$SECRET/rows" "$TEXT"
	wait_until "$PATIENCE" on_wire "$TEXT"
	set_policy "${POLICY[@]}"
	exit_of "$PID" 101
}

@test "a label taken after a send that was free" {
	set_policy "${POLICY[@]}" "To=10.9.0.2:9000/udp"
	SECOND=$SECRET/rows as paul "$EVADE" second_file "$SECRET/rows" "$TEXT-same"
	wait_until "$PATIENCE" on_wire "$TEXT-same"
	SECOND=$ROOT/top/rows run as paul "$EVADE" second_file "$SECRET/rows" "$TEXT-more"
	[ "$status" -eq 101 ]
	[ "${lines[0]}" = first ]
	mark
	refute on_wire "$TEXT-more"
	set_policy "${POLICY[@]}"
}

@test "a label that comes to a file between two reads" {
	plain "$TEXT" x
	as paul sh -c "cat '$SECRET/rows' >'$PLAIN/$TEXT'"
	plain "$TEXT-out" x
	AGAIN=$PLAIN/$TEXT OUT=$PLAIN/$TEXT-out CHANGE=: as paul "$EVADE" read_again - x
	[ "$(labels_of "$PLAIN/$TEXT-out")" = secret ]
	AGAIN=$PLAIN/$TEXT OUT=$PLAIN/$TEXT-out CHANGE="cat '$ROOT/top/rows' >>'$PLAIN/$TEXT'" \
		as paul "$EVADE" read_again - x
	[ "$(labels_of "$PLAIN/$TEXT-out")" = "secret top" ]
}

@test "127.0.0.1 on this host stays free" {
	as paul "$EVADE" loopback "$SECRET/rows" "$TEXT"
}

# piped MODE: what comes by a pipe from labeled data labels who takes it by MODE.
piped() {
	as paul sh -c "echo '$TEXT-clean' | '$EVADE' $1 - '$TEXT-clean'"
	wait_until "$PATIENCE" on_wire "$TEXT-clean"
	run as paul sh -c "{ cat '$SECRET/rows'; echo '$TEXT-secret'; } | '$EVADE' $1 - '$TEXT-secret'"
	echo "$status $output"
	[ "$status" -eq 101 ]
	mark
	refute on_wire "$TEXT-secret"
}

@test "vmsplice from a pipe" {
	piped vmsplice
}

@test "tee from a pipe" {
	piped tee
}

@test "splice from pipe to pipe" {
	piped splice
}

@test "splice from a pipe into a socket" {
	piped splice_out
}

@test "vmsplice into a pipe" {
	run as paul bash -o pipefail -c "'$EVADE' vmsplice_in '$SECRET/rows' x | python3 -c '
import os, socket, time
time.sleep(3)
os.read(0, 9)
socket.create_connection((\"10.9.0.2\", 9000)).sendall(b\"$TEXT-secret\")'"
	[ "$status" -ne 0 ]
	mark
	refute on_wire "$TEXT-secret"
}

@test "a file that a trusted program opened is not trusted after exec" {
	SOURCE=$SECRET/rows NEXT=$(command -v python3) run as paul "$ROOT/bin/trusted" "$EVADE" become - "$TEXT-secret"
	[ "$status" -ne 0 ]
	SOURCE=$SECRET/rows NEXT=$ROOT/bin/trusted as paul "$ROOT/bin/trusted" "$EVADE" become - "$TEXT-trusted"
	wait_until "$PATIENCE" on_wire "$TEXT-trusted"
	refute on_wire "$TEXT-secret"
}

@test "a core file carries what the process carried" {
	mkdir -m 777 "$PLAIN/cores" "$PLAIN/cores/clean"
	chmod 777 "$PLAIN/cores/clean"
	sysctl -qw kernel.core_pattern=core kernel.core_uses_pid=0
	FOLDER=$PLAIN/cores run as paul "$EVADE" core "$SECRET/rows" x
	FOLDER=$PLAIN/cores/clean run as paul "$EVADE" core - x
	[ -s "$PLAIN/cores/core" ] && [ -s "$PLAIN/cores/clean/core" ]
	[ "$(labels_of "$PLAIN/cores/core")" = secret ]
	[ -z "$(labels_of "$PLAIN/cores/clean/core")" ]
}

@test "a file without a name keeps its label when it is named and forgotten" {
	mkdir -m 777 "$PLAIN/nameless"
	FOLDER=$PLAIN/nameless as paul "$EVADE" nameless "$SECRET/rows" x
	sync
	echo 2 >/proc/sys/vm/drop_caches
	[ "$(labels_of "$PLAIN/nameless/named")" = secret ]
}
