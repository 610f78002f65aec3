# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: a cached rsyslog of Debian, unpacked into a folder: a receiver of syslog that nobody here wrote. Nothing of it is
# installed on the host, whose own syslog stays as it is.
# Must not own: downloading (archive.sh), its settings (tests/syslog.bats).
#
# Reads $cache, the cache folder, which the script that sources this sets.
# shellcheck disable=SC2154

# With what of their dependencies not every Debian has.
rsyslog_packages=(rsyslog rsyslog-openssl libestr0 libfastjson4 liblognorm5)

# rsyslog_fetch: make sure that it is in the cache.
rsyslog_fetch()
(
	final=$cache/rsyslog
	work=$cache/fetch/rsyslog
	log=$cache/fetch-rsyslog.log

	[[ -d $final ]] && return 0
	echo "downloading rsyslog from Debian's archive" >&2
	rm -rf "$work"
	mkdir -p "$work"
	if ! { archive_open "$work" bookworm bookworm-security && archive_download "$work" "${rsyslog_packages[@]}" &&
	       archive_unpack "$work" && [[ -x $work/root/usr/sbin/rsyslogd ]]; } >"$log" 2>&1; then
		echo "cannot get rsyslog; what apt said: $log" >&2
		return 1
	fi
	mv "$work/root" "$final" && rm -rf "$work" "$log"
)

# rsyslog_run CONFIG PIDFILE: in the foreground, in place of this shell.
rsyslog_run()
{
	local libraries=("$cache"/rsyslog/usr/lib/*/rsyslog)

	LD_LIBRARY_PATH=${libraries%/rsyslog} exec "$cache/rsyslog/usr/sbin/rsyslogd" -n -f "$1" -i "$2" -M "${libraries[0]}"
}
