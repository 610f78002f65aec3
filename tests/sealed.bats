#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The host key as a credential that only this host's TPM 2.0 opens: by systemd-creds, with a TPM in software (swtpm).
# Needs swtpm and what systemd-creds loads to speak to it: libtss2-esys, -rc, -mu and -tcti-swtpm0. That a
# service manager hands it over is not tested here: it is the folder that systemd.exec(5) describes.
# SLUICE_BUILD: folder with sluice, sluiced and with tests/make-journal; default build/.

bats_require_minimum_version 1.5.0

setup() {
	BUILD=${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}
	W=$BATS_TEST_TMPDIR
	JOURNAL=$W/journal
}

teardown() {
	local pid
	for pid in "$W"/*.pid; do
		[ ! -e "$pid" ] || kill "$(cat "$pid")" || true
	done
}

# tpm NAME: a TPM of its own, at $W/NAME.sock
tpm() {
	mkdir "$W/$1.tpm"
	swtpm socket --tpm2 --tpmstate dir="$W/$1.tpm" --server type=unixio,path="$W/$1.sock" \
		--ctrl type=unixio,path="$W/$1.sock.ctrl" --flags not-need-init --daemon --pid file="$W/$1.pid"
	for _ in {1..200}; do [ -S "$W/$1.sock" ] || sleep 0.05; done
}

# creds TPM ARGUMENTS...
creds() {
	local tpm=$1
	shift
	systemd-creds "$1" --tpm2-device="swtpm:path=$W/$tpm.sock" "${@:2}"
}

@test "sealed by a TPM: only that one gives the key back, under its name, and the journal goes on by it" {
	local vkey
	tpm ours
	tpm other
	"$BUILD/tests/make-journal" "$JOURNAL" "$W/journal.key"
	vkey=$("$BUILD/sluice" enroll "$JOURNAL" --json | jq -r .vkey)
	# as sluiced(8) says
	creds ours encrypt --with-key=tpm2 --name=journal.key "$W/journal.key" "$W/sealed"
	run -1 grep -q 'PRIVATE KEY' "$W/sealed"
	mkdir -m 700 "$W/credentials"
	mv "$W/journal.key" "$W/plain.key"
	run ! creds other decrypt --name=journal.key "$W/sealed" "$W/credentials/journal.key"
	run ! creds ours decrypt --name=channel-web.key "$W/sealed" "$W/credentials/journal.key"
	[ ! -e "$W/credentials/journal.key" ]
	creds ours decrypt --name=journal.key "$W/sealed" "$W/credentials/journal.key"
	cmp "$W/plain.key" "$W/credentials/journal.key"
	chmod 400 "$W/credentials/journal.key"
	"$BUILD/tests/make-journal" "$JOURNAL" "$W/credentials/journal.key" "by the sealed key"
	"$BUILD/tests/make-journal" "$JOURNAL" "$W/credentials/journal.key" --next
	"$BUILD/tests/make-journal" "$JOURNAL" "$W/credentials/journal.key" "in another file, by the sealed key"
	run -0 "$BUILD/sluice" journal verify "$JOURNAL" --key "$vkey"
	[[ $output == *"Verdict"*"ok"* ]]
	# one byte of the sealed file is another one
	printf 'AAAA' | dd of="$W/sealed" bs=1 seek=400 conv=notrunc status=none
	run ! creds ours decrypt --name=journal.key "$W/sealed" -
}

@test "a sealed key has no file in the state: --new-key says so, and makes none" {
	mkdir -m 700 "$W/state"
	"$BUILD/tests/make-journal" "$JOURNAL" "$W/journal.key"
	printf '[Agent]\nState=%s\nJournal=%s\n' "$W/state" "$JOURNAL" >"$W/sluice.conf"
	run -1 "$BUILD/sluiced" -c "$W/sluice.conf" --new-key
	[[ $output == *"a sealed one is unsealed first: sluiced(8), SEALED KEYS"* ]]
	[ -z "$(ls "$W/state")" ]
	# unsealed it is taken
	cp "$W/journal.key" "$W/state/journal.key"
	run -0 "$BUILD/sluiced" -c "$W/sluice.conf" --new-key
	[[ $output == *"goes on under the host key"* ]]
}
