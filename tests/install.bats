#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# install.bats: what make install puts below DESTDIR, what stays of a changed setting, and that uninstall leaves nothing
# else. SLUICE_BUILD: folder with the built programs; default build/.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	BUILD=${SLUICE_BUILD:-build}
	ROOT=$BATS_TEST_TMPDIR/root
	CONF=$ROOT/etc/sluice
}

run_make() {
	# Not the make that may run this test: its flags and variables are not meant here.
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --no-print-directory O="$BUILD" DESTDIR="$ROOT" "$@"
}

files() {
	(cd "$ROOT" && find . -type f | sort)
}

# The files that are expected below prefix $1, units in $2.
expected() {
	local file
	{
		printf '.%s\n' /etc/sluice/sluice.conf "$1/bin/sluice" "$1/sbin/sluice-gateway" "$1/sbin/sluiced" \
			"$2/sluice-gateway.service" "$2/sluiced.service" "$1/lib/sysusers.d/sluice.conf" \
			"$1/lib/tmpfiles.d/sluice.conf" "$1/share/bash-completion/completions/sluice" \
			"$1/share/zsh/site-functions/_sluice" \
			"$1/share/fish/vendor_completions.d/sluice.fish" "$1/share/doc/sluice/CHANGELOG.md"
		for file in user/man/*; do
			printf '.%s/share/man/man%s/%s\n' "$1" "${file##*.}" "${file##*/}"
		done
		(cd user/examples && find . -type f -printf ".$1/share/doc/sluice/examples/%P\n")
	} | sort
}

@test "install: these files and no others, with these modes" {
	run_make install
	diff <(expected /usr/local /usr/local/lib/systemd/system) <(files)
	[ "$(stat -c %a "$ROOT/usr/local/sbin/sluiced")" = 755 ]
	[ "$(stat -c %a "$ROOT/usr/local/lib/systemd/system/sluiced.service")" = 644 ]
	[ "$(stat -c %a "$CONF/sluice.conf")" = 644 ]
	[ -d "$CONF/policy.d" ]
	run "$ROOT/usr/local/bin/sluice" --version
	[ "$status" -eq 0 ]
}

@test "install: every manual page that the units name" {
	local page
	run_make install
	# shellcheck disable=SC2013 # one word a line
	for page in $(sed -n 's/^Documentation=//p' user/systemd/*.service | grep -o 'man:[^ ]*' | sort -u); do
		page=${page#man:}
		page=${page%)}
		page=man${page##*(}/${page%(*}.${page##*(}
		[ -f "$ROOT/usr/local/share/man/$page" ] || { echo "missing: $page"; return 1; }
	done
}

@test "install: other places, which the units know" {
	run_make PREFIX=/usr UNITDIR=/lib/systemd/system install
	diff <(expected /usr /lib/systemd/system) <(files)
	grep -qx 'ExecStart=/usr/sbin/sluiced' "$ROOT/lib/systemd/system/sluiced.service"
	grep -q 'exec /usr/sbin/sluiced --release' "$ROOT/lib/systemd/system/sluiced.service"
	grep -qx 'ExecStart=/usr/sbin/sluice-gateway' "$ROOT/lib/systemd/system/sluice-gateway.service"
	run ! grep -r '@[A-Z]*@' "$ROOT/lib/systemd/system"
	run_make PREFIX=/usr UNITDIR=/lib/systemd/system uninstall
	[ -z "$(files)" ]
}

@test "install: the first settings are good, guard nothing and stop nothing" {
	run_make install
	grep -qx 'Monitor=yes' "$CONF/sluice.conf"
	run ! grep -E '^\[(Label|Rule)' -r "$CONF"
	[ -z "$(ls -A "$CONF/policy.d")" ]
	if [ "$(id -u)" = 0 ]; then
		run "$ROOT/usr/local/bin/sluice" policy check "$CONF/sluice.conf"
		echo "$output"
		[ "$status" -eq 0 ]
	fi
}

@test "install: a second one overwrites programs, and no setting" {
	run_make install
	echo '# mine' >>"$CONF/sluice.conf"
	echo '[Label pii]' >"$CONF/policy.d/10-pii.conf"
	echo old >"$ROOT/usr/local/bin/sluice"
	run_make install
	[ "$(tail -n 1 "$CONF/sluice.conf")" = '# mine' ]
	[ "$(cat "$CONF/policy.d/10-pii.conf")" = '[Label pii]' ]
	[ "$(stat -c %s "$ROOT/usr/local/bin/sluice")" -gt 10 ]
}

@test "uninstall: nothing is left" {
	run_make install
	run_make uninstall
	[ -z "$(files)" ]
	[ ! -e "$CONF" ]
	[ ! -e "$ROOT/usr/local/share/doc/sluice" ]
}

@test "uninstall: what was changed or added stays, and other people's files" {
	run_make install
	echo '# mine' >>"$CONF/sluice.conf"
	echo '[Label pii]' >"$CONF/policy.d/10-pii.conf"
	mkdir -p "$ROOT/var/log/sluice"
	touch "$ROOT/var/log/sluice/journal.jsonl" "$ROOT/usr/local/sbin/other" "$ROOT/usr/local/lib/sysusers.d/other.conf"
	run_make uninstall
	diff - <(files) <<-'END'
		./etc/sluice/policy.d/10-pii.conf
		./etc/sluice/sluice.conf
		./usr/local/lib/sysusers.d/other.conf
		./usr/local/sbin/other
		./var/log/sluice/journal.jsonl
	END
}

@test "uninstall: twice is no error" {
	run_make install
	run_make uninstall
	run_make uninstall
}

@test "units, users and folders: systemd reads them without complaint" {
	type systemd-analyze systemd-sysusers systemd-tmpfiles >/dev/null || skip "no systemd here"
	run_make SBINDIR="$ROOT/usr/local/sbin" DESTDIR= UNITDIR="$ROOT/units" BINDIR="$ROOT/bin" MANDIR="$ROOT/man" \
		SYSCONFDIR="$ROOT/etc" SYSUSERSDIR="$ROOT/sysusers" TMPFILESDIR="$ROOT/tmpfiles" \
		COMPLETIONDIR="$ROOT/completion" ZSHDIR="$ROOT/zsh" FISHDIR="$ROOT/fish" DOCDIR="$ROOT/doc" install
	run systemd-analyze verify --man=no "$ROOT/units/sluiced.service" "$ROOT/units/sluice-gateway.service"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	mkdir -p "$ROOT/host/etc"
	systemd-sysusers --root="$ROOT/host" "$ROOT/sysusers/sluice.conf"
	grep -q '^sluice-gateway:.*:/var/lib/sluice-gateway:/usr/sbin/nologin$' "$ROOT/host/etc/passwd"
	grep -q '^sluice-gateway:' "$ROOT/host/etc/group"
	# shellcheck disable=SC2013 # one word a line
	for folder in $(awk '$1 == "d" { print $2 }' "$ROOT/tmpfiles/sluice.conf"); do
		[[ $folder == /run/sluice || $folder == /etc/sluice* || $folder == /var/l*/sluice* ]]
	done
	systemd-analyze security --offline=true --threshold=20 "$ROOT/units/sluice-gateway.service" >/dev/null
	systemd-analyze security --offline=true --threshold=35 "$ROOT/units/sluiced.service" >/dev/null
}
