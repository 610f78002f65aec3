# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: how each peer of "scripts/bench --peers" is set up, started and ended in the guest: for each a function
# peer_NAME, which starts it on the folder $dir and measures.
# Must not own: where they come from (scripts/lib/others.sh), what is measured (ops.c), the table (scripts/bench).
#
# shellcheck disable=SC2154 # dir is set by scripts/bench
#
# Each does the nearest to what Sluice does that it can: it looks at (and where it can, decides on) opens below $dir/data
# or everywhere, execs, and connections; and allows them all.

peers_install() {
	others_install peers
	getent passwd fapolicyd >/dev/null || {
		echo 'fapolicyd:x:990:990::/var/lib/fapolicyd:/usr/sbin/nologin' >>/etc/passwd
		echo 'fapolicyd:x:990:' >>/etc/group
	}
}

# ready SECONDS COMMAND...: wait until it succeeds.
ready() {
	local left=$(($1 * 5))
	shift

	until "$@" >/dev/null 2>&1; do
		((left--)) || { echo "not ready: $*" >&2; return 1; }
		sleep 0.2
	done
}

# ended PID: end it and wait.
ended() {
	kill "$1"
	wait "$1" 2>/dev/null || true
}

# measured NAME: as that set.
measured() {
	"$dir/ops" "$1" "$dir/plain" "$dir/data/labeled"
}

# A confined program: its own profile names the files, the network and the capability that it may use.
peer_apparmor() {
	cat >"$dir/profile" <<-PROFILE
		profile ops $dir/ops {
			$dir/** rwmix,
			network inet,
			capability setuid,
		}
	PROFILE
	/usr/sbin/apparmor_parser -r --skip-cache "$dir/profile"
	measured apparmor
	[ "$("$dir/ops" apparmor /etc/passwd /etc/passwd 2>&1 | grep -c denied)" = 1 ] ||
		{ echo "apparmor does not confine" >&2; return 1; }
	/usr/sbin/apparmor_parser -R "$dir/profile"
}

# What an auditor would watch: the labeled folder, connections and changes of user. Once audit was enabled, each system call
# costs more until the kernel boots again.
peer_auditd() {
	mkdir -p /var/log/audit
	/usr/sbin/auditd -n >"$dir/auditd.log" 2>&1 &
	local pid=$!
	ready 30 /usr/sbin/auditctl -s
	/usr/sbin/auditctl -w "$dir/data" -p rwa -k data
	/usr/sbin/auditctl -a always,exit -F arch=b64 -S connect,sendto -k net
	/usr/sbin/auditctl -a always,exit -F arch=b64 -S setuid -k user
	measured auditd
	grep -q 'key="data"' /var/log/audit/audit.log || { echo "auditd has noted nothing" >&2; return 1; }
	ended $pid
}

# The least that any program can do that is asked about each open in user space.
peer_fanotify() {
	"$dir/answer" "$dir" >"$dir/answer.log" &
	local pid=$!
	ready 10 grep -q ready "$dir/answer.log"
	measured fanotify
	ended $pid
}

# A cache of its answers makes it faster than asking anew each time.
peer_fapolicyd() {
	sed -i 's/^trust = .*/trust = file/' /etc/fapolicyd/fapolicyd.conf
	rm -f /etc/fapolicyd/rules.d/*
	echo 'allow perm=any all : all' >/etc/fapolicyd/fapolicyd.rules
	mkdir -p /var/lib/fapolicyd /run/fapolicyd /var/log
	chown fapolicyd: /var/lib/fapolicyd /run/fapolicyd
	/usr/sbin/fapolicyd --debug >"$dir/fapolicyd.log" 2>&1 &
	local pid=$!
	ready 60 grep -q 'Starting to listen' "$dir/fapolicyd.log"
	measured fapolicyd
	ended $pid
	grep -Eq '^Object hits: [1-9][0-9]{3}' "$dir/fapolicyd.log" || { echo "fapolicyd was not asked" >&2; return 1; }
}

# It decides on the first packet of each connection, in user space.
peer_opensnitch() {
	mkdir -p /etc/opensnitchd/rules
	sed -i 's/"ebpf"/"proc"/; s/"iptables"/"nftables"/' /etc/opensnitchd/default-config.json
	modprobe -a nfnetlink_queue nf_conntrack nf_tables nft_queue nft_ct
	/usr/bin/opensnitchd -rules-path /etc/opensnitchd/rules -log-file "$dir/opensnitch.log" >"$dir/opensnitch.out" 2>&1 &
	local pid=$!
	ready 60 grep -q 'Running on netfilter queue' "$dir/opensnitch.log"
	measured opensnitch
	# the packets that it was handed
	awk '$8 > 1000 { many = 1 } END { exit !many }' /proc/net/netfilter/nfnetlink_queue ||
		{ echo "opensnitch was not asked" >&2; return 1; }
	ended $pid
}
