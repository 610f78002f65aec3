#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Labels move over memory and queues, from who has the data to who gets it, and not to who gets other data. Nothing is
# guarded here, so nothing stops. Runs in a guest (lib.bash, programs/memory.c, queue.c, segment.c, ring.c).

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

setup_file() {
	secret source
	plain source
	cp "$PROGRAMS/memory" "$ROOT/bin/debugger"
	cp "$PROGRAMS/segment" "$ROOT/bin/board"
	set_policy "[Trusted debugger]" "Subject=exe:$ROOT/bin/debugger" "[Trusted board]" "Subject=exe:$ROOT/bin/board"
}

setup() {
	TO=$PLAIN/out.$BATS_SUITE_TEST_NUMBER
	CLEAN=$PLAIN/clean.$BATS_SUITE_TEST_NUMBER
}

# is_written FILE LABELS: something is in it, and it carries exactly these.
is_written() {
	local labels

	[ -s "$1" ] || { echo "nothing was written to $1"; return 1; }
	labels=$(labels_of "$1")
	[ "$labels" = "$2" ] || { echo "$1 carries \"$labels\""; return 1; }
}

# moves PROGRAM MODE [USER]: labeled data labels what the other process writes, other data does not.
moves() {
	local output

	output=$(as "${3-paul}" "$PROGRAMS/$1" "$2" "$SECRET/source" "$TO" 2>&1)
	[ -z "$output" ] || { echo "$output"; return 1; }
	is_written "$TO" secret
	as "${3-paul}" "$PROGRAMS/$1" "$2" "$PLAIN/source" "$CLEAN"
	is_written "$CLEAN" ""
}

has_taint() {
	[[ $(taint_of "$1") ]]
}

@test "process_vm_readv labels who reads" {
	moves memory readv
}

@test "process_vm_writev labels who is written into" {
	moves memory writev
}

@test "a read of /proc/PID/mem, opened before, labels who reads" {
	moves memory mem-read
}

@test "a write to /proc/PID/mem labels who is written into" {
	moves memory mem-write
}

@test "a tracer that attached before gets the labels when it looks" {
	moves memory peek
}

@test "a tracer gives its labels when it writes" {
	moves memory poke
}

@test "a tracer that carries labels and only looks gives none" {
	as paul "$PROGRAMS/memory" look "$SECRET/source" "$CLEAN"
	is_written "$CLEAN" ""
}

@test "pidfd_getfd labels who takes the descriptor" {
	moves memory getfd
}

@test "ps gets no labels" {
	as paul "$PROGRAMS/memory" status "$SECRET/source" "$CLEAN"
	is_written "$CLEAN" ""
}

@test "a trusted debugger gets no labels" {
	spawn paul "$PROGRAMS/memory" hold "$SECRET/source"
	wait_until "$PATIENCE" has_taint "$PID"
	as paul "$ROOT/bin/debugger" of "$PID" "$CLEAN"
	is_written "$CLEAN" ""
	as paul "$PROGRAMS/memory" of "$PID" "$TO"
	is_written "$TO" secret
	kill "$PID"
}

@test "who carries labels does not attach to process 1" {
	as root "$PROGRAMS/memory" seize - 1
	run as root "$PROGRAMS/memory" seize "$SECRET/source" 1
	[ "$status" -eq 101 ]
}

@test "lineage leads over memory to the file" {
	as paul "$PROGRAMS/memory" readv "$SECRET/source" "$TO"
	sluice lineage "$TO" --json >"$BATS_TEST_TMPDIR/lineage"
	grep -q "$SECRET/source" "$BATS_TEST_TMPDIR/lineage"
	grep -q "got data of" "$BATS_TEST_TMPDIR/lineage"
}

@test "a message of a System V queue labels its receiver" {
	moves queue sysv
}

@test "a message for who waited at a System V queue" {
	moves queue sysv-waits
}

@test "a copy of a message (MSG_COPY)" {
	moves queue sysv-copy
}

@test "a message that was sent before has no labels" {
	as paul "$PROGRAMS/queue" sysv-rest "$SECRET/source" "$CLEAN"
	is_written "$CLEAN" ""
}

@test "a message of a POSIX queue labels its receiver" {
	mkdir -p /dev/mqueue && { mountpoint -q /dev/mqueue || mount -t mqueue none /dev/mqueue; }
	moves queue posix
}

@test "a message for who waited at a POSIX queue" {
	moves queue posix-waits
}

@test "a new key labels who reads it" {
	moves queue key
}

@test "a changed key labels who reads it" {
	moves queue key-update
}

@test "the name of a key labels who reads it" {
	moves queue key-describe
}

@test "memory that two have mapped from a file" {
	moves segment file
	is_written "$TO.shared" secret
}

@test "memory that two have mapped from a memfd" {
	moves segment memfd
}

@test "POSIX shared memory" {
	moves segment posix
}

@test "System V shared memory" {
	moves segment sysv
}

@test "memory without a name that a child has from its parent" {
	moves segment anonymous
}

@test "memory of /dev/zero that a child has from its parent" {
	moves segment zero
}

@test "private memory carries nothing to a child" {
	as paul "$PROGRAMS/segment" private "$SECRET/source" "$CLEAN"
	is_written "$CLEAN" ""
}

@test "memory that the other one may only read" {
	moves segment read-only
}

@test "a third one copies from memory to memory without a system call" {
	moves segment relay
}

@test "memory that is mapped when its writer is gone" {
	moves segment late
}

# Which of two groups joins the other one is a matter of chance: one of the two leaked once.
@test "memory that was mapped first by one that is gone" {
	for ((i = 0; i < 10; i++)); do
		rm -f "$TO" "$CLEAN"
		moves segment leaves
	done
}

@test "a file that was mapped before its writer read labeled data" {
	moves segment store
}

@test "who has a file mapped gets what others write into it" {
	moves segment through
}

@test "a program that is started by who has memory mapped leaves it clean" {
	as paul "$PROGRAMS/segment" started "$SECRET/source" "$CLEAN"
	is_written "$CLEAN" ""
}

has_mapped() {
	grep -q "$2" "/proc/$1/maps"
}

# watched PROGRAM OUT: it has a file mapped into which labeled data comes, and writes OUT then.
watched() {
	spawn paul "$1" watch "$2.board" "$2"
	wait_until "$PATIENCE" has_mapped "$PID" "$2.board"
	as paul "$PROGRAMS/segment" store "$SECRET/source" "$2.board"
	exit_of "$PID" 0
}

@test "a trusted program gets no labels by memory; an equal one does" {
	watched "$ROOT/bin/board" "$CLEAN"
	is_written "$CLEAN" ""
	watched "$PROGRAMS/segment" "$TO"
	is_written "$TO" secret
}

@test "an io_uring that is taken from another process, and mapped by both" {
	moves ring memory
}

@test "an io_uring that was open over exec: mapped" {
	moves ring map
}

@test "an io_uring that was open over exec: mapped when its writer is gone" {
	moves ring late
}

@test "an io_uring that was open over exec: who submits what another one left there" {
	moves ring submit
}

@test "an io_uring that was open over exec: who registers a buffer" {
	moves ring register
}

@test "a buffer that another process has registered with an io_uring" {
	moves ring buffers
}

@test "a message from one io_uring to another" {
	moves ring message
}

@test "a message to an io_uring from none" {
	[[ $(uname -r) == 7.* ]] || skip "this kernel cannot do that"
	moves ring blind
}

@test "the mapped memory of a packet socket" {
	moves ring packet root
}

@test "who sends what another one left in the mapped memory of a packet socket" {
	moves ring kick root
}

@test "the mapped queue of an AF_XDP socket" {
	moves ring xdp root
}

@test "the mapped memory of a perf event" {
	moves ring perf root
}

@test "who sends what another one left in the mapped queue of an AF_XDP socket" {
	moves ring xdp-kick root
}

@test "an io_uring of one's own: works, and what is written by it is labeled" {
	moves ring alone
}

# The only name of an io_uring is an address of the kernel.
@test "an io_uring with labels is not listed; a file is" {
	spawn paul "$PROGRAMS/ring" holds "$SECRET/source" "$TO"
	wait_until "$PATIENCE" test -s "$TO"
	sluice label list --json >"$STATE/listed"
	kill "$PID"
	jq -e 'any(.[]; .origin == "acquired")' "$STATE/listed"
	jq -e 'any(.[]; .path | contains("file system 00000000")) | not' "$STATE/listed"
}

@test "a program that is started by who has an io_uring leaves it clean" {
	as paul "$PROGRAMS/ring" starts "$SECRET/source" "$CLEAN"
	is_written "$CLEAN" ""
}

@test "an eventfd of a process with labels labels no other one" {
	as paul "$PROGRAMS/ring" events "$SECRET/source" "$CLEAN"
	is_written "$CLEAN" ""
}

# Into no memory, so that the call fails: the programs at its end see nothing.
take_queued() {
	as paul python3 -c '
import ctypes, os, socket, sys
ours, theirs = socket.socketpair()
if not os.fork():
    theirs.send(open(sys.argv[1], "rb").read())
    os._exit(0)
os.wait()
sys.exit(ctypes.CDLL(None).recv(ours.fileno(), None, 8, 0) != -1 or not open(sys.argv[2], "w").write("x"))' "$@"
}

@test "who receives what lies there already takes its labels before" {
	take_queued "$SECRET/source" "$TO"
	is_written "$TO" secret
	take_queued "$PLAIN/source" "$CLEAN"
	is_written "$CLEAN" ""
}

# The same for the second of two datagrams, which the receiver of the first one has moved to another queue.
take_left() {
	as paul python3 -c '
import ctypes, os, socket, sys
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours.bind(("127.0.0.1", 0))
if not os.fork():
    data = open(sys.argv[1], "rb").read()
    theirs = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    theirs.sendto(data, ours.getsockname())
    theirs.sendto(data, ours.getsockname())
    os._exit(0)
os.wait()
if not os.fork():
    ours.recv(64)
    os._exit(0)
os.wait()
sys.exit(ctypes.CDLL(None).recv(ours.fileno(), None, 8, 0) != -1 or not open(sys.argv[2], "w").write("x"))' "$@"
}

@test "who receives a datagram that another one has left takes its labels before" {
	take_left "$SECRET/source" "$TO"
	is_written "$TO" secret
	take_left "$PLAIN/source" "$CLEAN"
	is_written "$CLEAN" ""
}

# stays PROGRAM MODE [USER]: under a rule on egress the other process cannot send what came; other data it sends.
stays() {
	local mark="mark-$RANDOM"

	: >"$RECEIVED/udp-9001"
	run as "${3-paul}" "$PROGRAMS/$1" "$2" "$SECRET/source" udp:9001
	[ "$status" -eq 101 ] || { echo "$*: $status $output"; return 1; }
	: >"$RECEIVED/udp-9002"
	run as "${3-paul}" "$PROGRAMS/$1" "$2" "$PLAIN/source" udp:9002
	[ "$status" -eq 0 ] || { echo "$* of other data: $status $output"; return 1; }
	wait_until "$PATIENCE" test -s "$RECEIVED/udp-9002"
	as paul "$PROGRAMS/net" sendto - 10.9.0.2 9001 "$mark"
	wait_until "$PATIENCE" received udp-9001 "$mark"
	[ "$(<"$RECEIVED/udp-9001")" = "$mark" ] || { echo "$*: it left"; return 1; }
}

@test "what comes by an io_uring that two processes use does not leave the host" {
	local mode

	set_policy "$SEND"
	for mode in memory map late submit register buffers message; do
		stays ring "$mode"
	done
	[[ $(uname -r) != 7.* ]] || stays ring blind
}

@test "what comes by the mapped memory of a packet or AF_XDP socket or a perf event does not leave the host" {
	local mode

	set_policy "$SEND"
	for mode in packet kick xdp xdp-kick perf; do
		stays ring "$mode" root
	done
}

@test "what comes by a memory file or segment that two processes map does not leave the host" {
	local mode

	set_policy "$SEND"
	for mode in memfd posix sysv anonymous relay late; do
		stays segment "$mode"
	done
}
