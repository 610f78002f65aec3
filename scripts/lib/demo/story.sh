# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: how the demonstration tells: scenes, commands with their output, and the assertions that
# each sentence rests on. In check mode the story goes to a file and one line a scene is printed.
# Must not own: what happens (demo-guest), the stage (stage.sh).
#
# story_begin sets fd 5: where the story goes. "as", "stage_logs" and $stage are stage.sh's.
# shellcheck disable=SC2154,SC2034 # $stage; $story_started is read by demo-guest

story_scene=0 story_title='' story_check='' story_last=''
bold='' dim='' red='' green='' yellow='' plain=''

# story_begin CHECK COLOUR: both yes or empty.
story_begin()
{
	story_check=$1
	story_started=$SECONDS
	if [[ $2 && ! $1 ]]; then
		bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m'
		plain=$'\e[0m'
	fi
	if [[ $story_check ]]; then
		story_file=$(mktemp)
		exec 5>"$story_file"
	else
		exec 5>&1
	fi
}

# scene TITLE: the one before has gone as told.
scene()
{
	scene_passed
	((++story_scene))
	story_title=$1
	story_block scene
	printf '%s%d. %s%s\n' "$bold$yellow" "$story_scene" "$1" "$plain" >&5
}

scene_passed()
{
	[[ ! $story_check || ! $story_title ]] || echo "ok $story_scene - $story_title"
}

story_end()
{
	scene_passed
	story_title=''
	[[ ! $story_check ]] || rm -f "$story_file"
}

# story_block KIND: an empty line before each block; assertions in a row are one.
story_block()
{
	[[ $1 == expect && $story_last == expect ]] || echo >&5
	story_last=$1
}

tell()
{
	story_block tell
	fmt -w 96 <<<"$*" >&5
}

# show_text: print stdin as a block.
show_text()
{
	story_block text
	story_indent
}

story_indent()
{
	sed '/./s/^/    /' >&5
}

# show_as USER COMMAND [ARG...]: print the command line, run it, print what it printed; $status is
# its exit status.
show_as()
{
	local user=$1 out=$stage/output
	shift

	show_command "$user" "$@"
	as "$user" "$@" >"$out" 2>&1
	status=$?
	story_indent <"$out"
	((status == 0)) || printf '    %s(exit status %d)%s\n' "$dim" "$status" "$plain" >&5
}

# show_command USER COMMAND [ARG...]: print it as if typed.
show_command()
{
	local sign='$'

	[[ $1 != root ]] || sign='#'
	story_block command
	printf '  %s%s%s %s%s\n' "$bold" "$1" "$sign" "$(story_words "${@:2}")" "$plain" >&5
}

# story_words WORD...: print them as one would type them.
story_words()
{
	local word line=''

	for word; do
		if [[ $word =~ ^[[:alnum:]_./:=@%+,-]+$ ]]; then
			line+=" $word"
		else
			line+=" \"$word\""
		fi
	done
	echo "${line:1}"
}

# expect SENTENCE COMMAND [ARG...]: the sentence is told only if the command succeeds.
expect()
{
	local sentence=$1
	shift

	"$@" >/dev/null 2>&1 || fail "$sentence"
	story_block expect
	printf '  %s✓ %s%s\n' "$green" "$sentence" "$plain" >&5
}

# not COMMAND [ARG...]
not()
{
	! "$@"
}

# wait_for SECONDS COMMAND [ARG...]: until it succeeds.
wait_for()
{
	local end=$((SECONDS + $1))
	shift

	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.2
	done
}

# fail SENTENCE: what should have been true. Ends the demonstration.
fail()
{
	[[ ! $story_check ]] || cat "$story_file"
	printf '\n%snot ok %d - %s: this did not come true: %s%s\n' "$red" "$story_scene" \
		"${story_title:-before the start}" "$1" "$plain"
	stage_logs
	exit 1
}
