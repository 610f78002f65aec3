#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Labels move over TCP and UDP on one host, from who sends to who receives, and not to who receives other data. Only what
# leaves the host is refused. Runs in a guest (lib.bash).

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

LOOP=$PROGRAMS/loopback
OWN=10.9.0.1
AWAY=10.9.0.2

setup_file() {
	secret source
	plain source
	cp "$LOOP" "$ROOT/bin/relay"
	set_policy "[Trusted relay]" "Subject=exe:$ROOT/bin/relay" \
		"[Rule send]" Action=egress Labels=secret Verdict=deny
}

setup() {
	TO=$PLAIN/out.$BATS_SUITE_TEST_NUMBER
	CLEAN=$PLAIN/clean.$BATS_SUITE_TEST_NUMBER
}

teardown() {
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
}

carries() {
	local labels

	[ -s "$1" ] || { echo "$1 was not written"; return 1; }
	labels=$(labels_of "$1")
	[ "$labels" = "$2" ] || { echo "$1 carries \"$labels\""; return 1; }
}

# labels MODE [ADDRESS]: what was sent labels what its receiver writes.
labels() {
	rm -f "$TO"
	as paul "$LOOP" "$1" "$SECRET/source" "$TO" ${2+"$2"} || { echo "$*: $?"; return 1; }
	carries "$TO" secret || { echo "$*"; return 1; }
}

# spares MODE [ADDRESS]: other data does not.
spares() {
	rm -f "$CLEAN"
	as paul "$LOOP" "$1" "$PLAIN/source" "$CLEAN" ${2+"$2"} || { echo "$*: $?"; return 1; }
	carries "$CLEAN" "" || { echo "$*"; return 1; }
}

moves() {
	labels "$@"
	spares "$@"
}

@test "TCP, connected before the sender read anything, on every address of this host" {
	moves tcp
	moves tcp ::1
	labels tcp 127.8.8.8
	labels tcp "$OWN"
	labels tcp fd09::1
}

@test "TCP to an IPv4 address between IPv6 sockets" {
	moves tcp ::ffff:127.0.0.1
}

@test "data that waited for accept when its sender was gone" {
	moves queued
}

@test "a server's answer labels the client" {
	moves back
	labels back ::1
}

@test "of one server's processes only the one that got the data" {
	as paul "$LOOP" forked "$SECRET/source" "$TO"
	carries "$TO" secret
	carries "$TO.clean" ""
	carries "$TO.acceptor" ""
}

@test "sendfile into a connection" {
	moves sendfile
}

@test "splice out of a connection" {
	moves splice
}

@test "data that is mapped rather than copied (TCP_ZEROCOPY_RECEIVE)" {
	moves zerocopy
}

@test "TCP Fast Open" {
	sysctl -qw net.ipv4.tcp_fastopen=3
	moves fastopen
	sysctl -qw net.ipv4.tcp_fastopen=1
}

@test "a connection that is made by its data (TCP_DEFER_ACCEPT)" {
	moves defer
}

@test "Multipath TCP" {
	moves mptcp
}

@test "UDP by sendto, on every address of this host" {
	moves udp
	moves udp ::1
	labels udp "$OWN"
	labels udp ::ffff:127.0.0.1
}

@test "UDP on a connected socket" {
	moves udp-connected
	moves udp-connected fd09::1
}

# Without a secret the names of these two were the same, whatever the ports and the source.
@test "packets to an address that was chosen to be taken for another one" {
	ip -6 addr add fd10::1/128 dev lo
	ip -6 addr add fd10:0:0:80:0:80:0:81/128 dev lo
	wait_until "$PATIENCE" labels udp fd10::1 # the daemon knows by then that it is the host's
	as paul "$LOOP" udp-alike "$SECRET/source" "$CLEAN" fd10::1 fd10:0:0:80:0:80:0:81
	ip -6 addr del fd10::1/128 dev lo
	ip -6 addr del fd10:0:0:80:0:80:0:81/128 dev lo
	carries "$CLEAN" ""
}

@test "an answer over UDP" {
	moves udp-back
}

@test "UDP that is sent by taking the cork out" {
	moves udp-cork
}

@test "a connection without data labels nobody" {
	as paul "$LOOP" close "$SECRET/source" "$TO"
	carries "$TO" ""
}

@test "a trusted receiver takes no labels" {
	as paul "$ROOT/bin/relay" tcp "$SECRET/source" "$TO"
	carries "$TO" ""
	as paul "$ROOT/bin/relay" udp "$SECRET/source" "$TO"
	carries "$TO" ""
}

@test "a resolver on loopback cannot hand on what it was asked" {
	run as paul "$LOOP" forward "$SECRET/source" "$AWAY"
	echo "$status $output"
	[ "$status" -eq 101 ]
	as paul "$LOOP" forward "$PLAIN/source" "$AWAY"
}

@test "from a network namespace to this host" {
	spawn paul "$LOOP" listen "$TO" 7001 "$OWN"
	as root ip netns exec outside "$LOOP" send "$SECRET/source" 7001 "$OWN"
	exit_of "$PID" 0
	carries "$TO" secret
	spawn paul "$LOOP" listen "$CLEAN" 7001 "$OWN"
	as root ip netns exec outside "$LOOP" send "$PLAIN/source" 7001 "$OWN"
	exit_of "$PID" 0
	carries "$CLEAN" ""
}

@test "to a port of this host that it translates to another one" {
	nft -f - <<-RULES
	table ip t {
		chain c {
			type nat hook output priority 0
			ip daddr $OWN tcp dport 7002 dnat to $OWN:7001
		}
	}
	RULES
	spawn paul "$LOOP" listen "$TO" 7001 "$OWN"
	as paul "$LOOP" send "$SECRET/source" 7002 "$OWN"
	exit_of "$PID" 0
	carries "$TO" secret
	spawn paul "$LOOP" listen "$CLEAN" 7001 "$OWN"
	as paul "$LOOP" send "$PLAIN/source" 7002 "$OWN"
	exit_of "$PID" 0
	carries "$CLEAN" ""
	nft delete table ip t
}

@test "netcat to netcat" {
	local source file
	for source in "$SECRET" "$PLAIN"; do
		file=$TO
		[ "$source" = "$SECRET" ] || file=$CLEAN
		spawn paul sh -c "nc -l 127.0.0.1 7002 </dev/null >'$file'"
		as paul sh -c "until nc -N 127.0.0.1 7002 <'$source/source'; do sleep 0.2; done"
		exit_of "$PID" 0
	done
	carries "$TO" secret
	carries "$CLEAN" ""
}

@test "a file that a web server reads labels what curl writes" {
	spawn paul python3 -m http.server --bind 127.0.0.1 --directory "$ROOT" 7003
	as paul curl -sS --retry-connrefused --retry 60 --retry-delay 1 -o "$CLEAN" http://127.0.0.1:7003/plain/source
	carries "$CLEAN" ""
	as paul curl -sS -o "$TO" http://127.0.0.1:7003/secret/source
	carries "$TO" secret
	[ "$(taint_of "$PID")" = secret ]
}

@test "lineage leads over the connection to the file" {
	as paul "$LOOP" tcp "$SECRET/source" "$TO"
	sluice lineage "$TO" --json >"$BATS_TEST_TMPDIR/lineage"
	grep -q "$SECRET/source" "$BATS_TEST_TMPDIR/lineage"
	grep -q 'loopback socket' "$BATS_TEST_TMPDIR/lineage"
	as paul "$LOOP" udp-back "$SECRET/source" "$TO.udp"
	sluice lineage "$TO.udp" --json | grep -q "$SECRET/source"
}
