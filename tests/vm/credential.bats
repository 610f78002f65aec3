#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Changing who one is while carrying labels. Runs in a guest (lib.bash).
#
#   secret   held and asked        top   refused

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

CREDENTIAL=$PROGRAMS/credential

setup_file() {
	mkdir -p "$ROOT/top"
	echo top >"$ROOT/top/file"
	secret rows
	cp "$CREDENTIAL" "$ROOT/bin/capable"
	setcap cap_net_raw+ep "$ROOT/bin/capable"
	printf 'Defaults !requiretty\npaul ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/paul
	chmod 440 /etc/sudoers.d/paul
	set_policy "$(policy)"
}

policy() {
	cat <<-POLICY
	[Label top]
	Path=$ROOT/top
	[Rule become]
	Action=credential
	Labels=secret
	Verdict=ask
	Mode=hold
	Reviewers=data
	Scope=process
	[Rule remain]
	Action=credential
	Labels=top
	Verdict=deny
	POLICY
}

setup() {
	FROM=$SECRET/rows
	TOP=$ROOT/top/file
}

teardown() {
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	close_all
}

# guarded MODE ARG...: free for the clean, refused with top; with secret denied and approved.
guarded() {
	as root "$CREDENTIAL" "$1" - "${@:2}"

	run as root "$CREDENTIAL" "$1" "$TOP" "${@:2}"
	[ "$status" -eq 101 ] || { echo "top: $status $output"; return 1; }

	spawn root "$CREDENTIAL" "$1" "$FROM" "${@:2}"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101

	spawn root "$CREDENTIAL" "$1" "$FROM" "${@:2}"
	wait_held "$PID"
	both_approve "$PID"
	exit_of "$PID" 0
}

# both_approve PID: root's processes are nobody's, so one person is not enough.
both_approve() {
	local id

	id=$(request_for "$1")
	approve "$id"
	held "$1"
	REVIEWER=quinn approve "$id"
}

# approves_all PID: whatever it and its children ask, until it ends.
approves_all() {
	local id reviewer

	for id in $(sluice requests --ids); do
		for reviewer in rita quinn; do
			! request_is "$id" pending || REVIEWER=$reviewer approve "$id" --scope process || true
		done
	done
	ended "$1"
}

@test "setuid" {
	guarded setuid 2002
}

@test "setresuid" {
	guarded setresuid 2002
}

@test "setgid" {
	guarded setgid 2002
}

@test "setgroups" {
	guarded setgroups 3
}

@test "raising a capability" {
	guarded raise
}

@test "setfsuid cannot wait, so it keeps the old id" {
	as root "$CREDENTIAL" setfsuid - 2002
	run as root "$CREDENTIAL" setfsuid "$TOP" 2002
	[ "$status" -eq 101 ]
	run as root "$CREDENTIAL" setfsuid "$FROM" 2002
	[ "$status" -eq 101 ]
}

@test "setfsgid cannot wait, so it keeps the old id" {
	as root "$CREDENTIAL" setfsgid - 2002
	run as root "$CREDENTIAL" setfsgid "$TOP" 2002
	[ "$status" -eq 101 ]
}

# kept USER MODE [ARG...]: free for the clean, refused with top.
kept() {
	as "$1" "$CREDENTIAL" "$2" - "${@:3}"
	run as "$1" "$CREDENTIAL" "$2" "$TOP" "${@:3}"
	[ "$status" -eq 101 ] || { echo "top: $status $output"; return 1; }
}

@test "an ambient capability" {
	kept root ambient
}

@test "securebits" {
	guarded securebits
}

@test "a user namespace by unshare" {
	kept paul userns
	spawn paul "$CREDENTIAL" userns "$FROM"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 101
	spawn paul "$CREDENTIAL" userns "$FROM"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
}

@test "a user namespace by clone" {
	kept paul clone
	spawn paul "$CREDENTIAL" clone "$FROM"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
}

@test "an id mapped into a user namespace from before" {
	kept paul map
	spawn paul "$CREDENTIAL" map "$FROM"
	wait_held "$PID"
	sluice show "$(request_for "$PID")" --json | jq -e '
		(if type == "array" then .[0] else . end) | .target | test("uid_map")'
	approve_pid "$PID"
	exit_of "$PID" 0
}

@test "entering a namespace fails, and an approval is for one call" {
	local id

	kept root setns /run/netns/outside
	run as root "$CREDENTIAL" setns-twice "$FROM" /run/netns/outside
	[ "$status" -eq 101 ]
	[[ $output != *once* ]]
	id=$(request_of root)
	approve "$id"
	REVIEWER=quinn approve "$id"
	wait_until "$PATIENCE" request_is "$id" approved
	run as root "$CREDENTIAL" setns-twice "$FROM" /run/netns/outside
	echo "$status $output"
	[ "$status" -eq 101 ] && [ "${lines[0]}" = once ]
}

@test "entering a user namespace from before the label" {
	as root unshare -U sleep 60 &
	wait_until "$PATIENCE" pgrep -f 'sleep 60'
	kept root setns "/proc/$(pgrep -f 'sleep 60')/ns/user"
	pkill -f 'sleep 60'
}

@test "another session keyring" {
	kept paul keyring
	kept paul keyring-by-name
	spawn paul "$CREDENTIAL" keyring "$FROM"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
}

@test "nobody says that another file runs than does" {
	as root "$CREDENTIAL" exe -
	as root "$CREDENTIAL" title "$TOP"
}

@test "setting the ids that are set already is free" {
	as root "$CREDENTIAL" no-op "$TOP"
	as paul "$CREDENTIAL" no-op "$TOP"
}

@test "dropping capabilities is free" {
	as root "$CREDENTIAL" drop "$TOP"
}

@test "exec of a file with capabilities" {
	as paul "$CREDENTIAL" exec - "$ROOT/bin/capable" no-op -
	run as paul "$CREDENTIAL" exec "$TOP" "$ROOT/bin/capable" no-op -
	[ "$status" -eq 101 ]
	as paul "$CREDENTIAL" exec "$TOP" "$CREDENTIAL" no-op -
	spawn paul "$CREDENTIAL" exec "$FROM" "$ROOT/bin/capable" no-op -
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
}

@test "sudo runs for a clean shell and is refused to a tainted one" {
	run as paul sudo -n id -u
	[ "$status" -eq 0 ]
	[ "$output" = 0 ]
	run as paul bash -c "read -r line <'$TOP'; sudo -n id -u"
	[ "$status" -eq 126 ]
	[[ $output == *"Operation not permitted"* ]]
}

@test "sudo of a tainted shell is held, denied, and approved" {
	spawn paul bash -c "read -r line <'$FROM'; exec sudo -n id -u"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 126
	spawn paul bash -c "read -r line <'$FROM'; exec sudo -n id -u"
	wait_held "$PID"
	wait_until "$PATIENCE" approves_all "$PID"
	exit_of "$PID" 0
	[ "$(cat "$OUT")" = 0 ]
}

@test "su runs for a clean root shell and is refused to a tainted one" {
	run as root su quinn -c 'id -u'
	[ "$status" -eq 0 ]
	[ "$output" = 2003 ]
	run as root bash -c "read -r line <'$TOP'; su quinn -c 'id -u'"
	[ "$status" -ne 0 ]
	[[ $output != *2003* ]]
}

@test "su of a tainted root shell is held, and goes on after approval" {
	spawn root bash -c "read -r line <'$FROM'; exec su quinn -c 'id -u'"
	wait_held "$PID"
	wait_until "$PATIENCE" approves_all "$PID"
	exit_of "$PID" 0
	grep -q 2003 "$OUT"
}

@test "the request names what was about to change" {
	spawn root "$CREDENTIAL" setuid "$FROM" 2002
	wait_held "$PID"
	sluice show "$(request_for "$PID")" --json | jq -e '
		(if type == "array" then .[0] else . end) |
		.action == "credential" and (.target | test("2002|paul")) and (.labels | index("secret"))'
	deny_pid "$PID"
	exit_of "$PID" 101
}
