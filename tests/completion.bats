#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# completion.bats: what bash, zsh and fish complete of sluice(1), against a daemon with canned answers, and that --help has
# examples that the program takes. SLUICE_BUILD: folder with sluice, completion/ and tests/fake-control; default build/.

bats_require_minimum_version 1.5.0

setup_file() {
	export BUILD FUNCTIONS=$BATS_FILE_TMPDIR/zsh SLUICE_SOCKET=$BATS_FILE_TMPDIR/control.sock
	BUILD=$(realpath "${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}")
	export PATH=$BUILD:$PATH HOME=$BATS_FILE_TMPDIR
	mkdir "$FUNCTIONS"
	cp "$BUILD/completion/zsh" "$FUNCTIONS/_sluice"
	"$BUILD/tests/fake-control" "$SLUICE_SOCKET" "$BATS_FILE_TMPDIR/log" enforcing 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/pid"
	for _ in $(seq 100); do
		[ ! -S "$SLUICE_SOCKET" ] || return 0
		sleep 0.05
	done
	return 1
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

# What a shell offers at the end of a line, sorted, in one line.
in_bash() {
	local line=$1

	bash --norc -c '
		source "$1/completion/bash"
		COMP_WORDS=($2)
		[[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_sluice
		printf "%s\n" "${COMPREPLY[@]}"' - "$BUILD" "${line//=/ = }" | LC_ALL=C sort | paste -sd' '
}

in_zsh() {
	"$BATS_TEST_DIRNAME/tools/complete-zsh" "$FUNCTIONS" "$1" | LC_ALL=C sort | paste -sd' '
}

in_fish() {
	# shellcheck disable=SC2016 # of fish
	fish --no-config -c 'source $argv[1]/completion/fish; complete -C $argv[2]' "$BUILD" "$1" | cut -f1 |
		sed 's/^--[a-z-]*=//' | LC_ALL=C sort | paste -sd' '
}

# offers SHELL LINE WORDS
offers() {
	local got

	got=$("in_$1" "$2")
	[ "$got" = "$3" ] || { echo "$1, '$2': '$got', not '$3'"; return 1; }
}

# all_of_it SHELL: the same in each.
all_of_it() {
	offers "$1" 'sluice re' 'reason report requests revoke'
	offers "$1" 'sluice help la' 'label'
	offers "$1" 'sluice --json st' 'status'
	offers "$1" 'sluice label ' 'add list remove'
	offers "$1" 'sluice journal v' 'verify'
	offers "$1" 'sluice journal verify --g' '--genesis'
	offers "$1" 'sluice journal --g' '--grep'
	offers "$1" 'sluice approve --s' '--scope --socket --standing'
	offers "$1" 'sluice deny --s' '--socket'
	offers "$1" 'sluice reason --fo' '--for --forget'
	offers "$1" 'sluice approve r-0a1b2c3d --scope ' 'executable once process'
	offers "$1" 'sluice journal --decision=' 'approved denied expired gone'
	offers "$1" 'sluice journal -o ' 'csv json ocsf raw short'
	offers "$1" 'sluice approve ' 'r-0a1b2c3d r-evil'
	offers "$1" 'sluice journal --request r-0' 'r-0a1b2c3d'
	offers "$1" 'sluice show r-c' 'r-closed'
	offers "$1" 'sluice revoke ' "$(sluice grants --ids | LC_ALL=C sort | paste -sd' ')"
	cd "$BATS_TEST_DIRNAME" || return
	offers "$1" 'sluice submit completion.b' 'completion.bats'
	offers "$1" 'sluice journal --file completion.b' 'completion.bats'
}

@test "bash: commands, verbs, options, values, ids of the daemon, files" {
	all_of_it bash
}

@test "zsh: the same" {
	all_of_it zsh
}

@test "fish: the same" {
	all_of_it fish
}

# The commands that run something, one a line.
commands() {
	sluice help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)   *.*/\1/p' | grep -vx -e label -e policy
}

@test "every option that the program has, of every command" {
	local command wanted

	[ "$(commands | wc -l)" -gt 18 ]
	while read -r command; do
		# shellcheck disable=SC2086
		wanted=$(sluice $command --help | grep -o -e '^  *-[^ ].*' | grep -oE -e '(^|[ ,])--[a-z-]+' | tr -d ' ,' |
			grep -vx -e --usage | LC_ALL=C sort -u | paste -sd' ')
		offers bash "sluice $command --" "$wanted"
	done < <(commands)
}

@test "every value that is offered is one that the program takes" {
	local option word

	for option in action decision output since; do
		for word in $(in_bash "sluice journal --$option "); do
			run sluice journal --file /dev/null "--$option=$word"
			[ "$status" != 2 ] || { echo "$output"; false; }
		done
		run -2 sluice journal --file /dev/null "--$option=nonsense"
	done
	for word in $(in_bash 'sluice approve r-1 --scope '); do
		run -0 sluice approve r-1 --scope "$word" --help
	done
	run -2 sluice approve r-1 --scope nonsense --help
}

@test "--help of each command ends with examples, which the program takes" {
	local command examples line

	while read -r command; do
		# shellcheck disable=SC2086
		examples=$(sluice $command --help | sed -n '/^Examples:/,$p')
		[ "$(wc -l <<<"$examples")" -ge 2 ] || { echo "none: $command"; false; }
		while read -r line; do
			[[ $line == "sluice $command"* ]] || { echo "$command: $line"; false; }
			line=${line%%|*} line=${line%%&&*} line=${line%%>*}
			# Options are parsed up to --help, which ends it.
			run bash -c "$line --help"
			[ "$status" = 0 ] || { echo "$line: $output"; false; }
			[[ $output == *"Usage: sluice $command "* ]]
		done < <(tail -n +2 <<<"$examples")
	done < <(commands)
}
