#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# web.bats: the gateway's page, whole, in its sandbox, between a fake sluiced, a fake identity provider over TLS on
# loopback, and curl as the browser. BUILD names the folder with sluice-gateway and fake-sluiced. Run as root, the gateway
# gets the user "nobody".

DIGEST=3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load web_stage
	stage_file
	# keys of the provider, made once
	mkdir "$CA/keys"
	for i in 0 1; do openssl genrsa -out "$CA/keys/provider-$i.pem" 2048 2>/dev/null; done
}

setup() {
	load web_stage
	stage
	cp "$CA"/keys/* "$W/idp"
}

teardown() {
	stage_end
}

# everything [REQUEST]: the whole stage, with one open request
everything() {
	start_provider
	start_sluiced
	start_gateway
	wait_for heard '^hello'
	order open "${1:-r-abc123}"
	order always 0 approved
}

start_provider() {
	"$TOOLS/fake-provider" --port "$IDP" --issuer "$ISSUER" --client sluice --secret 'asecret%2Fword' \
		--redirect "$URL/callback" --cert "$CA/host.pem" --key "$CA/host.key" "$W/idp" >>"$W/provider.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for curl -s --cacert "$CA/ca.pem" "$ISSUER/keys"
	: >"$W/idp/asked"
}

heard() {
	grep -qE -- "$1" "$W/sluiced.log"
}

# In bats a plain "! command" fails no test.
refute() {
	if "$@"; then return 1; fi
}

# ask JAR PATH [OPTION...]: one request with the cookies of that browser; the body goes to $W/page, the headers to
# $W/headers, the status is printed.
ask() {
	curl -s --max-time 20 --cacert "$CA/ca.pem" -b "$W/$1" -c "$W/$1" -o "$W/page" -D "$W/headers" -w '%{http_code}' \
		"${@:3}" "$URL$2"
}

# sign_in JAR [PATH]: as a browser does, over the provider and back
sign_in() {
	STATUS=$(ask "$1" "${2:-/}" -L)
	[ "$STATUS" = 200 ]
}

# post JAR PATH FIELD=VALUE...: as the page's form does
post() {
	local jar=$1 path=$2 fields=() field
	shift 2
	for field; do fields+=(--data-urlencode "$field"); done
	ask "$jar" "$path" -H "Origin: ${ORIGIN-$URL}" "${HEADERS[@]}" "${fields[@]}"
}

# The form's token on the last page.
token() {
	grep -oP 'name="token" value="\K[^"]+' "$W/page" | head -n 1
}

# decide JAR FIELD=VALUE...: with what the form has, each field once
decide() {
	local jar=$1 field fields=()
	local -A form=([token]=$TOKEN [digest]=$DIGEST [scope]=once [duration]=300)
	shift
	for field; do form[${field%%=*}]=${field#*=}; done
	for field in "${!form[@]}"; do fields+=("$field=${form[$field]}"); done
	post "$jar" /r/r-abc123 "${fields[@]}"
}

page_has() {
	grep -qF -- "$1" "$W/page"
}

decided() {
	grep -c '^decision ' "$W/sluiced.log" || true
}

@test "who signs in sees the request, and the approval reaches sluiced with all that it rests on" {
	everything
	sign_in erin /r/r-abc123
	page_has 'Approval needed: sending labeled data to the network'
	page_has '198.51.100.7 port 443 tcp'
	page_has '/data/customers.csv'
	page_has 'monthly report'
	page_has '<svg class="lineage"'
	TOKEN=$(token)
	[ "$(decide erin verdict=approve duration=60 'reason=known partner')" = 303 ]
	wait_for heard "^decision web A3 oidc $ISSUER u-erin r-abc123 $DIGEST approve 1 60 SHA256:[^ ]* known partner\$"
	# the token that the provider has signed
	grep -oP '^evidence \K.*' "$W/sluiced.log" >"$W/evidence"
	[ "$(jq -r .issuer "$W/evidence")" = "$ISSUER" ]
	[ "$(jq -r '.id_token | split(".")[1] | gsub("-";"+") | gsub("_";"/") | @base64d | fromjson | .sub' "$W/evidence")" = u-erin ]
	[ "$(ask erin /r/r-abc123)" = 200 ]
	page_has 'role="status">approved</p>'
	# once
	[ "$(ask erin /r/r-abc123)" = 200 ]
	refute page_has 'role="status"'
	order close r-abc123 approved
	wait_for closed_in_history
	[ "$(decide erin verdict=approve)" = 409 ]
	[ "$(decided)" = 1 ]
}

closed_in_history() {
	[ "$(ask erin /history)" = 200 ] && page_has 'href="/r/r-abc123"'
}

@test "a denial carries no scope, and needs none" {
	everything
	sign_in erin
	TOKEN=$(token)
	[ "$(post erin /r/r-abc123 "token=$TOKEN" "digest=$DIGEST" verdict=deny)" = 303 ]
	wait_for heard "^decision web A3 oidc $ISSUER u-erin r-abc123 $DIGEST deny 0 0 SHA256:[^ ]* \$"
}

in_force() {
	[ "$(ask erin /r/r-abc123)" = 200 ] && page_has 'value="revoke"'
}

@test "what was approved and is in force is revoked on its page, by the same form as all else" {
	everything
	order always 0 it is revoked
	sign_in erin /r/r-abc123
	refute in_force
	TOKEN=$(token)
	# there is nothing to revoke yet, and it is no denial
	[ "$(decide erin verdict=revoke)" = 409 ]
	[ "$(decided)" = 0 ]
	order force r-abc123
	wait_for in_force
	[ "$(ask erin "/r/r-abc123?token=$TOKEN&digest=$DIGEST&verdict=revoke")" = 200 ]
	TOKEN=x decide erin verdict=revoke
	[ "$(decide erin verdict=approve)" = 409 ]
	[ "$(decide erin verdict=deny)" = 409 ]
	[ "$(decided)" = 0 ]
	[ "$(decide erin verdict=revoke 'reason=wrong partner')" = 303 ]
	wait_for heard "^decision web A3 oidc $ISSUER u-erin r-abc123 $DIGEST revoke 0 0 SHA256:[^ ]* wrong partner\$"
	in_force
	page_has 'role="status">it is revoked</p>'
	order revoke r-abc123
	wait_for closed_in_history
	wait_for ended
	page_has '<h1>Revoked</h1>'
	page_has 'approved by erin; revoked by ruth'
	grep -qE 'Revoked by <code><bdi>ruth</bdi></code>, <time[^>]*>[^<]*</time>, reason: <code><bdi>wrong partner</bdi></code>' "$W/page"
}

ended() {
	! in_force
}

@test "GET never decides" {
	everything
	sign_in erin /r/r-abc123
	TOKEN=$(token)
	for verdict in approve deny; do
		[ "$(ask erin "/r/r-abc123?token=$TOKEN&digest=$DIGEST&verdict=$verdict&scope=once&duration=60")" = 200 ]
	done
	[ "$(ask erin /r/r-abc123 -X HEAD -I)" = 200 ]
	[ "$(ask erin /r/r-abc123 -X PUT -H "Origin: $URL" -d "token=$TOKEN")" = 405 ]
	[ "$(ask erin /logout)" = 405 ]
	sleep 0.3
	[ "$(decided)" = 0 ]
	[ "$(decide erin verdict=approve)" = 303 ]
	wait_for heard '^decision '
}

@test "a form that is not this page's is refused" {
	everything
	sign_in erin /r/r-abc123
	TOKEN=$(token)
	ORIGIN=https://evil.example
	[ "$(decide erin verdict=approve)" = 403 ]
	ORIGIN=null
	[ "$(decide erin verdict=approve)" = 403 ]
	ORIGIN=
	[ "$(decide erin verdict=approve)" = 403 ]
	unset ORIGIN
	HEADERS=(-H 'Sec-Fetch-Site: cross-site')
	[ "$(decide erin verdict=approve)" = 403 ]
	HEADERS=(-H 'Sec-Fetch-Site: same-site')
	[ "$(decide erin verdict=approve)" = 403 ]
	HEADERS=(-H 'Content-Type: text/plain')
	[ "$(decide erin verdict=approve)" = 400 ]
	HEADERS=()
	[ "$(post erin /r/r-abc123 "digest=$DIGEST" verdict=approve scope=once duration=60)" = 403 ]
	[ "$(post erin /r/r-abc123 "token=${TOKEN}x" "digest=$DIGEST" verdict=approve scope=once duration=60)" = 400 ]
	[ "$(post erin /r/r-abc123 "token=${TOKEN//[a-z]/a}" "digest=$DIGEST" verdict=approve scope=once duration=60)" = 403 ]
	# the token of somebody else's session
	sign_in mallory /r/r-abc123
	[ "$(decide mallory verdict=approve)" = 403 ]
	# nobody's
	[ "$(decide nobody verdict=approve)" = 403 ]
	sleep 0.3
	[ "$(decided)" = 0 ]
	HEADERS=(-H 'Sec-Fetch-Site: same-origin')
	[ "$(decide erin verdict=approve)" = 303 ]
	wait_for heard '^decision '
}

@test "a form of another kind is refused, and ends nothing" {
	everything
	sign_in erin /r/r-abc123
	TOKEN=$(token)
	# a part without a name
	printf -- '--AaB\r\nContent-Type: text/plain\r\n\r\nhello\r\n--AaB--\r\n' >"$W/parts"
	for path in / /r/r-abc123; do
		[[ $(ask nobody "$path" -H 'Content-Type: multipart/form-data; boundary=AaB' --data-binary "@$W/parts") =~ ^40[05]$ ]]
	done
	# the right fields, each with its name
	[ "$(ask erin /r/r-abc123 -H "Origin: $URL" -F "token=$TOKEN" -F "digest=$DIGEST" -F verdict=deny)" = 400 ]
	for type in application/x-www-form-urlencodedx application/json text/plain; do
		[ "$(ask erin /r/r-abc123 -H "Origin: $URL" -H "Content-Type: $type" -d "token=$TOKEN&digest=$DIGEST&verdict=deny")" = 400 ]
	done
	[ "$(ask nobody /style.css)" = 200 ]
	kill -0 "$GATEWAY"
	[ "$(decided)" = 0 ]
	for type in 'Application/x-www-form-urlencoded; charset=utf-8' 'application/x-www-form-urlencoded ;charset=utf-8'; do
		[ "$(ask erin /r/r-abc123 -H "Origin: $URL" -H "Content-Type: $type" \
			-d "token=$TOKEN&digest=$DIGEST&verdict=deny")" = 303 ]
	done
	wait_for heard '^decision .* deny '
}

@test "a session at the page is nothing to the API, and a client's token nothing to the page" {
	"$BUILD/sluice-gateway" --new-token pager >"$W/pager.hash" 2>"$W/said"
	chmod 0640 "$W/pager.hash"
	[ "$(id -u)" != 0 ] || chown nobody "$W/pager.hash"
	printf '%s\n' '[Client pager]' "TokenHashFile=$W/pager.hash" 'Scopes=read decide events' >>"$W/gateway.conf"
	everything
	sign_in erin /r/r-abc123
	TOKEN=$(token)
	local bearer answer
	bearer="Authorization: Bearer $(grep -o 'sluice_[A-Za-z0-9_-]*' "$W/said")"
	answer="{\"verdict\":\"approve\",\"digest\":\"$DIGEST\",\"nonce\":\"000102030405060708090a0b0c0d0e0f\"}"
	[ "$(ask erin /api/v1/requests)" = 401 ]
	[ "$(ask erin /api/v1/events)" = 401 ]
	[ "$(ask erin /api/v1/requests/r-abc123/decision -H "Origin: $URL" -H 'Content-Type: application/json' -d "$answer")" = 401 ]
	[ "$(ask erin /api/v1/requests/r-abc123/decision -H "Origin: $URL" -d "token=$TOKEN&digest=$DIGEST&verdict=approve")" = 401 ]
	[ "$(ask nobody /r/r-abc123 -H "$bearer")" = 303 ]
	[ "$(ask nobody /r/r-abc123 -H "$bearer" -H "Origin: $URL" -d "digest=$DIGEST&verdict=deny")" = 403 ]
	[ "$(ask nobody /version -H "$bearer")" = 401 ]
	[ "$(decided)" = 0 ]
	[ "$(ask nobody /api/v1/requests -H "$bearer")" = 200 ]
	refute grep -qi '^set-cookie' "$W/headers"
	[ "$(jq -r '.requests[0].id' "$W/page")" = r-abc123 ]
	[ "$(ask nobody /api/v1/requests/r-abc123/decision -H "$bearer" -H 'Content-Type: application/json' -d "$answer")" = 200 ]
	wait_for heard '^decision api A1 client sluice-gateway pager r-abc123 '
	[ "$(decide erin verdict=deny)" = 303 ]
	wait_for heard '^decision web '
}

@test "an approval is not wider than the rule, and its form is whole" {
	everything
	sign_in erin /r/r-abc123
	page_has 'value="process"'
	refute page_has 'value="executable"'
	TOKEN=$(token)
	local bad
	for bad in scope=executable scope=everything scope=rule scope= duration=301 duration=0 duration=-1 duration=x verdict=maybe \
		digest=3f9a22c1 $'reason=two\nlines' "reason=$(printf 'x%.0s' {1..600})"; do
		[[ $(decide erin verdict=approve "$bad") =~ ^(303|400)$ ]]
	done
	# a field that comes twice
	[ "$(post erin /r/r-abc123 "token=$TOKEN" "digest=$DIGEST" scope=once duration=60 verdict=deny verdict=approve)" = 400 ]
	[ "$(post erin /r/r-abc123 "token=$TOKEN" "digest=$DIGEST")" = 303 ]
	sleep 0.3
	[ "$(decided)" = 0 ]
	[ "$(post erin /r/r-abc123 "token=$TOKEN" "digest=$DIGEST" verdict=approve scope=once duration=300)" = 303 ]
	wait_for heard '^decision .* approve 1 300 SHA256:[^ ]* $'
}

# The order is on its way while the form is.
refused_by_sluiced() {
	[ "$(decide "$1" verdict=approve)" = 303 ] && [ "$(ask "$1" /r/r-abc123)" = 200 ] && page_has "$2"
}

has_buttons() {
	page_has 'value="approve"' && page_has 'value="deny"'
}

has_none() {
	if page_has 'value="approve"' || page_has 'value="deny"'; then return 1; fi
}

@test "who stands behind the request, or has decided on it, is told why, and sees no buttons from then on" {
	local tid=01234567-89ab-cdef-0123-456789abcdef oid=fedcba98-7654-3210-fedc-ba9876543210
	echo Account=entra >>"$W/gateway.conf"
	echo "tid=$tid oid=$oid" >"$W/idp/mode"
	everything
	order behind "$tid" "$oid"
	order open r-abc123
	sign_in dana /r/r-abc123
	has_buttons
	TOKEN=$(token)
	order always 1 'dana stands behind this request & may not decide it'
	wait_for refused_by_sluiced dana 'dana stands behind this request &amp; may not decide it'
	has_none
	[ "$(ask dana /r/r-abc123)" = 200 ]
	page_has 'dana stands behind this request &amp; may not decide it'
	has_none
	# the next one has another account
	echo "tid=$tid oid=${oid/f/0}" >"$W/idp/mode"
	sign_in erin /r/r-abc123
	has_buttons
	TOKEN=$(token)
	order always 17 'erin has decided on this request before'
	wait_for refused_by_sluiced erin 'erin has decided on this request before'
	[ "$(ask erin /r/r-abc123)" = 200 ]
	page_has 'erin has decided on this request before'
	has_none
}

@test "a refusal that another tier, more reviewers or another policy would end is told once, and hides no button" {
	everything
	sign_in erin /r/r-abc123
	TOKEN=$(token)
	local answer
	for answer in '13 r-abc123 takes an approval of tier A3' '13 erin is not among the reviewers' \
		'1 the account belongs to no person of the policy' '28 too many grants'; do
		order always "$answer"
		wait_for refused_by_sluiced erin "${answer#* }"
		has_buttons
		[ "$(ask erin /r/r-abc123)" = 200 ]
		refute page_has "${answer#* }"
		has_buttons
	done
	order always 0 denied
	[ "$(decide erin verdict=deny)" = 303 ]
	wait_for heard '^decision .* deny '
}

@test "without sluiced nothing is decided, and the page says so" {
	everything
	sign_in erin /r/r-abc123
	TOKEN=$(token)
	kill "$SLUICED"
	wait_for grep -q 'the connection to sluiced ended' "$W/gateway.log"
	[ "$(decide erin verdict=approve)" = 303 ]
	[ "$(ask erin /r/r-abc123)" = 200 ]
	page_has 'Nothing was decided: the agent does not answer'
}

@test "a token that the provider did not sign for this sign-in signs nobody in" {
	everything
	local mode
	for mode in alg=none alg=HS256 tamper key=other kid=k9 nonce=x drop=nonce iss=https://evil.example aud=other \
		'azp=other' exp=-120 drop=exp iat=3600 iat=-7200 drop=sub refuse; do
		echo "$mode" >"$W/idp/mode"
		rm -f "$W/jar"
		STATUS=$(ask jar / -L)
		echo "$mode: $STATUS"
		[[ $STATUS =~ ^40[03]$ ]]
		page_has 'Sign-in refused'
		refute grep -q '__Host-sluice	' "$W/jar"
		[ "$(ask jar /)" = 303 ]
	done
	echo azp=sluice >"$W/idp/mode"
	sign_in jar
}

@test "with Account=entra people are known by directory and object id, and by nothing else" {
	echo Account=entra >>"$W/gateway.conf"
	everything
	local tid=01234567-89ab-cdef-0123-456789abcdef oid=FEDCBA98-7654-3210-fedc-ba9876543210 mode
	for mode in '' "tid=$tid" "oid=$oid" "tid=x oid=$oid" "tid=$tid oid=x"; do
		echo "$mode" >"$W/idp/mode"
		[ "$(ask jar / -L)" = 403 ]
	done
	echo "tid=$tid oid=$oid" >"$W/idp/mode"
	sign_in erin /r/r-abc123
	TOKEN=$(token)
	[ "$(decide erin verdict=deny)" = 303 ]
	wait_for heard "^decision web A3 entra $tid ${oid,,} r-abc123 "
}

@test "SignInAge: a sign-in that is too old, or of unknown age, is none" {
	echo SignInAge=10min >>"$W/gateway.conf"
	everything
	local mode
	for mode in drop=auth_time auth_time=-700; do
		echo "$mode" >"$W/idp/mode"
		[ "$(ask jar / -L)" = 403 ]
		page_has 'the sign-in is too old'
	done
	[ "$(ask jar /login)" = 303 ]
	grep -qi '^location: .*max_age=600&' "$W/headers"
	echo auth_time=-550 >"$W/idp/mode"
	sign_in jar
}

@test "where the provider does not say when, a sign-in approves nothing that takes A3, and the page says why" {
	everything
	[ "$(ask erin /login)" = 303 ]
	grep -qi '^location: .*max_age=900&' "$W/headers"
	echo auth_time=-1000 >"$W/idp/mode"
	[ "$(ask erin / -L)" = 403 ]
	page_has 'the sign-in is too old'
	order open r-abc123 600 3
	echo drop=auth_time >"$W/idp/mode"
	sign_in erin /r/r-abc123
	wait_for approve_is_there false
	# to sign in anew would be no help
	refute page_has 'href="/login?next=/r/r-abc123"'
	page_has 'the identity provider does not say when you signed in'
	page_has 'sluice approve r-abc123 3f9a22c1 --key'
	TOKEN=$(token)
	[ "$(decide erin verdict=approve)" = 303 ]
	[ "$(ask erin /r/r-abc123)" = 200 ]
	page_has 'Nothing was decided: the identity provider does not say when you signed in'
	[ "$(decided)" = 0 ]
	[ "$(decide erin verdict=deny)" = 303 ]
	wait_for heard '^decision web A2 .* deny '
	order open r-abc123 600 2
	wait_for approve_is_there true
	TOKEN=$(token)
	[ "$(decide erin verdict=approve)" = 303 ]
	wait_for heard '^decision web A2 .* approve '
}

@test "an old sign-in approves nothing that takes A3, until it is renewed" {
	everything
	order open r-abc123 600 3
	# a minute of difference between clocks is allowed for
	echo auth_time=-955 >"$W/idp/mode"
	sign_in erin /r/r-abc123
	wait_for approve_is_there false
	TOKEN=$(token)
	page_has 'href="/login?next=/r/r-abc123"'
	[ "$(decide erin verdict=approve)" = 303 ]
	[ "$(ask erin /r/r-abc123)" = 200 ]
	page_has 'Nothing was decided: your sign-in is too old'
	[ "$(decided)" = 0 ]
	# to refuse is always safe
	[ "$(decide erin verdict=deny)" = 303 ]
	wait_for heard '^decision web A2 .* deny '
	rm "$W/idp/mode"
	[ "$(ask erin '/login?next=/r/r-abc123' -L)" = 200 ]
	page_has 'value="approve"'
	TOKEN=$(token)
	[ "$(decide erin verdict=approve)" = 303 ]
	wait_for heard '^decision web A3 .* approve '
	# what takes A2 takes an old one, too
	rm "$W/erin"
	echo auth_time=-958 >"$W/idp/mode"
	sign_in erin /r/r-abc123
	wait_for approve_is_there false
	order open r-abc123 600 2
	wait_for approve_is_there true
	TOKEN=$(token)
	[ "$(decide erin verdict=approve)" = 303 ]
	wait_for heard '^decision web A2 .* approve '
}

approve_is_there() {
	[ "$(ask erin /r/r-abc123)" = 200 ] || return 1
	if page_has 'value="approve"'; then "$1"; else refute "$1"; fi
}

# teams_at PORT: a second channel, besides the page
teams_at() {
	echo "http://127.0.0.1:$1/x" >"$W/teams.url"
	chmod 0600 "$W/teams.url"
	[ "$(id -u)" != 0 ] || chown nobody "$W/teams.url"
	printf '%s\n' '[Teams]' "WebhookFile=$W/teams.url" AllowLoopbackHttp=yes >>"$W/gateway.conf"
}

@test "all that may be open at once fits into the service's memory" {
	local max peak
	max=$(grep -oP '^MemoryMax=\K[0-9]+(?=M$)' "$BATS_TEST_DIRNAME/../user/systemd/sluice-gateway.service")
	# nobody listens: each card is kept
	teams_at 9
	everything
	for ((i = 1; i < 4096; i++)); do echo "hostile r-$i"; done >&9
	sign_in erin
	for ((i = 0; i < 600; i++)); do
		[ "$(ask erin '/?from=99999')" = 200 ] && page_has 'href="/r/r-4095"' && break
		sleep 0.2
	done
	page_has 'to 4096 of 4096'
	peak=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$GATEWAY/status")
	echo "peak: $peak kB of $max MB"
	[ "$peak" -gt 100000 ]
	[ "$((peak + peak / 2))" -lt "$((max * 1024))" ]
}

@test "a card in Teams links to the page of its request" {
	mkdir "$W/posts"
	"$TOOLS/fake-teams" --out "$W/posts" --port-file "$W/port" >>"$W/teams.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for test -s "$W/port"
	teams_at "$(<"$W/port")"
	everything
	wait_for test -s "$W/posts/0001.json"
	[ "$(jq -r '.body.attachments[0].content.actions[0] | .type, .url' "$W/posts/0001.json" | xargs)" = \
		"Action.OpenUrl $URL/r/r-abc123" ]
	order close r-abc123 denied
	wait_for test -s "$W/posts/0002.json"
	[ "$(jq '.body.attachments[0].content.actions' "$W/posts/0002.json")" = null ]
}

@test "keys are not asked for at each token that names an unknown one" {
	everything
	sign_in erin
	[ "$(grep -c '^/keys' "$W/idp/asked")" = 1 ]
	echo kid=k9 >"$W/idp/mode"
	for jar in a b c d; do
		[ "$(ask "$jar" / -L)" = 403 ]
	done
	[ "$(grep -c '^/keys' "$W/idp/asked")" = 1 ]
	# after a while once more
	sleep 11
	for jar in e f; do
		[ "$(ask "$jar" / -L)" = 403 ]
	done
	[ "$(grep -c '^/keys' "$W/idp/asked")" = 2 ]
}

@test "a code and its state serve once, and only in the browser that began" {
	everything
	[ "$(ask erin /login)" = 303 ]
	there=$(grep -oiP '^location: \K\S+' "$W/headers")
	back=$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{redirect_url}' "$there")
	path=${back#"$URL"}
	[[ $path == /callback?* ]]
	# another browser, with a sign-in of its own under way
	[ "$(ask mallory /login)" = 303 ]
	[ "$(ask mallory "$path")" = 400 ]
	[ "$(ask nobody "$path")" = 400 ]
	refute grep -q '__Host-sluice	' "$W/mallory"
	# which takes nothing from who began
	[ "$(ask erin "$path")" = 303 ]
	grep -q '__Host-sluice	' "$W/erin"
	rm "$W/erin"
	# the right browser, twice
	[ "$(ask erin /login)" = 303 ]
	there=$(grep -oiP '^location: \K\S+' "$W/headers")
	back=$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{redirect_url}' "$there")
	path=${back#"$URL"}
	cp "$W/erin" "$W/copy"
	# and not with another provider's name
	[ "$(ask erin "$path")" = 303 ]
	[ "$(ask copy "$path")" = 400 ]
	[ "$(ask erin /)" = 200 ]
}

@test "who begins sign-ins without end stops nobody else's, and fills no log" {
	everything
	[ "$(ask erin /login)" = 303 ]
	there=$(grep -oiP '^location: \K\S+' "$W/headers")
	back=$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{redirect_url}' "$there")
	echo slow=2 >"$W/idp/mode"
	python3 - "$PORT" "$CA/ca.pem" "$ISSUER" >"$W/many.log" 2>&1 <<-'PY'
		import collections, concurrent.futures, http.client, ssl, sys, urllib.parse
		port, ca, issuer = sys.argv[1:]
		context = ssl.create_default_context(cafile=ca)
		def connect():
		    return http.client.HTTPSConnection("127.0.0.1", int(port), context=context, timeout=30)
		def get(page, path, cookie=""):
		    page.request("GET", path, headers={"Cookie": cookie})
		    answer = page.getresponse()
		    answer.read()
		    return answer
		def begin(page):
		    answer = get(page, "/login")
		    query = urllib.parse.urlsplit(answer.headers["Location"]).query
		    return answer.headers["Set-Cookie"].partition(";")[0], dict(urllib.parse.parse_qsl(query))["state"]
		def come_back(attempt):
		    cookie, state = attempt
		    query = urllib.parse.urlencode({"state": state, "iss": issuer, "code": "x"})
		    return get(connect(), "/callback?" + query, cookie).status, attempt
		page = connect()
		attempts = [begin(page) for _ in range(600)]
		with concurrent.futures.ThreadPoolExecutor(24) as pool:
		    done = list(pool.map(come_back, attempts[:24]))
		print(collections.Counter(status for status, _ in done))
	PY
	# at once
	[ "$(grep -c '^/token' "$W/idp/asked")" = 16 ]
	[ "$(grep -c 'a sign-in was refused' "$W/gateway.log")" = 10 ]
	rm "$W/idp/mode"
	[ "$(ask erin "${back#"$URL"}")" = 303 ]
	[ "$(ask erin /)" = 200 ]
}

# begin_at ADDRESS JAR: a sign-in from there up to the provider; the way back is in BACK
begin_at() {
	local there
	[ "$(ask "$2" /login --interface "$1")" = 303 ]
	there=$(grep -oiP '^location: \K\S+' "$W/headers")
	BACK=$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{redirect_url}' "$there")
	BACK=${BACK#"$URL"}
}

@test "one network cannot sign in so often that nobody else can, and who has to wait comes back with the same sign-in" {
	local near far
	sed -i "s/^Listen=.*/Listen=0.0.0.0:$PORT/" "$W/gateway.conf"
	everything
	begin_at 127.0.0.1 near
	near=$BACK
	begin_at 127.0.0.2 far
	far=$BACK
	echo slow=8 >"$W/idp/mode"
	timeout 60 python3 - "$PORT" "$CA/ca.pem" "$ISSUER" >"$W/many.log" 2>&1 3>&- <<-'PY' &
		import concurrent.futures, http.client, ssl, sys, urllib.parse
		port, ca, issuer = sys.argv[1:]
		context = ssl.create_default_context(cafile=ca)
		def get(path, cookie=""):
		    page = http.client.HTTPSConnection("127.0.0.1", int(port), context=context, timeout=30)
		    page.request("GET", path, headers={"Cookie": cookie})
		    answer = page.getresponse()
		    answer.read()
		    page.close()
		    return answer
		def begin():
		    answer = get("/login")
		    query = urllib.parse.urlsplit(answer.headers["Location"]).query
		    return answer.headers["Set-Cookie"].partition(";")[0], dict(urllib.parse.parse_qsl(query))["state"]
		def come_back(attempt):
		    cookie, state = attempt
		    return get("/callback?" + urllib.parse.urlencode({"state": state, "iss": issuer, "code": "x"}), cookie).status
		attempts = [begin() for _ in range(12)]
		with concurrent.futures.ThreadPoolExecutor(len(attempts)) as pool:
		    for status in concurrent.futures.as_completed([pool.submit(come_back, a) for a in attempts]):
		        print(status.result(), flush=True)
	PY
	PIDS+=($!)
	wait_for told_to_wait 8
	[ "$(grep -c '^/token' "$W/idp/asked")" = 4 ]
	[ "$(ask near "$near")" = 503 ]
	page_has 'Too many people sign in at once'
	rm "$W/idp/mode"
	[ "$(ask far "$far" --interface 127.0.0.2)" = 303 ]
	[ "$(ask far / --interface 127.0.0.2)" = 200 ]
	wait_for signed_in near "$near"
	# who took the places had no code of the provider's
	wait "${PIDS[-1]}"
	[ "$(sort "$W/many.log" | uniq -c | xargs)" = '4 403 8 503' ]
}

# told_to_wait N: so many
told_to_wait() {
	[ "$(grep -c '^503' "$W/many.log")" = "$1" ]
}

signed_in() {
	[ "$(ask "$1" "$2")" = 303 ] && [ "$(ask "$1" /)" = 200 ]
}

@test "an answer that names another provider, or none, is refused" {
	everything
	for change in 's/iss=[^&]*/iss=https%3A%2F%2Fevil.example/' 's/&iss=[^&]*//' 's/code=[^&]*//' 's/state=[^&]*//'; do
		[ "$(ask erin /login)" = 303 ]
		there=$(grep -oiP '^location: \K\S+' "$W/headers")
		back=$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{redirect_url}' "$there" | sed "$change")
		[ "$(ask erin "${back#"$URL"}")" = 400 ]
	done
}

@test "a sign-in begins a new session, whatever cookie was there, and ends the old one" {
	everything
	printf '#HttpOnly_127.0.0.1\tFALSE\t/\tTRUE\t0\t__Host-sluice\tAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n' >"$W/erin"
	[ "$(ask erin /)" = 303 ]
	sign_in erin
	refute grep -q AAAAAAAA "$W/erin"
	cp "$W/erin" "$W/old"
	[ "$(ask erin /login -L)" = 200 ]
	refute cmp -s "$W/erin" "$W/old"
	cp "$W/old" "$W/again"
	[ "$(ask again /)" = 303 ]
	TOKEN=$(token)
	# sign out: by the form only
	[ "$(ask erin /)" = 200 ]
	TOKEN=$(token)
	cp "$W/erin" "$W/old"
	[ "$(post erin /logout token=)" = 403 ]
	[ "$(ask erin /)" = 200 ]
	[ "$(post erin /logout "token=$TOKEN")" = 303 ]
	[ "$(ask old /)" = 303 ]
}

@test "after the sign-in one comes back to the request, and to no other site" {
	everything
	[ "$(ask erin /r/r-abc123 -L -w '%{url_effective}' -o /dev/null)" = "200$URL/r/r-abc123" ] ||
		[ "$(ask erin /r/r-abc123 -L -w '%{url_effective}')" = "$URL/r/r-abc123" ]
	for next in https://evil.example //evil.example //evil /r/../x '/r/x%0d%0aSet-Cookie:a=b' /login; do
		rm -f "$W/jar"
		[ "$(ask jar "/login?next=$next" -L -w '%{url_effective}')" = "$URL/" ]
	done
}

@test "each response tells browsers to keep to it" {
	everything
	sign_in erin
	for path in / /history /r/r-abc123 /r/r-none /nowhere /style.css /page.js /login /callback /version /signed-out; do
		ask erin "$path" >/dev/null
		grep -qi "^content-security-policy: default-src 'none';.*frame-ancestors 'none'" "$W/headers"
		grep -qi '^x-content-type-options: nosniff' "$W/headers"
		grep -qi '^x-frame-options: deny' "$W/headers"
		grep -qi '^cache-control: no-store' "$W/headers"
		grep -qi '^referrer-policy: same-origin' "$W/headers"
		refute grep -qi '^access-control-' "$W/headers"
	done
	rm "$W/erin"
	ask erin / -L >/dev/null
	ask erin /login >/dev/null
	grep -qiP '^set-cookie: __Host-sluice-sign-in=[-_0-9A-Za-z]{250,400}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure\r?$' "$W/headers"
	there=$(grep -oiP '^location: \K\S+' "$W/headers")
	[[ $there == *code_challenge_method=S256* && $there == *nonce=* && $there == *state=* ]]
	back=$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{redirect_url}' "$there")
	ask erin "${back#"$URL"}" >/dev/null
	grep -qiP '^set-cookie: __Host-sluice=[^;]{43}; Path=/; HttpOnly; SameSite=Lax; Max-Age=28800; Secure\r?$' "$W/headers"
}

@test "text from outside is text, on every page" {
	everything r-plain
	order hostile r-evil
	sign_in erin /r/r-evil
	for path in / /r/r-evil; do
		[ "$(ask erin "$path")" = 200 ]
		page_has '[Approve](https://evil.example) \u202e\x1b[2J'
		refute grep -qP '\x{202e}|\x1b' "$W/page"
		# the name comes from the token
		page_has 'Erin &lt;b&gt;'
		refute grep -qi '<b>' "$W/page"
	done
	page_has '&quot;&quot;&quot;'
	python3 - "$W/page" <<-'PY'
		import html.parser, sys
		class Parser(html.parser.HTMLParser):
		    allowed = set("html head meta title link script body a header p nav form input button main h1 h2 dl div dt dd code bdi time "
		                  "details summary section svg defs marker path g rect text ol li label fieldset legend".split())
		    def handle_starttag(self, tag, attrs):
		        assert tag in self.allowed, tag
		        for name, value in attrs:
		            assert not name.startswith("on") and name != "style", (tag, name)
		Parser().feed(open(sys.argv[1], encoding="utf-8").read())
	PY
}

@test "a long list has pages, and each request stands on one of them" {
	everything r-p0
	local i
	for ((i = 1; i <= 100; i++)); do order open "r-p$i"; done
	sign_in erin
	wait_for on_page r-p100 100
	on_page r-p0 0
	on_page r-p99 0
	refute on_page r-p100 0
	refute on_page r-p99 100
	page_has '101 to 101 of 101, the oldest first.'
	page_has 'href="/?from=0"'
	on_page r-p0 x
	on_page r-p100 99999
	order close r-p99 denied
	wait_for refute on_page r-p99 0
	on_page r-p100 0
	refute page_has '?from='
	[ "$(ask erin '/history?from=0')" = 200 ]
	page_has 'href="/r/r-p99"'
}

on_page() {
	[ "$(ask erin "/?from=$2")" = 200 ] && page_has "href=\"/r/$1\""
}

answers() {
	[ "$(ask erin /)" = 200 ]
}

@test "limits of what comes in" {
	everything
	sign_in erin
	TOKEN=$(token)
	head -c 20000 /dev/zero | tr '\0' a >"$W/big"
	[ "$(ask erin /r/r-abc123 -H "Origin: $URL" -d "token=$TOKEN" --data-urlencode "reason@$W/big")" = 400 ]
	head -c 2000000 /dev/zero | tr '\0' a >"$W/big"
	[ "$(ask erin /r/r-abc123 -H "Origin: $URL" -H Expect: --data-binary "@$W/big")" = 000 ]
	[ "$(ask erin / -H "X-Long: $(head -c 60000 "$W/big")")" = 431 ]
	[[ $(ask erin "/$(head -c 40000 "$W/big")") =~ ^(414|431)$ ]]
	[ "$(ask erin / -H 'Host: evil.example')" = 421 ]
	[ "$(ask erin / -H "Host: localhost:$PORT")" = 421 ]
	[ "$(ask erin /)" = 200 ]
	# connections that say nothing
	python3 - "$PORT" <<-'PY'
		import socket, sys
		socks = []
		for _ in range(400):
		    sock = socket.socket()
		    sock.settimeout(2)
		    try:
		        sock.connect(("127.0.0.1", int(sys.argv[1])))
		    except OSError:
		        break
		    socks.append(sock)
	PY
	wait_for answers
	# TLS 1.1 and plain HTTP are not spoken
	refute curl -s --cacert "$CA/ca.pem" --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 "$URL/style.css"
	refute curl -s --max-time 5 "http://127.0.0.1:$PORT/style.css"
	kill -0 "$GATEWAY"
}

@test "who sends slowly loses the connection, and whoever does not keeps it" {
	everything
	cat >"$W/slow.py" <<-'PY'
		import http.client, socket, ssl, sys, time
		port, ca = int(sys.argv[1]), sys.argv[2]
		context = ssl.create_default_context(cafile=ca)
		def plain():
		    return socket.create_connection(("127.0.0.1", port), timeout=5)
		def tls():
		    return context.wrap_socket(plain(), server_hostname="127.0.0.1")
		def open_still(sock):
		    sock.settimeout(0.01)
		    try:
		        return sock.recv(1) != b""
		    except TimeoutError:
		        return True
		    except OSError:
		        return False
		# in the handshake, in the headers, in the body
		slow = [(plain(), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 500) for _ in range(122)]
		slow.append((tls(), b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"a" * 500))
		post = tls()
		post.sendall(b"POST /r/r-abc123 HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\n")
		slow.append((post, b"a" * 500))
		steady = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=5)
		def ask():
		    steady.request("GET", "/style.css")
		    answer = steady.getresponse()
		    answer.read()
		    return answer.status
		assert ask() == 200
		kept = steady.sock
		began = time.monotonic()
		for turn in range(30):
		    now = time.monotonic() - began
		    for sock, text in slow:
		        try:
		            sock.sendall(text[turn:turn + 1])
		        except OSError:
		            pass
		    # more than one deadline, with never one between two requests
		    if turn % 2 == 0:
		        assert ask() == 200
		    left = sum(open_still(sock) for sock, _ in slow)
		    print(f"{now:.1f} s: {left}", flush=True)
		    if left < len(slow):
		        assert now > 10, "too soon"
		    if left == 0:
		        break
		    time.sleep(0.2)
		else:
		    sys.exit("they are all there yet")
		time.sleep(3)
		assert ask() == 200 and steady.sock is kept
	PY
	timeout 90 python3 "$W/slow.py" "$PORT" "$CA/ca.pem" >"$W/slow.log" 2>&1
	[ "$(ask erin /style.css)" = 200 ]
}

@test "where others than a proxy connect, one address has no more than its share" {
	sed -i "s/^Listen=.*/Listen=0.0.0.0:$PORT/" "$W/gateway.conf"
	everything
	python3 - "$PORT" >"$W/share.log" 2>&1 3>&- <<-'PY' &
		import socket, sys, time
		socks = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(17)]
		time.sleep(0.5)
		socks[0].settimeout(0.1)
		try:
		    print("first:", socks[0].recv(1), flush=True)
		except TimeoutError:
		    print("first: open", flush=True)
		socks[16].settimeout(2)
		print("last:", socks[16].recv(1), flush=True)
		time.sleep(8)
	PY
	PIDS+=($!)
	wait_for grep -q "^last: b''" "$W/share.log"
	grep -q '^first: open' "$W/share.log"
	[ "$(ask erin /style.css)" = 000 ]
	[ "$(ask erin /style.css --interface 127.0.0.2)" = 200 ]
}

@test "by IPv6 it is a network of 64 bits that has its share" {
	[ "$(id -u)" = 0 ] || skip "needs root for addresses of its own"
	sed -i "s/^Listen=.*/Listen=[::]:$PORT/" "$W/gateway.conf"
	# a network of its own: a gateway, and peers from there
	# shellcheck disable=SC2016 # the inner shell's
	RUN_AS=(unshare -n -- sh -c 'ip link set lo up && for a in 1:1 1:2 1:3 2:1; do
		ip address add "fd00:0:0:${a%:*}::${a#*:}/64" dev lo nodad; done && exec "$@"' sh "${RUN_AS[@]}")
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	nsenter -n -t "$GATEWAY" timeout 60 python3 - "$PORT" >"$W/share.log" 2>&1 <<-'PY'
		import socket, sys, time
		def connect(source):
		    sock = socket.socket(socket.AF_INET6)
		    sock.bind((source, 0))
		    sock.connect(("::1", int(sys.argv[1])))
		    return sock
		def is_open(sock):
		    sock.settimeout(1)
		    try:
		        return sock.recv(1) != b""
		    except TimeoutError:
		        return True
		    except ConnectionError:
		        return False
		crowd = [connect(f"fd00:0:0:1::{1 + i % 2}") for i in range(16)]
		assert is_open(crowd[0]) and is_open(crowd[15])
		assert not is_open(connect("fd00:0:0:1::3")), "the same network"
		assert is_open(connect("fd00:0:0:2::1")), "another one"
		# who goes makes room
		crowd.pop().close()
		time.sleep(0.5)
		assert is_open(connect("fd00:0:0:1::3"))
	PY
}

@test "the provider away: a page says so, and sign-in works when it is back" {
	everything
	echo down >"$W/idp/mode"
	[ "$(ask erin / -L)" = 503 ]
	page_has 'identity provider does not answer'
	rm "$W/idp/mode"
	sleep 11
	sign_in erin
}

@test "a gateway that ends leaves nobody waiting" {
	everything
	sign_in erin
	kill "$GATEWAY"
	wait "$GATEWAY"
}

@test "behind a proxy: plain HTTP on loopback, cookies as for https" {
	URL="http://127.0.0.1:$PORT"
	config
	printf '%s\n' '[Web]' "Listen=127.0.0.1:$PORT" "PublicURL=https://page.example" "Issuer=$ISSUER" ClientId=sluice \
		"ClientSecretFile=$W/secret" "CAFile=$CA/ca.pem" >"$W/gateway.conf"
	start_provider
	start_sluiced
	start_gateway
	[ "$(ask erin /login -H 'Host: page.example')" = 303 ]
	grep -qi '^set-cookie: __Host-sluice-sign-in=.*; Secure' "$W/headers"
	grep -qi '^location: .*redirect_uri=https%3A%2F%2Fpage.example%2Fcallback' "$W/headers"
}

# refused TEXT LINE...: the settings with these lines in place of those with the same key
refused() {
	local text=$1 line
	shift
	config
	for line; do
		sed -i "/^${line%%=*}=/d" "$W/gateway.conf"
		[[ $line == *= ]] || echo "$line" >>"$W/gateway.conf"
	done
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --check --config "$W/gateway.conf"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"$text"* ]]
}

@test "settings that would not be safe are refused" {
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --check --config "$W/gateway.conf"
	[ "$status" = 0 ]
	[[ $output == *"page at $URL"* ]]
	refused 'can be reached from elsewhere' 'Listen=0.0.0.0:8443' CertificateFile= KeyFile=
	refused 'must be an address in numbers' 'Listen=localhost:8443'
	refused 'must be an address in numbers' 'Listen=127.0.0.1'
	refused 'belong together' KeyFile=
	refused 'must be https' 'PublicURL=http://page.example'
	refused 'AllowLoopbackHttp=yes' 'PublicURL=http://127.0.0.1:1'
	refused 'must end behind the host and port' 'PublicURL=https://page.example/x'
	refused 'must be https' 'Issuer=http://id.example'
	refused 'must have neither' 'Issuer=https://id.example/?a'
	refused 'belong together' Issuer=
	refused 'openid' 'Scopes=profile'
	refused 'must be oidc or entra' 'Account=slack'
	refused 'a second section [Web]' '[Web]'
	refused 'unknown key' 'MaxAttempts=3'
	chmod 0644 "$W/secret"
	refused 'is open to others' 'ClientId=sluice'
}
