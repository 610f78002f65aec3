# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: how much of what there is when opening a file is measured (scripts/bench --scale), inside a guest. Must not own: the
# measuring (scale.c), or what is made of the numbers. Needs $dir, $build, start_sluiced of scripts/bench.
# shellcheck disable=SC2154 # dir; and what coproc sets

depths=(1 4 16 64 256)
label_counts=(1 8 64) # with four rules each
file_counts=(1 100 10000 100000)
carrier_counts=(1 100 1000 10000)

# scale_row AXIS X SET OP COST
scale_row() {
	printf '{"axis":"%s","x":%s,"set":"%s","op":"%s","cost":%s}\n' "$@"
}

# scale_measure AXIS X SET FOLDER: of a file there that was open before, and of files that were not
scale_measure() {
	scale_row "$1" "$2" "$3" again "$("$dir/scale" open "$4/file")"
	scale_row "$1" "$2" "$3" first "$("$dir/scale" first "$4")"
}

# scale_folder ROOT DEPTH: print the folder so deep below
scale_folder() {
	local path=$1 i
	for ((i = 1; i < $2; i++)); do path+=/d; done
	echo "$path"
}

scale_prepare() {
	local root deepest
	for root in "$dir/free" "$dir/data"; do
		deepest=$(scale_folder "$root" "${depths[-1]}")
		mkdir -p "$deepest"
		for depth in "${depths[@]}"; do
			echo x >"$(scale_folder "$root" "$depth")/file"
		done
	done
	mkdir "$dir/many"
}

scale_policy() {
	local i action
	for ((i = 0; i < $1; i++)); do
		printf '[Label l%d]\n' "$i"
		((i)) || echo "Path=$dir/data"
	done
	for ((i = 0; i < $1; i++)); do
		for action in open write egress credential; do
			printf '[Rule l%d-%s]\nAction=%s\nLabels=l%d\nVerdict=deny\n' "$i" $action $action "$i"
			[ $action = credential ] || echo 'Clear=user:root'
		done
	done
}

# With more labels and rules, which come by a reload: the guard, which would let nobody write a policy, is off.
scale_labels() {
	local labels
	scale_prepare
	scale_policy 1 >/etc/sluice/policy.d/bench.conf
	start_sluiced '[Guard]' Mode=off
	for labels in "${label_counts[@]}"; do
		scale_policy "$labels" >/etc/sluice/policy.d/bench.conf
		reload_sluiced
		scale_measure labels "$labels" unlabeled "$dir/free"
		scale_measure labels "$labels" labeled "$dir/data"
	done
}

scale_by_depth() {
	local depth
	for depth in "${depths[@]}"; do
		scale_measure depth "$depth" unlabeled "$(scale_folder "$dir/free" "$depth")"
		scale_measure depth "$depth" labeled "$(scale_folder "$dir/data" "$depth")"
	done
}

scale_by_files() {
	local count
	for count in "${file_counts[@]}"; do
		mkdir "$dir/many/$count"
		"$dir/scale" files "$dir/data/file" "$count" "$dir/many/$count"
		scale_measure files "$count" unlabeled "$dir/free"
		scale_measure files "$count" labeled "$dir/data"
	done
}

scale_by_carriers() {
	local count pid
	for count in "${carrier_counts[@]}"; do
		coproc carriers { exec "$dir/scale" carriers "$dir/data/file" "$count"; }
		pid=$carriers_PID
		read -r -u "${carriers[0]}"
		scale_measure carriers "$count" unlabeled "$dir/free"
		scale_measure carriers "$count" labeled "$dir/data"
		pkill -KILL -x scale
		wait "$pid" 2>/dev/null || true
	done
}

# The rest, and a kernel without BPF LSM programs before.
scale_most() {
	local depth
	scale_prepare
	for depth in "${depths[@]}"; do
		scale_measure depth "$depth" none "$(scale_folder "$dir/free" "$depth")"
	done
	scale_policy 64 >/etc/sluice/policy.d/bench.conf
	start_sluiced
	scale_by_depth
	scale_by_files
	scale_by_carriers
}
