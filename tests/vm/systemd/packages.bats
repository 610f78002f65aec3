#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# packages.bats: the Debian packages under a real systemd: install, upgrade with the guard in force, removal, purge.
# The tests are one story: each goes on where the one before has ended. They need "make deb".

bats_require_minimum_version 1.5.0
load ../lib
load service

DEBS=$SLUICE_BUILD/deb
NEXT=$STATE/next
DATABASE=$STATE/dpkg
WRITE="[Rule write]
Action=write
Labels=secret
Verdict=deny"
# Not the build's: what was installed.
PATH=/usr/sbin:/usr/bin:/sbin:/bin

teardown() {
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		systemctl status --no-pager -l sluiced pipeline 2>&1 | head -n 40
		journalctl -q --no-pager -o cat -n 30 -u sluiced
	fi
}

# The guest has these from the cache of scripts/vm, read-only.
writable_folders() {
	local folder layer

	for folder in /usr/lib/systemd/system /usr/lib/sysusers.d /usr/lib/tmpfiles.d; do
		layer=$STATE/layers$folder
		mkdir -p "$layer/upper" "$layer/work"
		mount -t overlay -o "lowerdir=$folder,upperdir=$layer/upper,workdir=$layer/work" overlay "$folder"
	done
}

# The host's database of packages is large, and reading it in emulation slow: one that has what ours depend on.
own_database() {
	local name

	mkdir -p "$DATABASE/info" "$DATABASE/updates" "$DATABASE/triggers"
	for name in "$DEBS"/*.deb; do
		dpkg-deb -f "$name" Depends
	done | tr '|' ',' | tr ',' '\n' | awk '{ print $1 }' | sort -u | while read -r name; do
		dpkg-query -s "$name" 2>/dev/null || continue
		echo
	done >"$DATABASE/status"
	: >"$DATABASE/available"
}

packages() {
	dpkg --admindir="$DATABASE" --force-unsafe-io "$@"
}

# next_version: the same packages as another version, whose unit differs. The programs are other files with the same bytes.
next_version() {
	local name

	mkdir -p "$NEXT"
	for name in sluice sluice-gateway; do
		dpkg-deb -R "$DEBS/$name"_[0-9]*.deb "$NEXT/$name"
		sed -i -e 's/^Version: .*/&+next/' -e '/^Depends:/s/\(sluice (= [^)]*\))/\1+next)/' "$NEXT/$name/DEBIAN/control"
		echo '# next' >>"$(echo "$NEXT/$name"/lib/systemd/system/*.service)"
		rm "$NEXT/$name/DEBIAN/md5sums"
		dpkg-deb -b -Znone "$NEXT/$name" "$NEXT/$name.deb"
	done
}

installed() {
	dpkg-query --admindir="$DATABASE" -W -f '${db:Status-Abbrev}${Version}\n' sluice sluice-gateway
}

# try_writes: a process of paul's tries to write into labeled data again and again, until $STATE/enough is there.
try_writes() {
	cat >"$ROOT/try" <<-END
		#!/bin/bash
		until [ -e $STATE/enough ]; do
			n=\$((n + 1))
			echo x 2>/dev/null >>$SECRET/target && echo "written at \$n"
		done
		echo "tried \$n"
	END
	service try "/bin/bash $ROOT/try" User=paul "StandardOutput=file:$STATE/tried" StandardError=null
	systemctl start --no-block try
}

break_glass() {
	sluice break-glass --reason "$1" --for 15min
	logged_in rita sluice break-glass --agree --yes
	logged_in quinn sluice break-glass --agree --yes
}

# The guest has no network: what apt-get would hand to dpkg. The packages are there already, by "make deb".
apt-get() {
	[ "$1" = install ] && packages -i "${@:2}"
}

# readme LINE: that one of the commands, where the build lies (run).
readme() {
	eval "$(sed -n "$1p" "$STATE/commands")"
}

@test "install: not beside another installation; then nothing is started or enabled, and doctor misses only the daemon" {
	writable_folders
	own_database
	# What forbids that services start in a container is not meant here.
	rm -f /usr/sbin/policy-rc.d
	mkdir -p /usr/local/lib/systemd/system
	touch /usr/local/lib/systemd/system/sluiced.service
	run packages -i "$DEBS"/sluice_[0-9]*.deb
	[[ $status != 0 && $output == *'another installation'*'make uninstall'* ]]
	[ ! -e /usr/sbin/sluiced ]
	rm /usr/local/lib/systemd/system/sluiced.service
	readme_commands 'Install on a host' 4 >"$STATE/commands"
	cat "$STATE/commands"
	[ "$(sed -n 's/^\([a-z-]* [a-z]*\).*/\1/p' "$STATE/commands" | xargs -d '\n')" = 'make deb apt-get install sluice doctor systemctl enable' ]
	run readme 2
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *'nothing runs yet'* ]]
	[ "$(installed | grep -c '^ii ')" = 2 ]
	for unit in sluiced sluice-gateway; do
		property_is "$unit" ActiveState inactive
		[ "$(systemctl is-enabled "$unit")" = disabled ]
	done
	[ ! -e /sys/fs/bpf/sluice ]
	getent passwd sluice-gateway
	[ "$(stat -c '%a %U' /var/lib/sluice /var/lib/sluice-gateway)" = $'700 root\n700 sluice-gateway' ]
	run readme 3
	[ "$(grep -c '^PROBLEM' <<<"$output")" = 1 ]
	grep -q '^PROBLEM  *daemon' <<<"$output"
	readme 4
	property_is sluiced ActiveState active
	sluice status | grep -q 'watches only'
	[ "$(sluice metrics | grep -c '^sluice_map_entries')" -gt 20 ]
}

@test "with the guard in force an upgrade and a removal are refused before anything has changed" {
	local before pid

	next_version
	secret rows one,two
	secret target free
	chmod 666 "$SECRET/target"
	GUARD=enforce reload_policy "$HOLD" "$WRITE"
	guard_is enforce
	service pipeline "/bin/cat $SECRET/rows" User=paul
	held_service pipeline
	before=$(request_for "$PID") pid=$(property sluiced MainPID)
	for try in "-i $NEXT/sluice.deb $NEXT/sluice-gateway.deb" "-r sluice-gateway sluice" "-P sluice-gateway sluice"; do
		# shellcheck disable=SC2086
		run packages $try
		[[ $status != 0 && $output == *'sluice break-glass --reason'* ]] || { echo "$output"; false; }
		refute grep next <(installed)
		[ "$(installed | grep -c '^.i ')" = 2 ]
	done
	packages -V sluice sluice-gateway | refute grep -v /etc/sluice
	guard_is enforce
	[ "$(property sluiced MainPID)" = "$pid" ]
	[ "$(request_for "$PID")" = "$before" ]
	held "$PID"
	journal_has '.type == "guard.attempt"'
}

@test "an upgrade within a break-glass: what is held stays held, nothing is written meanwhile, the new programs are vouched for" {
	local before pid

	held_service pipeline
	before=$(request_for "$PID") pid=$(property sluiced MainPID)
	try_writes
	break_glass upgrade
	run packages -i "$NEXT/sluice.deb" "$NEXT/sluice-gateway.deb"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *'sluice break-glass --end'* ]]
	[ "$(installed | grep -c '^ii .*next$')" = 2 ]
	[ "$(property sluiced MainPID)" != "$pid" ]
	property_is sluiced NeedDaemonReload no
	[ "$(systemctl is-enabled sluiced)" = enabled ]
	sluice break-glass --end
	guard_is enforce
	touch "$STATE/enough"
	wait_until "$PATIENCE" grep tried "$STATE/tried"
	refute grep written "$STATE/tried"
	(($(sed -n 's/^tried //p' "$STATE/tried") > 50))
	[ "$(cat "$SECRET/target")" = free ]
	refused_here rm /usr/sbin/sluiced
	held "$PID"
	[ "$(request_for "$PID")" = "$before" ]
	logged_in rita sluice approve "$before" --yes
	wait_until "$PATIENCE" property_is pipeline ActiveState inactive
	property_is pipeline Result success
	sluice journal verify
}

@test "removal within a break-glass: who is held is refused, enforcement ends, settings and evidence stay" {
	held_service pipeline
	break_glass removal
	run packages -r sluice-gateway sluice
	echo "$output"
	[ "$status" = 0 ]
	wait_until "$PATIENCE" property_is pipeline ActiveState failed
	[ ! -e /sys/fs/bpf/sluice ]
	refute pidof sluiced
	[ "$(as paul cat "$SECRET/rows")" = one,two ]
	[ -e /etc/sluice/policy.d/10-base.conf ]
	[ -s /var/lib/sluice/journal.key ]
	[ -s /var/log/sluice/journal.jsonl ]
}

@test "purge: nothing is left" {
	run packages -P sluice-gateway sluice
	echo "$output"
	[ "$status" = 0 ]
	[ -z "$(find /etc /usr/bin /usr/sbin /usr/lib /usr/share /lib/systemd /var/lib /var/log /run -xdev -name '*sluice*' \
		! -path "$STATE/*" 2>/dev/null | tee "$STATE/left")" ] || { cat "$STATE/left"; false; }
	[ -z "$(systemctl list-unit-files --no-legend 'sluice*')" ]
}
