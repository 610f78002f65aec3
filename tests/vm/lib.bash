# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
#
# Owns: what the tests of tests/vm/*.bats have in common inside a guest of scripts/vm: the users, the file system, the
# network outside, the daemon and its policy, starting processes that are watched, answering requests.
# Must not own: any expectation about the product (each .bats file), nor booting (scripts/vm) or running (run).
#
# The tests themselves run in the unit harness.scope, which every policy trusts: a test shell that reads what a tainted
# process printed must not hand that taint on to the next test. Watched processes run in work.slice; `as`, `spawn` and
# `become` put them there. Nothing but these three may stand for a subject of a test.
#
#   rita (2001)   reviewer                10.9.0.1, fd09::1   this host
#   paul (2002)   runs pipelines          10.9.0.2, fd09::2   outside: a network namespace with listeners
#   quinn (2003)  reviewer, too           10.9.0.3            outside, a second address

# Software emulation stretches every wait, at times beyond its patience: a test that fails is tried once more.
export BATS_TEST_RETRIES=${SLUICE_RETRIES-1}
# No test may hang all others.
export BATS_TEST_TIMEOUT=${SLUICE_TEST_TIMEOUT-400}

ROOT=/srv/t
SECRET=$ROOT/secret	# the folder that the base policy labels "secret"
PLAIN=$ROOT/plain
STATE=/run/t
RECEIVED=$STATE/received
BUILD=${SLUICE_BUILD:-$PWD/build}
PROGRAMS=$BUILD/tests/vm
ASKER=$PROGRAMS/ask	# what sluiced says, without the start of sluice and jq
PATH=$BUILD:$PATH
SLUICED_SERVICE=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../user/systemd/sluiced.service")
HARNESS=/sys/fs/cgroup/harness.scope
WORK=/sys/fs/cgroup/work.slice
# Generous: emulated processors are slow and shared. Tests wait for conditions, never for time.
PATIENCE=${SLUICE_PATIENCE:-60}

# Rules that several files take.
ASK="[Rule read]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data
Scope=process"
ASK_ONCE="[Rule read]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data
Scope=once"
SEND="[Rule send]
Action=egress
Labels=secret
Verdict=deny"

# wait_until SECONDS COMMAND...: until the command succeeds. Return 1 when it has not by then.
wait_until()
{
	local end=$((SECONDS + $1))
	shift

	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || { echo "not within the time: $*" >&2; return 1; }
		sleep 0.05
	done
}

# ---- the guest, once ----

add_users()
{
	local name uid=2001

	for name in rita paul quinn; do
		useradd -M -d / -s /bin/bash -u "$uid" "$name" || return 1
		uid=$((uid + 1))
	done
}

# ext4 and not the guest's root: an overlay over 9p gives inodes that no real host has.
add_filesystem()
{
	truncate -s 96M "$STATE/disk" && mkfs.ext4 -q -F -O ^has_journal "$STATE/disk" || return 1
	mkdir -p "$ROOT" && mount -o loop "$STATE/disk" "$ROOT" || return 1
	mkdir -p "$SECRET/deep/er/still" "$PLAIN" "$ROOT/bin" "$RECEIVED" || return 1
	chmod 1777 "$ROOT" "$SECRET" "$SECRET/deep" "$PLAIN"
	chmod 777 "$RECEIVED"
}

add_network()
{
	ip netns add outside && ip link add inside type veth peer name eth0 netns outside || return 1
	sysctl -qw net.ipv6.conf.inside.accept_dad=0
	ip netns exec outside sysctl -qw net.ipv6.conf.eth0.accept_dad=0 net.ipv4.tcp_fastopen=3
	sysctl -qw net.ipv4.tcp_fastopen=1
	ip addr add 10.9.0.1/24 dev inside && ip -6 addr add fd09::1/64 dev inside nodad
	ip link set inside up
	ip -n outside addr add 10.9.0.2/24 dev eth0 && ip -n outside addr add 10.9.0.3/24 dev eth0
	ip -n outside -6 addr add fd09::2/64 dev eth0 nodad
	ip -n outside link set eth0 up && ip -n outside link set lo up || return 1
	echo '10.9.0.2 partner.test' >>/etc/hosts
}

# listen FOLDER [COMMAND...]: start listeners there (with COMMAND before them) and wait until they stand.
listen()
{
	local folder=$1
	shift

	mkdir -p "$folder"
	"$@" python3 "$BATS_LIB/receiver.py" "$folder" </dev/null >"$folder/log" 2>&1 3>&- &
	disown
	wait_until 300 test -e "$folder/ready"
}

guest_prepare()
{
	[[ -e $STATE/prepared ]] && return
	mkdir -p "$STATE" "$HARNESS" "$WORK" && add_users && add_filesystem && add_network || return 1
	listen "$RECEIVED" ip netns exec outside && listen "$STATE/received-here" || return 1
	# Code at the same addresses need not be translated again by the emulator.
	sysctl -qw kernel.randomize_va_space=0
	: >"$STATE/prepared"
}

# ---- the daemon ----

is_running()
{
	"$ASKER" state
}

# base_policy: print what every policy has: the people, the label "secret" and the trust in the tests themselves. No
# guard, if GUARD does not say so: tests kill and detach the daemon as they like; guard.bats has one of its own.
base_policy()
{
	cat <<-POLICY
	[Label secret]
	Sensitivity=restricted
	Path=$SECRET

	[Person rita]
	Uid=rita
	[Person paul]
	Uid=paul
	[Person quinn]
	Uid=quinn
	[Group data]
	Member=rita paul quinn

	[Trusted harness]
	Subject=unit:harness.scope

	[Guard]
	Mode=${GUARD:-off}
	POLICY
}

# write_policy [TEXT...]: the files that the daemon reads, TEXT added to the base. AGENT holds more lines for [Agent].
write_policy()
{
	mkdir -p /etc/sluice/policy.d
	printf '[Agent]\n%s\n' "${AGENT:-}" >/etc/sluice/sluice.conf
	base_policy >/etc/sluice/policy.d/10-base.conf
	printf '%s\n' "$@" >/etc/sluice/policy.d/50-test.conf
}

# with_unit_capabilities COMMAND...: in place of the shell, with no more capabilities than the service has, so that each
# kernel shows that they are enough. Only in a subshell.
with_unit_capabilities()
{
	local granted groups

	granted=$(sed -n 's/^CapabilityBoundingSet=//p' "$SLUICED_SERVICE")
	granted=${granted//CAP_/+}
	granted=${granted// /,}
	groups=$(sed -n 's/^SupplementaryGroups=//p' "$SLUICED_SERVICE")
	exec setpriv --groups "$groups" --bounding-set="-all,${granted,,}" "$@"
}

# start_sluiced [TEXT...]: with this policy; when it runs already, give it this policy.
start_sluiced()
{
	if is_running >/dev/null 2>&1; then
		set_policy "$@"
		return
	fi
	write_policy "$@"
	with_unit_capabilities sluiced -v </dev/null >>"$STATE/sluiced.log" 2>&1 3>&- 4>&- &
	echo $! >"$STATE/sluiced.pid"
	disown
	wait_until 300 sluiced_is_up || { cat "$STATE/sluiced.log" >&2; return 1; }
}

# Up, or gone: then there is nothing to wait for.
sluiced_is_up()
{
	is_running || ! kill -0 "$(<"$STATE/sluiced.pid")"
}

generation()
{
	local state

	state=$("$ASKER" state) || [[ $state ]] || return 1
	echo "${state#* }"
}

generation_is_not()
{
	[[ $(generation) != "$1" ]]
}

# set_policy [TEXT...]: the base and TEXT, in force on return.
set_policy()
{
	local before

	before=$(generation) || return 1
	write_policy "$@"
	kill -HUP "$(<"$STATE/sluiced.pid")"
	wait_until "$PATIENCE" generation_is_not "$before" || { tail -n 5 "$STATE/sluiced.log" >&2; return 1; }
	note_in_force "$@"
}

sluiced_pid()
{
	cat "$STATE/sluiced.pid"
}

# run_sluiced: start it with the files that are there. SLUICED: another program. Return 1 when it ends.
run_sluiced()
{
	with_unit_capabilities "${SLUICED:-sluiced}" -v </dev/null >>"$STATE/sluiced.log" 2>&1 3>&- 4>&- &
	echo $! >"$STATE/sluiced.pid"
	wait_until 300 sluiced_is_up && is_running >/dev/null 2>&1
}

# stop_sluiced [SIGNAL]: end it, by KILL when nothing else is said, and wait for the end.
stop_sluiced()
{
	local pid

	pid=$(sluiced_pid)
	kill -"${1:-KILL}" "$pid" && wait_until "$PATIENCE" ended "$pid"
}

nobody_runs()
{
	! pidof sluiced
}

# ensure_sluiced [TEXT...]: whatever the test before has left: it runs, with this policy.
ensure_sluiced()
{
	if ! is_running >/dev/null 2>&1; then
		pidof sluiced | xargs -r kill -KILL
		wait_until "$PATIENCE" nobody_runs || return 1
		[[ ! -d /sys/fs/bpf/sluice ]] || sluiced --detach >/dev/null 2>&1
		write_policy "$@"
		run_sluiced
		return
	fi
	in_force "$@" || set_policy "$@"
}

# in_force [TEXT...]: the same sluiced has had this very policy since ensure_sluiced or set_policy gave it. The files are
# written anew even so: a test may have changed them.
in_force()
{
	local state

	write_policy "$@"
	state=$("$ASKER" state) && [[ -e $STATE/in-force && $(<"$STATE/in-force") == "$state"$'\n'"${AGENT:-}"$'\n'"$*" ]]
}

note_in_force()
{
	printf '%s\n' "$("$ASKER" state)" "${AGENT:-}" "$*" >"$STATE/in-force"
}

# ---- processes that are watched ----

# become USER COMMAND...: this shell becomes the command, run by USER and watched. UNIT: another unit than work.slice.
become()
{
	local user=$1
	shift

	echo "$BASHPID" >"${UNIT:-$WORK}/cgroup.procs"
	if [[ $user == root ]]; then
		exec "$@"
	fi
	exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
}

# as USER COMMAND...: run it and wait for it.
as()
{
	(become "$@" </dev/null 3>&-)
}

# spawn USER COMMAND...: run it beside the test; sets PID, its output goes to the file OUT.
spawn()
{
	OUT=$BATS_TEST_TMPDIR/out.$((++spawned))
	become "$@" </dev/null >"$OUT" 2>&1 3>&- &
	PID=$!
}

# spawn_from FILE USER COMMAND...: the same, reading FILE, which the test opens.
spawn_from()
{
	OUT=$BATS_TEST_TMPDIR/out.$((++spawned))
	become "${@:2}" <"$1" >"$OUT" 2>&1 3>&- &
	PID=$!
}

# new_gate: $ROOT/go and $ROOT/go2 are new FIFOs, at which a watched process waits. Two, since who opens one a second time may
# still meet the writer of the first; new ones, since a process of an earlier try may wait at the old.
new_gate()
{
	rm -f "$ROOT/go" "$ROOT/go2" && mkfifo -m 666 "$ROOT/go" "$ROOT/go2"
}

# open_gate [2]: let it go on. Fails when nobody waits there, rather than to wait for ever.
open_gate()
{
	timeout "$PATIENCE" tee "$ROOT/go${1-}" <<<go >/dev/null
}

# refute COMMAND...: it must fail. A "!" before a command of a test would not end the test.
refute()
{
	! "$@"
}

# settles PID: it is held, or has ended.
settles()
{
	held "$1" || ended "$1"
}

# state_of PID: print the letter of its state, or "gone". The functions that poll call get_state: it sets REPLY, no fork.
state_of()
{
	get_state "$1"
	echo "$REPLY"
}

get_state()
{
	local line

	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || { REPLY=gone; return; }
	line=${line##*) }
	REPLY=${line%% *}
}

# held PID: stopped, and a request waits for it.
held()
{
	get_state "$1"
	[[ $REPLY == T ]] && "$ASKER" pid "$1" >/dev/null
}

ended()
{
	get_state "$1"
	[[ $REPLY == [ZX] || ! -d /proc/$1 ]]
}

wait_held()
{
	wait_until "$PATIENCE" settles "$1" || return 1
	held "$1" || { echo "not held: $1 is $(state_of "$1")" >&2; return 1; }
}

# exit_of PID [STATUS]: wait for its end; with STATUS it must be that.
exit_of()
{
	local status=0

	wait_until "$PATIENCE" ended "$1" || return 1
	wait "$1" || status=$?
	if (($# == 1)); then
		echo "$status"
	elif [[ $status != "$2" ]]; then
		echo "process $1 ended with $status, not $2" >&2
		return 1
	fi
}

# ---- requests and what people do ----

# request_for PID: the id of its pending request, or nothing.
request_for()
{
	newest pid "$1"
}

# newest pid PID, newest uid UID: the last of the pending requests, or nothing.
newest()
{
	local ids

	ids=$("$ASKER" "$1" "$2" 2>/dev/null) || return 0
	echo "${ids##*$'\n'}"
}

# another_request PID ID: it waits for a request that is not this one.
another_request()
{
	local id

	id=$(request_for "$1")
	[[ $id && $id != "$2" ]]
}

# request_of USER: the newest pending request of a user.
request_of()
{
	newest uid "$(id -u "$1")"
}

asks()
{
	[[ $(request_of "$1") ]]
}

request_state()
{
	"$ASKER" request "$1"
}

request_is()
{
	[[ $(request_state "$1") == "$2" ]]
}

person()
{
	setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}" </dev/null
}

# approve ID [OPTION...] and deny: as rita, or as $REVIEWER.
approve()
{
	person "${REVIEWER:-rita}" sluice approve "$@" --yes >/dev/null
}

deny()
{
	person "${REVIEWER:-rita}" sluice deny "$@" --yes >/dev/null
}

# approve_pid PID [OPTION...]: what it waits for.
approve_pid()
{
	approve "$(request_for "$1")" "${@:2}"
}

deny_pid()
{
	deny "$(request_for "$1")" "${@:2}"
}

# close_all: no request is left open and no grant left over from one test to the next.
close_all()
{
	local id

	for id in $("$ASKER" open 2>/dev/null); do
		case $id in
		r-*) REVIEWER=rita deny "$id" 2>/dev/null || REVIEWER=quinn deny "$id" 2>/dev/null || true ;;
		g-*) person rita sluice revoke "$id" >/dev/null 2>&1 || true ;;
		esac
	done
}

# journal_has FILTER: there is an entry of the journal for which the jq filter holds, or will be soon.
journal_has()
{
	wait_until "$PATIENCE" journal_has_now "$1"
}

# sluice journal verify || lost_a_key: nothing is wrong, but a daemon was killed, and a key of an epoch went with it.
lost_a_key()
{
	[ $? -eq 6 ]
}

# full_files JOURNAL: how many files of it were ended and have another after them.
full_files()
{
	compgen -G "$1.*[0-9]" | wc -l
}

more_full_files()
{
	(($(full_files "$1") > $2))
}

# a_minute_goes_by JOURNAL: and another file is begun; it is its first entry's age that counts, by the host's clock.
a_minute_goes_by()
{
	local full

	full=$(full_files "$1")
	date -s '+70 seconds' >/dev/null
	wait_until "$PATIENCE" more_full_files "$1" "$full"
	date -s '-70 seconds' >/dev/null
}

journal_has_now()
{
	sluice journal --json | jq -es "[.[] | select(has(\"seq\")) | select($1)] | length > 0"
}

# ---- labels ----

# labels_of PATH: its labels, sorted, in one line.
labels_of()
{
	one_line labels "$1"
}

# taint_of PID: the labels that a process carries, in one line.
taint_of()
{
	one_line taint "$1"
}

# one_line QUESTION WORD: the answer sorted and once each, in one line.
one_line()
{
	local words

	words=$("$ASKER" "$@") || return 1
	[[ $words != *$'\n'* ]] || words=$(sort -u <<<"$words" | paste -sd ' ')
	echo "$words"
}

# secret NAME [TEXT]: make a file with TEXT below the labeled folder.
secret()
{
	printf '%s\n' "${2:-4111 1111}" >"$SECRET/$1"
	chmod 666 "$SECRET/$1"
}

plain()
{
	printf '%s\n' "${2:-nothing}" >"$PLAIN/$1"
	chmod 666 "$PLAIN/$1"
}

# epoch: how often all caches of labels on the host were made void.
epoch()
{
	bpftool map dump pinned "$(echo /sys/fs/bpf/sluice/*/map_control)" | grep -o '"label_epoch": [0-9]*'
}

# received PORT-FILE TEXT: the listeners outside have got it, for example: received tcp-9000 hello
received()
{
	grep -qs -e "$2" "$RECEIVED/$1"
}

BATS_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
