#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What comes from a labeled endpoint labels whoever receives it, and what leaves the host past the hooks on sockets is
# dropped and counted. Runs in a guest (lib.bash).
#
#   database   what comes from 10.9.0.2, TCP port 5440 and UDP port 5441

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

PACKET=$PROGRAMS/packet
HERE=10.9.0.1
AWAY=10.9.0.2
OTHER=10.9.0.3
DATABASE="[Label database]
Endpoint=$AWAY:5440/tcp $AWAY:5441/udp"
READ="[Rule database]
Action=open
Labels=database
Verdict"

setup_file() {
	secret rows
	cp "$PACKET" "$ROOT/bin/keeper"
	cp "$PACKET" "$ROOT/bin/cleared"
}

setup() {
	TO=$PLAIN/packet.$BATS_SUITE_TEST_NUMBER
	TEXT=packet-$BATS_SUITE_TEST_NUMBER
	PORT=$((7100 + BATS_SUITE_TEST_NUMBER))
}

teardown() {
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	[[ -z ${AWAY_PID-} ]] || kill -9 "$AWAY_PID" 2>/dev/null || true
	nft delete table ip t 2>/dev/null || true
	close_all
}

# away ARG...: the program, on the other host.
away() {
	ip netns exec outside "$PACKET" "$@" </dev/null 3>&-
}

bound() {
	[[ $(ss -Hulnp "sport = :$1") ]]
}

# send_row KIND FROM: one row comes to PORT from that port of the other host, when somebody is there.
send_row() {
	[ "$1" = tcp ] || wait_until "$PATIENCE" bound "$PORT"
	away "$1" "$HERE" "$PORT" "$2"
}

# gets MODE KIND FROM [LABELS]: who receives by MODE what comes from that port writes with these labels.
gets() {
	local labels

	PORT=$((PORT + 100))
	rm -f "$TO"
	spawn paul "${PROGRAM:-$PACKET}" "$1" "$TO" "$PORT"
	send_row "$2" "$3"
	exit_of "$PID" 0 || { cat "$OUT"; return 1; }
	labels=$(labels_of "$TO")
	[ "$labels" = "${4-}" ] || { echo "$*: $labels"; return 1; }
}

@test "a connection that a labeled endpoint opened labels who receives, however; from another port not" {
	local mode

	ensure_sluiced "$DATABASE"
	for mode in accept splice zerocopy passed; do
		gets "$mode" tcp 5440 database
		gets "$mode" tcp 5439
	done
	[ -z "$(labels_of "$TO.acceptor")" ]
}

@test "a datagram from a labeled endpoint labels who receives it; from another port not" {
	local mode

	ensure_sluiced "$DATABASE"
	for mode in udp udp-queued; do
		gets "$mode" datagram 5441 database
		gets "$mode" datagram 5440
	done
}

@test "who accepts and does not receive gets no labels; who gets the connection passed does" {
	ensure_sluiced "$DATABASE"
	gets passed tcp 5440 database
	[ -s "$TO.acceptor" ]
	[ -z "$(labels_of "$TO.acceptor")" ]
}

@test "lineage names the endpoint that what came is from" {
	ensure_sluiced "$DATABASE"
	gets accept tcp 5440 database
	sluice lineage "$TO" --json | grep -q "$AWAY:5440"
	gets udp datagram 5441 database
	sluice lineage "$TO" --json | grep -q "$AWAY:5441"
}

@test "a connection that is older than the policy which names its endpoint" {
	local out

	ensure_sluiced ""
	for out in "$TO.labeled" "$TO.clean"; do
		new_gate
		spawn paul "$PACKET" late "$out" "$PORT" "$ROOT/go"
		send_row tcp "$([[ $out == *.labeled ]] && echo 5440 || echo 5439)"
		wait_until "$PATIENCE" test -s "$out.accepted"
		set_policy "$DATABASE"
		open_gate
		exit_of "$PID" 0
		set_policy ""
		PORT=$((PORT + 100))
	done
	set_policy "$DATABASE"
	[ "$(labels_of "$TO.labeled")" = database ]
	[ -z "$(labels_of "$TO.clean")" ]
}

@test "who waits in recv already when the policy names the endpoint" {
	ensure_sluiced ""
	new_gate
	spawn paul "$PACKET" accept "$TO" "$PORT"
	away tcp "$HERE" "$PORT" 5440 "$ROOT/go" &
	AWAY_PID=$!
	wait_until "$PATIENCE" established
	sleep 1
	set_policy "$DATABASE"
	open_gate
	exit_of "$PID" 0
	[ "$(labels_of "$TO")" = database ]
}

established() {
	[[ $(ss -Htn state established "sport = :$PORT") ]]
}

@test "a trusted receiver takes no labels" {
	ensure_sluiced "$DATABASE" "[Trusted keeper]" "Subject=exe:$ROOT/bin/keeper"
	PROGRAM=$ROOT/bin/keeper gets accept tcp 5440
	PROGRAM=$ROOT/bin/keeper gets udp datagram 5441
	gets accept tcp 5440 database
}

# refuses MODE KIND FROM STATUS: who receives so ends with it, and writes nothing.
refuses() {
	PORT=$((PORT + 100))
	rm -f "$TO"
	spawn paul "$PACKET" "$1" "$TO" "$PORT"
	send_row "$2" "$3"
	exit_of "$PID" "$4"
	[ ! -e "$TO" ]
}

@test "a rule on open refuses the receiver; what came while it waited ends it" {
	ensure_sluiced "$DATABASE" "$READ=deny"
	refuses accept tcp 5440 101
	refuses splice tcp 5440 101
	refuses udp-queued datagram 5441 101
	refuses udp datagram 5441 137
	gets accept tcp 5439
	gets splice tcp 5439
	gets udp datagram 5440
}

@test "a rule on open holds the receiver before it has the data" {
	ensure_sluiced "$DATABASE" "$READ=ask" Mode=hold Reviewers=data Scope=process
	spawn paul "$PACKET" accept "$TO" "$PORT"
	send_row tcp 5440
	wait_held "$PID"
	[ ! -e "$TO" ]
	approve_pid "$PID"
	exit_of "$PID" 0
	[ "$(labels_of "$TO")" = database ]
	rm "$TO"
	spawn paul "$PACKET" udp-queued "$TO" "$PORT"
	send_row datagram 5441
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
	[ ! -e "$TO" ]
}

# ---- what leaves ----

# The rule on secret; the free place, and what leaves past the hooks to the other one.
LEAVE="[Rule send]
Action=egress
Labels=secret
To=$OTHER:9000 $AWAY:9010/tcp
Clear=exe:$ROOT/bin/cleared
Verdict"

packets() {
	sluice status --json | jq .counters.packets
}

# arrives FILE TEXT: it comes; nothing else could be waited for.
arrives() {
	wait_until "$PATIENCE" received "$1" "$2"
}

# never_arrives TEXT: a mark that is sent after it to UDP port 9000 comes, and it has not.
never_arrives() {
	local mark="mark-$RANDOM-$RANDOM"

	as paul "$PROGRAMS/net" sendto - "$AWAY" 9000 "$mark"
	arrives udp-9000 "$mark"
	refute received udp-9000 "$1"
}

# The kernel sends the whole datagram to where it was begun: the hook sees the free place.
@test "a datagram that was begun to a forbidden place before the labels is dropped and counted" {
	local before

	ensure_sluiced "$LEAVE=deny"
	before=$(packets)
	run as paul "$PACKET" cork "$SECRET/rows" "$AWAY" 9000 "$OTHER" "$TEXT-secret"
	[ "$status" -eq 101 ]
	never_arrives "$TEXT-secret"
	[ "$(packets)" -eq $((before + 1)) ]
	journal_has ".type == \"egress.missed\" and .count == $((before + 1))"
	# the same without labels, and to a free place
	as paul "$PACKET" cork - "$AWAY" 9000 "$OTHER" "$TEXT-clean"
	arrives udp-9000 "$TEXT-clean"
	as paul "$PACKET" cork "$SECRET/rows" "$OTHER" 9000 "$OTHER" "$TEXT-free"
	arrives udp-9000 "$TEXT-free"
	[ "$(packets)" -eq $((before + 1)) ]
}

@test "monitor mode counts such a packet and lets it go" {
	local before

	AGENT=Monitor=yes ensure_sluiced "$LEAVE=deny"
	before=$(packets)
	as paul "$PACKET" cork "$SECRET/rows" "$AWAY" 9000 "$OTHER" "$TEXT-watched"
	arrives udp-9000 "$TEXT-watched"
	[ "$(packets)" -eq $((before + 1)) ]
	# what the hook told of is no miss
	as paul "$PROGRAMS/net" sendto "$SECRET/rows" "$AWAY" 9000 "$TEXT-told"
	arrives udp-9000 "$TEXT-told"
	[ "$(packets)" -eq $((before + 1)) ]
}

@test "who is cleared sends through the socket of who is not" {
	local before

	ensure_sluiced "$LEAVE=deny"
	before=$(packets)
	as paul "$PACKET" lend "$SECRET/rows" "$OTHER" 9000 "$AWAY" "$ROOT/bin/cleared" "$TEXT-cleared"
	arrives udp-9000 "$TEXT-cleared"
	run as paul "$PACKET" lend "$SECRET/rows" "$OTHER" 9000 "$AWAY" "$PACKET" "$TEXT-other"
	[ "$status" -eq 101 ]
	never_arrives "$TEXT-other"
	[ "$(packets)" -eq "$before" ]
}

@test "who carries nothing sends through the socket of who does, but for what they begin and end together" {
	local before

	ensure_sluiced "$LEAVE=deny"
	before=$(packets)
	run as paul "$PACKET" share "$SECRET/rows" "$OTHER" 9000 "$AWAY" "$TEXT"
	[ "$status" -eq 101 ] || { echo "$status $output"; return 1; }
	arrives udp-9000 "$TEXT-clean"
	never_arrives "$TEXT-mixed"
	never_arrives "$TEXT-own"
	[ "$(packets)" -eq $((before + 2)) ]
}

@test "who was cleared and becomes another program is not cleared any more" {
	ensure_sluiced "$LEAVE=deny"
	as paul "$ROOT/bin/cleared" hand "$SECRET/rows" "$OTHER" 9000 "$AWAY" "$ROOT/bin/cleared" "$TEXT-cleared"
	arrives udp-9000 "$TEXT-cleared"
	run as paul "$ROOT/bin/cleared" hand "$SECRET/rows" "$OTHER" 9000 "$AWAY" "$PACKET" "$TEXT-other"
	[ "$status" -eq 101 ]
	never_arrives "$TEXT-other"
}

# translate HOOK RULE: this host changes addresses so, of what it sends (output) or of what comes to it (input).
translate() {
	nft -f - <<-RULES
	table ip t
	delete table ip t
	table ip t {
		chain c {
			type nat hook $1 priority 0
			$2
		}
	}
	RULES
}

@test "what is sent to a free place whose address the host translates leaves, by UDP and TCP" {
	local before

	ensure_sluiced "$LEAVE=deny"
	before=$(packets)
	translate output "ip daddr $OTHER udp dport 9000 dnat to $AWAY:9001
		ip daddr $OTHER tcp dport 9000 dnat to $AWAY:9001"
	as paul "$PROGRAMS/net" sendto "$SECRET/rows" "$OTHER" 9000 "$TEXT-udp"
	arrives udp-9001 "$TEXT-udp"
	as paul "$PROGRAMS/net" tcp "$SECRET/rows" "$OTHER" 9000 "$TEXT-tcp"
	arrives tcp-9001 "$TEXT-tcp"
	[ "$(packets)" -eq "$before" ]
	# there itself it does not
	run as paul "$PROGRAMS/net" sendto "$SECRET/rows" "$AWAY" 9001 "$TEXT-secret"
	[ "$status" -eq 101 ]
}

@test "a datagram to a forbidden place is dropped, though the host translates that address to a free one" {
	local before

	ensure_sluiced "$LEAVE=deny"
	before=$(packets)
	translate output "ip daddr $AWAY udp dport 9000 dnat to $OTHER:9000"
	run as paul "$PACKET" cork "$SECRET/rows" "$AWAY" 9000 "$OTHER" "$TEXT-secret"
	[ "$status" -eq 101 ]
	never_arrives "$TEXT-secret"
	[ "$(packets)" -eq $((before + 1)) ]
}

# answer PORT: a process there reads what is secret when something comes, and answers with TEXT.
answer() {
	python3 -c '
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("10.9.0.1", int(sys.argv[1])))
_, peer = server.recvfrom(64)
open(sys.argv[2]).read()
server.sendto(sys.argv[3].encode(), peer)
print(peer[0])' "$1" "$SECRET/rows" "$TEXT"
}

# ask: from the other host.
ask() {
	ip netns exec outside python3 -c '
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(20)
client.connect(("10.9.0.1", int(sys.argv[1])))
client.send(b"question")
print(client.recv(64).decode())' "$PORT" </dev/null 3>&-
}

# The first packet was the other side's, so that this one is an answer for who keeps track of addresses.
@test "an answer goes by the address that its receiver has for the process" {
	local before

	ensure_sluiced "[Rule send]" Action=egress Labels=secret To=10.9.0.77 Verdict=deny
	before=$(packets)
	translate input "ip saddr $AWAY udp dport $PORT snat to 10.9.0.77"
	spawn paul bash -c "$(declare -f answer); SECRET=$SECRET TEXT=$TEXT answer $PORT"
	wait_until "$PATIENCE" bound "$PORT"
	[ "$(ask)" = "$TEXT" ]
	exit_of "$PID" 0
	[ "$(<"$OUT")" = 10.9.0.77 ]
	[ "$(packets)" -eq "$before" ]
}

# fill: a connection to port 9010 of the other host, with more in its queue than the other side has taken; sets SENT.
fill() {
	new_gate
	away drain 9010 "$ROOT/go2" >"$BATS_TEST_TMPDIR/drained" &
	AWAY_PID=$!
	wait_until "$PATIENCE" listens_away
	spawn paul "$PACKET" queue "$SECRET/rows" "$AWAY" 9010 "$ROOT/go"
	wait_until "$PATIENCE" test -s "$OUT"
	SENT=$(<"$OUT")
	[ "$SENT" -gt 0 ]
}

listens_away() {
	[[ $(ip netns exec outside ss -Htnl "sport = :9010") ]]
}

# drain: sets DRAINED: how much the other side got in the end. Not in a subshell, which cannot wait for it.
drain() {
	open_gate 2
	wait "$AWAY_PID"
	DRAINED=$(<"$BATS_TEST_TMPDIR/drained")
}

@test "what a connection still has to send does not leave when the policy forbids it meanwhile" {
	local before

	ensure_sluiced "$LEAVE=deny"
	before=$(packets)
	fill
	set_policy "$SEND"
	drain
	((DRAINED < SENT))
	(($(packets) > before))
	kill -9 "$PID"
}

@test "nor when no rule guarded it when it was sent" {
	ensure_sluiced ""
	fill
	set_policy "$SEND"
	drain
	((DRAINED < SENT))
	kill -9 "$PID"
}

@test "without that it leaves whole, over another policy too" {
	local before

	ensure_sluiced "$LEAVE=deny"
	before=$(packets)
	fill
	set_policy "$LEAVE=ask" Mode=hold Reviewers=data
	drain
	[ "$DRAINED" -eq "$SENT" ]
	[ "$(packets)" -eq "$before" ]
}

@test "what a granted connection has sent leaves, and not when the grant is revoked meanwhile" {
	local before revoked

	ensure_sluiced "$SEND"
	for revoked in '' yes; do
		set_policy "[Rule send]" Action=egress Labels=secret Verdict=ask Mode=hold Reviewers=data Scope=process
		before=$(packets)
		new_gate
		away drain 9010 "$ROOT/go2" >"$BATS_TEST_TMPDIR/drained" &
		AWAY_PID=$!
		wait_until "$PATIENCE" listens_away
		spawn paul "$PACKET" queue "$SECRET/rows" "$AWAY" 9010 "$ROOT/go"
		wait_held "$PID"
		approve_pid "$PID"
		wait_until "$PATIENCE" test -s "$OUT"
		SENT=$(<"$OUT")
		if [ "$revoked" ]; then
			close_all
			drain
			((DRAINED < SENT))
			(($(packets) > before))
		else
			drain
			[ "$DRAINED" -eq "$SENT" ]
			[ "$(packets)" -eq "$before" ]
		fi
		kill -9 "$PID"
	done
}
