# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: downloading packages from Debian's archive into a folder, checked by apt's signatures, with sources, lists and
# settings of its own: what the host installs from, and what it has installed, stay as they are.
# Must not own: which packages (kernels.sh, systemd.sh), nor installing any on the host (packages.sh).

# archive_source SUITE...: print the apt sources of these suites.
archive_source()
{
	local signed='deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]' suite host

	for suite; do
		host=debian
		[[ $suite == *-security ]] && host=debian-security
		echo "$signed http://deb.debian.org/$host $suite main"
	done
}

# archive_open DIR SUITE...: fetch the lists of these suites into DIR; sets the array archive_apt to the options that
# make apt-get and apt-cache use them.
archive_open()
{
	local dir=$1
	shift

	mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
	archive_source "$@" >"$dir/apt/sources.list"
	archive_apt=(-o "Dir::Etc::sourcelist=$dir/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null
		-o "Dir::State::Lists=$dir/apt/lists" -o "Dir::Cache=$dir/apt/cache")
	apt-get "${archive_apt[@]}" -o APT::Update::Error-Mode=any update
}

# archive_closure PACKAGE [OPTION...]: print it and what it depends on, one a line, after archive_open.
archive_closure()
{
	apt-cache "${archive_apt[@]}" depends --recurse --no-recommends --no-suggests --no-enhances --no-conflicts \
		--no-breaks --no-replaces "${@:2}" "$1" | grep -E '^[a-z0-9]' | sort -u
}

# archive_download DIR PACKAGE...: put their .deb files into DIR, after archive_open.
archive_download()
{
	(cd "$1" && apt-get "${archive_apt[@]}" download "${@:2}")
}

# archive_unpack DIR: unpack the .deb files in DIR to DIR/root, with /lib and its like inside /usr; DIR/root/packages says
# which they are.
archive_unpack()
{
	local dir=$1 deb name

	mkdir -p "$dir/root"
	for deb in "$dir"/*.deb; do
		dpkg-deb -x "$deb" "$dir/root" || return 1
		dpkg-deb -W "$deb" >>"$dir/packages"
	done
	for name in bin sbin lib lib64; do
		[[ -d $dir/root/$name ]] || continue
		mkdir -p "$dir/root/usr/$name"
		cp -a "$dir/root/$name/." "$dir/root/usr/$name/" && rm -rf "${dir:?}/root/$name" || return 1
	done
	mv "$dir/packages" "$dir/root/packages"
}
