#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# syslog.bats: the journal by syslog over TLS: sluice-gateway whole, in its sandbox, between a fake sluiced and receivers
# that nobody here wrote: rsyslog of Debian, and openssl s_server where it must behave as no good receiver does. BUILD
# names the folder of the programs, SLUICE_CACHE the one that rsyslog is kept in.

setup_file() {
	export cache=${SLUICE_CACHE:-$BATS_TEST_DIRNAME/../.cache}
	# shellcheck source=scripts/lib/archive.sh
	. "$BATS_TEST_DIRNAME/../scripts/lib/archive.sh"
	# shellcheck source=scripts/lib/rsyslog.sh
	. "$BATS_TEST_DIRNAME/../scripts/lib/rsyslog.sh"
	rsyslog_fetch
	load gateway_stage
	stage_ca
	make_certificate host
	make_certificate gateway
	chmod 0640 "$CA/gateway.key"
	[ "$(id -u)" != 0 ] || chown nobody "$CA/gateway.key"
	make_ca other
}

setup() {
	# shellcheck source=scripts/lib/rsyslog.sh
	. "$BATS_TEST_DIRNAME/../scripts/lib/rsyslog.sh"
	load gateway_stage
	load offhost_stage
	stage_journal
	read -r PORT _ < <(free_ports)
	syslog_conf
}

teardown() {
	stage_end
}

# syslog_conf [LINE...]: of the gateway
syslog_conf() {
	printf '%s\n' "[Syslog siem]" Host=127.0.0.1 "Port=$PORT" "CAFile=$CA/ca.pem" Timeout=1s Resend=2s "$@" >"$W/gateway.conf"
}

# rsyslog_conf AUTHENTICATION: lines with where they stand to "lines", the header's fields to "heads"; sluice-gateway.conf(5)
# has the first template
rsyslog_conf() {
	cat >"$W/rsyslog.conf" <<-END
		global(workDirectory="$W" maxMessageSize="70k" defaultNetstreamDriver="ossl"
		  defaultNetstreamDriverCAFile="$CA/ca.pem" defaultNetstreamDriverCertFile="$CA/host.pem"
		  defaultNetstreamDriverKeyFile="$CA/host.key")
		module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="$1")
		input(type="imtcp" address="127.0.0.1" port="$PORT")
		template(name="sluice" type="string" string="%structured-data% %msg%\\n")
		template(name="heads" type="string" string="%pri% %hostname% %app-name% %procid% %msgid% %timereported:::date-rfc3339%\\n")
		action(type="omfile" file="$W/lines" template="sluice")
		action(type="omfile" file="$W/heads" template="heads")
	END
}

start_rsyslog() {
	[ -e "$W/rsyslog.conf" ] || rsyslog_conf anon
	(rsyslog_run "$W/rsyslog.conf" "$W/rsyslog.pid") >>"$W/rsyslog.log" 2>&1 3>&- 9>&- &
	RECEIVER=$!
	PIDS+=("$RECEIVER")
	wait_for listens
}

listens() {
	[ -n "$(ss -Hltn "sport = :$PORT")" ]
}

# The journal from what rsyslog wrote, as sluice-gateway.conf(5) says.
rebuild() {
	sed -E 's/^\[[^]]* offset="([0-9]+)"[^]]*\] /\1 /' "$W/lines" | LC_ALL=C sort -nu -k1,1 | cut -d ' ' -f 2-
}

# How often the line at this offset came.
came() {
	grep -c " offset=\"$1\" " "$W/lines"
}

# start_server OPTION...: openssl s_server, which writes what comes
start_server() {
	[ -p "$W/silence" ] || mkfifo "$W/silence" # what it would say
	openssl s_server -accept "127.0.0.1:$PORT" -cert "$CA/host.pem" -key "$CA/host.key" -quiet -naccept 1000 "$@" \
		>>"$W/server.out" 2>>"$W/server.log" 3>&- 9>&- <>"$W/silence" &
	RECEIVER=$!
	PIDS+=("$RECEIVER")
	wait_for listens
}

# A line of 65,535 bytes, the longest that the journal has.
write_longest() {
	local n
	write_more --entries 20 # all that follow have numbers of two digits
	printf '{"type":"agent.note","message":"%060000d"}' 0 | write_more --stdin
	n=$((60000 + 65535 - $(grep '"message":"0000' "$J" | tr -d '\n' | wc -c)))
	printf '{"type":"agent.note","message":"%0*d"}' "$n" 0 | write_more --stdin
	[ "$(LC_ALL=C awk '{ if (length > n) n = length } END { print n }' "$J")" = 65535 ]
}

@test "what rsyslog writes is the journal, to the byte, and is verified" {
	write_longest
	printf '{"type":"agent.note","message":"tab\\t line\\n \\u007f \\u0085 [x offset=\\"1\\" y] é ≠  two  "}' | write_more --stdin
	start_rsyslog
	start_all
	wait_for heard '^sink syslog-siem sent 0 $'
	heard '^no receipt from syslog-siem$'
	wait_for heard "^sink syslog-siem sent $(size) \$"
	cmp <(sed -E 's/^\[sluice@32473 [^]]*\] //' "$W/lines") "$J"
	rebuild | "$BUILD/sluice" journal verify -
	[ "$(sed -E 's/.* journal="([0-9a-f]*)" .*/\1/' "$W/lines" | sort -u)" = \
		"$("$BUILD/sluice" journal verify --json "$J" | jq -r .genesis)" ]
	cmp <(cut -d ' ' -f 1-5 "$W/heads") <(jq -r --arg host "$(hostname)" \
		'"110 " + $host + " sluice - " + (.type // "checkpoint")' "$J")
	cmp <(grep -v checkpoint "$W/heads" | cut -d ' ' -f 6 | tr -d TZ:. | tr -d -) \
		<(jq -r 'select(.seq) | .time as $t | ($t / 1000 | floor | strftime("%Y%m%d%H%M%S")) +
			("00" + ($t % 1000 | tostring))[-3:]' "$J")
}

@test "it goes on as the journal grows, on the same connection, and nothing comes twice" {
	start_rsyslog
	start_all
	wait_for heard "^sink syslog-siem sent $(size) \$"
	write_more later
	order journal "$J"
	wait_for heard "^sink syslog-siem sent $(size) \$"
	cmp <(sed -E 's/^\[sluice@32473 [^]]*\] //' "$W/lines") "$J"
}

@test "a receiver that is killed in the middle: nothing is missing in the end" {
	start_rsyslog
	start_all
	wait_for heard "^sink syslog-siem sent $(size) \$"
	local held
	held=$(size)
	write_more --entries 60000
	order journal "$J"
	wait_for came "$held"
	kill -9 "$RECEIVER"
	wait "$RECEIVER" || true
	[ "$(rebuild | wc -l)" -lt "$(wc -l <"$J")" ]
	# The kill may cut a line.
	[ -z "$(tail -c 1 "$W/lines")" ] || sed -i '$d' "$W/lines"
	wait_for heard "^sink syslog-siem retrying $held "
	start_rsyslog
	wait_for heard "^sink syslog-siem sent $(size) \$"
	rebuild | cmp - "$J"
	rebuild | "$BUILD/sluice" journal verify -
	[ "$(came 0) $(came "$held")" = "1 2" ]
}

@test "a receiver that is away for a while: what came later is sent, what it has is not" {
	start_rsyslog
	start_all
	wait_for heard "^sink syslog-siem sent $(size) \$"
	kill "$RECEIVER"
	wait "$RECEIVER" || true
	write_more later
	order journal "$J"
	wait_for heard '^sink syslog-siem retrying [1-9][0-9]* cannot connect to 127.0.0.1 port [0-9]+: Connection refused'
	start_rsyslog
	wait_for heard "^sink syslog-siem sent $(size) \$"
	cmp <(sed -E 's/^\[sluice@32473 [^]]*\] //' "$W/lines") "$J"
}

@test "the gateway is killed: it goes on from what is held, and sends the rest twice at most" {
	start_rsyslog
	start_all
	wait_for heard "^sink syslog-siem sent $(size) \$"
	local held
	held=$(size)
	write_more later
	order journal "$J"
	wait_for came "$held"
	kill -9 "$GATEWAY"
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink syslog-siem sent $(size) \$"
	[ "$(came 0)" = 1 ]
	[ "$(came "$held")" = 2 ]
	rebuild | cmp - "$J"
}

@test "another journal begins anew, one that was cut is told of" {
	start_rsyslog
	cp "$J" "$W/old"
	write_more later
	start_all
	wait_for heard "^sink syslog-siem sent $(size) \$"
	cp "$J" "$W/whole"
	cp "$W/old" "$J"
	order journal "$J"
	wait_for heard '^sink syslog-siem diverged [0-9]+ [0-9]+ bytes were sent, .* it was cut or begun anew$'
	cmp <(sed -E 's/^\[sluice@32473 [^]]*\] //' "$W/lines") "$W/whole"
	rm "$J" "$W/key.pem" "$W/lines"
	pkill -HUP -F "$W/rsyslog.pid" # it opens its files anew
	write_more
	order journal "$J"
	wait_for heard_last "syslog-siem sent $(size) "
	rebuild | cmp - "$J"
}

@test "a certificate of another authority is refused, and nothing is said" {
	syslog_conf
	sed -i "s|^CAFile=.*|CAFile=$CA/other.pem|" "$W/gateway.conf"
	start_rsyslog
	start_all
	wait_for heard "^sink syslog-siem refused 0 the receiver's certificate is not accepted: self-signed certificate in certificate chain"
	[ ! -e "$W/lines" ]
}

@test "a certificate for another name is refused" {
	sed -i 's/^Host=.*/Host=localhost/' "$W/gateway.conf"
	start_rsyslog
	start_all
	wait_for heard "^sink syslog-siem refused 0 the receiver's certificate is not accepted: hostname mismatch"
	[ ! -e "$W/lines" ]
}

@test "TLS 1.1 is refused, 1.2 is spoken" {
	start_server -tls1_1 -cipher 'DEFAULT:@SECLEVEL=0'
	start_all
	wait_for heard '^sink syslog-siem refused 0 TLS: .*(protocol|version)'
	[ ! -s "$W/server.out" ]
	kill "$RECEIVER"
	wait "$RECEIVER" || true
	start_server -tls1_2
	wait_for heard "^sink syslog-siem sent $(size) \$"
	grep -q '^[0-9]* <110>1 .* sluice - ' "$W/server.out"
}

@test "the gateway shows its certificate to a receiver that asks for one" {
	rsyslog_conf x509/certvalid
	start_rsyslog
	start_all
	wait_for heard '^sink syslog-siem (refused|retrying) 0 '
	kill "$GATEWAY"
	[ ! -e "$W/lines" ]
	syslog_conf "CertificateFile=$CA/gateway.pem" "KeyFile=$CA/gateway.key"
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink syslog-siem sent $(size) \$"
	rebuild | cmp - "$J"
}

@test "a receiver that takes nothing holds up nobody else, and is left" {
	mkdir "$W/copy"
	chmod 0777 "$W/copy"
	python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)' "$PORT" 3>&- &
	PIDS+=($!)
	wait_for listens
	sed -i -e 's/^Timeout=.*/Timeout=5s/' -e 's/^Resend=.*/Resend=6s/' "$W/gateway.conf"
	printf '%s\n' "[Folder]" "Path=$W/copy" Interval=1s >>"$W/gateway.conf"
	start_all
	wait_for heard "^sink folder sent $(size) \$"
	write_more later
	order journal "$J"
	wait_for heard "^sink folder sent $(size) \$"
	refute heard '^sink syslog'
	wait_for heard '^sink syslog-siem retrying 0 the receiver has taken nothing for 5 s'
}

@test "settings: what is wrong is named with its line" {
	conf() {
		printf '%s\n' '[Syslog]' "$@" >"$W/gateway.conf"
		"$BUILD/sluice-gateway" --check --config "$W/gateway.conf" 2>&1 | grep -v '^$'
	}
	conf | grep -q 'gateway.conf:1: section \[Syslog\] needs Host='
	conf 'Host=h.example:6514/x' | grep -q 'gateway.conf:2: Host=h.example:6514/x is neither a name nor an address'
	conf Host=h Port=0 | grep -q 'gateway.conf:3: Port=0 must be a number from 1 to 65535'
	conf Host=h CAFile=/nowhere | grep -q 'gateway.conf:3: CAFile=/nowhere cannot be read'
	conf Host=h "CAFile=$W/key.pem" | grep -q 'gateway.conf:3: CAFile=.* holds no certificates in PEM'
	conf Host=h "CertificateFile=$CA/gateway.pem" | grep -q 'CertificateFile= and KeyFile= go together'
	conf Host=h "CertificateFile=$CA/host.pem" "KeyFile=$CA/gateway.key" | grep -q 'gateway.conf:4: KeyFile=.* is not the key of'
	chmod 0644 "$W/key.pem"
	conf Host=h "CertificateFile=$CA/gateway.pem" "KeyFile=$W/key.pem" | grep -q 'gateway.conf:4: KeyFile=.* is open to others'
	conf Host=h Timeout=10s Resend=10s | grep -q 'gateway.conf:4: Resend= must be longer than Timeout='
	conf Host=h Timeout=10s Resend=11s | grep -qx 'journal to syslog'
	conf Host=h "CertificateFile=$CA/gateway.pem" "KeyFile=$CA/gateway.key" | grep -qx 'journal to syslog'
}

# A journal of three files; those that are full are asked for.
@test "from one file of the journal to the next nothing is lost and nothing comes twice" {
	write_more --entries 40000
	write_more --next
	write_more --entries 3000
	write_more --next
	start_rsyslog
	start_all
	wait_for heard "^sink syslog-siem sent $(all_size) \$"
	heard '^part 0$'
	cmp <(sed -E 's/^\[sluice@32473 [^]]*\] //' "$W/lines") <(all_files)
	# begun while it is connected, by a gateway that has both ends
	write_more --next
	write_more later
	order journal "$J"
	wait_for heard "^sink syslog-siem sent $(all_size) \$"
	cmp <(sed -E 's/^\[sluice@32473 [^]]*\] //' "$W/lines") <(all_files)
	# what is held ends in a file that is full by now
	kill -9 "$GATEWAY"
	write_more --next
	write_more --next
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink syslog-siem sent $(all_size) \$"
	cmp <(sed -E 's/^\[sluice@32473 [^]]*\] //' "$W/lines") <(all_files)
	rebuild | "$BUILD/sluice" journal verify -
}

@test "a receiver that is killed while an older file is sent: nothing is missing in the end" {
	local held
	start_rsyslog
	start_all
	wait_for heard "^sink syslog-siem sent $(size) \$"
	held=$(all_size)
	write_more --entries 60000
	write_more --next
	write_more later
	order journal "$J"
	wait_for came "$held"
	kill -9 "$RECEIVER"
	wait "$RECEIVER" || true
	[ "$(rebuild | wc -l)" -lt "$(all_files | wc -l)" ]
	[ -z "$(tail -c 1 "$W/lines")" ] || sed -i '$d' "$W/lines"
	wait_for heard "^sink syslog-siem retrying $held "
	start_rsyslog
	wait_for heard "^sink syslog-siem sent $(all_size) \$"
	rebuild | cmp - <(all_files)
	[ "$(came 0) $(came "$held")" = "1 2" ]
}

@test "a full file that was changed where the last line ends that was sent is told of" {
	local full=$J.00000000000000000000 held
	write_more --entries 100
	start_rsyslog
	start_all
	held=$(size)
	wait_for heard "^sink syslog-siem sent $held \$"
	kill -9 "$GATEWAY"
	write_more --next
	cp "$full" "$W/old"
	printf 'x' | dd of="$full" bs=1 seek=$((held - 1)) conv=notrunc status=none
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink syslog-siem diverged [0-9]* $held bytes were sent, "
	cp "$W/old" "$full"
	wait_for heard_last "syslog-siem sent $(all_size) "
	cmp <(sed -E 's/^\[sluice@32473 [^]]*\] //' "$W/lines") <(all_files)
}
