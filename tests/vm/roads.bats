#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Roads off the host on which no address says where data goes, and programs that run by other ways than their own file.
# Runs in a guest (lib.bash). Every packet that reaches the outside is kept, whomever it is for.
#
#   secret   held and asked; free by the media of To=        top   refused

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

ROADS=$PROGRAMS/roads
AWAY=10.9.0.2
WIRE=$STATE/wire-roads
MEDIA="socket:raw socket:packet socket:sctp socket:vsock socket:xdp device:tun fs:removable"

setup_file() {
	local module

	secret rows
	mkdir -p "$ROOT/top"
	echo top >"$ROOT/top/rows"
	for module in tun sctp vsock_loopback fuse loop sd_mod af_alg smc; do
		modprobe -q "$module" || true # built in, or not there: then its test says so
	done
	sysctl -qw net.ipv4.ping_group_range='0 65535' net.mptcp.enabled=1
	ip netns exec outside python3 -c '
import socket, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
with open(sys.argv[1], "wb", 0) as out:
    while True:
        out.write(sock.recv(65536))' "$WIRE" </dev/null >/dev/null 2>&1 3>&- &
	echo $! >"$STATE/wire-roads.pid"
	wait_until "$PATIENCE" test -e "$WIRE"
	for program in cleared listed; do
		cp "$PROGRAMS/roads" "$ROOT/bin/$program"
	done
	set_policy "$(policy)"
}

policy() {
	cat <<-POLICY
	[Label top]
	Path=$ROOT/top
	[Rule send]
	Action=egress
	Labels=secret
	Verdict=ask
	Mode=hold
	Reviewers=data
	To=$MEDIA
	[Rule keep]
	Action=egress
	Labels=top
	Verdict=deny
	Clear=exe:$ROOT/bin/cleared
	POLICY
}

teardown_file() {
	kill "$(<"$STATE/wire-roads.pid")"
	umount "$ROOT/fuse" "$ROOT/stick" 2>/dev/null || true
}

setup() {
	FROM=$SECRET/rows
	TOP=$ROOT/top/rows
	TEXT=road-$BATS_SUITE_TEST_NUMBER
}

teardown() {
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	close_all
}

on_wire() {
	grep -qsa -e "$1" "$WIRE"
}

# refused COMMAND...: with EPERM.
refused() {
	run "$@"
	[ "$status" -eq 101 ] || { echo "$status $output"; return 1; }
}

# kept MODE [ARG...]: a clean process sends so, and one whose label the policy lets go; another label stays.
kept() {
	as root "$ROADS" "$1" - "${@:2}" "$TEXT-clean"
	as root "$ROADS" "$1" "$FROM" "${@:2}" "$TEXT-allowed"
	refused as root "$ROADS" "$1" "$TOP" "${@:2}" "$TEXT-top"
}

# seen: what was sent came, what was refused did not.
seen() {
	wait_until "$PATIENCE" on_wire "$TEXT-allowed"
	on_wire "$TEXT-clean"
	refute on_wire "$TEXT-top"
}

@test "raw IP" {
	kept raw "$AWAY"
	seen
}

@test "raw IP with a header of its own, sent to this host" {
	kept header "$AWAY"
}

@test "Ethernet frames" {
	kept packet inside
	seen
}

@test "SCTP" {
	kept sctp
}

@test "vsock" {
	kept vsock
}

@test "AF_XDP" {
	local from

	for from in - "$FROM"; do
		run as root "$ROADS" xdp "$from"
		[ "$status" -gt 101 ] # it has no queue: not as refused
	done
	refused as root "$ROADS" xdp "$TOP"
}

# Two processes can share it, and nothing follows what is in it.
@test "a socket for ciphers of the kernel (AF_ALG)" {
	run as paul "$ROADS" cipher -
	[ "$status" -eq 195 ] # EOPNOTSUPP: no cipher was chosen
	refused as paul "$ROADS" cipher "$TOP"
	spawn paul "$ROADS" cipher "$FROM"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 195
}

@test "a tun device" {
	kept tun
}

@test "an ICMP socket and multipath TCP go by their address" {
	local mode

	for mode in ping mptcp; do
		as paul "$ROADS" $mode - "$AWAY" "$TEXT-clean-$mode"
		refused as paul "$ROADS" $mode "$TOP" "$AWAY" "$TEXT-top"
		spawn paul "$ROADS" $mode "$FROM" "$AWAY" "$TEXT-asked-$mode"
		wait_held "$PID"
		approve_pid "$PID"
		exit_of "$PID" 0
		wait_until "$PATIENCE" on_wire "$TEXT-asked-$mode"
		on_wire "$TEXT-clean-$mode"
	done
	refute on_wire "$TEXT-top"
}

# smc_of MODE: no rule can name it as a place, so it is asked about wherever it leads.
smc_of() {
	as paul "$ROADS" "$1" - "$AWAY" "$TEXT-clean-$1"
	refused as paul "$ROADS" "$1" "$TOP" "$AWAY" "$TEXT-top"
	refused as paul "$ROADS" "$1" "$TOP" 127.0.0.1 "$TEXT-top"
	spawn paul "$ROADS" "$1" "$FROM" "$AWAY" "$TEXT-asked-$1"
	for _ in connect send; do
		wait_held "$PID"
		approve_pid "$PID"
	done
	exit_of "$PID" 0
	wait_until "$PATIENCE" on_wire "$TEXT-asked-$1"
	on_wire "$TEXT-clean-$1"
	refute on_wire "$TEXT-top"
}

@test "memory that two hosts share (SMC)" {
	modprobe -q smc || skip "this kernel has none"
	smc_of smc
	[[ $(uname -r) == 6.1.* ]] || smc_of smc-inet
}

fuse_is_up() {
	[[ ! -e $ROOT/fuse/file ]] || return 0
	mkdir -p "$ROOT/fuse"
	"$PROGRAMS/fuse" "$ROOT/fuse" "$STATE/fused" </dev/null >"$STATE/fuse.log" 2>&1 3>&- &
	disown
	wait_until "$PATIENCE" test -e "$ROOT/fuse/file"
}

@test "a FUSE file system: held, and an approval covers what one process writes into one file" {
	fuse_is_up
	as paul "$ROADS" write - "$ROOT/fuse/file" "$TEXT-clean"
	refused as paul "$ROADS" write "$TOP" "$ROOT/fuse/file" "$TEXT-top"
	spawn paul "$ROADS" write "$FROM" "$ROOT/fuse/file" "$TEXT-asked"
	wait_held "$PID"
	sluice show "$(request_for "$PID")" --json | jq -e '
		(if type == "array" then .[0] else . end) |
		.action == "egress" and (.target | test("fuse/file \\(fs:fuse\\)$"))'
	approve_pid "$PID"
	exit_of "$PID" 0
	# That the file has the label now makes nothing free.
	spawn paul "$ROADS" write "$FROM" "$ROOT/fuse/file" "$TEXT-again"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
	grep -q "$TEXT-clean" "$STATE/fused" && grep -q "$TEXT-asked" "$STATE/fused"
	refute grep -q -e "$TEXT-top" -e "$TEXT-again" "$STATE/fused"
}

@test "splice from a pipe into a FUSE file" {
	fuse_is_up
	as paul "$ROADS" splice-now - "$ROOT/fuse/file" "$TEXT-ready"
	refused as paul "$ROADS" splice-now "$TOP" "$ROOT/fuse/file" "$TEXT-top"
	plain moved
	as paul "$ROADS" splice - "$PLAIN/moved" "$TEXT-here" # to wait is free where nothing leaves
	run as paul "$ROADS" splice "$TOP" "$ROOT/fuse/file" "$TEXT-top"
	if [[ $(uname -r) == 6.1.* ]]; then
		[ "$status" -eq 137 ] # it waited already when it could not be refused any more
		as paul "$ROADS" splice - "$ROOT/fuse/file" "$TEXT-waited"
		grep -q "$TEXT-waited" "$STATE/fused"
	else
		[ "$status" -eq 122 ] # EINVAL: these kernels ask nobody after the wait
	fi
	grep -q "$TEXT-ready" "$STATE/fused"
	refute grep -q "$TEXT-top" "$STATE/fused"
}

@test "a block device" {
	local device

	truncate -s 1M "$STATE/block"
	device=$(losetup -f --show "$STATE/block")
	as root "$ROADS" write - "$device" "$TEXT-clean"
	refused as root "$ROADS" write "$TOP" "$device" "$TEXT-top"
	refused as root "$ROADS" map "$TOP" "$device"
	spawn root "$ROADS" write "$FROM" "$device" "$TEXT-asked"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
	grep -qa "$TEXT-clean" "$device"
	losetup -d "$device"
}

removable() {
	lsblk -rnpo NAME,RM,MODEL,TYPE | awk '$2 == 1 && $3 ~ /scsi_debug/ { print $1; exit }'
}

@test "a file system on a removable device" {
	modprobe scsi_debug removable=1 dev_size_mb=8
	wait_until "$PATIENCE" test -n "$(removable)"
	mkfs.ext4 -q -F -O ^has_journal "$(removable)"
	mkdir -p "$ROOT/stick" && mount "$(removable)" "$ROOT/stick"
	head -c 4096 /dev/zero >"$ROOT/stick/file"
	chmod 666 "$ROOT/stick/file"
	as paul "$ROADS" write - "$ROOT/stick/file" "$TEXT-clean"
	refused as paul "$ROADS" write "$TOP" "$ROOT/stick/file" "$TEXT-top"
	refused as paul "$ROADS" map "$TOP" "$ROOT/stick/file"
	as paul "$ROADS" write "$TOP" "$PLAIN/source" "$TEXT-here" || [ "$?" -ne 101 ]
	as paul "$ROADS" write "$FROM" "$ROOT/stick/file" "$TEXT-allowed"
	grep -q "$TEXT-allowed" "$ROOT/stick/file"
}

@test "who is cleared by its file is so only as that file" {
	local loader

	loader=$(ldd /bin/true | grep -o '/[^ ]*ld-linux[^ ]*')
	as root "$ROOT/bin/cleared" packet "$TOP" inside "$TEXT-cleared"
	refused as root "$loader" "$ROOT/bin/cleared" packet "$TOP" inside "$TEXT-top"
	refused as root "$ROOT/bin/listed" packet "$TOP" inside "$TEXT-top"
	refused as root python3 -c '
import os, sys
copy = os.memfd_create("copy")
os.write(copy, open(sys.argv[1], "rb").read())
os.execve(copy, sys.argv[2:], {})' "$ROOT/bin/cleared" roads packet "$TOP" inside "$TEXT-top"
	cp "$ROOT/bin/cleared" "$ROOT/bin/cleared.new" && mv "$ROOT/bin/cleared.new" "$ROOT/bin/cleared"
	refused as root "$ROOT/bin/cleared" packet "$TOP" inside "$TEXT-top"
	wait_until "$PATIENCE" on_wire "$TEXT-cleared"
	refute on_wire "$TEXT-top"
}
