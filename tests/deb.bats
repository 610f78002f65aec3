#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# deb.bats: the Debian packages: what is in them, that lintian has nothing to say, that two builds are the same bytes, and
# what their scripts do on a host where nothing of the agent runs. Installing, upgrading and purging them on a host with
# systemd is tests/vm/systemd/packages.bats. SLUICE_BUILD: folder with the built programs; default build/.

bats_require_minimum_version 1.5.0

# make_deb TREE FOLDER: packages of the sources there, from programs that are built already, into FOLDER/deb.
make_deb() {
	mkdir -p "$2"
	for part in bpf user sluice.bpf.o sluice.skel.h sluice sluiced sluice-gateway; do
		cp -a "$BUILD/$part" "$2"
	done
	# Not the make that may run this test; touched, so that make sees nothing to build but the packages.
	find "$2" -exec touch -d 'now + 1 minute' {} +
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$1" O="$2" deb
}

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD DEBS=$BATS_FILE_TMPDIR/one/deb
	BUILD=$(realpath "${SLUICE_BUILD:-build}")
	make_deb . "$BATS_FILE_TMPDIR/one"
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
}

deb() {
	echo "$DEBS/$1"_*_amd64.deb
}

# in_package NAME: files and their modes, as dpkg unpacks them.
in_package() {
	dpkg-deb -c "$(deb "$1")" | awk '$1 !~ /^d/ { print $1, $2, $6 }'
}

# script PACKAGE NAME: where this maintainer script is, taken out of the package.
script() {
	mkdir -p "$BATS_TEST_TMPDIR/$1"
	[ -d "$BATS_TEST_TMPDIR/$1/control" ] || dpkg-deb -e "$(deb "$1")" "$BATS_TEST_TMPDIR/$1/control"
	echo "$BATS_TEST_TMPDIR/$1/control/$2"
}

@test "two packages hold all that make install puts anywhere, each file once, root's and for root to write" {
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s O="$BUILD" DESTDIR="$BATS_TEST_TMPDIR/root" PREFIX=/usr \
		UNITDIR=/lib/systemd/system ZSHDIR=/usr/share/zsh/vendor-completions install
	diff <(cd "$BATS_TEST_TMPDIR/root" && find . -type f | sort) \
		<({ in_package sluice; in_package sluice-gateway; } | awk '{ print $3 }' | sed 's/\.gz$//' |
			grep -vE 'README.Debian|changelog|copyright' | sort)
	run ! grep -vE '^-rw[-x]r-[-x]r-[-x] root/root ' <(in_package sluice; in_package sluice-gateway)
	[ "$(in_package sluice-gateway | grep -vc /usr/share)" = 2 ]
	in_package sluice-gateway | grep -q ' ./usr/sbin/sluice-gateway$'
}

@test "the settings are a conffile that stops nothing; libraries are named; nothing is enabled or started" {
	local file

	[ "$(cat "$(script sluice conffiles)")" = /etc/sluice/sluice.conf ]
	dpkg-deb -x "$(deb sluice)" "$BATS_TEST_TMPDIR/root"
	grep -qx Monitor=yes "$BATS_TEST_TMPDIR/root/etc/sluice/sluice.conf"
	dpkg-deb -f "$(deb sluice)" Depends | grep -q libbpf1
	dpkg-deb -f "$(deb sluice-gateway)" Depends | grep -q "sluice (= $(dpkg-deb -f "$(deb sluice)" Version))"
	for file in "$(script sluice postinst)" "$(script sluice-gateway postinst)"; do
		run ! grep -E 'deb-systemd-invoke +(start|restart)|_dh_action=start' "$file"
		# Only where an administrator had enabled it before.
		[ "$(grep -c 'deb-systemd-helper enable' "$file")" = "$(grep -c 'quiet was-enabled' "$file")" ]
		grep -q 'deb-systemd-invoke try-restart' "$file"
	done
}

@test "the user is made before the folders that are his" {
	[ "$(grep -oE '^\s*systemd-(sysusers|tmpfiles) ' "$(script sluice postinst)" | xargs)" = 'systemd-sysusers systemd-tmpfiles' ]
}

@test "lintian has nothing to say" {
	run lintian --fail-on error,warning --allow-root "$DEBS"/*.changes
	echo "$output"
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "the packages' version is that of the programs" {
	[ "sluice $(dpkg-deb -f "$(deb sluice)" Version)" = "$("$BUILD/sluice" --version)" ]
	grep -q "^## $(dpkg-deb -f "$(deb sluice)" Version)$" user/doc/CHANGELOG.md
}

@test "a build elsewhere, at another time, by another umask, language and time zone, has the same bytes" {
	local tree=$BATS_TEST_TMPDIR/another/tree

	mkdir -p "$tree"
	cp -r Makefile README.md bpf include scripts tests user "$tree"
	find "$tree" -exec touch -d 'now - 1 day' {} +
	(umask 027; TZ=Asia/Tokyo LC_ALL=C.UTF-8 make_deb "$tree" "$BATS_TEST_TMPDIR/another/out")
	for name in sluice sluice-gateway; do
		cmp "$(deb $name)" "$BATS_TEST_TMPDIR/another/out/deb/${DEBS:+$(basename "$(deb $name)")}"
	done
}

@test "the scripts do nothing to a host on which no agent is, and are no trouble when told twice" {
	local step

	[ ! -d /sys/fs/bpf/sluice ] || skip "an agent runs here"
	for step in 'prerm upgrade 0.2' 'postinst abort-upgrade 0.2' 'prerm remove' 'postinst abort-remove' 'postrm remove' 'postrm remove' 'postrm upgrade 0.2'; do
		# shellcheck disable=SC2086
		run sh "$(script sluice ${step%% *})" ${step#* }
		echo "$step: $output"
		[ "$status" = 0 ]
	done
}
