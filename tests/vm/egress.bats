#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Sending labeled data off the host: every way to send is asked about or refused, its neighbours are free. Runs in a guest
# (lib.bash, receiver.py).
#
#   secret     held and asked; free to a few places
#   top        refused; free to UDP 9002 of 10.9.0.3 only
#   more       held and asked
#   database   what comes from 10.9.0.2:5432

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

NET=$PROGRAMS/net
AWAY=10.9.0.2
AWAY6=fd09::2
HERE=10.9.0.1

setup_file() {
	mkdir -p "$ROOT/top" "$ROOT/more"
	echo more >"$ROOT/more/file"
	echo top >"$ROOT/top/file"
	secret rows
	set_policy "$(policy)"
}

policy() {
	cat <<-POLICY
	[Label top]
	Path=$ROOT/top
	[Label database]
	Endpoint=$AWAY:5432/tcp
	[Rule send]
	Action=egress
	Labels=secret
	Verdict=ask
	Mode=hold
	Reviewers=data
	Scope=process
	To=$AWAY:9001/tcp $AWAY:9003-9004/tcp [$AWAY6]:9001/tcp [fd09::]/64:9003/tcp
	To=partner.test:9002/udp
	[Label more]
	Path=$ROOT/more
	[Rule more]
	Action=egress
	Labels=more
	Verdict=ask
	Mode=hold
	Reviewers=data
	Scope=process
	[Rule keep]
	Action=egress
	Labels=top
	Verdict=deny
	To=10.9.0.3:9002/udp
	POLICY
}

setup() {
	FROM=$SECRET/rows
	TOP=$ROOT/top/file
	TEXT=text-$BATS_SUITE_TEST_NUMBER
}

teardown() {
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	close_all
}

# arrives FILE TEXT: it comes; nothing else could be waited for.
arrives() {
	wait_until "$PATIENCE" received "$1" "$2"
}

# A send that is refused leaves nothing to wait for: a mark that is sent after it over the same path comes last.
never_arrives() {
	local kind=${1%-*} port=${1#*-} mark="mark-$RANDOM-$RANDOM"

	case $kind in
	tcp) as paul "$NET" tcp - "$AWAY" "$port" "$mark" ;;
	udp) as paul "$NET" sendto - "$AWAY" "$port" "$mark" ;;
	esac
	arrives "$1" "$mark"
	refute received "$1" "$2"
}

# guarded FILE METHOD [ADDRESS [PORT]]: refused for top, held for secret (denied, approved), free for clean processes and
# to this host.
guarded() {
	local file=$1 how=$2 address=${3:-$AWAY} port=${4:-9000}

	as paul "$NET" "$how" - "$address" "$port" "$TEXT-clean"
	arrives "$file" "$TEXT-clean"

	run as paul "$NET" "$how" "$TOP" "$address" "$port" "$TEXT-top"
	[ "$status" -eq 101 ] || { echo "top: $status $output"; return 1; }
	never_arrives "$file" "$TEXT-top"

	spawn paul "$NET" "$how" "$FROM" "$address" "$port" "$TEXT-denied"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
	never_arrives "$file" "$TEXT-denied"

	spawn paul "$NET" "$how" "$FROM" "$address" "$port" "$TEXT-approved"
	wait_held "$PID"
	refute received "$file" "$TEXT-approved"
	approve_pid "$PID" --scope process
	exit_of "$PID" 0
	arrives "$file" "$TEXT-approved"
}

listens() {
	[[ $(ss -Hltn "sport = :$1") ]]
}

@test "TCP over IPv4" {
	guarded tcp-9000 tcp
}

@test "TCP over IPv6" {
	guarded tcp-9000 tcp "$AWAY6"
}

@test "TCP to an IPv4 address from an IPv6 socket" {
	guarded tcp-9000 mapped
}

@test "UDP sendto over IPv4" {
	guarded udp-9000 sendto
}

@test "UDP sendto over IPv6" {
	guarded udp-9000 sendto "$AWAY6"
}

@test "UDP sendmsg" {
	guarded udp-9000 sendmsg
}

@test "UDP sendmmsg" {
	guarded udp-9000 sendmmsg
}

@test "UDP write on a connected socket" {
	guarded udp-9000 udp-write
}

@test "TCP Fast Open" {
	guarded tcp-9000 fastopen
}

@test "TCP connected before the process read labeled data: send" {
	guarded tcp-9000 late-send
}

@test "TCP connected before the process read labeled data: write" {
	guarded tcp-9000 late-write
}

@test "TCP connected before the process read labeled data: send without a copy (MSG_ZEROCOPY)" {
	guarded tcp-9000 late-zerocopy
}

@test "TCP accepted before the process read labeled data: send" {
	local from

	for from in - "$TOP"; do
		spawn paul "$NET" accepted "$from" "$HERE" 7300 "$TEXT-accepted"
		wait_until "$PATIENCE" listens 7300
		run ip netns exec outside "$NET" answer - "$HERE" 7300
		case $from in
		-) exit_of "$PID" 0 && [[ $output == "$TEXT-accepted" ]] ;;
		*) exit_of "$PID" 101 && [[ -z $output ]] ;;
		esac
	done
	spawn paul "$NET" accepted "$FROM" "$HERE" 7300 "$TEXT-asked"
	wait_until "$PATIENCE" listens 7300
	ip netns exec outside "$NET" answer - "$HERE" 7300 >"$STATE/answer" 3>&- &
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	wait $!
	[[ $(<"$STATE/answer") == "$TEXT-asked" ]]
}

@test "UDP connected before the process read labeled data: write" {
	guarded udp-9000 late-udp
}

@test "TCP connected before the process read labeled data: splice" {
	guarded tcp-9000 late-splice
}

@test "TCP connected before the process read labeled data: sendfile" {
	plain "$TEXT" "$TEXT-in-file"
	as paul "$NET" late-sendfile - "$AWAY" 9000 "$PLAIN/$TEXT"
	arrives tcp-9000 "$TEXT-in-file"
	plain "$TEXT" "$TEXT-in-other"
	run as paul "$NET" late-sendfile "$TOP" "$AWAY" 9000 "$PLAIN/$TEXT"
	[ "$status" -eq 101 ]
	never_arrives tcp-9000 "$TEXT-in-other"
	spawn paul "$NET" late-sendfile "$FROM" "$AWAY" 9000 "$PLAIN/$TEXT"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	arrives tcp-9000 "$TEXT-in-other"
}

@test "sendfile of the labeled file itself over a socket from before" {
	secret "$TEXT" "$TEXT-secret"
	spawn paul "$NET" late-sendfile - "$AWAY" 9000 "$SECRET/$TEXT"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
	never_arrives tcp-9000 "$TEXT-secret"
}

@test "io_uring connect and send fail with EPERM" {
	run as paul "$PROGRAMS/uring" connect "$FROM" "$AWAY" 9000
	[ "$status" -eq 101 ]
	run as paul "$PROGRAMS/uring" connect - "$AWAY" 9000
	[ "$status" -eq 0 ]
	run as paul "$PROGRAMS/uring" send "$FROM" "$AWAY" 9000
	[ "$status" -eq 101 ]
	run as paul "$PROGRAMS/uring" send - "$AWAY" 9000
	[ "$status" -eq 0 ]
}

# Nobody tells the sender that the message is lost.
@test "a Netlink message from process to process is lost for who carries labels" {
	local to=$PLAIN/$TEXT

	as paul "$PROGRAMS/queue" netlink - "$to.clean"
	[ -s "$to.clean" ]
	run as paul "$PROGRAMS/queue" netlink "$TOP" "$to.top"
	[ "$status" -ne 0 ]
	[ ! -e "$to.top" ]
	journal_has '.type == "event.stop" and .labels == ["top"] and (tostring | test("address family 16"))'
	# the kernel answers who carries labels
	as paul sh -c "read -r top <'$TOP'; ip link show dev lo" | grep -q LOOPBACK
}

@test "a Netlink message that the kernel hands on as its own is refused to who carries labels" {
	local to=$PLAIN/$TEXT.uevent

	as paul "$PROGRAMS/queue" uevent - "$to.clean"
	[ -s "$to.clean" ]
	run as paul "$PROGRAMS/queue" uevent "$TOP" "$to.top"
	[ "$status" -eq 101 ]
	[ ! -e "$to.top" ]
}

@test "connecting a datagram socket sends nothing and is free" {
	as paul "$NET" udp-connect "$FROM" "$AWAY" 9000
}

@test "sendmmsg to two addresses stops before the one that is refused" {
	run as paul "$NET" many "$TOP" 10.9.0.3 9002 "$AWAY"
	[ "$status" -eq 0 ]
	[ "$output" = "sent 1" ]
	arrives udp-9002 first
	run as paul "$NET" many "$TOP" "$AWAY" 9002 10.9.0.3
	[ "$status" -eq 101 ]
	never_arrives udp-9002 second
}

@test "loopback and this host's own addresses are not egress" {
	local address
	for address in 127.0.0.1 127.8.8.8 ::1 10.9.0.1 fd09::1; do
		run as paul "$NET" tcp "$TOP" "$address" 9000 "$TEXT"
		[ "$status" -eq 0 ] || { echo "$address: $status $output"; return 1; }
		run as paul "$NET" sendto "$TOP" "$address" 9000 "$TEXT"
		[ "$status" -eq 0 ] || { echo "$address: $status $output"; return 1; }
	done
}

@test "an allowed address and port are free, the next port, protocol and address are not" {
	as paul "$NET" tcp "$FROM" "$AWAY" 9001 "$TEXT"
	arrives tcp-9001 "$TEXT"
	as paul "$NET" tcp "$FROM" "$AWAY" 9003 "$TEXT"
	as paul "$NET" tcp "$FROM" "$AWAY" 9004 "$TEXT"
	local neighbour
	for neighbour in "tcp $FROM $AWAY 9002" "sendto $FROM $AWAY 9001" "tcp $FROM 10.9.0.3 9001"; do
		# shellcheck disable=SC2086
		spawn paul "$NET" $neighbour "$TEXT"
		wait_held "$PID"
		deny_pid "$PID"
		exit_of "$PID" 101
	done
}

@test "an allowed IPv6 address and prefix are free, their neighbours are not" {
	as paul "$NET" tcp "$FROM" "$AWAY6" 9001 "$TEXT"
	as paul "$NET" tcp "$FROM" "$AWAY6" 9003 "$TEXT"
	as paul "$NET" late-write "$FROM" "$AWAY6" 9001 "$TEXT"
	spawn paul "$NET" tcp "$FROM" "$AWAY6" 9002 "$TEXT"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
}

@test "what one label may do, another may not" {
	as paul "$NET" tcp "$FROM" "$AWAY" 9001 "$TEXT"
	run as paul "$NET" tcp "$TOP" "$AWAY" 9001 "$TEXT"
	[ "$status" -eq 101 ]
	as paul "$NET" sendto "$TOP" 10.9.0.3 9002 "$TEXT"
	run as paul "$NET" sendto "$TOP" "$AWAY" 9002 "$TEXT"
	[ "$status" -eq 101 ]
}

@test "a host name is resolved by the daemon" {
	as paul "$NET" sendto "$FROM" "$AWAY" 9002 "$TEXT"
	arrives udp-9002 "$TEXT"
	spawn paul "$NET" sendto "$FROM" 10.9.0.3 9002 "$TEXT"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
}

@test "what is read from a labeled endpoint carries the label; from its neighbour not" {
	as paul "$NET" client - "$AWAY" 5432 "$PLAIN/$TEXT.row"
	[ "$(labels_of "$PLAIN/$TEXT.row")" = database ]
	as paul "$NET" tcp - "$AWAY" 9000 "$TEXT"
	as paul bash -c "'$NET' tcp - $AWAY 9000 x; echo clean >'$PLAIN/$TEXT.clean'"
	[ -z "$(labels_of "$PLAIN/$TEXT.clean")" ]
}

@test "curl is held, and after approval the whole file arrives" {
	head -c 300000 /dev/zero | tr '\0' "${TEXT: -1}" >"$SECRET/upload"
	chmod 666 "$SECRET/upload"
	rm -f "$RECEIVED/tcp-8080"
	spawn paul curl -sS -f -T "$SECRET/upload" "http://$AWAY:8080/upload"
	wait_held "$PID"
	[ ! -e "$RECEIVED/tcp-8080" ]
	approve_pid "$PID"
	exit_of "$PID" 0
	cmp "$SECRET/upload" "$RECEIVED/tcp-8080"
}

@test "curl that is denied ends with a clean error" {
	rm -f "$RECEIVED/tcp-8080"
	spawn paul curl -sS -f -T "$FROM" "http://$AWAY:8080/upload"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 7
	as paul curl -sS -f -T "$PLAIN/source" "http://$AWAY:8080/upload" || true
	refute grep -qs 4111 "$RECEIVED/tcp-8080"
}

@test "curl of other data is free" {
	plain "$TEXT" "$TEXT-curl"
	as paul curl -sS -f -T "$PLAIN/$TEXT" "http://$AWAY:8080/upload"
	grep -q "$TEXT-curl" "$RECEIVED/tcp-8080"
}

@test "nc is held where it sends what it read, and goes on" {
	secret "$TEXT" "$TEXT-nc"
	spawn_from "$SECRET/$TEXT" paul nc -v -N "$AWAY" 9000
	wait_held "$PID" || { cat "$OUT"; false; }
	refute received tcp-9000 "$TEXT-nc"
	approve_pid "$PID"
	exit_of "$PID" 0
	arrives tcp-9000 "$TEXT-nc"
	echo "$TEXT-clean" | as_input paul nc -N "$AWAY" 9000
	arrives tcp-9000 "$TEXT-clean"
}

as_input() {
	(become "$@" 3>&-)
}

@test "rsync is held, and after approval the whole file arrives" {
	mkdir -p "$STATE/in"
	printf '[in]\npath = %s\nread only = no\nuid = root\nuse chroot = no\n' "$STATE/in" >"$STATE/rsyncd.conf"
	ip netns exec outside rsync --daemon --no-detach --config="$STATE/rsyncd.conf" </dev/null >/dev/null 2>&1 3>&- &
	local daemon=$!
	wait_until "$PATIENCE" ip netns exec outside nc -z 127.0.0.1 873
	head -c 200000 /dev/zero | tr '\0' r >"$SECRET/synced"
	chmod 666 "$SECRET/synced"
	spawn paul rsync "$SECRET/synced" "rsync://$AWAY/in/"
	wait_held "$PID"
	[ ! -s "$STATE/in/synced" ]
	approve_pid "$PID"
	exit_of "$PID" 0
	cmp "$SECRET/synced" "$STATE/in/synced"
	plain "$TEXT" "$TEXT"
	as paul rsync "$PLAIN/$TEXT" "rsync://$AWAY/in/"
	cmp "$PLAIN/$TEXT" "$STATE/in/$TEXT"
	kill "$daemon"
}

@test "python is held, and a denial is an OSError of its connect" {
	spawn paul python3 -c "
import socket, sys
data = open('$FROM', 'rb').read()
try:
    socket.create_connection(('$AWAY', 9000)).sendall(data)
except PermissionError as error:
    sys.exit(42)
"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 42
}

@test "an approval once covers one connection; the next one asks again" {
	spawn paul "$NET" twice "$FROM" "$AWAY" 9000 "$TEXT;"
	wait_held "$PID"
	local first
	first=$(request_for "$PID")
	approve "$first" --scope once
	wait_until "$PATIENCE" request_is "$first" approved
	wait_until "$PATIENCE" another_request "$PID" "$first"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
	arrives tcp-9000 "$TEXT;"
	[ "$(grep -o "$TEXT;" "$RECEIVED/tcp-9000" | wc -l)" -eq 1 ]
}

@test "labels that come later are asked about together with the granted ones: one grant covers all" {
	local first

	spawn paul "$PROGRAMS/packet" answers "$FROM" "$ROOT/more/file" "$AWAY" 9000 "$TEXT"
	wait_held "$PID"
	first=$(request_for "$PID")
	approve "$first" --scope once
	wait_until "$PATIENCE" another_request "$PID" "$first"
	wait_held "$PID"
	sluice show "$(request_for "$PID")" --json |
		jq -e '(if type == "array" then .[0] else . end).labels | sort == ["more", "secret"]'
	approve_pid "$PID" --scope once
	exit_of "$PID" 0
	arrives udp-9000 "$TEXT"
}

@test "revoking a grant ends a running flow at once" {
	spawn paul "$NET" flow "$FROM" "$AWAY" 9000 "$TEXT;"
	wait_held "$PID"
	approve_pid "$PID" --scope once
	arrives tcp-9000 "$TEXT;"
	person rita sluice revoke "$(sluice grants --json | jq -r '.[0].id')"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
}

@test "a running flow ends when its grant expires" {
	spawn paul "$NET" flow "$FROM" "$AWAY" 9000 "$TEXT;"
	wait_held "$PID"
	approve_pid "$PID" --scope once --for 4s
	arrives tcp-9000 "$TEXT;"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
}

@test "an approval cannot be wider or longer than its rule" {
	spawn paul "$NET" tcp "$FROM" "$AWAY" 9000 "$TEXT"
	wait_held "$PID"
	run approve_pid "$PID" --scope executable
	[ "$status" -ne 0 ]
	run approve_pid "$PID" --for 6h
	[ "$status" -ne 0 ]
	held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
}
