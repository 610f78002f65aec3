#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# api.bats: the gateway's API, whole, in its sandbox, between a fake sluiced and curl as the client. BUILD names the folder
# with sluice-gateway and fake-sluiced. Run as root, the gateway gets the user "nobody".

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load api_stage
	stage_ca
	make_certificate host
}

setup() {
	load api_stage
	stage
}

teardown() {
	stage_end
}

@test "a client lists what waits, and sees one request whole" {
	everything
	order open r-def456
	wait_for knows r-def456
	[ "$(call all /requests)" = 200 ]
	[ "$(body '.requests | map(.id) | join(" ")')" = 'r-abc123 r-def456' ]
	[ "$(body .next)" = null ]
	[ "$(body .agent_connected)" = true ]
	[ "$(call all /requests/r-abc123)" = 200 ]
	[ "$(body .digest)" = "$DIGEST" ]
	[ "$(body .target)" = '198.51.100.7 port 443 tcp' ]
	[ "$(body '.sources[0].path')" = /data/customers.csv ]
	[ "$(body .boot)" = 11111111-2222-3333-4444-555555555555 ]
	grep -qi '^content-type: application/json' "$W/headers"
	grep -qi '^cache-control: no-store' "$W/headers"
	refute grep -qi '^access-control\|^set-cookie' "$W/headers"
}

ids() {
	[ "$(call all "/requests?$1")" = 200 ]
	body '.requests | map(.id) | join(" ")'
}

@test "a list by state, and part by part" {
	everything r-1
	for i in 2 3 4 5 6 7; do order open "r-$i"; done
	order close r-5 approved
	order close r-6 denied
	order close r-7 expired
	wait_for closed_of r-7
	[ "$(ids '')" = 'r-1 r-2 r-3 r-4' ]
	[ "$(ids state=open)" = 'r-1 r-2 r-3 r-4' ]
	[ "$(ids state=closed)" = 'r-7 r-6 r-5' ]
	[ "$(ids state=all)" = 'r-1 r-2 r-3 r-4 r-7 r-6 r-5' ]
	[ "$(ids state=approved)" = r-5 ]
	[ "$(ids state=denied)" = r-6 ]
	[ "$(ids state=expired)" = r-7 ]
	[ "$(ids state=gone)" = '' ]
	# by the path that each part names
	local path='/requests?state=all&limit=3' seen='' parts=0
	while [ "$path" != null ]; do
		[ "$(call all "$path")" = 200 ]
		seen+=$(body '.requests | map(.id + " ") | join("")')
		path=$(body .next)
		path=${path#/api/v1}
		parts=$((parts + 1))
	done
	[ "$seen" = 'r-1 r-2 r-3 r-4 r-7 r-6 r-5 ' ]
	[ "$parts" = 3 ]
	[ "$(ids 'state=all&from=4&limit=2')" = 'r-7 r-6' ]
	[ "$(ids 'state=closed&from=1')" = 'r-6 r-5' ]
	[ "$(ids 'state=denied&from=1')" = '' ]
	[ "$(ids 'from=99')" = '' ]
	local bad
	for bad in state=x state= from=-1 from=x limit=0 limit=51 limit=x; do
		[ "$(call all "/requests?$bad")" = 422 ]
		problem 422 'limit a number from 1 to 50'
	done
	[ "$(ids limit=50)" = 'r-1 r-2 r-3 r-4' ]
}

closed_of() {
	[ "$(call all "/requests/$1")" = 200 ] && [ "$(body .closed)" != null ]
}

@test "each scope lets in what is its, and nothing else" {
	client reads Scopes=read
	client decides Scopes=decide
	client listens Scopes=events
	everything
	local name
	for name in reads decides listens; do
		[ "$name" = reads ] || {
			[ "$(call "$name" /requests)" = 403 ]
			problem 403 "this takes the scope read; add it to Scopes= of [Client $name]"
			grep -qi '^www-authenticate: Bearer .*error="insufficient_scope", scope="read"' "$W/headers"
			[ "$(call "$name" /requests/r-abc123)" = 403 ]
		}
		[ "$name" = decides ] || {
			[ "$(decide "$name")" = 403 ]
			problem 403 'this takes the scope decide'
		}
		[ "$name" = listens ] || {
			[ "$(call "$name" /events)" = 403 ]
			problem 403 'this takes the scope events'
		}
		[ "$(call "$name" /openapi.json)" = 200 ]
	done
	[ "$(decided)" = 0 ]
	[ "$(call reads /requests)" = 200 ]
	[ "$(call reads /requests/r-abc123)" = 200 ]
	[ "$(decide decides)" = 200 ]
	[ "$(listen listens)" = 200 ]
}

# listen CLIENT [OPTION...]: the status alone
# shellcheck disable=SC2153 # TOKENS is the stage's
listen() {
	curl -sN --max-time 4 --cacert "$CA/ca.pem" -H "Authorization: Bearer ${TOKENS[$1]}" -o "$W/body" -D "$W/headers" \
		"${@:2}" "$URL/api/v1/events" || true
	grep -oP '^HTTP/[0-9.]+ \K[0-9]+' "$W/headers"
}

@test "without a client's token nothing is told or done" {
	client old Scopes=read Expires=2020-01-01
	client new Scopes=read Expires=2099-01-01
	everything
	[ "$(call - /requests)" = 401 ]
	problem 401 'sluice-gateway --new-token NAME'
	grep -qi '^www-authenticate: Bearer realm="sluice"' "$W/headers"
	[ "$(post - /requests/r-abc123/decision "$(own)")" = 401 ]
	[ "$(call - /events)" = 401 ]
	[ "$(call old /requests)" = 401 ]
	problem 401 'has expired'
	grep -qi '^www-authenticate: Bearer .*error="invalid_token"' "$W/headers"
	[ "$(call new /requests)" = 200 ]
	local token=${TOKENS[all]} bad
	for bad in "Bearer ${token}x" "Bearer ${token%?}" 'Bearer' 'Bearer ' "Basic $token" "$token" "Token $token" \
		"Bearer $(cat "$W/all.hash")" "Bearer $token,$token"; do
		[ "$(call - /requests -H "Authorization: $bad")" = 401 ]
		[ "$(post - /requests/r-abc123/decision "$(own)" -H "Authorization: $bad")" = 401 ]
	done
	[ "$(call - "/requests?access_token=$token")" = 401 ]
	[ "$(call - /requests -b "token=$token")" = 401 ]
	[ "$(call - /requests -H "authorization: bEARER   $token")" = 200 ]
	[ "$(decided)" = 0 ]
	refute grep -qF "$token" "$W/gateway.log"
}

@test "GET never decides, and no path takes what is not its" {
	everything
	[ "$(call all "/requests/r-abc123/decision?verdict=approve&digest=$DIGEST&nonce=$NONCE")" = 405 ]
	problem 405 'takes POST only'
	grep -qi '^allow: POST' "$W/headers"
	[ "$(call all /requests/r-abc123/decision -X GET -H 'Content-Type: application/json' -d "$(own)")" = 405 ]
	local method
	for method in PUT DELETE PATCH OPTIONS; do
		[ "$(call all /requests/r-abc123/decision -X "$method" -H 'Content-Type: application/json' -d "$(own)")" = 405 ]
		[ "$(call all /requests -X "$method")" = 405 ]
	done
	[ "$(post all /requests "$(own)")" = 405 ]
	[ "$(post all /events "$(own)")" = 405 ]
	[ "$(decided)" = 0 ]
	local path
	for path in / /requests/ /requests/r-abc123/ /requests/R-ABC123 /requests/r-abc123/x /decision /requests/../events \
		/requests/r-1234567890123456 /v2 /openapi.jsonx; do
		[ "$(call all "$path" --path-as-is)" = 404 ]
		problem 404 openapi.json
	done
	[ "$(call all /requests/r-unknown)" = 404 ]
	problem 404 'there is no request r-unknown'
}

@test "another site's page gets nothing, and another name neither" {
	everything
	[ "$(call - /requests -X OPTIONS -H 'Origin: https://evil.example' -H 'Access-Control-Request-Method: GET' \
		-H 'Access-Control-Request-Headers: authorization')" = 405 ]
	refute grep -qi '^access-control' "$W/headers"
	[ "$(call all /requests -H 'Origin: https://evil.example')" = 200 ]
	refute grep -qi '^access-control' "$W/headers"
	grep -qi '^cross-origin-resource-policy: same-origin' "$W/headers"
	[ "$(call all /requests -H 'Host: evil.example')" = 421 ]
	problem 421 PublicURL=
	# there is no page without an identity provider
	[ "$(curl -s -o "$W/body" -w '%{http_code}' --cacert "$CA/ca.pem" "$URL/")" = 404 ]
	[ "$(curl -s -o "$W/body" -w '%{http_code}' --cacert "$CA/ca.pem" "$URL/login")" = 404 ]
}

@test "an answer of the client's own reaches sluiced as that, and no surer than the settings say" {
	client pager Scopes=decide Tier=A2
	everything
	[ "$(decide all)" = 200 ]
	[ "$(body .request)" = r-abc123 ]
	[ "$(body .verdict)" = approve ]
	[ "$(body .message)" = approved ]
	heard "^decision api A1 client sluice-gateway all r-abc123 $DIGEST approve 2 300 SHA256:[^ ]* known partner\$"
	grep -oP '^evidence \K.*' "$W/sluiced.log" >"$W/evidence"
	[ "$(jq -r '.kind + " " + .client + " " + .nonce' "$W/evidence")" = "client all $NONCE" ]
	# by the key that --print-keys shows
	"${RUN_AS[@]}" "$BUILD/sluice-gateway" --print-keys --state "$W/state" >"$W/keys"
	grep -A3 '^\[Channel api\]' "$W/keys" | grep -q '^Tier=A1$'
	grep -A3 '^\[Channel api\]' "$W/keys" | grep -q '^Accounts=client$'
	grep -A1 '^\[Channel api\]' "$W/keys" | sed -n 's/^Key=//p' >"$W/key.pub"
	grep -qF "approve 2 300 $(ssh-keygen -l -f "$W/key.pub" | cut -d' ' -f2) known partner" "$W/sluiced.log"
	[ "$(decide pager 'scope="once"' duration_s=60 reason=)" = 200 ]
	heard "^decision api A2 client sluice-gateway pager r-abc123 $DIGEST approve 1 60 SHA256:[^ ]* \$"
	[ "$(decide pager 'verdict="deny"' 'nonce="ffffffffffffffffffffffffffffffff"')" = 200 ]
	heard "^decision api A2 client sluice-gateway pager r-abc123 $DIGEST deny 0 0 "
	# the digest that the client saw, whatever the request's is by now
	[ "$(decide pager "digest=\"${DIGEST//a/b}\"" 'nonce="eeffffffffffffffffffffffffffffff"')" = 200 ]
	heard "^decision api A2 client sluice-gateway pager r-abc123 ${DIGEST//a/b} approve"
	order close r-abc123 denied
	wait_for closed_of r-abc123
	[ "$(decide pager 'nonce="eeeeffffffffffffffffffffffffffff"')" = 409 ]
	problem 409 'r-abc123 is closed already'
	[ "$(post pager /requests/r-unknown/decision "$(own)")" = 404 ]
}

@test "a client takes back what was approved, and that is no denial of what waits" {
	everything
	[ "$(decide all 'verdict="revoke"')" = 409 ]
	problem 409 'nothing to revoke'
	[ "$(decided)" = 0 ]
	order force r-abc123
	wait_for closed_of r-abc123
	[ "$(call all /requests/r-abc123)" = 200 ]
	[ "$(body .in_force)" = true ]
	[ "$(decide all 'verdict="revoke"' 'scope="once"')" = 422 ]
	[ "$(decide all 'verdict="deny"')" = 409 ]
	[ "$(decide all 'verdict="revoke"')" = 200 ]
	[ "$(body .verdict)" = revoke ]
	heard "^decision api A1 client sluice-gateway all r-abc123 $DIGEST revoke 0 0 SHA256:[^ ]* known partner\$"
	[ "$(decided)" = 1 ]
	stream first all
	order revoke r-abc123
	wait_for told_is first 'request.revoked r-abc123'
	[ "$(call all /requests/r-abc123)" = 200 ]
	[ "$(body '[.in_force, .revoked_by, .revoked_reason, .outcome] | join(", ")')" = \
		'false, ruth, wrong partner, approved by erin; revoked by ruth' ]
	[ "$(body .revoked)" = "$(sed -n 's/^data: //p' "$W/first" | jq -r .timestamp)" ]
}

@test "a body that is not as it must be decides nothing" {
	everything
	local path=/requests/r-abc123/decision change
	[ "$(post all "$path" '{')" = 400 ]
	problem 400 'no JSON'
	[ "$(call all "$path" -X POST -H 'Content-Type: application/json')" = 400 ]
	[ "$(call all "$path" -X POST --data-binary "$(own)")" = 415 ]
	problem 415 application/json
	[ "$(call all "$path" -X POST)" = 415 ]
	[ "$(call all "$path" -H 'Content-Type: application/jsonx' --data-binary "$(own)")" = 415 ]
	for change in digest= nonce= verdict= 'digest="3f9a22c1"' 'verdict="maybe"' 'nonce="0"' 'reason="a\nb"' 'tier="A3"' \
		'person="rita"' duration_s=0 'scope="rule"' 'statement="x"'; do
		[ "$(decide all "$change")" = 422 ]
		problem 422 'nothing was decided'
	done
	# 16 kB may come, more is refused, and much more is not even read
	[ "$(post all "$path" "$(own "reason=\"$(printf 'x%.0s' {1..500})\"")$(printf '%15000s' '')")" = 200 ]
	[ "$(post all "$path" "$(own 'verdict="deny"')$(printf '%16384s' '')")" = 413 ]
	problem 413 '16384 bytes'
	head -c 500000 /dev/zero >"$W/large"
	[[ $(call all "$path" -H 'Content-Type: application/json' -H 'Expect:' --data-binary "@$W/large") =~ ^(000|413)$ ]]
	[ "$(decided)" = 1 ]
	[ "$(call all "$path" -H 'Content-Type: application/json; charset=utf-8' \
		--data-binary "$(own 'nonce="ffffffffffffffffffffffffffffffff"')")" = 200 ]
	[ "$(decided)" = 2 ]
}

# raw HEADERS BODY [VERSION [PATH]]: a decision with these headers, another request behind it; the statuses are printed
raw() {
	printf 'POST %s HTTP/%s\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%b\r\n%b%b' \
		"${4:-/api/v1/requests/r-abc123/decision}" "${3:-1.1}" "${URL#https://}" "${TOKENS[all]}" "$1" "$2" \
		"GET /api/v1/openapi.json HTTP/1.1\r\nHost: ${URL#https://}\r\n\r\n" | "$TOOLS/send-raw" "$PORT"
}

@test "what a proxy could read as another request is refused whole, and nothing behind it is read" {
	everything
	local body chunks headers
	body=$(own)
	chunks=$(printf '%x\\r\\n%s\\r\\n0\\r\\n\\r\\n' ${#body} "$body")
	for headers in "Content-Length: ${#body}\r\nTransfer-Encoding: chunked\r\n" \
		"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n" 'Transfer-Encoding: identity, chunked\r\n' \
		'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n' 'Transfer-Encoding: xchunked\r\n' \
		"Transfer-Encoding : chunked\r\nContent-Length: ${#body}\r\n"; do
		[ "$(raw "$headers" "$chunks")" = 400 ]
	done
	for headers in "Content-Length: ${#body}\r\nContent-Length: 4\r\n" "Content-Length: ${#body}\r\nHost: evil.example\r\n" \
		"Content-Length: ${#body}\r\nAuthorization: Bearer x\r\n" "Content-Length: ${#body}\r\nOrigin: a\r\nOrigin: b\r\n"; do
		[ "$(raw "$headers" "$body")" = 400 ]
	done
	[ "$(raw 'Transfer-Encoding: chunked\r\n' "$chunks" 1.0)" = 400 ]
	[ "$(raw "Content-Length: ${#body}\r\n" "$body" 1.1 /api/v1/requests/r-abc123/decision%00x)" = '404 200' ]
	[ "$(decided)" = 0 ]
	# the neighbours of all these
	[ "$(raw "Content-Length: ${#body}\r\n" "$body")" = '200 200' ]
	body=$(own 'nonce="ffffffffffffffffffffffffffffffff"')
	[ "$(raw 'Transfer-Encoding: chunked\r\n' "$(printf '%x\\r\\n%s\\r\\n0\\r\\n\\r\\n' ${#body} "$body")")" = '200 200' ]
	[ "$(decided)" = 2 ]
}

@test "what sluiced says is said on, each with its status" {
	everything
	local error status n=0
	while read -r error status; do
		order always "$error" "the remedy of $error"
		n=$((n + 1))
		wait_for answers "$status" "$error" "$(printf '%032x' $n)"
	done <<-'END'
		2 404
		114 409
		110 409
		22 422
		116 409
		1 403
		13 403
		17 409
		126 422
		34 422
		129 403
		127 422
		74 422
		28 503
		122 503
		5 503
		16 503
		117 503
	END
	order always 0 approved
	wait_for answers 200 0 "$(printf '%032x' 99)"
}

# The order is on its way while the call is.
answers() {
	[ "$(decide all "nonce=\"$3\"")" = "$1" ] || return 1
	[ "$2" = 0 ] || problem "$1" "the remedy of $2"
}

@test "what is sent again is brought once, and gets the same answer" {
	everything
	order always 0 'r-abc123 is approved: grant g-2'
	wait_for answered_with 'grant g-2' ffffffffffffffffffffffffffffffff
	local before
	before=$(decided)
	[ "$(decide all)" = 200 ]
	order always 0 'something else'
	[ "$(decide all)" = 200 ]
	[ "$(body .message)" = 'r-abc123 is approved: grant g-2' ]
	[ "$(decided)" = $((before + 1)) ]
	# the answer stays when the request is closed
	order close r-abc123 approved
	wait_for closed_of r-abc123
	[ "$(decide all)" = 200 ]
	# the same nonce for something else
	[ "$(decide all 'verdict="deny"')" = 422 ]
	problem 422 'the nonce was used for another decision'
	[ "$(decided)" = $((before + 1)) ]
}

answered_with() {
	[ "$(decide all "nonce=\"$2\"")" = 200 ] && [[ $(body .message) == *"$1"* ]]
}

@test "a decision that is under way is not brought twice, and one that was refused may come again" {
	everything
	# from here on answers wait to be told
	order always -1 x
	obeyed
	post all /requests/r-abc123/decision "$(own)" >"$W/first" 3>&- 9>&- &
	wait_for heard '^decision '
	cp "$W/body" "$W/body.first" 2>/dev/null || true
	[ "$(decide_elsewhere)" = 409 ]
	[[ $(jq -r .detail "$W/second") == *'under way'* ]]
	[ "$(decided)" = 1 ]
	order answer 28 'too many grants'
	wait_for test -s "$W/first"
	[ "$(cat "$W/first")" = 503 ]
	order always 0 approved
	wait_for decided_now
	[ "$(decided)" -ge 2 ]
}

# Not into the files of the call that waits.
decide_elsewhere() {
	curl -s --max-time 5 --cacert "$CA/ca.pem" -o "$W/second" -w '%{http_code}' -H "Authorization: Bearer ${TOKENS[all]}" \
		-H 'Content-Type: application/json' -d "$(own)" "$URL/api/v1/requests/r-abc123/decision"
}

decided_now() {
	[ "$(decide all)" = 200 ]
}

statement() {
	printf '%s\n' sluice-decision-v1 'host etl-04.example' 'boot 11111111-2222-3333-4444-555555555555' \
		"request ${1:-r-abc123}" "digest $DIGEST" 'verdict approve' 'scope once' 'duration_s 60' 'reason contract signed' \
		"time $(date -u +%Y-%m-%dT%H:%M:%S.000Z)" "nonce $NONCE" >"$W/answer"
	rm -f "$W/answer.sig"
	ssh-keygen -q -Y sign -n sluice-decision@sluice -f "$W/rita" "$W/answer" 2>/dev/null
	jq -nc --rawfile statement "$W/answer" --rawfile signature "$W/answer.sig" '{statement: $statement, signature: $signature}'
}

@test "what a person has signed is brought to sluiced byte for byte, whoever brings it" {
	ssh-keygen -q -t ed25519 -N '' -f "$W/rita"
	everything
	[ "$(post all /requests/r-abc123/decision "$(statement)")" = 200 ]
	[ "$(body .message)" = approved ]
	grep -qxF "submit r-abc123 $DIGEST approve $(ssh-keygen -l -f "$W/rita.pub" | cut -d' ' -f2)" "$W/sluiced.log"
	# the gateway adds nothing of its own
	[ "$(decided)" = 0 ]
	# the same again is the same
	[ "$(post all /requests/r-abc123/decision "$(jq -nc --rawfile s "$W/answer" --rawfile g "$W/answer.sig" '{statement: $s, signature: $g}')")" = 200 ]
	[ "$(grep -c '^submit ' "$W/sluiced.log")" = 1 ]
	# a request that the gateway has not heard of is sluiced's to know
	[ "$(post all /requests/r-77/decision "$(statement r-77)")" = 200 ]
	heard '^submit r-77 '
	[ "$(post all /requests/r-77/decision "$(statement r-78)")" = 422 ]
	problem 422 'the statement is about r-78, and the path about r-77'
	order always 129 'the key belongs to no person of the policy'
	wait_for refused_key
	[ "$(post all /requests/r-abc123/decision "$(statement | jq -c '.verdict = "deny"')")" = 422 ]
	[ "$(post all /requests/r-abc123/decision "$(statement | jq -c '.statement += "\n"')")" = 422 ]
	problem 422 'of the statement is not as sluice approve --print writes it'
}

refused_key() {
	[ "$(post all /requests/r-79/decision "$(statement r-79)")" = 403 ] && problem 403 'belongs to no person'
}

@test "without sluiced nothing is decided, and it is said what is not known" {
	everything
	order always -1 x
	obeyed
	post all /requests/r-abc123/decision "$(own)" >"$W/first" 3>&- 9>&- &
	wait_for heard '^decision '
	order drop
	wait_for test -s "$W/first"
	[ "$(cat "$W/first")" = 504 ]
	problem 504 'look whether the request was decided'
	wait_for reconnected
	order open r-abc123
	wait_for pending r-abc123
	kill "$SLUICED"
	wait_for disconnected
	[ "$(decide all)" = 503 ]
	problem 503 'sluiced does not answer'
	grep -qi '^retry-after: [1-9]' "$W/headers"
	ssh-keygen -q -t ed25519 -N '' -f "$W/rita"
	[ "$(post all /requests/r-abc123/decision "$(statement)")" = 503 ]
}

pending() {
	[ "$(call all "/requests/$1")" = 200 ] && [ "$(body .state)" = pending ]
}

disconnected() {
	[ "$(call all /requests)" = 200 ] && [ "$(body .agent_connected)" = false ]
}

@test "who asks too often waits, and nobody else does" {
	client eager 'Scopes=read decide' Rate=3
	everything
	local i
	for i in 1 2; do [ "$(call eager /requests)" = 200 ]; done
	[ "$(call eager /events)" = 403 ]
	[ "$(call eager /requests)" = 429 ]
	problem 429 'more than 3 requests a minute (Rate= of [Client eager])'
	grep -qiP '^retry-after: (1?[0-9]|20)\r$' "$W/headers"
	[ "$(decide eager)" = 429 ]
	[ "$(decided)" = 0 ]
	[ "$(call all /requests)" = 200 ]
	[ "$(call eager /openapi.json)" = 200 ]
}

# stream NAME CLIENT [OPTION...]: events go to $W/NAME
stream() {
	curl -sN --cacert "$CA/ca.pem" -H "Authorization: Bearer ${TOKENS[$2]}" "${@:3}" "$URL/api/v1/events" >"$W/$1" \
		3>&- 9>&- &
	LISTENER=$!
	PIDS+=("$LISTENER")
	wait_for grep -q '^retry: ' "$W/$1"
}

# The events of $W/NAME: type and request, one a line.
told() {
	sed -n 's/^data: //p' "$W/$1" | jq -r '.type + " " + (.data.id // "")'
}

told_is() {
	[ "$(told "$1")" = "$2" ]
}

@test "events come as they happen, once, and go on where a listener was" {
	everything
	stream first all
	order open r-2
	order again
	order count r-2
	order escalate r-2
	order again
	order close r-2 approved
	wait_for told_is first $'request.opened r-2\nrequest.updated r-2\nrequest.escalated r-2\nrequest.closed r-2'
	[ "$(sed -n 's/^data: //p' "$W/first" | jq -rs '.[3].data | .state + " " + .digest')" = "approved $DIGEST" ]
	[ "$(sed -n 's/^data: //p' "$W/first" | jq -rs '.[0].data.url')" = null ]
	grep -q '^event: request.opened$' "$W/first"
	# from the second on, and what comes then
	local second
	second=$(grep '^id: ' "$W/first" | sed -n 3p)
	stream later all -H "Last-Event-ID: ${second#id: }"
	wait_for told_is later $'request.escalated r-2\nrequest.closed r-2'
	order open r-3
	wait_for told_is later $'request.escalated r-2\nrequest.closed r-2\nrequest.opened r-3'
	# each has one id, by which they come in order
	[ "$(grep -c '^id: ' "$W/first")" = 6 ]
	[ -z "$(grep '^id: ' "$W/first" | sort | uniq -d)" ]
	# a reconnect tells all anew, and what was open already is not opened again
	order forget r-abc123
	order drop
	wait_for reconnected
	order open r-4
	wait_for told_has later 'request.opened r-4'
	# what it does not tell of has ended
	told_has later 'request.closed r-abc123'
	[ "$(told later | grep -c 'request.opened r-3')" = 1 ]
}

told_has() {
	told "$1" | grep -qxF "$2"
}

reconnected() {
	[ "$(grep -c '^connected' "$W/sluiced.log")" = 2 ] && [ "$(call all /requests)" = 200 ] &&
		[ "$(body .agent_connected)" = true ]
}

@test "a listener that comes with an id of before the start, or too late, hears that it has missed something" {
	everything
	local id
	stream early all
	id=$(sed -n 's/^id: //p' "$W/early" | head -n 1)
	for bad in '00000000-1' "${id}9" nonsense "${id%-*}-99"; do
		stream "lost" all -H "Last-Event-ID: $bad"
		wait_for grep -q '^event: lost$' "$W/lost"
		wait_for grep -q '^data: .*list the requests anew' "$W/lost"
		kill "$LISTENER"
		wait_for listeners 1
	done
	stream same all -H "Last-Event-ID: $id"
	order open r-2
	wait_for told_has same 'request.opened r-2'
	refute grep -q '^event: lost' "$W/same"
}

# Those that the log says are there; one that has gone is noticed when it is sent something.
listeners() {
	order open "r-$((RANDOM))"
	[ $(($(grep -c 'client [a-z]* listens$' "$W/gateway.log") - $(grep -c 'listens no more' "$W/gateway.log"))) -le "$1" ]
}

@test "a comment now and then keeps a quiet stream open" {
	everything
	stream quiet all
	wait_for grep -q '^:$' "$W/quiet" || wait_for grep -q '^:$' "$W/quiet"
	kill -0 "$LISTENER"
	order open r-2
	wait_for told_is quiet 'request.opened r-2'
}

@test "a stream ends when its token does" {
	client brief Scopes=events "Expires=$(date -u -d '+10 sec' +%FT%TZ)"
	everything
	stream mine brief
	local brief=$LISTENER
	stream other all
	wait_for ended "$brief" || wait_for ended "$brief" || wait_for ended "$brief"
	[ "$(listen brief)" = 401 ]
	refute ended "$LISTENER"
}

ended() {
	if kill -0 "$1" 2>/dev/null; then return 1; fi
}

@test "listeners are bounded, of a client and in all" {
	local i k
	for i in {1..8}; do client "c$i" 'Scopes=events read'; done
	everything
	for k in 1 2 3 4; do stream "s1-$k" c1; done
	[ "$(listen c1)" = 429 ]
	problem 429 'listens 4 times already'
	grep -qi '^retry-after:' "$W/headers"
	for i in {2..8}; do for k in 1 2 3 4; do stream "s$i-$k" "c$i" --local-port 20000-60000 --interface "127.0.0.$i"; done; done
	[ "$(listen all --interface 127.0.0.99)" = 503 ]
	problem 503 'too many listen already'
	[ "$(call c1 /requests --interface 127.0.0.99)" = 200 ]
	order open r-2
	for i in {1..8}; do for k in 1 2 3 4; do wait_for told_is "s$i-$k" 'request.opened r-2'; done; done
}

@test "a listener that does not read holds nobody up, and is ended" {
	local i
	everything
	mkfifo "$W/go"
	"$TOOLS/slow-listener" "$PORT" "$CA/ca.pem" "${TOKENS[all]}" <"$W/go" >"$W/slow" 3>&- 9>&- &
	PIDS+=($!)
	exec 8>"$W/go"
	wait_for grep -q listening "$W/slow"
	stream fast all
	for i in {1..300}; do order large "r-$i"; done
	wait_for grep -q '"id":"r-300"' "$W/fast" || wait_for grep -q '"id":"r-300"' "$W/fast"
	[ "$(told fast | grep -c '^request.opened')" = 300 ]
	[ "$(call all /requests?limit=1)" = 200 ]
	[ "$(decide all)" = 200 ]
	# no more than it took is kept for it: it is ended, and its place is free
	wait_for grep -q 'listens no more' "$W/gateway.log" || wait_for grep -q 'listens no more' "$W/gateway.log"
	echo >&8
	exec 8>&-
	wait_for grep -q ended "$W/slow"
	[ "$(grep -oP '^[0-9]+' "$W/slow")" -lt 3000000 ]
	kill -0 "$LISTENER"
}

@test "the API serves all that its description says, and nothing else" {
	local i tokens
	client reads Scopes=read Rate=6000
	client decides Scopes=decide Rate=6000
	client listens Scopes=events Rate=6000
	client eager 'Scopes=read decide' Rate=1
	for i in {1..8}; do client "c$i" Scopes=events; done
	everything
	order close r-7 approved
	order hostile r-evil
	tokens=$(for i in "${!TOKENS[@]}"; do printf '%s %s\n' "$i" "${TOKENS[$i]}"; done |
		jq -Rn '[inputs | split(" ") | {key: .[0], value: .[1]}] | from_entries')
	run "$TOOLS/try-openapi" "$URL" "$CA/ca.pem" "$W/orders" "$W/sluiced.log" "$tokens"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == '28 answers of 5 operations' ]]
}

@test "the gateway ends while somebody listens" {
	everything
	stream first all
	kill "$GATEWAY"
	wait "$GATEWAY"
	wait "$LISTENER" # its answer has an end
	refute grep -qi 'panic\|error' "$W/gateway.log"
}

@test "text from outside is spelled as in a terminal" {
	everything
	stream first all
	order hostile r-evil
	wait_for knows r-evil
	[[ $(body .target) == '[Approve](https://evil.example) \u202e\x1b[2J\xff' ]]
	[[ $(body .executable) == '\x01\x01'* ]]
	wait_for told_is first 'request.opened r-evil'
	[[ $(sed -n 's/^data: //p' "$W/first" | jq -r .data.target) == '[Approve](https://evil.example) \u202e\x1b[2J\xff' ]]
}

# refused TEXT LINE...: such settings are, with that in the message
refused() {
	printf '%s\n' "${@:2}" >"$W/refused.conf"
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --check --config "$W/refused.conf"
	[ "$status" = 1 ]
	[[ $output == *"$1"* ]] || {
		echo "$output"
		return 1
	}
}

@test "settings that would not be safe are refused" {
	local web=('[Web]' "Listen=127.0.0.1:$PORT" 'PublicURL=https://x.example' "CertificateFile=$CA/host.pem" "KeyFile=$W/host.key")
	local one=('[Client one]' "TokenHashFile=$W/all.hash" Scopes=read)
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --check --config "$W/gateway.conf"
	[ "$status" = 0 ]
	[[ $output == *"API at $URL/api/v1"* ]]
	[[ $output == *'client all: read decide events'* ]]
	[[ $output != *page* ]]
	refused '[Web] serves nobody' "${web[@]}"
	refused '[Client one] has nowhere to connect to' "${one[@]}"
	refused 'a client needs a name' "${web[@]}" '[Client]'
	refused 'a client needs a name' "${web[@]}" '[Client Pager]'
	refused 'a second section [Client one]' "${web[@]}" "${one[@]}" "${one[@]}"
	refused 'have one token' "${web[@]}" "${one[@]}" '[Client two]' "TokenHashFile=$W/all.hash" Scopes=read
	refused 'needs TokenHashFile=' "${web[@]}" '[Client one]' Scopes=read
	refused 'needs Scopes=' "${web[@]}" '[Client one]' "TokenHashFile=$W/all.hash"
	refused 'Scopes=admin is not known' "${web[@]}" "${one[@]:0:2}" 'Scopes=read admin'
	refused 'refused.conf:9: Expires=soon must be a date' "${web[@]}" "${one[@]}" Expires=soon
	refused 'Tier=A3 must be A1 or A2' "${web[@]}" "${one[@]}" Tier=A3
	refused 'Rate=0 must be' "${web[@]}" "${one[@]}" Rate=0
	refused 'unknown key' "${web[@]}" "${one[@]}" Token=sluice_x
	refused 'belong together' "${web[@]}" ClientId=x "${one[@]}"
	cp "$W/all.hash" "$W/open.hash"
	chmod 0644 "$W/open.hash"
	refused 'is open to others' "${web[@]}" '[Client one]' "TokenHashFile=$W/open.hash" Scopes=read
	echo "${TOKENS[all]}" >"$W/token.hash"
	chmod 0600 "$W/token.hash"
	[ "$(id -u)" != 0 ] || chown nobody "$W/token.hash"
	refused 'never put the token itself there' "${web[@]}" '[Client one]' "TokenHashFile=$W/token.hash" Scopes=read
	[[ $output != *"${TOKENS[all]}"* ]]
}

@test "a new token is shown once, and only its hash goes to standard output" {
	local token
	"$BUILD/sluice-gateway" --new-token pager.2 >"$W/out" 2>"$W/said"
	[[ $(cat "$W/out") =~ ^[0-9a-f]{64}$ ]]
	token=$(grep -o 'sluice_[A-Za-z0-9_-]\{43\}' "$W/said")
	[ "$(printf %s "$token" | sha256sum | cut -d' ' -f1)" = "$(cat "$W/out")" ]
	grep -qF '[Client pager.2]' "$W/said"
	run "$BUILD/sluice-gateway" --new-token Pager
	[ "$status" = 1 ]
}
