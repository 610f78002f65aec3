# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
#
# Owns: what the tests of this folder have in common: policies of services, services that are held, people who are
# logged in, the services' log, the README's commands. Must not own: any expectation about the product.

HOLD="[Rule read]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Timeout=10min
Reviewers=data"

property() {
	systemctl show -P "$2" "$1"
}

property_is() {
	[ "$(property "$1" "$2")" = "$3" ]
}

# The commands of the README's section $1, code block $2, without comments.
readme_commands() {
	awk -v section="## $1" -v block="$2" '
		/^## / { here = $0 == section }
		here && /^```/ { fence++; next }
		here && fence == 2 * block - 1' README.md |
		sed -e ':a' -e '/\\$/{N;s/\\\n//;ba}' -e 's/[[:space:]]*#.*//'
}

# reload_policy [TEXT...]: the base policy and TEXT, in force on return.
reload_policy() {
	local before

	before=$(generation)
	write_policy "$@"
	sed -i 's/harness.scope/vm-job.service/' /etc/sluice/policy.d/10-base.conf
	systemctl reload sluiced
	wait_until "$PATIENCE" generation_is_not "$before"
}

# service NAME COMMAND [LINE...]: a unit that runs COMMAND once, LINE added to its [Service].
service() {
	printf '%s\n' '[Service]' Type=oneshot "ExecStart=$2" Slice=pipelines.slice "${@:3}" \
		>"/run/systemd/system/$1.service"
	systemctl daemon-reload
}

# held_service NAME: start it and wait until it is held; sets PID.
held_service() {
	systemctl start --no-block "$1"
	wait_until "$PATIENCE" service_is_held "$1"
	PID=$(property "$1" MainPID)
}

service_is_held() {
	local pid

	pid=$(property "$1" MainPID)
	((pid > 0)) && held "$pid"
}

# logged_in PERSON COMMAND...: as after a login: in a session's scope, which these tests' own service is not.
logged_in() {
	local uid

	uid=$(id -u "$1")
	# shellcheck disable=SC2016 # the inner shell's
	systemd-run --quiet --scope --collect --unit="session-$BASHPID$RANDOM" --slice="user-$uid.slice" \
		bash -c 'echo "$1" >/proc/self/loginuid && exec setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"' \
		- "$uid" "${@:2}" </dev/null
}

# Not by a cursor: with one and -u, journalctl 252 skips the unit's first message after it.
since() {
	journalctl -q --no-pager -o cat --since="@$NOW" "$@"
}

# logged UNIT PATTERN: since now().
logged() {
	since -u "$1" | grep -e "$2"
}

now() {
	NOW=$(date +%s.%6N)
}

guard_is() {
	[ "$(sluice status --json | jq -r .guard.mode)" = "$1" ]
}

# refused_here COMMAND...: to root, by the guard.
refused_here() {
	run "$@"
	[[ $status != 0 && $output == *'not permitted'* ]] || { echo "$status, $output: $*"; false; }
}

refused_as_paul() {
	run as paul cat "$SECRET/rows"
	echo "$output"
	[[ $status != 0 && $output == *'Operation not permitted'* ]]
}

# As of lib.bash, but in a scope made by systemd: a process of these tests' own service is trusted.
as() {
	systemd-run --quiet --scope --collect --uid="$1" "${@:2}" </dev/null
}
