#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# exhaust.bats: no more processes, no more memory: for the watched, for sluiced, for what the kernel keeps of labels.
# Labels hold, what cannot be noted is refused, and whoever is not at fault goes on. Runs in a guest (lib.bash,
# programs/flood.c).

bats_require_minimum_version 1.5.0
load lib

GROUPS_ROOT=/sys/fs/cgroup
BOMB=$GROUPS_ROOT/bomb.slice
OLD=$GROUPS_ROOT/old.slice
AGENT_GROUP=$GROUPS_ROOT/agent.slice

setup_file() {
	echo +cpu +pids +memory >$GROUPS_ROOT/cgroup.subtree_control
	mkdir -p "$BOMB" "$OLD" "$AGENT_GROUP"
	secret rows 'one,two'
	plain free hello
}

setup() {
	export AGENT=StaleAfter=4s
	ensure_sluiced "$SEND"
}

teardown() {
	pkill -KILL -x flood || true
	! mountpoint -q "$STATE/few/merged" || umount "$STATE/few/merged"
	! mountpoint -q "$STATE/few" || umount "$STATE/few"
	echo max | tee "$BOMB/pids.max" "$BOMB/memory.max" "$OLD/memory.max" "$AGENT_GROUP/memory.max" >/dev/null
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$STATE/sluiced.log"
}

# member FILE NUMBER: print a process of the cgroup.
member() {
	sed -n "${1}p" "$BOMB/cgroup.procs"
}

members_above() {
	[ "$(wc -l <"$BOMB/cgroup.procs")" -gt "$1" ]
}

# kills GROUP: how many of its processes the kernel has killed for want of memory.
kills() {
	sed -n 's/^oom_kill //p' "$1/memory.events"
}

# sluiced is started below the limit of GROUP.
sluiced_in() {
	stop_sluiced TERM
	(echo "$BASHPID" >"$1/cgroup.procs" && run_sluiced)
}

@test "a fork bomb that carries labels: every child carries them, none sends, the host goes on" {
	local i

	echo 400 >"$BOMB/pids.max"
	UNIT=$BOMB spawn paul "$PROGRAMS/flood" bomb "$SECRET/rows" 10.9.0.2 30
	wait_until "$PATIENCE" members_above 300
	for i in 2 50 150 299; do
		# where from may be lost in such a crowd, not what it carries
		sluice why "$(member "$i")" 2>&1 | grep -w secret
	done
	[ "$(as quinn cat "$PLAIN/free")" = hello ]
	as quinn bash -c 'echo untainted >/dev/udp/10.9.0.3/9001'
	timeout 20 sluice status
	exit_of "$PID" 0
	[[ $(<"$OUT") =~ ^'through 0 unread 0 unsent '([0-9]+)' other 0'$ ]]
	[ "${BASH_REMATCH[1]}" -ge 300 ]
	refute received udp-9000 flood
	grep -q '[1-9]' "$BOMB/pids.events"
}

@test "a process that carries labels runs out of memory: it ends, its parent and its children keep the labels" {
	local before

	before=$(kills "$BOMB")
	new_gate
	echo 24M >"$BOMB/memory.max"
	UNIT=$BOMB spawn paul bash -c "read -r row <$SECRET/rows
		head -c 100M /dev/zero | tail -c 100M | wc -c; echo survived; read -r go <$ROOT/go
		bash -c 'echo flood >/dev/udp/10.9.0.2/9000'"
	wait_until "$PATIENCE" grep -q survived "$OUT"
	[ "$(kills "$BOMB")" -gt "$before" ]
	[ "$(taint_of "$PID")" = secret ]
	open_gate
	exit_of "$PID" 1
	grep -q 'Operation not permitted' "$OUT"
	refute received udp-9000 flood
}

@test "sluiced is killed for want of memory: enforcement stays, the next one goes on" {
	local before

	before=$(kills "$AGENT_GROUP")
	sluiced_in "$AGENT_GROUP"
	set_policy "$SEND" "$ASK"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	echo 1M >"$AGENT_GROUP/memory.max"
	wait_until "$PATIENCE" ended "$(sluiced_pid)"
	[ "$(kills "$AGENT_GROUP")" -gt "$before" ]
	[ "$(state_of "$PID")" = T ]
	sleep 5 # nobody is held any more
	run -1 as quinn timeout -s KILL 60 cat "$SECRET/rows"
	run -0 as quinn cat "$PLAIN/free"
	echo max >"$AGENT_GROUP/memory.max"
	run_sluiced
	held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	journal_has '.type == "agent.start" and .agent.adopted'
	sluice journal verify || lost_a_key
}

# fill USER NUMBER [FOLDER]: labeled data goes into so many files of theirs. It says nothing: a pipe takes of the share, too.
fill() {
	# shellcheck disable=SC2016 # that shell expands it
	as "$1" bash -c 'read -r row <"$1"; for ((i = 0; i < $2; i++)); do echo "$row" >"$3.$i"; done; exit 0' \
		fill "$SECRET/rows" "$2" "${3:-$PLAIN}/full.$1" 2>/dev/null
}

# filled USER [FOLDER]: how many files it went into.
filled() {
	find "${2:-$PLAIN}" -maxdepth 1 -name "full.$1.*" -size +0 | wc -l
}

# used KIND [NUMBER]: how much paul has of that share (enum sluice_quota_kind), or make it so much.
used() {
	local map uid values

	map=$(echo /sys/fs/bpf/sluice/*/map_quotas)
	uid=$(id -u paul)
	mapfile -t values < <(bpftool -j map lookup pinned "$map" key $((uid & 255)) $((uid >> 8)) 0 0 | jq '.formatted.value.used[]')
	(($# > 1)) || { echo "${values[$1]}"; return; }
	values[$1]=$2
	# shellcheck disable=SC2046 # words
	bpftool map update pinned "$map" key $((uid & 255)) $((uid >> 8)) 0 0 \
		value $(printf '%s\n' "${values[@]}" | while read -r n; do
			for i in 0 8 16 24 32 40 48 56; do echo $((n >> i & 255)); done
		done)
}

# paul may have 20 more labeled files than earlier tests left.
few_files() {
	AGENT=$'StaleAfter=4s\nFilesPerUser='$((20 + $(used 4))) set_policy "$SEND"
}

@test "more labeled files than a user's share: the next write is refused and told of, and others go on" {
	few_files
	plain free hello
	fill paul 30
	[ "$(filled paul)" -le 20 ] && [ "$(filled paul)" -gt 10 ]
	[ "$(labels_of "$PLAIN/full.paul.3")" = secret ]
	[ ! -s "$PLAIN/full.paul.29" ]
	journal_has '.type == "event.stop" and .verdict == "deny" and (.message | contains("FilesPerUser="))'
	fill quinn 10
	[ "$(filled quinn)" = 10 ]
	[ "$(labels_of "$PLAIN/full.quinn.9")" = secret ]
	as paul cp "$PLAIN/free" "$PLAIN/full.free" # without labels all goes on
	as paul bash -c "cat $SECRET/rows >>$PLAIN/full.paul.3" # it has them already
	rm "$PLAIN"/full.paul.*
	fill paul 10
	[ "$(filled paul)" = 10 ]
	rm "$PLAIN"/full.*
}

# fill_again FOLDER: paul fills it and removes what he filled, until far above the share.
fill_again() {
	local i

	for i in {1..5}; do
		fill paul 10 "$1"
		[ "$(filled paul "$1")" = 10 ] || { echo "$i: $(filled paul "$1") of 10"; return 1; }
		rm "$1"/full.paul.*
		sync -f "$1" # what is being written is removed later
	done
}

# few ARG...: what mount makes of them at $STATE/few, with a folder that all may write to.
few() {
	few_files
	mkdir -p "$STATE/few"
	mount "$@" "$STATE/few"
	mkdir -p "$STATE/few/in"
	chmod 777 "$STATE/few/in"
	sync -f "$STATE/few" # files of another subvolume get other generations from here on
}

@test "removed files do not count, in memory and through an overlay" {
	few -t tmpfs none
	fill_again "$STATE/few/in"
	mkdir "$STATE/few/"{upper,work,lower,merged}
	chmod 777 "$STATE/few/upper"
	mount -t overlay overlay -o "lowerdir=$STATE/few/lower,upperdir=$STATE/few/upper,workdir=$STATE/few/work" \
		"$STATE/few/merged"
	fill_again "$STATE/few/merged"
	umount "$STATE/few/merged" "$STATE/few"
}

@test "removed files do not count on btrfs either, where snapshots may have them; those that are there do" {
	truncate -s 120M "$STATE/few.disk"
	mkfs.btrfs -q -f -M "$STATE/few.disk"
	few -o loop "$STATE/few.disk"
	btrfs subvolume create "$STATE/few/in/volume"
	chmod 777 "$STATE/few/in/volume"
	fill_again "$STATE/few/in/volume"
	fill paul 10 "$STATE/few/in/volume"
	btrfs subvolume snapshot "$STATE/few/in/volume" "$STATE/few/snapshot"
	rm "$STATE/few/in/volume"/full.paul.*
	fill_again "$STATE/few/in/volume"
	[ "$(labels_of "$STATE/few/snapshot/full.paul.9")" = secret ]
	fill paul 30 "$STATE/few/in/volume"
	[ "$(filled paul "$STATE/few/in/volume")" -lt 30 ]
	rm "$STATE/few/in/volume"/full.paul.*
	[ -z "$(labels_of "$STATE/few/in")" ]
	umount "$STATE/few"
}

# The limit is that of SLUICE_QUOTA_REMOVED, a quarter of SLUICE_MAX_OBJECTS: nobody makes so many here.
@test "who has left more removed files on btrfs than the kernel keeps for one user goes on having them in the share" {
	local before

	few -o loop "$STATE/few.disk"
	before=$(used 5)
	fill paul 2 "$STATE/few/in"
	rm "$STATE/few/in"/full.paul.*
	[ "$(used 5)" = $((before + 2)) ]
	used 5 262144
	before=$(used 4)
	fill paul 2 "$STATE/few/in"
	rm "$STATE/few/in"/full.paul.*
	[ "$(used 4)" = $((before + 2)) ]
	[ "$(used 5)" = 262144 ]
	run fill_again "$STATE/few/in"
	[ "$status" -ne 0 ]
	umount "$STATE/few"
	used 4 "$before"
	used 5 0
}

@test "above the share no labels come to who shares memory: what is mapped could not keep them" {
	few_files
	fill paul 30
	run as paul "$PROGRAMS/segment" file "$SECRET/rows" "$PLAIN/group"
	[ "$status" -ne 0 ]
	[ -z "$(labels_of "$PLAIN/group.shared")" ]
	[ ! -s "$PLAIN/group" ]
	rm "$PLAIN"/full.paul.*
	as paul "$PROGRAMS/segment" file "$SECRET/rows" "$PLAIN/group"
	[ "$(labels_of "$PLAIN/group.shared")" = secret ]
}

# What the kernel keeps for the agent is charged to where the agent was when it was loaded.
@test "no memory for labels: who cannot be noted cannot read, who can cannot send, and memory makes it whole" {
	stop_sluiced TERM
	sluiced --detach
	(echo "$BASHPID" >"$OLD/cgroup.procs" && run_sluiced)
	sluiced_pid >"$AGENT_GROUP/cgroup.procs"
	echo 0 >"$OLD/memory.max"
	spawn paul "$PROGRAMS/flood" crowd "$SECRET/rows" 10.9.0.2 600
	exit_of "$PID" 0
	cat "$OUT"
	grep '^through 0 ' "$OUT" | grep -v ' unread 0 '
	refute received udp-9000 flood
	[ "$(as quinn cat "$PLAIN/free")" = hello ]
	sluice status --json | jq .counters
	cat "$OLD/memory.events" "$OLD/memory.current"
	echo max >"$OLD/memory.max"
	[ "$(as paul cat "$SECRET/rows")" = one,two ]
	stop_sluiced TERM
	sluiced --detach
	run_sluiced
}
