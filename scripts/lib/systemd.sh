# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the cached systemd that "vm --systemd" boots: its packages, unpacked into a folder that lies below the host's
# root in the guest. So a host that has systemd uses its own programs, and one that has none misses nothing; units and
# settings are always those of the cached packages (guest-init sees to it).
# Must not own: downloading (archive.sh), which of its units a guest runs (guest-init).
#
# Reads $cache, the cache folder, which the script that sources this sets.
# shellcheck disable=SC2154

# systemd_packages: print the packages. What every Debian has is left out.
systemd_packages()
{
	archive_closure systemd | grep -E '^(systemd|lib.*|mount|dmsetup)$' |
		grep -Ev '^lib(c6|gcc-s1|debian-installer4|newt.*|slang2|textwrap1|readline8)$'
}

# systemd_fetch: make sure that it is in the cache. Downloads at most once, whoever else asks at the same time.
systemd_fetch()
(
	final=$cache/systemd
	work=$cache/fetch/systemd
	log=$cache/fetch-systemd.log

	[[ -d $final ]] && return 0
	mkdir -p "$cache/fetch"
	exec {lock}>"$cache/fetch-systemd.lock"
	flock "$lock"
	[[ -d $final ]] && return 0

	echo "downloading systemd from Debian's archive" >&2
	rm -rf "$work"
	mkdir -p "$work"
	if ! { archive_open "$work" bookworm bookworm-security &&
	       mapfile -t packages < <(systemd_packages) && archive_download "$work" "${packages[@]}" &&
	       archive_unpack "$work" && rm -rf "$work"/root/{etc,var} && [[ -x $work/root/usr/lib/systemd/systemd ]]; } \
	     >"$log" 2>&1; then
		echo "cannot get systemd; what apt said: $log" >&2
		return 1
	fi
	mv "$work/root" "$final" && rm -rf "$work" "$log"
)
