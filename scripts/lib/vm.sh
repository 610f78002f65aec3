# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: one run of a virtual machine: what is handed to the guest, QEMU's command line, its output
# and its end.
# Must not own: where kernels come from (kernels.sh), what happens inside (guest-init).
#
# shellcheck disable=SC2154 # the settings are scripts/vm's
# Reads the settings that scripts/vm parsed: cache, lib, cpus, mem, timeout, thread, icount,
# append, disk, shares, systemd. $run is the folder of this run, removed when it ends.

# vm_quote STRING: print it so that any POSIX shell reads it back as one word.
vm_quote()
{
	printf "'%s'" "${1//\'/\'\\\'\'}"
}

# vm_tmp_names WORD...: print the entries of /tmp that are named anywhere in the words and exist.
vm_tmp_names()
{
	local name

	printf '%s\n' "$@" | grep -oE '(^|[^[:alnum:]_./-])/tmp/[[:alnum:]._+-]+' | sort -u |
		while read -r name; do
			name=${name##*/}
			[[ $name == . || $name == .. || ! -e /tmp/$name ]] || echo "$name"
		done
}

# vm_job COMMAND [ARG...]: write what the guest runs: this folder, a clean environment.
vm_job()
{
	local name word

	printf 'cd -- %s || exit 126\n' "$(vm_quote "$PWD")"
	printf 'exec env -i PATH=%s HOME=/root TERM=%s LANG=C.UTF-8' \
		/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		"$(vm_quote "${TERM:-dumb}")"
	while read -r name; do
		printf ' %s=%s' "$name" "$(vm_quote "${!name}")"
	done < <(compgen -e SLUICE_)
	for word; do
		printf ' %s' "$(vm_quote "$word")"
	done
	echo
}

# vm_config SERIES WORD...: write the settings for guest-init.
vm_config()
{
	local series=$1 release i
	local -a environment=()
	shift

	release=$(<"$cache/kernels/$series/release")
	mapfile -t environment < <(env | grep ^SLUICE_)
	printf 'MODULES=%s\n' "$(vm_quote "$cache/kernels/$series/lib/modules/$release")"
	printf 'TMP_NAMES=%s\n' "$(vm_quote "$(vm_tmp_names "$PWD" "$cache/" "$@" \
		"${environment[@]}")")"
	printf 'SHARES=%s\n' "$(vm_quote "$(for i in "${!shares[@]}"; do
		echo "share$i ${shares[i]}"
	done)")"
	printf 'DISK=%s\n' "$(vm_quote "$disk")"
	printf 'SETTLE=%s\n' "${icount:+3}"
	printf 'SYSTEMD=%s\n' "$systemd"
}

# vm_initrd SERIES COMMAND [ARG...]: write $run/initrd: the kernel's initramfs and, as a second
# archive that the kernel unpacks over it, this run's files.
vm_initrd()
{
	local root=$run/root series=$1
	shift

	mkdir -p "$root/job"
	cp "$lib/guest-initramfs" "$root/init"
	cp "$lib/guest-init" "$root/job/guest-init"
	chmod 755 "$root/init" "$root/job/guest-init"
	vm_config "$series" "$@" >"$root/job/config"
	vm_job "$@" >"$root/job/job"
	(cd "$root" && find . | cpio --quiet -o -H newc) >"$run/job.cpio"
	cat "$cache/kernels/$series/initramfs.cpio" "$run/job.cpio" >"$run/initrd"
	rm -rf "$root" "$run/job.cpio"
}

# vm_qemu SERIES: set the array qemu to the command line.
vm_qemu()
{
	local kernel=$cache/kernels/$1 i accel=tcg

	[[ $thread ]] && accel+=,thread=$thread
	# norandmaps: QEMU translates code anew when it lies at another address, so a program that starts
	# takes three times as long with them.
	# The output goes to files: they take everything at once, so that nothing is left in a
	# queue when the guest is switched off, and a slow reader does not slow the guest.
	# shellcheck disable=SC2054 # QEMU's own commas
	qemu=(qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none
		-machine q35 -accel "$accel" -cpu max,la57=off -smp "$cpus" -m "$mem"
		-kernel "$kernel/vmlinux" -initrd "$run/initrd"
		-append "console=ttyS0 panic=-1 oops=panic tsc=reliable net.ifnames=0 norandmaps $append"
		-chardev "file,id=console,path=${console//,/,,}" -serial chardev:console
		-device virtio-serial-pci,ioeventfd=off
		-chardev "file,id=output,path=${run//,/,,}/output"
		-device virtserialport,chardev=output,name=sluice.output
		-chardev "file,id=status,path=${run//,/,,}/status"
		-device virtserialport,chardev=status,name=sluice.status
		-fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap
		-device virtio-9p-pci,fsdev=root,mount_tag=root)
	[[ $icount ]] && qemu+=(-icount "$icount")
	[[ $disk ]] && qemu+=(-drive "file=${disk//,/,,},format=raw,if=virtio")
	# shellcheck disable=SC2054 # QEMU's own commas
	[[ $systemd ]] && qemu+=(-fsdev
		"local,id=systemd,path=${cache//,/,,}/systemd,security_model=none,readonly=on,multidevs=remap"
		-device virtio-9p-pci,fsdev=systemd,mount_tag=systemd)
	for i in "${!shares[@]}"; do
		qemu+=(-fsdev "local,id=share$i,path=${shares[i]//,/,,},security_model=none,multidevs=remap"
			-device "virtio-9p-pci,fsdev=share$i,mount_tag=share$i")
	done
}

# vm_clean: end QEMU and remove this run's files. Runs on every way out.
vm_clean()
{
	[[ $qemu_pid ]] && kill "$qemu_pid" 2>/dev/null && wait "$qemu_pid"
	rm -rf "$run"
}

# vm_start: run QEMU, print the guest's output while it comes; set ended to how timeout(1) ended.
vm_start()
{
	local tail_pid

	: >"$run/output"
	# Should this shell be killed outright, QEMU must not live on.
	setpriv --pdeathsig TERM timeout --foreground -k 5 "$timeout" "${qemu[@]}" \
		</dev/null >>"$console" 2>&1 &
	qemu_pid=$!
	tail -q -c +1 -f -s 0.05 --pid="$qemu_pid" "$run/output" &
	tail_pid=$!
	wait "$qemu_pid"
	ended=$?
	qemu_pid=
	wait "$tail_pid"
}

# vm_run SERIES COMMAND [ARG...]: run it; return its status, 124 or 125 as scripts/vm documents.
vm_run()
{
	local series=$1 console status reason
	local -a qemu
	local ended
	qemu_pid=

	mkdir -p "$cache/vm"
	# Logs of failures, and what a run that was killed outright left.
	find "$cache/vm" -mindepth 1 -maxdepth 1 -mtime +1 -exec rm -rf {} +
	run=$(mktemp -d "$cache/vm/run.XXXXXX")
	console=$cache/vm/console-$series-${run##*.}.log
	trap vm_clean EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	vm_initrd "$@" || return 125
	vm_qemu "$series"
	vm_start

	status=$(cat "$run/status" 2>/dev/null)
	if [[ $status ]]; then
		rm -f "$console"
		return "$status"
	fi
	if ((ended == 124 || ended == 128 + 9)); then
		echo "vm: no end after $timeout s; console: $console" >&2
		return 124
	fi
	reason=$(grep -a -m 1 -o 'Kernel panic.*' "$console" | tr -d '\r')
	echo "vm: the guest ended without a status (${reason:-no panic seen}); console: $console" >&2
	return 125
}
