# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the cached programs of others that scripts/bench starts: packages of Debian, unpacked into a folder that the guest
# copies over its root. Nothing of them is installed on the host.
# Must not own: downloading (archive.sh), how each is set up and started (tests/bench/).
#
# Reads $cache, the cache folder, which the script that sources this sets.
# shellcheck disable=SC2154

# What of their dependencies not every Debian has stands beside them.
declare -A others=(
	# that are compared with
	[peers]="apparmor auditd libaudit1 libauparse0 libwrap0 libnsl2 libtirpc3 fapolicyd liblmdb0 libmagic1 libmagic-mgc
		libseccomp2 libudev1 opensnitch libmnl0 libnetfilter-queue1 libnfnetlink0"
	# that work beside the agent
	[servers]="nginx nginx-common redis-server redis-tools libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson libatomic1
		apache2-utils libapr1 libaprutil1"
)

# One of each, to see that they are whole.
declare -A others_proof=([peers]=usr/sbin/auditd [servers]=usr/bin/redis-server)

# others_fetch SET: make sure that they are in the cache.
others_fetch()
(
	final=$cache/$1
	work=$cache/fetch/$1
	log=$cache/fetch-$1.log

	[[ -d $final ]] && return 0
	echo "downloading the $1 from Debian's archive" >&2
	rm -rf "$work"
	mkdir -p "$work"
	# shellcheck disable=SC2086
	if ! { archive_open "$work" bookworm bookworm-security && archive_download "$work" ${others[$1]} &&
	       archive_unpack "$work" && [[ -x $work/root/${others_proof[$1]} ]]; } >"$log" 2>&1; then
		echo "cannot get the $1; what apt said: $log" >&2
		return 1
	fi
	mv "$work/root" "$final" && rm -rf "$work" "$log"
)

# others_install SET: lay the cached packages over the guest's root.
others_install()
{
	cp -a "$cache/$1/etc" "$cache/$1/usr" "$cache/$1/var" / 2>/dev/null
	ldconfig
}
