// SPDX-License-Identifier: Apache-2.0
/*
 * test_check.c: a tree that stands for a host: as it should be, then with one thing wrong at a
 * time, which must change that row, name the remedy, and leave the other rows alone.
 */
#include <errno.h>
#include <ftw.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "check/check.h"

#define ROWS 16
#define RELEASE "/proc/sys/kernel/osrelease"
#define ARCH "/proc/sys/kernel/arch"
#define FTRACE "/proc/sys/kernel/ftrace_enabled"
#define MOUNTS "/proc/self/mountinfo"
#define STATUS "/proc/self/status"
#define BTF "/sys/kernel/btf/vmlinux"
#define LSM "/sys/kernel/security/lsm"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define CMDLINE "/proc/cmdline"
#define VERSION "/proc/version"
#define PREEMPT "/sys/kernel/debug/sched/preempt"
#define CONFIG "/boot/config-6.1.0-28-amd64"

#define MOUNT_PROC "22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n"
#define MOUNT_SECURITY \
	"26 23 0:7 / /sys/kernel/security rw,nosuid shared:8 - securityfs securityfs rw\n"
#define MOUNT_BPF "31 23 0:28 / /sys/fs/bpf rw,nosuid,noexec shared:12 - bpf bpf rw,mode=700\n"
#define MOUNT_CGROUP \
	"29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNT_HYBRID                                                                 \
	"29 23 0:26 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n" \
	"30 29 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw\n"

/* 5 KILL, 19 SYS_PTRACE, 2 DAC_READ_SEARCH, 38 PERFMON, 39 BPF and no more */
#define CAPS_NEEDED 0x000000c000081024ULL

static char root[64];

static void put_bytes(const char *path, const char *bytes, size_t size)
{
	char full[256];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	file = fopen(full, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void take_away(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	assert_int_equal(unlink(full), 0);
}

static void put_status(unsigned int uid, uint64_t caps)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "Name:\tsluiced\nUid:\t7\t%u\t7\t7\nGid:\t0\t0\t0\t0\nCapPrm:\t0\nCapEff:\t%"
		 "016llx\n",
		 uid, (unsigned long long)caps);
	put(STATUS, text);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void add(char *to, size_t *used, const void *bytes, size_t size)
{
	memcpy(to + *used, bytes, size);
	*used += size;
}

/* Types with something behind them, then a function for each of @names. */
static size_t make_types(char *types, const char *names, size_t size)
{
	struct btf_type integer = { .info = BTF_KIND_INT << 24, .size = 4 };
	struct btf_type record = { .info = BTF_KIND_STRUCT << 24 | 2 };
	struct btf_member members[2] = {};
	uint32_t encoding = 32;
	size_t at, used = 0;

	add(types, &used, &integer, sizeof(integer));
	add(types, &used, &encoding, sizeof(encoding));
	add(types, &used, &record, sizeof(record));
	add(types, &used, members, sizeof(members));
	for (at = 1; at < size; at += strlen(names + at) + 1) {
		struct btf_type function = { .name_off = (uint32_t)at,
					     .info = BTF_KIND_FUNC << 24 };

		add(types, &used, &function, sizeof(function));
	}
	return used;
}

/* A kernel that has the functions that are needed, with @first and @second. */
static void put_btf(const char *first, const char *second)
{
	static const char base[] = "\0get_pipe_info\0do_splice\0do_tee\0pipe_lock\0"
				   "pipe_double_lock\0pipe_wait_readable\0"
				   "unix_stream_recvmsg\0unix_dgram_recvmsg\0"
				   "unix_seqpacket_recvmsg\0unix_stream_splice_read\0"
				   "inet_recvmsg\0inet6_recvmsg\0sock_common_recvmsg\0"
				   "sock_splice_read\0tcp_zerocopy_receive\0"
				   "security_task_prctl\0replace_mm_exe_file\0__x64_sys_setns\0"
				   "vma_set_file";
	struct btf_header header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(header) };
	size_t n_names = 0, n_types, n_file = 0;
	char names[512], types[1024], file[2048];

	add(names, &n_names, base, sizeof(base));
	add(names, &n_names, first, strlen(first) + 1);
	add(names, &n_names, second, strlen(second) + 1);
	n_types = make_types(types, names, n_names);
	header.type_len = header.str_off = (uint32_t)n_types;
	header.str_len = (uint32_t)n_names;
	add(file, &n_file, &header, sizeof(header));
	add(file, &n_file, types, n_types);
	add(file, &n_file, names, n_names);
	put_bytes(BTF, file, n_file);
}

/* A host that has everything. */
static int setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/test_check.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	check_root = root;
	put(RELEASE, "6.1.0-28-amd64\n");
	put(ARCH, "x86_64\n");
	put(FTRACE, "1\n");
	put(MOUNTS, MOUNT_PROC MOUNT_SECURITY MOUNT_BPF MOUNT_CGROUP);
	put_btf("pipe_read", "other");
	put(LSM, "lockdown,capability,yama,apparmor,bpf");
	put(LOCKDOWN, "[none] integrity confidentiality\n");
	put(CONFIG, "CONFIG_BPF=y\nCONFIG_BPF_LSM=y\n");
	put_status(0, CAPS_NEEDED);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	check_root = "";
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Every row but @name is well; that one is @ok, and its texts hold @found and @remedy. */
static void expect(const char *name, int ok, const char *found, const char *remedy)
{
	struct check_result results[ROWS];
	size_t n = check_all(results, ROWS);
	bool seen = false;

	for (size_t i = 0; i < n; i++) {
		const struct check_result *result = &results[i];
		bool meant = name && strcmp(result->name, name) == 0;

		seen |= meant;
		if (result->ok != (meant ? ok : 1) || (meant && !strstr(result->found, found)) ||
		    (meant && !strstr(result->remedy, remedy)))
			fail_msg("%s: %d, found '%s', remedy '%s'", result->name, result->ok,
				 result->found, result->remedy);
		assert_true(result->found[0] != '\0');
		assert_int_equal(result->remedy[0] == '\0', result->ok == 1);
	}
	assert_true(seen || !name);
}

static void test_all_is_well(void **state)
{
	struct check_result results[ROWS];

	(void)state;
	expect(NULL, 1, "", "");
	assert_int_equal(check_all(results, ROWS), 10);
	assert_int_equal(check_all(results, 2), 2);
	assert_int_equal(check_all(results, 0), 0);
}

static void test_kernel(void **state)
{
	(void)state;
	take_away(CONFIG); /* of another release */
	put(RELEASE, "7.3.4\n");
	expect("kernel", 1, "Linux 7.3.4", "");
	put(RELEASE, "6.0.19-amd64\n");
	expect("kernel", 0, "Linux 6.0.19", "6.1");
	put(RELEASE, "5.19.0\n");
	expect("kernel", 0, "Linux 5.19.0", "6.1");
	put(RELEASE, "10.0\n");
	expect("kernel", 1, "Linux 10.0", "");
	put(RELEASE, "unknown\n");
	expect("kernel", 0, "cannot be read", "/proc");
}

static void test_machine(void **state)
{
	(void)state;
	put(ARCH, "aarch64\n");
	expect("machine", 0, "aarch64", "x86_64");
	take_away(ARCH); /* uname() tells then, and this test runs where the program does */
	expect("machine", 1, "x86_64", "");
}

static void test_btf(void **state)
{
	(void)state;
	put(BTF, "\x7f"
		 "ELF");
	expect("btf", 0, "not in BTF's format", "CONFIG_DEBUG_INFO_BTF=y");
	put(BTF, "");
	expect("btf", 0, "not in BTF's format", "CONFIG_DEBUG_INFO_BTF=y");
	put_bytes(BTF, "\x9f\xeb\x01\x00more", 8);
	expect("btf", 0, "not in BTF's format", "CONFIG_DEBUG_INFO_BTF=y");
	put_btf("anon_pipe_read", "fifo_pipe_read");
	expect("btf", 1, BTF, "");
	put_btf("anon_pipe_read", "other");
	expect("btf", 0, "no function pipe_read", "use a kernel");
	put_btf("fifo_pipe_read", "pipe_readable");
	expect("btf", 0, "no function pipe_read", "use a kernel");
	put_btf("pipe_read", "io_submit_sqes");
	expect("btf", 0, "no function io_msg_ring", "use a kernel");
	take_away(BTF);
	expect("btf", 0, strerror(ENOENT), "CONFIG_DEBUG_INFO_BTF=y");
}

static void test_lsm(void **state)
{
	(void)state;
	put(LSM, "lockdown,capability,yama");
	expect("bpf lsm", 0, "lockdown,capability,yama",
	       "lsm=lockdown,capability,yama,bpf to GRUB_CMDLINE_LINUX");
	put(LSM, "capability,ebpf,bpfx");
	expect("bpf lsm", 0, "capability,ebpf,bpfx", "lsm=capability,ebpf,bpfx,bpf ");
	put(LSM, "");
	expect("bpf lsm", 0, "not among", "lsm=bpf ");
	put(LSM, "bpf,capability\n");
	expect("bpf lsm", 1, "bpf,capability", "");
}

/* The parameter is no remedy for a kernel that was built without. */
static void test_lsm_not_built(void **state)
{
	(void)state;
	put(LSM, "lockdown,capability");
	put(CONFIG, "CONFIG_BPF=y\n# CONFIG_BPF_LSM is not set\n");
	expect("bpf lsm", 0, "lockdown,capability", "CONFIG_BPF_LSM=y");
	take_away(CONFIG);
	expect("bpf lsm", 0, "lockdown,capability", "GRUB_CMDLINE_LINUX");
	take_away(LSM);
	expect("bpf lsm", 0, strerror(ENOENT), "CONFIG_SECURITY=y");
}

static void test_no_securityfs(void **state)
{
	struct check_result results[ROWS];
	size_t n;

	(void)state;
	take_away(LSM);
	take_away(LOCKDOWN);
	put(MOUNTS, MOUNT_PROC MOUNT_BPF MOUNT_CGROUP);
	n = check_all(results, ROWS);
	for (size_t i = 0; i < n; i++) {
		int expected = strcmp(results[i].name, "bpf lsm") == 0	  ? 0
			       : strcmp(results[i].name, "lockdown") == 0 ? -1
									  : 1;

		assert_int_equal(results[i].ok, expected);
		if (expected != 1)
			assert_non_null(strstr(results[i].remedy, "mount -t securityfs"));
	}
}

static void test_lockdown(void **state)
{
	(void)state;
	put(LOCKDOWN, "none integrity [confidentiality]\n");
	expect("lockdown", 0, "[confidentiality]", "lockdown=integrity");
	put(LOCKDOWN, "none [integrity] confidentiality\n");
	expect("lockdown", 1, "[integrity]", "");
	take_away(LOCKDOWN); /* a kernel without it */
	expect("lockdown", 1, "no lockdown", "");
}

static void test_bpffs(void **state)
{
	(void)state;
	put(MOUNTS, MOUNT_SECURITY MOUNT_CGROUP);
	expect("bpffs", 0, "not mounted", "mount -t bpf bpf /sys/fs/bpf");
	put(MOUNTS,
	    MOUNT_SECURITY MOUNT_CGROUP MOUNT_BPF "99 31 0:9 / /sys/fs/bpf rw - tmpfs tmpfs rw\n");
	expect("bpffs", 0, "tmpfs", "mount -t bpf");
	put(MOUNTS,
	    MOUNT_SECURITY MOUNT_CGROUP "98 31 0:9 / /sys/fs/bpf rw - tmpfs tmpfs rw\n" MOUNT_BPF);
	expect("bpffs", 1, "bpf", "");
	put(MOUNTS, MOUNT_SECURITY MOUNT_CGROUP "31 23 0:28 / /sys/fs/bpf/mine rw - bpf bpf rw\n");
	expect("bpffs", 0, "not mounted", "mount -t bpf");
}

static void test_capabilities(void **state)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} each[] = {
		{ 2, "CAP_DAC_READ_SEARCH" }, { 5, "CAP_KILL" },
		{ 12, "CAP_NET_ADMIN" },      { 19, "CAP_SYS_PTRACE" },
		{ 38, "CAP_PERFMON" },	      { 39, "CAP_BPF" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(each); i++) {
		put_status(0, CAPS_NEEDED & ~(UINT64_C(1) << each[i].bit));
		expect("capabilities", 0, each[i].name, "CapabilityBoundingSet=");
		put_status(1000, CAPS_NEEDED & ~(UINT64_C(1) << each[i].bit));
		expect("capabilities", -1, each[i].name, "sudo sluice doctor");
	}
	put_status(1000, 0);
	expect("capabilities", -1, "user 1000", "sudo");
	put_status(1000, CAPS_NEEDED);
	expect("capabilities", 1, "all", "");
	put_status(0, UINT64_MAX);
	expect("capabilities", 1, "all", "");
	put(STATUS, "Name:\tsluiced\n");
	expect("capabilities", -1, "cannot be read", "/proc");
}

static void test_ftrace(void **state)
{
	(void)state;
	put(FTRACE, "0\n");
	expect("ftrace", 0, "= 0", "sysctl kernel.ftrace_enabled=1");
	take_away(FTRACE);
	expect("ftrace", 1, "not there", "");
}

static void test_preemption(void **state)
{
	(void)state;
	expect("preemption", 1, "as the kernel comes", "");
	put(CMDLINE, "quiet preempt=full rw\n");
	expect("preemption", -1, "taken for one without labels", "preempt=lazy");
	put(RELEASE, "6.12.117+deb12-amd64\n");
	expect("preemption", -1, "full: labels that come while", "preempt=lazy");
	put(CMDLINE, "quiet preempt=none\n");
	expect("preemption", 1, "none", "");
	put(VERSION, "Linux version 6.1.0-28-rt-amd64 #1 SMP PREEMPT_RT Debian\n");
	expect("preemption", -1, "full", "PREEMPT_RT");
	put(PREEMPT, "none voluntary (full) lazy\n");
	expect("preemption", -1, "full", "preempt=voluntary");
	put(PREEMPT, "full (lazy)\n");
	expect("preemption", 1, "lazy", "");
}

static void test_one(void **state)
{
	struct check_result result;

	(void)state;
	assert_int_equal(check_one("ftrace", &result), 0);
	assert_int_equal(result.ok, 1);
	put(FTRACE, "0\n");
	put(LSM, "lockdown"); /* of no interest here */
	assert_int_equal(check_one("ftrace", &result), 0);
	assert_int_equal(result.ok, 0);
	assert_string_equal(result.name, "ftrace");
	assert_int_equal(check_one("no such row", &result), -ENOENT);
}

static void test_cgroup(void **state)
{
	(void)state;
	put(MOUNTS, MOUNT_SECURITY MOUNT_BPF MOUNT_HYBRID);
	expect("cgroup", 1, "/sys/fs/cgroup/unified", "");
	put(MOUNTS, MOUNT_SECURITY MOUNT_BPF "29 23 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n");
	expect("cgroup", -1, "units", "systemd.unified_cgroup_hierarchy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_is_well, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_btf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lsm, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lsm_not_built, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_securityfs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lockdown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bpffs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_capabilities, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ftrace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_preemption, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
