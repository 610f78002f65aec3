# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the whole programs that scripts/bench --whole runs in a guest, each as a function job_NAME, and their input. Must not
# own: where they come from (scripts/lib/others.sh), the table (scripts/bench).
# shellcheck disable=SC2154 # dir, here: scripts/bench

read -ra whole_jobs <<<"${SLUICE_BENCH_JOBS:-compile python sqlite tar nginx redis}"

whole_prepare() {
	local i
	others_install servers
	ip link set lo up
	cp "$here/tests/bench/ops.c" "$here/tests/bench/job.py" "$dir"
	python3 "$dir/job.py" rows "$dir/rows.csv"
	mkdir "$dir/many"
	for ((i = 0; i < 2000; i++)); do
		echo "$i" >"$dir/many/$i"
	done
	getent passwd www-data >/dev/null || echo 'www-data:x:33:33::/var/www:/usr/sbin/nologin' >>/etc/passwd
	mkdir -p "$dir/nginx" /var/log/nginx /var/lib/nginx
	cat >"$dir/nginx.conf" <<-CONF
		user root;
		worker_processes 1;
		pid $dir/nginx/pid;
		error_log $dir/nginx/error.log;
		events { }
		http {
			access_log off;
			server { listen 127.0.0.1:8080; root $dir; }
		}
	CONF
	/usr/sbin/nginx -c "$dir/nginx.conf"
	/usr/bin/redis-server --port 6379 --bind 127.0.0.1 --daemonize yes --save '' --dir "$dir" >/dev/null
	for ((i = 0; i < 100; i++)); do
		redis-cli ping 2>/dev/null | grep -q PONG && return
		sleep 0.2
	done
	echo "redis does not answer" >&2
	return 1
}

job_compile() {
	gcc -O1 -c "$dir/ops.c" -o "$dir/ops.o"
}

job_python() {
	python3 "$dir/job.py" sum "$dir/rows.csv" "$dir/sums.json"
}

job_sqlite() {
	python3 "$dir/job.py" store "$dir/rows.csv" "$dir/orders.db"
}

job_tar() {
	tar -cf "$dir/many.tar" -C "$dir" many
}

# One connection: of several, more or less is done at once as the scheduler has it, and nothing can be compared.
job_nginx() {
	ab -q -n 1000 -c 1 http://127.0.0.1:8080/plain | grep -qx 'Failed requests: *0'
}

job_redis() {
	redis-benchmark -q -n 2000 -c 1 -t set,get >"$dir/redis.out" && grep -q GET "$dir/redis.out"
}

# servers_ns: how long the servers ran
servers_ns() {
	{ pgrep -x redis-server; pgrep -x nginx; } | sed 's,.*,/proc/&/schedstat,' | xargs cat | awk '{ ns += $1 } END { printf "%.0f\n", ns }'
}

# whole_once JOB [LABELED]: the processors' time that it took, with all its children and the servers, in ns, which are
# instructions. What passes while the disk is waited for does not count.
whole_once() {
	local before user system
	[ -z "${2:-}" ] || read -r <"$2"
	before=$(servers_ns)
	TIMEFORMAT='%3U %3S'
	{ time "job_$1" 2>&3; } 3>&2 2>"$dir/time" || return 1
	read -r user system <"$dir/time"
	echo $((1000000 * (10#${user/./} + 10#${system/./}) + $(servers_ns) - before))
}

# whole_run SET [LABELED]: each job in a shell of its own, which reads LABELED first; the least of five rounds
whole_run() {
	local job round least cost
	for job in "${whole_jobs[@]}"; do
		"job_$job" # what it needs is in memory then
		least=
		for round in 1 2 3 4 5; do
			cost=$(whole_once "$job" "${2:-}") || { echo "$job failed in round $round" >&2; return 1; }
			((${least:=$cost} <= cost)) || least=$cost
		done
		printf '{"set":"%s","op":"%s","cost":%s}\n' "$1" "$job" "$least"
	done
}
