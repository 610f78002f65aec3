# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: finding out which Debian packages are missing on this host and installing them.
# Must not own: which packages a script needs (each script names its own), nor the kernels that
# the VMs boot (kernels.sh: those are downloaded, never installed).

# packages_missing PACKAGE...: print those that are not installed, one a line.
packages_missing()
{
	local package state

	for package; do
		state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || state=
		[[ $state == ?i* ]] || printf '%s\n' "$package"
	done
}

# need_packages PACKAGE...: return 0 once all are installed. Root installs what is missing; anyone
# else gets the command that does. The names are Debian's. Progress goes to stderr.
need_packages()
{
	local -a missing install

	mapfile -t missing < <(packages_missing "$@")
	((${#missing[@]})) || return 0

	install=(apt-get -o DPkg::Lock::Timeout=600 install --no-install-recommends -y "${missing[@]}")
	if ((EUID != 0)); then
		echo "missing packages; install them as root: ${install[*]}" >&2
		return 1
	fi
	echo "installing ${missing[*]}" >&2
	# A fresh image has no package lists at all, an old one has lists of files long gone.
	if DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null 2>&1 ||
	   { apt-get -o DPkg::Lock::Timeout=600 update >&2 &&
	     DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2; }; then
		return 0
	fi
	echo "cannot install packages; run and mend: ${install[*]}" >&2
	return 1
}
