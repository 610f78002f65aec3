#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# units.bats: installation by the README, the units under a real systemd, pipelines that are services, and removal.
# The tests are one story: each goes on where the one before has ended.

bats_require_minimum_version 1.5.0
load ../lib
load service

INSTALLED=$STATE/installed
# Not the build's: what was installed.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

teardown() {
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		systemctl status --no-pager -l sluiced sluice-gateway pipeline nightly 2>&1 | head -n 60
		journalctl -q --no-pager -o cat -n 30 -u sluiced
	fi
}

gateway_connected() {
	sluice status --json | jq -e .gateway.connected
}

@test "the README's installation, word by word" {
	readme_commands 'Install on a host' 1 | grep -v '^apt-get' >"$STATE/commands"
	cat "$STATE/commands"
	grep -qx make "$STATE/commands"
	grep -qx 'make install' "$STATE/commands"
	grep -qx 'sluice doctor' "$STATE/commands"
	grep -qx 'systemctl enable --now sluiced' "$STATE/commands"
	while read -r line; do
		run bash -c "$line" </dev/null
		printf '# %s\n%s\n' "$line" "$output"
		# Nothing is wrong but that the daemon has not been started.
		if [ "$line" = 'sluice doctor' ]; then
			[ "$(grep -c '^PROBLEM' <<<"$output")" = 1 ]
			grep -q '^PROBLEM  *daemon' <<<"$output"
		else
			[ "$status" = 0 ]
		fi
	done <"$STATE/commands"
	property_is sluiced ActiveState active
	property_is sluiced SubState running
	property_is sluiced Type notify
	property_is sluiced NRestarts 0
	[ "$(systemctl is-enabled sluiced)" = enabled ]
	sluice status | grep -q 'watches only'
}

@test "what the unit leaves to the daemon is enough: every program attached, journal and state written" {
	local invocation ours

	run -0 sluice doctor
	[[ $output == *'every program is attached'* ]]
	refute grep PROBLEM <<<"$output"
	sluice status --json | jq -e .enforcing
	[ "$(find /sys/fs/bpf/sluice -name 'link_*' | wc -l)" -gt 20 ]
	[ "$(stat -c '%a %U' /var/lib/sluice/journal.key)" = '600 root' ]
	[ "$(stat -c '%a %U' /var/lib/sluice /var/log/sluice)" = $'700 root\n750 root' ]
	sluice journal verify || lost_a_key
	# Of this start: those of the packages' tests in the same guest have warned, as they should.
	invocation=$(property sluiced InvocationID)
	ours=(_SYSTEMD_INVOCATION_ID="$invocation" + INVOCATION_ID="$invocation")
	[ -n "$(journalctl -q -o cat "${ours[@]}")" ]
	run -0 journalctl -q -p warning -o cat "${ours[@]}"
	[ -z "$output" ] || { echo "$output"; false; }
}

@test "only what the unit grants: capabilities, system calls, read-only places" {
	local pid

	pid=$(property sluiced MainPID)
	# KILL, SETGID, SETUID, DAC_READ_SEARCH, NET_ADMIN, SYS_PTRACE, PERFMON, BPF
	[ "$(awk '/^CapBnd/ { print $2 }' "/proc/$pid/status")" = 000000c0000810e4 ]
	[ "$(awk '/^CapEff/ { print $2 }' "/proc/$pid/status")" = 000000c0000800e4 ]
	grep -q '^NoNewPrivs:	1' "/proc/$pid/status"
	grep -q '^Seccomp:	2' "/proc/$pid/status"
	for place in /etc/probe /usr/probe /proc/sys/vm/swappiness /sys/kernel/mm/ksm/run /sys/fs/cgroup/probe; do
		run nsenter -t "$pid" -m sh -c "echo 1 >$place || mkdir $place"
		[[ $status != 0 && $output == *'Read-only file system'* ]] || { echo "$place: $output"; false; }
	done
}

@test "DESTDIR: the same files" {
	run -0 make install DESTDIR="$INSTALLED"
	[ "$(find "$INSTALLED" -type f | wc -l)" -gt 10 ]
	(cd "$INSTALLED" && find . -type f) | while read -r file; do
		cmp "$INSTALLED/$file" "/$file"
		[ "$(stat -c '%a %u' "$INSTALLED/$file")" = "$(stat -c '%a %u' "/$file")" ]
	done
}

@test "systemd-analyze has nothing to say about the units; the gateway's exposure is at most 2.0" {
	run -0 systemd-analyze verify --man=no sluiced.service sluice-gateway.service
	[ -z "$output" ]
	for unit in sluiced sluice-gateway; do
		systemd-analyze security --no-pager "$unit" | grep Overall | sed 's/^/# /' >&3
	done
	systemd-analyze security --no-pager --threshold=20 sluice-gateway >"$STATE/security"
}

@test "reload: a good policy is in force, a bad one is refused with its reason and the old one stays" {
	local before

	secret rows one,two
	reload_policy "$HOLD"
	before=$(generation)
	now
	echo 'Nonsense=yes' >>/etc/sluice/policy.d/50-test.conf
	run systemctl reload sluiced
	[ "$status" != 0 ]
	wait_until "$PATIENCE" logged sluiced 'refused, the old one stays in force.*50-test.conf:[0-9]*:.*Nonsense'
	[ "$(generation)" = "$before" ]
	property_is sluiced ActiveState active
	systemctl status --no-pager -l sluiced | grep -q 'Nonsense'
	sed -i '$d' /etc/sluice/policy.d/50-test.conf
	printf '[Label gone]\nPath=/nonexistent/here\n' >/etc/sluice/policy.d/60-gone.conf
	run systemctl reload sluiced
	[ "$status" != 0 ]
	systemctl status --no-pager -l sluiced | grep -q "60-gone.conf:2: cannot label '/nonexistent/here'"
	[ "$(generation)" = "$before" ]
	rm /etc/sluice/policy.d/60-gone.conf
	journal_has '.type == "policy.refused"'
	service pipeline "/bin/cat $SECRET/rows" User=paul
	held_service pipeline
	logged_in rita sluice deny "$(request_for "$PID")" --yes
	wait_until "$PATIENCE" property_is pipeline ActiveState failed
	reload_policy "$HOLD"
}

@test "a pipeline that is a service is held, approved and goes on" {
	local id

	service pipeline "/bin/cat $SECRET/rows" User=paul
	now
	held_service pipeline
	property_is pipeline ActiveState activating
	id=$(request_for "$PID")
	sluice show "$id" --json >"$STATE/request"
	grep -q pipeline.service "$STATE/request"
	grep -q '"paul"' "$STATE/request"
	run logged_in paul sluice approve "$id" --yes
	[[ $status != 0 && $output == *'stands behind'* ]]
	# Nobody has logged in: a service decides nothing, whoever it runs as.
	refute person rita sluice approve "$id" --yes
	[ "$(state_of "$PID")" = T ]
	logged_in rita sluice approve "$id" --yes
	wait_until "$PATIENCE" property_is pipeline ActiveState inactive
	property_is pipeline Result success
	wait_until "$PATIENCE" logged pipeline '^one,two$'
}

@test "the person who owns the unit stands behind what it asks" {
	local id

	useradd -r -M etl
	useradd -r -M nina
	reload_policy "${HOLD/=data/=owners}
[Person nina]
Uid=nina
Unit=nightly.service
[Group owners]
Member=rita nina"
	service nightly "/bin/cat $SECRET/rows" User=etl
	held_service nightly
	id=$(request_for "$PID")
	sluice show "$id" --json | tee "$STATE/request"
	grep -q '"nina"' "$STATE/request"
	grep -q nightly.service "$STATE/request"
	run logged_in nina sluice approve "$id" --yes
	[[ $status != 0 && $output == *'stands behind'* ]]
	logged_in rita sluice approve "$id" --yes
	wait_until "$PATIENCE" property_is nightly Result success
	wait_until "$PATIENCE" property_is nightly ActiveState inactive
}

@test "systemctl restart: who is held stays held, and is asked for no second time" {
	local id

	reload_policy "$HOLD"
	service pipeline "/bin/cat $SECRET/rows" User=paul
	now
	held_service pipeline
	id=$(request_for "$PID")
	systemctl restart sluiced
	property_is sluiced ActiveState active
	[ "$(state_of "$PID")" = T ]
	[ "$(request_for "$PID")" = "$id" ]
	logged_in rita sluice approve "$id" --yes
	wait_until "$PATIENCE" property_is pipeline ActiveState inactive
	property_is pipeline Result success
	wait_until "$PATIENCE" logged pipeline '^one,two$'
}

@test "guard: root is refused the daemon, its unit and its files; restart, stop and start go on" {
	local pid before

	now
	GUARD=enforce reload_policy "$HOLD"
	guard_is enforce
	sluice doctor | grep -q '^ok  *guard'
	[ -z "$(since -u sluiced -p err)" ]
	pid=$(property sluiced MainPID)
	refused_here kill -KILL "$pid"
	refused_here sh -c 'echo >>/etc/sluice/policy.d/10-base.conf'
	refused_here sh -c 'echo 1 >/sys/fs/cgroup/system.slice/sluiced.service/cgroup.freeze'
	refused_here rm -r /sys/fs/bpf/sluice
	refused_here rm /usr/local/sbin/sluiced
	refused_here cat /var/lib/sluice/journal.key
	refused_here rm /usr/local/lib/systemd/system/sluiced.service
	run sluiced --detach
	[[ $status != 0 && $output == *'sluice break-glass'* ]]
	echo >>/etc/hosts
	service pipeline "/bin/cat $SECRET/rows" User=paul
	held_service pipeline
	before=$(request_for "$PID")
	systemctl restart sluiced
	guard_is enforce
	[ "$(request_for "$PID")" = "$before" ]
	logged_in rita sluice approve "$before" --yes
	wait_until "$PATIENCE" property_is pipeline Result success
	systemctl stop sluiced
	refused_here rm -r /sys/fs/bpf/sluice
	refused_as_paul
	systemctl start sluiced
	guard_is enforce
	refused_here kill -KILL "$(property sluiced MainPID)"
	sluice journal verify || lost_a_key
}

@test "guard: the README's upgrade: the code is on the console, two people agree, the new program is vouched for" {
	local inode

	run -0 sluice break-glass --reason upgrade
	[[ $output == *console* ]]
	logged_in rita sluice break-glass --agree --yes
	logged_in quinn sluice break-glass --agree --yes
	inode=$(stat -c %i /usr/local/sbin/sluiced)
	rm /usr/local/sbin/sluiced
	make install
	[ "$(stat -c %i /usr/local/sbin/sluiced)" != "$inode" ]
	systemctl restart sluiced
	sluice break-glass --end
	guard_is enforce
	refused_here kill -KILL "$(property sluiced MainPID)"
	refused_here rm /usr/local/sbin/sluiced
	systemctl restart sluiced
	guard_is enforce
	sluice break-glass --reason off --for 1min
	logged_in rita sluice break-glass --agree --yes
	logged_in quinn sluice break-glass --agree --yes
	reload_policy "$HOLD"
	guard_is off
	sluice break-glass --end # else status stays red until its time is over
}

@test "a daemon that hangs is replaced; meanwhile nothing gets through and who is held stays held" {
	local id old

	service pipeline "/bin/cat $SECRET/rows" User=paul
	held_service pipeline
	id=$(request_for "$PID")
	old=$(property sluiced MainPID)
	now
	kill -STOP "$old"
	# It holds for nobody now, so what comes is refused at once.
	sleep 7
	refused_as_paul
	[ "$(state_of "$PID")" = T ]
	wait_until 120 property_is sluiced NRestarts 1
	wait_until 120 property_is sluiced SubState running
	wait_until "$PATIENCE" logged sluiced 'Watchdog timeout'
	[ "$(property sluiced MainPID)" != "$old" ]
	[ "$(state_of "$PID")" = T ]
	[ "$(request_for "$PID")" = "$id" ]
	logged_in rita sluice approve "$id" --yes
	wait_until "$PATIENCE" property_is pipeline Result success
	wait_until "$PATIENCE" property_is pipeline ActiveState inactive
}

@test "a crash: the next one goes on with who is held; one that cannot start lets them go, refused" {
	local before

	held_service pipeline
	before=$(property sluiced NRestarts)
	kill -KILL "$(property sluiced MainPID)"
	wait_until 120 property_is sluiced NRestarts $((before + 1))
	wait_until 120 property_is sluiced SubState running
	held "$PID"
	echo 'Nonsense=yes' >>/etc/sluice/policy.d/50-test.conf
	kill -KILL "$(property sluiced MainPID)"
	wait_until 120 property_is pipeline ActiveState failed
	refused_as_paul
	sed -i '$d' /etc/sluice/policy.d/50-test.conf
	wait_until 120 property_is sluiced SubState running
}

@test "stop: who is held goes on with a refusal, nothing is stopped for good, the policy stays in force" {
	local pid

	now
	held_service pipeline
	pid=$PID
	systemctl stop sluiced
	property_is sluiced Result success
	wait_until "$PATIENCE" property_is pipeline ActiveState failed
	ended "$pid"
	wait_until "$PATIENCE" logged pipeline 'Operation not permitted'
	[ -n "$(ls /sys/fs/bpf/sluice)" ]
	refused_as_paul
	plain free hello
	[ "$(as paul cat "$PLAIN/free")" = hello ]
	systemctl start sluiced
	sluice status
	journal_has '.type == "agent.start" and .agent.clean and .agent.adopted'
	held_service pipeline
	logged_in rita sluice approve "$(request_for "$PID")" --yes
	wait_until "$PATIENCE" property_is pipeline ActiveState inactive
}

@test "the gateway: its own user, its secret a credential of root's, and nothing of the daemon's in reach" {
	local pid

	mkdir "$STATE/posts"
	python3 tests/tools/fake-teams --out "$STATE/posts" --port 0 --port-file "$STATE/port" </dev/null >"$STATE/teams.log" 2>&1 3>&- &
	wait_until "$PATIENCE" test -s "$STATE/port"
	install -m 600 /dev/null /etc/sluice/teams.url
	echo "http://127.0.0.1:$(cat "$STATE/port")/workflows/1?sig=S" >/etc/sluice/teams.url
	printf '%s\n' '[Teams]' WebhookFile=teams.url AllowLoopbackHttp=yes \
		>/etc/sluice/gateway.conf
	mkdir -p /etc/systemd/system/sluice-gateway.service.d
	printf '%s\n' '[Service]' LoadCredential=teams.url:/etc/sluice/teams.url \
		>/etc/systemd/system/sluice-gateway.service.d/secrets.conf
	systemctl daemon-reload
	systemctl enable --now sluice-gateway
	property_is sluice-gateway SubState running
	property_is sluice-gateway NRestarts 0
	wait_until "$PATIENCE" gateway_connected
	pid=$(property sluice-gateway MainPID)
	[ "$(ps -o user:32= -p "$pid")" = sluice-gateway ]
	grep -q '^CapBnd:	0000000000000000' "/proc/$pid/status"
	for place in /var/lib/sluice/journal.key /var/log/sluice/journal.jsonl /sys/fs/bpf/sluice /etc/sluice/teams.url; do
		[ -e "$place" ]
		refute nsenter -t "$pid" -m setpriv --reuid sluice-gateway --regid sluice-gateway --clear-groups ls -l "$place/."
		refute nsenter -t "$pid" -m setpriv --reuid sluice-gateway --regid sluice-gateway --clear-groups cat "$place"
	done
	held_service pipeline
	wait_until "$PATIENCE" test -s "$STATE/posts/0001.json"
	grep -q "$SECRET/rows" "$STATE/posts/0001.json"
	logged_in rita sluice approve "$(request_for "$PID")" --yes
	wait_until "$PATIENCE" property_is pipeline ActiveState inactive
}

@test "the daemon restarted: the gateway connects again by itself" {
	local pid

	pid=$(property sluice-gateway MainPID)
	systemctl restart sluiced
	wait_until "$PATIENCE" gateway_connected
	[ "$(property sluice-gateway MainPID)" = "$pid" ]
}

@test "boot: the pipelines start when the policy is in force, and not before" {
	# All but this test's own service down, then up again in one transaction, as at boot.
	printf '%s\n' '[Unit]' DefaultDependencies=no AllowIsolate=yes >/run/systemd/system/calm.target
	service pipeline "/bin/cat $SECRET/rows" User=paul RemainAfterExit=yes
	mkdir -p /run/systemd/system/multi-user.target.wants
	ln -s ../pipeline.service /run/systemd/system/multi-user.target.wants/
	systemctl daemon-reload
	systemctl isolate calm.target
	wait_until "$PATIENCE" property_is sluiced ActiveState inactive
	property_is basic.target ActiveState inactive
	systemctl start --no-block multi-user.target
	wait_until 120 service_is_held pipeline
	PID=$(property pipeline MainPID)
	(($(property sluiced ActiveEnterTimestampMonotonic) < $(property pipeline ExecMainStartTimestampMonotonic)))
	logged_in rita sluice approve "$(request_for "$PID")" --yes
	wait_until "$PATIENCE" property_is pipeline SubState exited
	wait_until "$PATIENCE" property_is multi-user.target ActiveState active
	rm /run/systemd/system/multi-user.target.wants/pipeline.service
}

@test "removal by the README leaves settings, journal and key, and nothing else" {
	local commands

	commands=$(readme_commands 'Install on a host' 2)
	[[ $commands == *'make uninstall'* ]]
	echo 'Nonsense=' >>/etc/sluice/sluice.conf
	while read -r line; do
		run bash -c "$line" </dev/null
		printf '# %s\n%s\n' "$line" "$output"
		[ "$status" = 0 ]
	done <<<"$commands"
	[ -z "$(cd "$INSTALLED" && find . -type f ! -path './etc/*' | while read -r file; do ls -d "/$file" 2>/dev/null; done)" ]
	[ ! -e /sys/fs/bpf/sluice ]
	[ -z "$(find /etc/systemd /usr/local -name '*sluice*.service' -o -xtype l -name '*sluice*')" ]
	[ ! -e /usr/local/share/doc/sluice ]
	refute pidof sluiced sluice-gateway
	[ -z "$(systemctl list-unit-files --no-legend 'sluice*')" ]
	[ "$(as paul cat "$SECRET/rows")" = one,two ]
	[ -e /etc/sluice/sluice.conf ]
	[ -s /var/lib/sluice/journal.key ]
	[ -s /var/log/sluice/journal.jsonl ]
}
