#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# guard.bats: the agent guards itself against root, and nothing of other people's. Each rule is tried by an attacker
# (root in work.slice) and, beside it, by a neighbour: the same on something that is not the agent's.
#
# A daemon of its own, all of whose files lie on ext4 and whose control group is that of a service. The tests that end
# it come last. The console is a terminal whose other end this file reads.

bats_require_minimum_version 1.5.0
load lib

HOME_=$ROOT/agent
ETC=$HOME_/etc/sluice
LOG=$HOME_/log/journal.jsonl
OTHER=$ROOT/other
SERVICE=/sys/fs/cgroup/guarded.slice/sluiced.service
CONSOLE=$STATE/console.text
export SLUICE_SOCKET=$HOME_/run/control.sock
PINS=/sys/fs/bpf/sluice

guarded_policy() {
	mkdir -p "$ETC/policy.d"
	cat >"$ETC/sluice.conf" <<-CONF
	[Agent]
	Journal=$LOG
	JournalFileAge=1min
	State=$HOME_/state
	StaleAfter=10s

	[Journal]
	Private=$ROOT/secret/diary

	[Guard]
	Mode=${1:-enforce}
	Console=$STATE/console
	Path=$HOME_/extra
	Limit=10min
	CONF
	base_policy | sed '/^\[Guard\]/,/^Mode=/d' >"$ETC/policy.d/10-base.conf"
	cat >"$ETC/policy.d/50-test.conf" <<-CONF
	[Rule read]
	Action=open
	Labels=secret
	Verdict=ask
	Mode=hold
	Reviewers=data
	CONF
	# a name is guarded, not what it leads to
	printf '[Label linked]\nSensitivity=internal\n' >"$OTHER/linked.conf"
	ln -sf "$OTHER/linked.conf" "$ETC/policy.d/60-linked.conf"
}

# The other end of the console: what is written there goes into a file.
open_console() {
	python3 -c '
import os, sys, tty
master, slave = os.openpty()
tty.setraw(slave)
os.symlink(os.ttyname(slave), sys.argv[1])
with open(sys.argv[2], "ab", 0) as out:
    while True:
        out.write(os.read(master, 4096))' "$STATE/console" "$CONSOLE" </dev/null >"$STATE/console.log" 2>&1 \
		3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
	echo $! >"$STATE/console.pid"
	disown
	wait_until "$PATIENCE" test -e "$STATE/console"
}

# run_guarded: in the control group of its unit, if the guard lets us enter it; service managers need not ask.
run_guarded() {
	mkdir -p "$SERVICE"
	({ echo "$BASHPID" >"$SERVICE/cgroup.procs"; } 2>/dev/null || true
		exec "$HOME_/bin/sluiced" -v -c "$ETC/sluice.conf" \
		--control "$SLUICE_SOCKET" --gateway "$HOME_/run/gateway.sock") \
		</dev/null >>"$STATE/guarded.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
	echo $! >"$STATE/sluiced.pid"
	disown
	wait_until 120 sluiced_is_up && is_running >/dev/null 2>&1
}

setup_file() {
	stop_sluiced TERM
	sluiced --detach
	mkdir -p "$HOME_"/{bin,extra,run,log,state} "$OTHER"
	cp "$BUILD"/{sluiced,sluice} "$HOME_/bin"
	echo precious >"$HOME_/extra/file"
	echo anything >"$OTHER/file"
	open_console
	guarded_policy
	ln "$ETC/policy.d/10-base.conf" "$OTHER/early" # before the guard is on
	run_guarded || { cat "$STATE/guarded.log" >&2; return 1; }
}

teardown_file() {
	break_glass >/dev/null 2>&1
	sluice status >&2 || tail -n 20 "$STATE/guarded.log" >&2
	kill "$(sluiced_pid)"
	wait_until "$PATIENCE" nobody_runs
	"$HOME_/bin/sluiced" --detach || sluiced --detach
	kill "$(<"$STATE/console.pid")"
	rm -f "$STATE/console"
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 30 "$STATE/guarded.log"
}

# attack ATTACK ARGUMENT...: by root that is not the agent.
attack() {
	as root "$PROGRAMS/guard" "$@"
}

# refused ATTACK...: and for that reason.
refused() {
	local status=0

	attack "$@" || status=$?
	[ "$status" = 1 ] || { echo "not refused but $status: $*" >&2; return 1; }
}

# root COMMAND...: the attacker's shell.
root() {
	as root "$@"
}

# stop_guarded: it has ended, and the glass is whole again.
stop_guarded() {
	local pid

	pid=$(sluiced_pid)
	sluice break-glass --reason stop --for 6s
	agree rita
	agree quinn
	kill -TERM "$pid"
	wait_until "$PATIENCE" ended "$pid"
	sleep 7
}

agree() {
	person "$1" sluice break-glass --agree --yes
}

break_glass() {
	sluice break-glass --reason "${1:-test}" && agree rita && agree quinn
}

mend_glass() {
	sluice break-glass --end
}

glass_is() {
	[ "$(sluice status --json | jq .guard.broken)" = "$1" ]
}

guard_journal() {
	wait_until "$PATIENCE" guard_journal_now "$1"
}

guard_journal_now() {
	sluice journal --json --file "$LOG" | jq -es "[.[] | select(has(\"seq\")) | select($1)] | length > 0"
}

@test "status and journal say that the guard is in force" {
	run -0 sluice status
	[[ $output == *'Sluice is enforcing.'* ]]
	[ "$(sluice status --json | jq -r .guard.mode)" = enforce ]
	guard_journal '.type == "guard.mode" and .mode == "enforce"'
	refute glass_is true
}

@test "bpf: maps, programs and links of the agent are not found by id, others are" {
	local n

	run -1 attack maps
	n=${output%% of*}
	[ "$n" -ge 15 ]
	run -1 attack programs
	[ "${output%% of*}" -ge 25 ]
	run -1 attack links
	[ "${output%% of*}" -ge 25 ]
	attack own-map
	root bpftool map create /sys/fs/bpf/mine type array key 4 value 8 entries 4 name mine
	root bpftool map update pinned /sys/fs/bpf/mine key 0 0 0 0 value 1 0 0 0 0 0 0 0
	root bpftool map dump pinned /sys/fs/bpf/mine
	root bpftool map list | grep -w mine
	refute grep -w grants <(root bpftool map list)
	root bpftool prog list >/dev/null
	root rm /sys/fs/bpf/mine
	guard_journal '.type == "guard.attempt" and .act == "bpf" and .verdict == "deny"'
}

@test "bpf: pins cannot be opened, removed, renamed or covered; those of others can" {
	local pins

	pins=$(echo "$PINS"/*)
	refused open-pin "$pins/map_grants"
	refused open-pin "$pins/map_guard"
	refused open-pin "$pins/identify"
	run attack detach "$pins/link_sluice_file_open"
	[ "$status" -ne 0 ]
	refused detach "$pins/link_sluice_packet_leaves"
	refused pass-packets "$pins/link_sluice_packet_leaves"
	attack own-packets /sys/fs/cgroup
	refused unlink "$pins/link_sluice_file_open"
	refused unlink "$pins/map_grants"
	refused rename "$pins/link_sluice_file_open" /sys/fs/bpf/gone
	refused rename "$pins" /sys/fs/bpf/gone
	refused rename "$PINS" /sys/fs/bpf/gone
	refused mkdir "$PINS/more"
	refused mkdir "$pins/more"
	refused rmdir "$pins"
	refused chmod "$PINS" 0777
	refused chmod "$pins/map_grants" 0666
	refused chown "$PINS"
	refute root mount -t tmpfs none /sys/fs/bpf
	refute root mount -t tmpfs none "$PINS"
	refute root mount --bind "$OTHER" /sys/fs/bpf
	refute root umount /sys/fs/bpf
	refute root umount -l /sys/fs/bpf
	refute root umount -l /sys # takes the pins' path away
	attack mkdir /sys/fs/bpf/mine
	attack chmod /sys/fs/bpf/mine 0700
	attack rename /sys/fs/bpf/mine /sys/fs/bpf/mine2
	attack rmdir /sys/fs/bpf/mine2
	[ "$(find "$pins" -name 'link_*' | wc -l)" -ge 25 ]
	glass_is false
	sluice status
}

# bind_private FROM TO: both in one call, which no option of mount does.
bind_private() {
	root python3 -c 'import ctypes, sys
sys.exit(ctypes.CDLL(None).mount(sys.argv[1].encode(), sys.argv[2].encode(), None, 0x1000 | 0x40000, None) != 0)' "$@"
}

@test "mounts: elsewhere, and in a namespace of one's own, everybody mounts as before" {
	mkdir -p "$OTHER/mnt"
	root mount -t tmpfs none "$OTHER/mnt"
	root mount --make-private "$OTHER/mnt"
	root umount "$OTHER/mnt"
	bind_private "$OTHER" "$OTHER/mnt"
	root umount "$OTHER/mnt"
	refute bind_private "$OTHER" "$HOME_/state"
	root unshare -m sh -c "mount -t tmpfs none /sys/fs/bpf && mount -t tmpfs none $HOME_ && [ ! -e $ETC ]"
	root unshare -m --propagation slave umount -l /sys/fs/bpf
	refute root mount -t tmpfs none "$ETC"
	refute root mount -t tmpfs none "$HOME_"
	refute root mount --bind "$OTHER" "$HOME_/state"
	refused pivot "$OTHER/mnt" # the host's root; somebody else's is his
	run -2 root unshare -m "$PROGRAMS/guard" pivot "$OTHER/mnt"
	[ -e "$PINS" ]
	[ -e "$ETC/sluice.conf" ]
	guard_journal '.type == "guard.attempt" and .act == "mount" and (.path | contains("agent"))'
}

# By either of the two calls that there are. The second one names what is moved by descriptor.
move_mount() {
	root python3 -c 'import ctypes, sys
libc = ctypes.CDLL(None)
fd = libc.syscall(428, -100, sys.argv[1].encode(), 0) # open_tree
sys.exit(fd < 0 or libc.syscall(429, fd, b"", -100, sys.argv[2].encode(), 4) != 0)' "$@" # move_mount
}

@test "mounts: what the agent's files are reached by is not unmounted; the same elsewhere is" {
	local point
	mkdir -p "$OTHER/mnt" "$OTHER/mnt2"
	for point in /sys / "$ROOT"; do
		root mount --bind "$point" "$OTHER/mnt"
		root umount "$OTHER/mnt"
	done
	root mount -t tmpfs none "$OTHER/mnt"
	root mkdir "$OTHER/mnt/here"
	root mount -t tmpfs none "$OTHER/mnt/here"
	root mount --make-rprivate "$OTHER/mnt"
	move_mount "$OTHER/mnt/here" "$OTHER/mnt2"
	root umount "$OTHER/mnt2"
	root umount -l "$OTHER/mnt"
	root mount --make-private /
	refute root umount -l "$ROOT" # where policy and journal lie
	refute move_mount "$ROOT" "$OTHER/mnt"
	root unshare -m sh -c "umount -l $ROOT && umount -l /sys"
	[ -e "$PINS" ]
	guard_journal '.type == "guard.attempt" and .act == "mount" and .path == "/sys"'
	guard_journal '.type == "guard.attempt" and .act == "mount" and .path == "'"$ROOT"'"'
}

# shared_mounts: as a service manager makes them; where they are private nothing is passed on.
shared_mounts() {
	root mount --make-rshared /
}

# peer COMMAND...: in a mount namespace whose mounts are peers of the host's.
peer() {
	root unshare -m --propagation unchanged "$@"
}

@test "mounts: an unmount that the kernel passes on to the host is refused; one that stays where it is, is not" {
	shared_mounts
	refute peer umount -l /sys/fs/bpf
	refute peer umount -l /sys
	refute peer umount -l "$ROOT"
	mkdir -p "$OTHER/mnt" "$OTHER/mnt2"
	root mount --rbind /sys "$OTHER/mnt" # a peer of /sys, in the host's own namespace
	refute root umount "$OTHER/mnt/fs/bpf"
	refute root umount -l "$OTHER/mnt" # takes along what is mounted below
	root mount --make-rprivate "$OTHER/mnt"
	root umount -l "$OTHER/mnt"
	root unshare -m umount -l /sys
	root unshare -m --propagation slave umount -l /sys
	peer sh -c 'mount --make-rprivate / && umount -l /sys/fs/bpf && umount -l /sys'
	root unshare -m sh -c 'mount --make-rshared / && umount -l /sys' # shared, but with nobody
	peer sh -c "mount -t tmpfs none $OTHER/mnt && mount --bind $OTHER $OTHER/mnt2" # others' are passed on
	root umount "$OTHER/mnt2"
	peer umount "$OTHER/mnt"
	refute mountpoint "$OTHER/mnt"
	[ -n "$(ls "$PINS")" ]
	[ -e "$ETC/sluice.conf" ]
	guard_journal '.type == "guard.attempt" and .act == "mount" and .path == "/sys/fs/bpf"'
}

@test "mounts: nor when the host's mounts are slaves of those where it is tried" {
	local holder status=0

	shared_mounts
	spawn root unshare -m --propagation unchanged sh -c "echo \$\$ >$OTHER/holder && exec sleep 1000"
	wait_until "$PATIENCE" test -s "$OTHER/holder"
	holder=$(<"$OTHER/holder")
	root mount --make-rslave /
	root nsenter -m -t "$holder" umount -l /sys || status=$?
	root nsenter -m -t "$holder" mount -t tmpfs none "$OTHER/mnt" # as it is for the host
	mountpoint "$OTHER/mnt" || status=0
	root nsenter -m -t "$holder" umount "$OTHER/mnt"
	kill "$holder"
	shared_mounts
	[ "$status" -ne 0 ]
	[ -e "$PINS" ]
}

@test "mounts: nothing goes beneath those that the agent's files are reached by" {
	local status=0

	shared_mounts
	mkdir -p "$OTHER/mnt"
	root mount -t tmpfs none "$OTHER/mnt"
	attack beneath "$OTHER/mnt" || status=$?
	root umount "$OTHER/mnt"
	[ "$status" != 2 ] || skip "this kernel puts nothing beneath a mount"
	[ "$status" = 0 ]
	root umount "$OTHER/mnt" # what was beneath
	run -1 peer sh -c "mount --make-private /sys/fs/bpf && $PROGRAMS/guard beneath /sys/fs/bpf &&
		umount -l /sys/fs/bpf"
	run -1 peer sh -c "mount --make-private /sys && $PROGRAMS/guard beneath /sys && umount -l /sys"
	[ -n "$(ls "$PINS")" ]
	sluice status
	guard_journal '.type == "guard.attempt" and .act == "mount" and .detail == 512'
}

@test "mounts: what they cover is not removed or renamed, from where it is not mounted either" {
	mkdir -p "$OTHER/point"
	refute root unshare -m sh -c 'umount -l /sys && rmdir /sys'
	refute root unshare -m sh -c 'umount -l /sys && mv /sys /sys.old'
	root mount -t tmpfs none "$OTHER/point"
	root unshare -m sh -c "umount $OTHER/point && rmdir $OTHER/point"
	[ ! -e "$OTHER/point" ]
	[ -e "$PINS" ]
}

@test "mounts: not moved by the old call where the host sees it, nor given other peers" {
	mkdir -p "$OTHER/mnt" "$OTHER/mnt2"
	root mount --make-rprivate /
	refused old-move "$ROOT" /mnt
	root mount -t tmpfs none "$OTHER/mnt"
	move_mount "$OTHER/mnt" "$OTHER/mnt2"
	root unshare -m "$PROGRAMS/guard" old-move "$OTHER/mnt2" "$OTHER/mnt"
	shared_mounts
	refused join-group /
	attack join-group "$OTHER/mnt2"
	root umount "$OTHER/mnt2"
	[ -e "$ETC/sluice.conf" ]
	guard_journal '.type == "guard.attempt" and .act == "mount" and .detail == 8192'
}

@test "mounts: one that comes to the agent's own later is guarded from then on" {
	root mount --make-rprivate /
	break_glass mounts
	root mount -t tmpfs none "$HOME_/extra"
	sleep 1 # the daemon reads the list
	root umount -l "$HOME_/extra"
	mend_glass
	guard_journal '.type == "guard.attempt" and .act == "mount" and .detail == 2 and
		(.path | endswith("/extra")) and .glass > 0'
	[ "$(cat "$HOME_/extra/file")" = precious ]
}

@test "signals: none but 0, HUP and CONT reach the daemon; others' processes get all" {
	local pid signal generation

	pid=$(sluiced_pid)
	for signal in 1 9 15 19 6 2 3 10 20 23; do
		((signal == 1)) || refused signal "$pid" "$signal"
	done
	attack signal "$pid" 0
	attack signal "$pid" 18
	generation=$(generation)
	attack signal "$pid" 1
	wait_until "$PATIENCE" generation_is_not "$generation"
	[ "$(state_of "$pid")" != T ]
	sleep 1000 &
	attack signal "$!" 19
	attack signal "$!" 9
	guard_journal '.type == "guard.attempt" and .act == "signal" and .detail == 9'
}

@test "signals: none by way of a file that the daemon is made the owner of; others get them" {
	local pid signal

	pid=$(sluiced_pid)
	for signal in 0 9 19; do
		attack own-file "$pid" "$signal" # only the sending is refused
		attack own-lease "$pid" "$signal" "$OTHER/lease"
	done
	sleep 1
	[ "$(state_of "$pid")" = S ]
	sleep 1000 &
	attack own-file "$!" 9
	wait_until "$PATIENCE" ended "$!"
	sleep 1000 &
	attack own-lease "$!" 9 "$OTHER/lease"
	wait_until "$PATIENCE" ended "$!"
	refused open-write /proc/sys/kernel/cad_pid
}

@test "tracing: neither the daemon nor pid 1; others can be traced" {
	local pid

	pid=$(sluiced_pid)
	refused seize "$pid"
	refused attach "$pid"
	refused read-memory "$pid"
	refused write-memory "$pid"
	refused take-fd "$pid" 0
	refused open-read "/proc/$pid/mem"
	# Later kernels let who has CAP_PERFMON read these without asking; the environment is empty anyway.
	if [[ $(uname -r) == 6.* ]]; then
		refused open-read "/proc/$pid/environ"
		refused open-read "/proc/$pid/maps"
	fi
	refute root ls -l "/proc/$pid/fd"
	refute root readlink "/proc/$pid/exe"
	refused seize "$(pgrep -P "$pid" | head -n 1)" # a child that reads what may hang
	refused seize 1
	refused write-memory 1
	sleep 1000 &
	attack read-memory "$!"
	attack take-fd "$!" 0
	attack open-read "/proc/$!/maps"
	attack seize "$!"
	ps -o pid,comm -p "$pid" | grep sluiced # what everybody may see, stays
	kill "$!"
	guard_journal '.type == "guard.attempt" and .act == "trace"'
}

@test "limits and priority of the daemon stay, those of others can be set" {
	local pid attack

	pid=$(sluiced_pid)
	for attack in limit nice schedule affinity io-priority; do
		refused "$attack" "$pid"
	done
	refused open-write "/proc/$pid/oom_score_adj"
	refused open-write "/proc/$pid/comm"
	sleep 1000 &
	for attack in limit nice schedule affinity io-priority; do
		attack "$attack" "$!"
	done
	attack open-write "/proc/$!/oom_score_adj"
	kill "$!"
}

@test "control group: not frozen, killed, limited, entered or left; others are" {
	local pid other=/sys/fs/cgroup/other.slice prison=/sys/fs/cgroup/prison.slice

	pid=$(sluiced_pid)
	mkdir -p "$other" "$prison"
	refused open-write "$SERVICE/cgroup.freeze"
	[ ! -e "$SERVICE/cgroup.kill" ] || refused open-write "$SERVICE/cgroup.kill"
	refused open-write "$SERVICE/cgroup.procs"
	[ ! -e "$SERVICE/memory.max" ] || refused open-write "$SERVICE/memory.max"
	refused open-write /sys/fs/cgroup/guarded.slice/cgroup.freeze
	refused mkdir "$SERVICE/below"
	attack open-write "$other/cgroup.freeze"
	attack open-write /sys/fs/cgroup/guarded.slice/cgroup.procs
	sleep 1000 &
	root sh -c "echo $! >$other/cgroup.procs; echo 1 >$other/cgroup.freeze; echo 0 >$other/cgroup.freeze"
	kill "$!"
	refute root sh -c "echo $pid >$prison/cgroup.procs; true" # cannot be refused: the shell is killed
	wait_until "$PATIENCE" refused open-write "$prison/cgroup.freeze"
	[ "$(state_of "$pid")" = S ]
	guard_journal '.type == "guard.attempt" and .act == "cgroup"'
}

@test "switches of the kernel that turn programs or processes off are not written, others are" {
	refused open-write /proc/sys/kernel/ftrace_enabled
	refused open-write /proc/sysrq-trigger
	attack open-write /proc/sys/kernel/panic
	attack open-read /proc/sys/kernel/ftrace_enabled
	[ "$(cat /proc/sys/kernel/ftrace_enabled)" = 1 ]
	# What tracers leave out, the programs do not.
	mkdir -p "$OTHER/mnt"
	root mount -t tracefs none "$OTHER/mnt"
	root sh -c "echo 'bpf_lsm_*' >$OTHER/mnt/set_ftrace_notrace"
	refused open-write /proc/sys/kernel/ftrace_enabled
	root sh -c "echo >$OTHER/mnt/set_ftrace_notrace"
	root umount "$OTHER/mnt"
	guard_journal '.type == "guard.attempt" and .act == "switch" and (.path | endswith("ftrace_enabled"))'
}

@test "programs that write into processes are not loaded, others are" {
	attack trace-program
	refused write-user
	guard_journal '.type == "guard.attempt" and .act == "kernel"'
}

@test "bpf: programs that answer in the place of the agent's are not loaded, others are" {
	refused replace security_task_kill
	refused replace security_bpf_map
	refused hook-cgroup socket_bind
	refused getsockopt
	attack watch security_task_kill
	attack setsockopt
	case $(uname -r) in
	6.1.*) refused hook task_kill ;; # nothing bounds what it returns
	*) attack hook task_kill ;;
	esac
	[[ $(uname -r) == 6.* ]] || refused write-registers
	guard_journal '.type == "guard.attempt" and .act == "override" and .detail == 26' # TRACING
}

@test "files: policy, journal, keys, state, sockets, programs: not changed in any way" {
	local file

	for file in "$ETC/sluice.conf" "$ETC/policy.d/10-base.conf" "$LOG" "$HOME_/state/journal.key" \
		"$HOME_/state/labels" "$HOME_/extra/file" "$HOME_/bin/sluice"; do
		echo "# $file"
		refused open-write "$file"
		refused open-truncate "$file"
		refused truncate "$file"
		refused chmod "$file" 0666
		refused chown "$file"
		refused times "$file"
		refused unlink "$file"
		refused rename "$file" "$OTHER/gone"
		refused exchange "$file" "$OTHER/file"
		refused link "$file" "$OTHER/gone"
		refused setxattr "$file" user.x
		refused by-handle "$file" "$ROOT"
		refused set-version "$file"
		refused set-flags "$file"
	done
	refused unlink "$HOME_/bin/sluiced"
	refused rename "$HOME_/bin/sluiced" "$HOME_/bin/old"
	refused unlink "$SLUICE_SOCKET"
	refused open-read "$HOME_/state/journal.key"
	attack open-read "$LOG"
	attack open-read "$ETC/sluice.conf"
	guard_journal '.type == "guard.attempt" and .act == "read" and (.path | endswith("journal.key"))'
	guard_journal '.type == "guard.attempt" and .act == "write" and (.path | endswith("10-base.conf"))'
	sluice journal verify "$LOG" || lost_a_key
}

@test "files: nothing is added to the agent's folders, and those above stay where they are" {
	refused make "$ETC/policy.d/99-mine.conf"
	refused rename "$OTHER/file" "$ETC/policy.d/99-mine.conf"
	refused link "$OTHER/file" "$ETC/policy.d/99-mine.conf"
	refute root ln -s "$OTHER/file" "$ETC/policy.d/99-mine.conf"
	refute root mknod "$HOME_/state/x" p
	refused mkdir "$HOME_/state/x"
	refused rename "$ETC" "$HOME_/etc/old"
	refused rename "$HOME_/etc" "$HOME_/old"
	refused rename "$HOME_" "$ROOT/old"
	refused chmod "$ETC" 0777
}

@test "files: a name that was made before the guard leads nowhere, nor does the block device" {
	local device

	refused open-write "$OTHER/early"
	device=$(findmnt -no SOURCE "$ROOT")
	refused open-write "$device"
	attack open-read "$device"
}

@test "files: those of others are changed as before" {
	local file=$OTHER/file

	attack open-write "$file"
	attack open-truncate "$file"
	attack truncate "$file"
	attack chmod "$file" 0644
	attack chown "$file"
	attack times "$file"
	attack setxattr "$file" user.x
	attack setxattr "$file" security.other
	attack removexattr "$file" user.x
	attack by-handle "$file" "$ROOT"
	attack set-flags "$file"
	run -2 attack set-version "$file" # an ext4 with checksums cannot, whoever asks
	attack link "$file" "$OTHER/again"
	attack rename "$OTHER/again" "$OTHER/third"
	attack make "$OTHER/new"
	attack exchange "$OTHER/new" "$OTHER/third"
	attack unlink "$OTHER/new"
	attack unlink "$OTHER/third"
	attack make "$HOME_/beside" # above the agent's folders, only moving is refused
	attack unlink "$HOME_/beside"
}

@test "labels in extended attributes are the agent's, whatever the file" {
	refused setxattr "$OTHER/file" security.sluice
	refused setxattr "$OTHER/file" security.sluice.labels
	refused removexattr "$OTHER/file" security.sluice
}

@test "another program, configuration or caller is not taken for the agent" {
	cp "$HOME_/bin/sluiced" "$OTHER/sluiced"
	run -1 root "$OTHER/sluiced" --detach
	[[ $output == *'the guard in force does not take this process for the agent'* ]]
	run -1 root "$HOME_/bin/sluiced" --detach
	[[ $output == *'guard is in force'*'sluice break-glass'* ]]
	# It cannot open enough files to see that; the kernel does.
	run -1 root prlimit --nofile=12 "$HOME_/bin/sluiced" --detach
	[[ $output == *'cannot remove the pins'*'not permitted'* ]]
	[ "$(find "$PINS" -name 'link_*' | wc -l)" -ge 25 ]
	refused run-traced "$HOME_/bin/sluiced" --release
	gcc -shared -fPIC -x c -o "$OTHER/evil.so" - <<-'C'
	#include <unistd.h>
	__attribute__((constructor)) static void run(void) { write(2, "EVIL\n", 5); }
	C
	run -1 root env LD_PRELOAD="$OTHER/evil.so" "$HOME_/bin/sluiced" --detach
	[ "$(grep -c EVIL <<<"$output")" -le 1 ] # where it has no identity yet, and not again
	echo "$OTHER/evil.so" >/etc/ld.so.preload
	run root "$HOME_/bin/sluiced" --detach
	rm /etc/ld.so.preload
	[ "$status" -ne 0 ]
	[ "$(grep -c EVIL <<<"$output")" -le 1 ]
	[ -e "$PINS" ]
	sluice status
	guard_journal '.type == "guard.attempt" and .act == "code" and (.path | endswith("evil.so"))'
}

# no_other_begins JOURNAL: a file may have been due by the real clock, and the next one by the other.
no_other_begins() {
	local before

	before=$(compgen -G "$1*")
	sleep 3
	[ "$(compgen -G "$1*")" = "$before" ]
}

@test "files that come later: those of a journal that goes on, and the vault" {
	local file n=0

	a_minute_goes_by "$LOG"
	wait_until "$PATIENCE" no_other_begins "$LOG"
	for file in "$LOG" "$LOG".*[0-9] "$LOG".*.state "$HOME_/state/vault.db"; do
		echo "# $file"
		n=$((n + 1))
		refused open-write "$file"
		refused truncate "$file"
		refused unlink "$file"
		refused rename "$file" "$OTHER/gone"
		refused exchange "$file" "$OTHER/file"
		refused link "$file" "$OTHER/gone"
	done
	((n >= 4))
	attack open-read "$HOME_/state/vault.db" # root sees private text: sluice journal shows it
	sluice journal verify "$LOG" || lost_a_key
}

@test "the daemon's work goes on: held, asked, approved, journaled" {
	secret rows 'one,two'
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	[ "$(cat "$OUT")" = one,two ]
	guard_journal '.type == "grant.issued"'
}

@test "break-glass: two different people, and neither root nor one of them alone" {
	run -0 sluice break-glass --reason 'upgrade to 0.2' --for 5min
	[[ $output == *'Two people'* ]]
	run sluice break-glass --agree --yes
	[ "$status" -ne 0 ] # root
	run -0 person rita sluice break-glass --agree --yes
	[[ $output == *'upgrade to 0.2'*'second person'* ]]
	run agree rita
	[ "$status" -ne 0 ]
	[[ $output == *'rita has agreed already'* ]]
	run person 4001 sluice break-glass --agree --yes
	[ "$status" -ne 0 ]
	glass_is false
	refused open-write "$ETC/sluice.conf"
	run -0 agree quinn
	[[ $output == *'glass is broken for 300 s'* ]]
	glass_is true
	run -1 sluice status
	[[ $output == *'GUARD IS BROKEN'*'rita and quinn'* ]]
	attack open-write "$ETC/sluice.conf"
	attack chmod "$ETC/sluice.conf" 0600
	run -0 attack maps
	guard_journal '.type == "glass.broken" and .reason == "upgrade to 0.2" and (.message | contains("rita and quinn"))'
	guard_journal '.type == "guard.attempt" and .verdict == "audit" and .glass == 1'
	mend_glass
	glass_is false
	refused open-write "$ETC/sluice.conf"
	guard_journal '.type == "glass.mended"'
	sluice status
}

@test "break-glass: the code on the console, three tries, and no other code" {
	local code

	: >"$CONSOLE"
	sluice break-glass --reason console
	wait_until "$PATIENCE" grep -q 'break-glass --code' "$CONSOLE"
	code=$(grep -o -- '--code [0-9]*' "$CONSOLE" | tail -n 1)
	code=${code#--code }
	for _ in 1 2 3; do
		run sluice break-glass --code "$(printf '%08d' $(((10#$code + 1) % 100000000)))"
		[ "$status" -ne 0 ]
	done
	run sluice break-glass --code "$code"
	[ "$status" -ne 0 ] # too late
	: >"$CONSOLE"
	sluice break-glass --reason console
	wait_until "$PATIENCE" grep -q 'break-glass --code' "$CONSOLE"
	code=$(grep -o -- '--code [0-9]*' "$CONSOLE" | tail -n 1)
	sluice break-glass --code "${code#--code }"
	glass_is true
	mend_glass
	guard_journal '.type == "glass.broken" and (.message | contains("the local console"))'
	guard_journal '.type == "glass.refused"'
}

@test "break-glass: ends by itself, also in the kernel" {
	sluice break-glass --reason short --for 5s
	agree rita
	agree quinn
	attack open-write "$ETC/sluice.conf"
	wait_until 30 glass_is false
	refused open-write "$ETC/sluice.conf"
	guard_journal '.type == "glass.mended" and (.message | contains("time is over"))'
}

policy_refused() {
	guard_journal '.type == "policy.refused" and (.error | contains("'"$1"'"))'
}

@test "a policy that is read from other files than the guard knows is refused, until the glass is broken" {
	local generation

	generation=$(generation)
	cp "$OTHER/linked.conf" "$OTHER/linked.away"
	attack open-write "$OTHER/linked.conf"
	printf '[Label smuggled]\nSensitivity=internal\n' >>"$OTHER/linked.conf"
	kill -HUP "$(sluiced_pid)"
	policy_refused "it does not know '$ETC/policy.d/60-linked.conf'"
	[ "$(generation)" = "$generation" ]
	cp "$OTHER/linked.away" "$OTHER/linked.conf"
	kill -HUP "$(sluiced_pid)"
	wait_until "$PATIENCE" generation_is_not "$generation"
	break_glass linked
	printf '[Label more-linked]\nSensitivity=internal\n' >>"$OTHER/linked.conf"
	mend_glass # what lies there now is what the agent vouches for
	generation=$(generation)
	kill -HUP "$(sluiced_pid)"
	wait_until "$PATIENCE" generation_is_not "$generation"
}

@test "break-glass: a changed policy is loaded and guarded from then on" {
	break_glass policy
	echo '# changed' >>"$ETC/policy.d/50-test.conf"
	printf '[Label more]\nSensitivity=internal\n' >"$ETC/policy.d/60-more.conf"
	local generation
	generation=$(generation)
	kill -HUP "$(sluiced_pid)"
	wait_until "$PATIENCE" generation_is_not "$generation"
	mend_glass
	refused open-write "$ETC/policy.d/60-more.conf"
	refused unlink "$ETC/policy.d/60-more.conf"
}

@test "killed while the glass is broken: it stays so for its time, and the same program takes over" {
	local pid

	pid=$(sluiced_pid)
	break_glass kill
	kill -KILL "$pid"
	wait_until "$PATIENCE" ended "$pid"
	refute is_running
	# The glass stays broken until its time is over; nobody can end it meanwhile but a daemon.
	run_guarded
	glass_is true
	mend_glass
	refused signal "$(sluiced_pid)" 9
	refused open-write "$ETC/sluice.conf"
	run -1 root "$OTHER/sluiced" --detach
}

@test "stopped: the guard goes on, others are not taken, the same program is, without any glass" {
	stop_guarded
	refused open-write "$ETC/sluice.conf"
	refused unlink "$(echo "$PINS"/*/link_sluice_file_open)"
	refused open-write /proc/sys/kernel/ftrace_enabled
	run -1 root "$OTHER/sluiced" -c "$ETC/sluice.conf"
	[[ $output == *'does not take this process for the agent'* ]]
	mkdir -p "$OTHER/etc"
	printf '[Agent]\nJournal=%s/journal\nState=%s/state\n[Guard]\nMode=off\n' "$OTHER" "$OTHER" >"$OTHER/etc/sluice.conf"
	run -1 root "$HOME_/bin/sluiced" -c "$OTHER/etc/sluice.conf"
	[[ $output == *'another configuration'* ]]
	cp -a "$ETC/policy.d" "$OTHER/covering"
	printf '[Label slipped]\nSensitivity=internal\n' >"$OTHER/covering/99-more.conf"
	run -1 root unshare -m sh -c "mount --bind $OTHER/covering $ETC/policy.d && $HOME_/bin/sluiced -c $ETC/sluice.conf"
	[[ $output == *"knows other policy files: it does not know '$ETC/policy.d/"*'put back what was there'*'short of restarting'* ]]
	run -1 root unshare -m sh -c "mount -t tmpfs none $HOME_/state && $HOME_/bin/sluiced -c $ETC/sluice.conf"
	[[ $output == *'another State='* ]]
	run -1 root unshare -m sh -c "mount -t tmpfs none $SECRET && $HOME_/bin/sluiced -c $ETC/sluice.conf"
	[[ $output == *"'$SECRET' is not here what it is for the host"* ]]
	run -1 root unshare -m sh -c "mount -t bpf none /sys/fs/bpf && $HOME_/bin/sluiced -c $OTHER/etc/sluice.conf"
	[[ $output == *'/sys/fs/bpf is not here what it is for the host'* ]]
	run -1 root unshare -m sh -c "mount -t tmpfs none $SECRET && mount --bind /proc/self /proc/1 &&
		$HOME_/bin/sluiced -c $ETC/sluice.conf"
	[[ $output == *'cannot be seen through /proc/1/root'* ]]
	run_guarded
	guard_journal '.type == "glass.mended"'
	refused signal "$(sluiced_pid)" 9
}

@test "upgrade: a new program is vouched for while the glass is broken, and only then" {
	break_glass upgrade
	cp "$HOME_/bin/sluiced" "$HOME_/bin/new" # another file, as make install makes it
	mv "$HOME_/bin/new" "$HOME_/bin/sluiced"
	mend_glass
	stop_guarded
	run_guarded
	refused signal "$(sluiced_pid)" 9
	refused chmod "$HOME_/bin/sluiced" 0777
	run -1 root "$HOME_/bin/sluiced" --detach
	[[ $output == *'guard is in force'* ]]
}

@test "monitor mode refuses nothing and journals what it would have" {
	break_glass monitor
	guarded_policy monitor
	local generation
	generation=$(generation)
	kill -HUP "$(sluiced_pid)"
	wait_until "$PATIENCE" generation_is_not "$generation"
	mend_glass
	[ "$(sluice status --json | jq -r .guard.mode)" = monitor ]
	attack open-write "$ETC/sluice.conf"
	guard_journal '.type == "guard.attempt" and .verdict == "audit" and (has("glass") | not) and .act == "write"'
	guarded_policy
	kill -HUP "$(sluiced_pid)"
	wait_until "$PATIENCE" refused open-write "$ETC/sluice.conf"
}
