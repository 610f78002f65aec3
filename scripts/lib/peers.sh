# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the cached peers that "scripts/bench --peers" compares with: their packages of Debian, unpacked into a folder that
# the guest copies over its root. Nothing of them is installed on the host.
# Must not own: downloading (archive.sh), how each is set up and started (tests/bench/peers.bash).
#
# Reads $cache, the cache folder, which the script that sources this sets.
# shellcheck disable=SC2154

# With what of their dependencies not every Debian has.
peers_packages=(apparmor auditd libaudit1 libauparse0 libwrap0 libnsl2 libtirpc3 fapolicyd liblmdb0 libmagic1 libmagic-mgc
	libseccomp2 libudev1 opensnitch libmnl0 libnetfilter-queue1 libnfnetlink0)

# peers_fetch: make sure that they are in the cache.
peers_fetch()
(
	final=$cache/peers
	work=$cache/fetch/peers
	log=$cache/fetch-peers.log

	[[ -d $final ]] && return 0
	echo "downloading the peers from Debian's archive" >&2
	rm -rf "$work"
	mkdir -p "$work"
	if ! { archive_open "$work" bookworm bookworm-security && archive_download "$work" "${peers_packages[@]}" &&
	       archive_unpack "$work" && [[ -x $work/root/usr/sbin/auditd ]]; } >"$log" 2>&1; then
		echo "cannot get the peers; what apt said: $log" >&2
		return 1
	fi
	mv "$work/root" "$final" && rm -rf "$work" "$log"
)
