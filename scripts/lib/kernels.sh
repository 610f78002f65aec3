# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the cached Debian kernels that the VMs boot: where they come from, their unpacking and the
# initramfs with the modules needed to find a root.
# Must not own: downloading (archive.sh), how a VM is started (vm.sh), nor anything of the host's own kernel or sources.
#
# Reads $cache, the cache folder, which the script that sources this sets.
# shellcheck disable=SC2154
#
# Layout of a cached kernel, $cache/kernels/<series>/, complete as soon as it exists:
#   release           what uname -r says there
#   package           Debian package and version
#   vmlinux           the kernel, not compressed
#   lib/modules/...   its modules, with the index that depmod writes
#   initramfs.cpio    busybox, the modules below and modules.order, the order to load them in

kernels_all=(6.1 6.12 7)

# Enough to talk to the host, find the root and lay the overlay over it. The rest is loaded later.
kernels_boot_modules=(virtio_pci virtio_console 9pnet_virtio 9p overlay)

# kernels_series NAME: print the series that a name on the command line means.
kernels_series()
{
	case $1 in
	6.1 | 6.12 | 7) echo "$1" ;;
	7.x) echo 7 ;;
	*)
		echo "unknown kernel \"$1\"; known: ${kernels_all[*]}" >&2
		return 1
		;;
	esac
}

# kernels_suites SERIES: print the suites of Debian's archive that carry it.
kernels_suites()
{
	case $1 in
	6.*) echo bookworm bookworm-security ;;
	7) echo trixie-backports ;;
	esac
}

# kernels_meta SERIES: print the package that depends on the newest kernel of the series.
kernels_meta()
{
	case $1 in
	6.12) echo linux-image-6.12-amd64 ;;
	*) echo linux-image-amd64 ;;
	esac
}

# kernels_closure PACKAGE: print the packages that make up the kernel a meta package stands for. Newer ones come in parts
# (image, binary, modules, base), older ones are one package.
kernels_closure()
{
	archive_closure "$1" --no-pre-depends |
		grep -E '^linux-(image|binary|modules|base)-[0-9]+\.[0-9]+\.[0-9]+[^ ]*-amd64$' |
		grep -Ev -e '-(cloud|rt|dbg)(-|$)'
}

# kernels_download SERIES DIR: put its .deb files into DIR.
kernels_download()
{
	local series=$1 dir=$2 meta
	local -a packages suites

	read -ra suites < <(kernels_suites "$series")
	archive_open "$dir" "${suites[@]}" || return 1
	meta=$(kernels_meta "$series")
	mapfile -t packages < <(kernels_closure "$meta")
	if ((!${#packages[@]})); then
		echo "$meta depends on no kernel package"
		return 1
	fi
	archive_download "$dir" "${packages[@]}"
}

# kernels_field FILE OFFSET SIZE: print the little-endian number there.
kernels_field()
{
	od -An -v "-tu$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# kernels_plain_image VMLINUZ OUT: write the kernel inside without its wrapping, which the emulated
# CPU needs 2 to 4 s to unpack. QEMU starts it through the PVH entry; its address is then not
# random. Where the fields are: the kernel's Documentation/arch/x86/boot.rst. The last 4 bytes of
# the payload are its unpacked size. A packing that is not known here is left to the kernel.
kernels_plain_image()
{
	local image=$1 sectors start length
	local -a unpack

	sectors=$(kernels_field "$image" $((0x1f1)) 1)
	start=$((((sectors ? sectors : 4) + 1) * 512 + $(kernels_field "$image" $((0x248)) 4)))
	length=$(($(kernels_field "$image" $((0x24c)) 4) - 4))
	case $(kernels_field "$image" "$start" 4) in
	$((0x587a37fd))) unpack=(xz -dc --single-stream) ;;
	$((0xfd2fb528))) unpack=(zstd -qdc) ;;
	*)
		cp "$image" "$2"
		return
		;;
	esac
	dd if="$image" bs=64k iflag=skip_bytes,count_bytes skip="$start" count="$length" \
		status=none | "${unpack[@]}" >"$2"
}

# kernels_unpack DIR: unpack the .deb files in DIR to the layout above, in DIR/kernel.
kernels_unpack()
{
	local dir=$1 out=$1/kernel deb release image
	local -a images

	mkdir -p "$out/lib"
	for deb in "$dir"/*.deb; do
		dpkg-deb -x "$deb" "$dir/tree" || return 1
		dpkg-deb -W "$deb" >>"$out/package"
	done
	images=("$dir"/tree/boot/vmlinuz-* "$dir"/tree/usr/lib/modules/*/vmlinuz)
	for image in "${images[@]}"; do
		[[ -f $image ]] || continue
		kernels_plain_image "$image" "$out/vmlinux" || return 1
	done
	if [[ -d $dir/tree/usr/lib/modules ]]; then
		mv "$dir/tree/usr/lib/modules" "$out/lib/"
	else
		mv "$dir/tree/lib/modules" "$out/lib/"
	fi
	release=$(basename "$out"/lib/modules/*)
	echo "$release" >"$out/release"
	[[ -f $out/vmlinux ]] && depmod -b "$out" "$release"
}

# kernels_plain_module FILE DIR: copy a module into DIR, uncompressed; print its name there.
kernels_plain_module()
{
	local name

	name=$(basename "$1")
	case $name in
	*.xz) xz -dc "$1" >"$2/${name%.xz}" ;;
	*.zst) zstd -qdc "$1" >"$2/${name%.zst}" ;;
	*) cp "$1" "$2/$name" ;;
	esac && echo "${name%.ko*}.ko"
}

# kernels_initramfs DIR: write DIR/initramfs.cpio for the kernel unpacked in DIR. Not compressed:
# the emulated CPU would take longer to unpack it than the host takes to load it.
kernels_initramfs()
{
	local dir=$1 root=$1/initramfs release verb file
	local module

	release=$(<"$dir/release")
	mkdir -p "$root"/{bin,dev,proc,sys,modules,job,lower,upper,root}
	cp /bin/busybox "$root/bin/busybox"
	for module in "${kernels_boot_modules[@]}"; do
		modprobe -d "$dir" -S "$release" --show-depends "$module" || return 1
	done | while read -r verb file _; do
		[[ $verb == insmod ]] || continue
		kernels_plain_module "$file" "$root/modules" || return 1
	done | awk '!seen[$0]++' >"$root/modules.order" || return 1
	(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc) >"$dir/initramfs.cpio" &&
		rm -rf "$root"
}

# kernels_fetch SERIES: make sure that it is in the cache. Downloads at most once, whoever else
# asks at the same time; a download that breaks off leaves nothing behind that looks complete.
kernels_fetch()
(
	series=$1
	final=$cache/kernels/$series
	work=$cache/fetch/$series
	log=$cache/fetch-$series.log

	[[ -d $final ]] && return 0
	mkdir -p "$cache/kernels" "$cache/fetch"
	exec {lock}>"$cache/fetch-$series.lock"
	flock "$lock"
	[[ -d $final ]] && return 0

	need_packages busybox-static cpio kmod xz-utils zstd || return 1
	echo "downloading kernel $series from Debian's archive" >&2
	rm -rf "$work"
	mkdir -p "$work"
	if ! { kernels_download "$series" "$work" && kernels_unpack "$work" &&
	       kernels_initramfs "$work/kernel"; } >"$log" 2>&1; then
		echo "cannot get kernel $series; what apt said: $log" >&2
		return 1
	fi
	mv "$work/kernel" "$final" && rm -rf "$work" "$log"
)

# kernels_list: print series, release and package versions of each cached kernel.
kernels_list()
{
	local series

	for series in "${kernels_all[@]}"; do
		[[ -d $cache/kernels/$series ]] || continue
		printf '%-5s %-22s %s\n' "$series" "$(<"$cache/kernels/$series/release")" \
			"$(grep ^linux-image "$cache/kernels/$series/package" | tr "\t" " ")"
	done
}
