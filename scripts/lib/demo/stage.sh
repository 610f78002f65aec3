# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the stage of the demonstration: folders, accounts, networks, certificates, and starting and
# ending the programs on it. All of it lies in the mount and network namespaces of this shell, on a
# tmpfs on /srv; what is global (pinned BPF programs) is taken away by stage_clear.
# Must not own: the story (demo-guest) nor how it is told (story.sh).
#
# Reads $demo (this folder), $build (the programs) and $tools (tests/tools).
# shellcheck disable=SC2154,SC2034 # set by demo-guest; $status is read there

stage=/srv/sluice
outside=203.0.113.10
stage_pids=()
sluiced_pid=''

# The login names of the story. No account of the host is used: nothing there is theirs.
stage_accounts=(etl:59001 paul:59002 rita:59003 sluice-gateway:59004)

stage_open()
{
	mount -t tmpfs -o mode=755 sluice-demo /srv || fail "a tmpfs can be mounted on /srv"
	mkdir -p "$stage"/{bin,etc,run,state,story,gateway,posts} /srv/{customers,pipeline,outside}
	cp "$build"/{sluice,sluiced,sluice-gateway} "$stage/bin/" ||
		fail "the programs are in $build"
	cp /usr/bin/{cat,sha256sum} "$stage/story/"
	cp -r "$demo"/{sluice.conf,policy.d} "$stage/etc/"
	cp "$demo"/{*.py,login} "$stage/"
	stage_accounts
	stage_network
	stage_certificates
	export PATH=$stage/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	export SLUICE_SOCKET=$stage/run/control.sock
}

# passwd, group and hosts of this mount namespace only.
stage_accounts()
{
	local account name id

	cp /etc/{passwd,group,hosts} "$stage/etc/"
	for account in "${stage_accounts[@]}"; do
		name=${account%:*} id=${account#*:}
		if getent passwd "$id" >/dev/null; then
			fail "the user id $id is free on this host"
		fi
		sed -i "/^$name:/d" "$stage/etc/passwd" "$stage/etc/group"
		echo "$name:x:$id:$id::/srv:/bin/bash" >>"$stage/etc/passwd"
		echo "$name:x:$id:" >>"$stage/etc/group"
	done
	echo "$outside partner.example" >>"$stage/etc/hosts"
	for name in passwd group hosts; do
		mount --bind "$stage/etc/$name" "/etc/$name" || fail "/etc/$name can be covered"
	done
	chown etl: /srv/pipeline
	chown sluice-gateway: "$stage/gateway"
}

# A second network namespace plays the outside.
stage_network()
{
	unshare --net sleep infinity &
	stage_pids+=($!)
	outside_pid=$!
	wait_for 5 stage_is_apart || fail "a second network namespace can be made"
	ip link set lo up
	stage_lay_network || fail "a network to the outside can be laid"
}

stage_lay_network()
{
	ip link add uplink type veth peer name wan netns "$outside_pid" &&
		ip addr add 203.0.113.1/24 dev uplink && ip link set uplink up &&
		in_outside ip addr add "$outside/24" dev wan && in_outside ip link set wan up
}

stage_is_apart()
{
	[[ $(readlink "/proc/$outside_pid/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}

in_outside()
{
	nsenter --net="/proc/$outside_pid/ns/net" -- "$@"
}

# The certificate of the webhook, by an authority of its own.
stage_certificates()
{
	local dir=$stage/tls new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

	mkdir "$dir"
	{
		openssl req -x509 "${new[@]}" -days 2 -subj "/CN=demo authority" \
			-keyout "$dir/ca.key" -out "$dir/ca.pem"
		openssl req "${new[@]}" -subj /CN=teams -keyout "$dir/teams.key" -out "$dir/teams.csr"
		openssl x509 -req -in "$dir/teams.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" \
			-CAcreateserial -days 2 -extfile <(echo subjectAltName=IP:127.0.0.1) \
			-out "$dir/teams.pem"
	} >"$stage/openssl.log" 2>&1 || fail "openssl can make certificates"
}

# as USER COMMAND [ARG...]: as after a login of USER, which also sets the login user id.
as()
{
	local user=$1
	shift

	if [[ $user == root ]]; then
		"$@"
	else
		bash "$stage/login" "$user" "$@"
	fi
}

# start NAME COMMAND [ARG...]: in the background, its output in $stage/NAME.log; sets $started.
start()
{
	local name=$1
	shift

	"$@" >>"$stage/$name.log" 2>&1 </dev/null 5>&- &
	started=$!
	stage_pids+=("$started")
}

# end_of PID: wait for a child; $status is its exit status.
end_of()
{
	wait_for 60 has_ended "$1" || fail "the pipeline comes to its end"
	wait "$1"
	status=$?
}

has_ended()
{
	[[ ! -e /proc/$1 || $(ps -o stat= -p "$1") == Z* ]]
}

start_sluiced()
{
	start sluiced sluiced --config "$stage/etc/sluice.conf" --control "$SLUICE_SOCKET" \
		--gateway "$stage/run/gateway.sock"
	sluiced_pid=$started
	wait_for 300 stage_sluiced_settled && sluice status >/dev/null
}

stage_sluiced_settled()
{
	[[ ! -e /proc/$sluiced_pid ]] || sluice status
}

start_teams()
{
	start teams "$tools/fake-teams" --print --cert "$stage/tls/teams.pem" \
		--key "$stage/tls/teams.key" --out "$stage/posts" --port-file "$stage/port"
	wait_for 20 test -s "$stage/port" || fail "the server in the place of Teams listens"
	install -m 600 -o sluice-gateway /dev/null "$stage/teams.url"
	echo "https://127.0.0.1:$(<"$stage/port")/workflows/demo" >"$stage/teams.url"
	printf '[Teams]\nWebhookFile=%s\nCAFile=%s\n' "$stage/teams.url" "$stage/tls/ca.pem" \
		>"$stage/etc/gateway.conf"
}

start_gateway()
{
	start gateway bash "$stage/login" sluice-gateway sluice-gateway \
		--config "$stage/etc/gateway.conf" --socket "$stage/run/gateway.sock" \
		--state "$stage/gateway"
	wait_for 20 gateway_connected
}

gateway_connected()
{
	sluice status --json | jq -e .gateway.connected
}

start_partner()
{
	start partner nsenter --net="/proc/$outside_pid/ns/net" -- \
		python3 "$stage/receiver.py" "$outside" 8080 /srv/outside
	wait_for 20 curl -s -o /dev/null "http://$outside:8080/"
}

# stage_logs: what the programs said, when something went wrong.
stage_logs()
{
	local log

	ps -u etl -o pid,stat,wchan:32,args
	sluice requests --all
	for log in "$stage"/*.log; do
		[[ -s $log ]] || continue
		echo "--- ${log##*/}"
		"$stage/story/cat" "$log" | tail -n 15
	done
}

# stage_clear: runs on every way out. The agent first, so that nobody stays stopped; then its BPF
# programs, which would outlive it.
stage_clear()
{
	local result=$?

	trap '' INT TERM HUP
	if [[ $sluiced_pid ]]; then
		kill "$sluiced_pid" 2>/dev/null
		wait "$sluiced_pid" 2>/dev/null
		"$stage/bin/sluiced" --detach >>"$stage/sluiced.log" 2>&1 ||
			echo "demo: the BPF programs are still attached; run: sluiced --detach" >&2
	fi
	((!${#stage_pids[@]})) || kill -- "${stage_pids[@]}" 2>/dev/null
	wait 2>/dev/null
	exit "$result"
}
