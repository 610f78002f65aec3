#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# ending.bats: sluice-gateway is told to end (SIGTERM) while requests keep coming, on its API, between a fake sluiced and
# clients that do not stop. What it freed is overwritten (MALLOC_PERTURB_), so that whoever uses it still does not get away
# with it. BUILD names the folder with sluice-gateway and fake-sluiced. Run as root, the gateway gets the user "nobody".

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load api_stage
	stage_ca
	make_certificate host
}

setup() {
	load api_stage
	stage
	export MALLOC_PERTURB_=165
	cat >"$W/crowd.py" <<-'PY'
		# crowd.py PORT CA TOKEN DIGEST ROUND: decisions, lists and a stream of events, without a pause, until nobody answers.
		# For each decision a line "REASON STATUS", 0 when there was no whole answer; the reason is its own.
		import http.client, json, secrets, ssl, sys, threading
		port, ca, token, digest, turn = sys.argv[1:]
		context = ssl.create_default_context(cafile=ca)
		headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
		def call(connection, method, path, body=None):
		    connection.request(method, "/api/v1" + path, body, headers)
		    answer = connection.getresponse()
		    answer.read()
		    return answer.status
		def crowd(work):
		    connection = http.client.HTTPSConnection("127.0.0.1", int(port), context=context, timeout=20)
		    try:
		        for n in range(100000):
		            work(connection, n)
		    except (OSError, http.client.HTTPException):
		        pass
		def decide(who):
		    def work(connection, n):
		        reason, status = f"t{turn}-{who}-{n}", 0
		        body = {"verdict": "approve", "digest": digest, "nonce": secrets.token_hex(16), "reason": reason}
		        try:
		            status = call(connection, "POST", "/requests/r-abc123/decision", json.dumps(body))
		        finally:
		            print(f"{reason} {status}\n", end="", flush=True)
		    return work
		def look(connection, n):
		    call(connection, "GET", "/requests")
		def listen(connection, n):
		    call(connection, "GET", "/events")
		def begin(connection, n):  # in the middle of a handshake, or of the headers
		    connection.close()
		    connection.connect()
		    connection.send(b"POST /api/v1/requests/r-abc123/decision HTTP/1.1\r\nHost: x\r\n")
		works = [decide(i) for i in range(6)] + [look, look, listen, begin]
		threads = [threading.Thread(target=crowd, args=(work,)) for work in works]
		for thread in threads:
		    thread.start()
		for thread in threads:
		    thread.join()
	PY
}

teardown() {
	stage_end
}

# told STATUS: the reasons of the decisions that were answered so
told() {
	awk -v status="$1" '$2 == status { print $1 }' "$W/told" | sort
}

brought() {
	grep -oE '^decision .* t[0-9]+-[0-9]+-[0-9]+$' "$W/sluiced.log" | awk '{ print $NF }' | sort
}

# end_in_crowd ROUND LINES: the gateway ends when so many decisions have been brought, and then everybody has an answer or
# an end of the connection.
end_in_crowd() {
	timeout 60 python3 "$W/crowd.py" "$PORT" "$CA/ca.pem" "${TOKENS[all]}" "$DIGEST" "$1" >>"$W/told" 2>"$W/crowd.log" 3>&- 9>&- &
	CROWD=$!
	PIDS+=("$CROWD")
	wait_for brought_are "$2"
	kill "$GATEWAY"
	wait "$GATEWAY"
	wait "$CROWD"
	[ ! -s "$W/crowd.log" ]
}

brought_are() {
	[ "$(brought | wc -l)" -ge "$1" ]
}

@test "the gateway ends among requests that keep coming: what it said was decided is, once, and what it said was not is not" {
	local round
	everything
	for round in 1 2 3 4; do
		end_in_crowd "$round" $((20 * round))
		[ -z "$(brought | uniq -d)" ]
		[ -z "$(comm -23 <(told 200) <(brought))" ]
		[ -z "$(comm -12 <(told 503) <(brought))" ]
		[ "$(told 200 | wc -l)" -ge 10 ]
		# for what was on its way nobody says more than that
		[ -z "$(awk '$2 !~ /^(0|200|503|504)$/' "$W/told")" ]
		start_gateway
		wait_for knows r-abc123
	done
}

@test "the gateway ends while decisions wait for sluiced: nobody is told that they are taken, or that they are not" {
	local round
	everything
	order always -1 x
	obeyed
	for round in 1 2 3; do
		end_in_crowd "$round" $((6 * round))
		[ -z "$(told 200)" ]
		[ -z "$(comm -12 <(told 503) <(brought))" ]
		[ "$(told 504 | wc -l)" -ge 1 ]
		start_gateway
		wait_for knows r-abc123
	done
}
