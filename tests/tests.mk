# SPDX-License-Identifier: Apache-2.0
# tests.mk: unit tests, fuzzers, analysis and numbers.
#
# make test              unit tests; SAN=1: with sanitizers, in their own folder
# make test-programs     whole programs against stand-ins of their peers (bats)
# make test-browser      the gateway's page in Chromium; Teams, Slack, API and webhooks beside others' programs
#                        (nodejs, npm, chromium)
# make test-load         1,000 requests and 100 decisions a second on the gateway's page
# make coverage          lines and branches of user/ that unit tests and whole programs run, and what they never call;
#                        COVERAGE_TESTS="test_meter metrics.bats": these alone
# make vm-programs       small programs of the end-to-end tests, which scripts/test runs
# make fuzz              each fuzzer for FUZZ_SECONDS; what it finds stays in $(O)/fuzz/found; corpora beside it
# make lint              cppcheck, gcc -fanalyzer, scan-build, shellcheck, mandoc; each also alone: lint-gcc
# make bench             instructions an operation, in a virtual machine, and numbers of the journal
# make bench-journal     the latter alone, as JSON
# make bench-whole       what a compiler, Python, SQLite, tar, nginx and Redis cost as a whole
# make bench-scale       what opening a file costs with more folders, labels, labeled files and processes
# make bench-peers       the former beside what AppArmor, auditd, fanotify, fapolicyd and OpenSnitch cost
#
# Tests link to the archive that the programs are linked from: each takes what it calls and no list has to be
# kept; a module whose functions a test plays itself is not taken. The modules that need the BPF
# object are left out: they are tested in virtual machines.

FUZZ_SECONDS ?= 60
COVERAGE_TESTS ?= $(UNIT_TESTS:$(O)/tests/%=%) $(notdir $(filter-out tests/build.bats tests/deb.bats tests/install.bats,\
	$(wildcard tests/*.bats)))
TEST_LIBS := -lsqlite3 -levent_core -lcurl -lmicrohttpd -lwslay -ljansson -linih -lzip -lssl -lcrypto -lseccomp -lcap-ng -lm -lbpf
TEST_TOOLS := $(patsubst tests/tools/%.c,$(O)/tests/%,$(sort $(wildcard tests/tools/*.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,$(O)/tests/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
VM_PROGRAMS := $(patsubst tests/vm/programs/%.c,$(O)/tests/vm/%,$(sort $(wildcard tests/vm/programs/*.c)))
BENCHES := $(patsubst tests/bench/%.c,$(O)/tests/%,$(sort $(wildcard tests/bench/bench_*.c)))

# Functions of libraries that a test puts itself before.
WRAP_test_gateway_delivered := fdatasync
WRAP_test_health := adjtimex statvfs
WRAP_test_journal_fail := pwrite fdatasync ftruncate
WRAP_test_journal_memory := EVP_PKEY_Q_keygen
WRAP_test_label_attribute := lgetxattr
WRAP_test_pulse := clock_gettime statvfs
WRAP_test_web_attempt := clock_gettime
WRAP_test_web_session := clock_gettime

SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CFLAGS := $(SANITIZE) -fsanitize=fuzzer-no-link

.PHONY: coverage coverage-run test-programs test-browser test-load vm-programs fuzz-all bench-journal bench-peers bench-scale bench-whole lint-cppcheck lint-gcc lint-scan-build lint-shell lint-man lint-stack

test_compile = mkdir -p $(@D) && $(CC) $(OUR_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(1) -MMD -MP -MF $@.d -o $@ $< \
	$(WRAP_$(@F):%=-Wl,--wrap=%) $(ARCHIVE) -Wl,--as-needed $(2) $(TEST_LIBS)

$(O)/tests/test_%: tests/unit/test_%.c $(ARCHIVE)
	@mkdir -p $(@D)
	$(call msg,TEST,$@)
	$(Q)$(call test_compile,,-lcmocka)

$(O)/tests/fuzz_%: tests/fuzz/fuzz_%.c $(ARCHIVE)
	@mkdir -p $(@D)
	$(call msg,FUZZ,$@)
	$(Q)$(call test_compile,-fsanitize=fuzzer)

$(O)/tests/%: tests/tools/%.c $(ARCHIVE)
	@mkdir -p $(@D)
	$(call msg,TOOL,$@)
	$(Q)$(call test_compile)

$(O)/tests/%: tests/bench/%.c $(ARCHIVE)
	@mkdir -p $(@D)
	$(call msg,BENCH,$@)
	$(Q)$(call test_compile)

# Before the pattern of the tools, which it would match as well.
$(O)/tests/vm/%: tests/vm/programs/%.c tests/vm/programs/program.h tests/vm/programs/peer.h
	@mkdir -p $(@D)
	$(call msg,PROGRAM,$@)
	$(Q)$(CC) $(filter-out -Iinclude -Iuser,$(OUR_CFLAGS)) $(CFLAGS) $(LDFLAGS) -o $@ $< -pthread $(VM_LIBS_$(@F))

# It asks libbpf for the numbers of the kernel's functions.
VM_LIBS_guard := -lbpf

# It speaks the product's own protocol, and is static for the same reason as the one of the measurement.
$(O)/tests/vm/ask: tests/vm/programs/ask.c $(call objects,cli/client base/channel base/channel_form)
	@mkdir -p $(@D)
	$(call msg,PROGRAM,$@)
	$(Q)$(CC) $(OUR_CFLAGS) $(filter-out -fPIE,$(CFLAGS)) -static -o $@ $^

# They are the product's own code: the gateway's in the hands of somebody else, the journal's alone.
$(O)/tests/vm/vouch $(O)/tests/vm/power: $(O)/tests/vm/%: tests/vm/programs/%.c $(ARCHIVE)
	@mkdir -p $(@D)
	$(call msg,PROGRAM,$@)
	$(Q)$(call test_compile)

# A security key in software, which ssh-keygen loads.
$(O)/tests/security-key.so: tests/provider/security_key.c
	@mkdir -p $(@D)
	$(call msg,TOOL,$@)
	$(Q)$(CC) $(OUR_CFLAGS) $(filter-out -fPIE,$(CFLAGS)) -fPIC -shared -o $@ $< -lcrypto

vm-programs: $(VM_PROGRAMS)

ifeq ($(SAN),1)
test:
	$(Q)$(MAKE) SAN= O=$(O)/san CFLAGS='$(SANITIZE)' LDFLAGS= test
else
test: $(UNIT_TESTS)
	$(Q)tests/unit/run $^
endif

test-programs: $(PROGRAMS) $(COMPLETIONS) $(TEST_TOOLS) $(O)/tests/test_journal_epoch $(O)/tests/security-key.so
	$(Q)ln -sf tests/fake-sluiced $(O)/fake-sluiced
	$(Q)SLUICE_BUILD=$(abspath $(O)) BUILD=$(abspath $(O)) bats $(wildcard tests/*.bats)

# Without optimization, in a folder of its own; the counts of an earlier run would add up. A test that fails has run lines,
# too: it is told of, and the report is made.
coverage:
	$(Q)rm -rf $(O)/coverage/away
	$(Q)[ ! -d $(O)/coverage ] || find $(O)/coverage -name '*.gcda' -delete
	$(Q)$(MAKE) O=$(O)/coverage CFLAGS='-O0 -g --coverage' COVERAGE_TESTS='$(COVERAGE_TESTS)' coverage-run
	$(Q)tests/coverage/report $(O)/coverage $$(find $(O)/coverage/away -mindepth 1 -maxdepth 1)

COVERAGE_PROGRAMS := $(if $(filter %.bats,$(COVERAGE_TESTS)),$(PROGRAMS) $(COMPLETIONS) $(TEST_TOOLS) $(O)/tests/security-key.so)

coverage-run: $(addprefix $(O)/tests/,$(filter test_%,$(COVERAGE_TESTS))) $(COVERAGE_PROGRAMS)
	$(Q)mkdir -p $(O)/away
	-$(Q)tests/unit/run $(addprefix $(O)/tests/,$(filter test_%,$(COVERAGE_TESTS)))
	$(Q)ln -sf tests/fake-sluiced $(O)/fake-sluiced
	-$(Q)[ -z '$(filter %.bats,$(COVERAGE_TESTS))' ] || SLUICE_COVERAGE=$(abspath $(O))/away SLUICE_BUILD=$(abspath $(O)) \
		BUILD=$(abspath $(O)) bats $(addprefix tests/,$(filter %.bats,$(COVERAGE_TESTS)))

test-browser: $(O)/sluice $(O)/sluice-gateway $(TEST_TOOLS)
	$(Q)tests/browser/run $(O)

test-load: $(O)/sluice-gateway $(TEST_TOOLS)
	$(Q)ln -sf tests/fake-sluiced $(O)/fake-sluiced
	$(Q)BUILD=$(abspath $(O)) bats tests/load/load.bats

fuzz:
	$(Q)$(MAKE) O=$(O)/fuzz CC=$(CLANG) CFLAGS='$(FUZZ_CFLAGS)' LDFLAGS= fuzz-all

fuzz-all: $(FUZZERS)
	$(Q)tests/fuzz/run $(O) $(FUZZ_SECONDS) $^

bench-journal: $(O)/tests/bench_journal
	$(Q)$<

# One program is started by exec in the measurement, so it is static: no loader, no libraries.
$(O)/tests/ops: tests/bench/ops.c
	@mkdir -p $(@D)
	$(call msg,BENCH,$@)
	$(Q)$(CC) $(filter-out -Iinclude -Iuser,$(OUR_CFLAGS)) -O2 -static $< -o $@

$(O)/tests/floor: tests/bench/floor.c
	@mkdir -p $(@D)
	$(call msg,BENCH,$@)
	$(Q)$(CC) $(OUR_CFLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@ -lbpf

$(O)/tests/floor.bpf.o: tests/bench/floor.bpf.c
	@mkdir -p $(@D)
	$(call msg,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(O)/tests/answer: tests/bench/answer.c
	@mkdir -p $(@D)
	$(call msg,BENCH,$@)
	$(Q)$(CC) $(OUR_CFLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@

$(O)/tests/scale: tests/bench/scale.c
	@mkdir -p $(@D)
	$(call msg,BENCH,$@)
	$(Q)$(CC) $(filter-out -Iinclude -Iuser,$(OUR_CFLAGS)) -O2 -static $< -o $@

# BENCH_KERNEL: 6.1, 6.12 or 7
bench: $(PROGRAMS) $(O)/tests/ops $(O)/tests/floor $(O)/tests/floor.bpf.o bench-journal
	$(Q)scripts/bench $(or $(BENCH_KERNEL),6.12) $(abspath $(O))

bench-peers: $(PROGRAMS) $(O)/tests/ops $(O)/tests/floor $(O)/tests/floor.bpf.o $(O)/tests/answer
	$(Q)scripts/bench --peers $(or $(BENCH_KERNEL),6.12) $(abspath $(O))

bench-whole: $(PROGRAMS) $(O)/tests/ops
	$(Q)scripts/bench --whole $(or $(BENCH_KERNEL),6.12) $(abspath $(O))

bench-scale: $(PROGRAMS) $(O)/tests/scale
	$(Q)scripts/bench --scale $(or $(BENCH_KERNEL),6.12) $(abspath $(O))

# ---- analysis ----

LINT_SOURCES := $(sort $(wildcard user/*/*.c tests/unit/*.c tests/tools/*.c tests/fuzz/*.c tests/provider/*.c tests/bench/*.c tests/vm/programs/*.c))
LINT_SCRIPTS = $(shell grep -rlE '^(#!.*\<(ba)?sh|#!.*\<bats|\# shellcheck shell=)' scripts tests user/completion)
# Style advice is not asked for: it wants declarations inside blocks, where kernel style wants them on top. Left out of
# the rest, because cppcheck does not understand what makes them right, and other tools here do:
#  missingIncludeSystem, unknownMacro   headers of the C library, cmocka and libevent are not read
#  resourceLeak                         variables with a cleanup attribute (LeakSanitizer looks)
#  uninitvar                            loops of uthash, errors filled by the callee (gcc, clang look)
CPPCHECK := cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
	--enable=warning,performance,portability --suppress=missingIncludeSystem \
	--suppress=unknownMacro --suppress=resourceLeak \
	--suppress=uninitvar \
	-D_GNU_SOURCE -DSLUICE_VERSION='""' -Iinclude -Iuser
# Headers that stand before those of uthash, whose macros take gcc's analyzer many minutes a file.
LINT_MODELS := -Itests/lint

lint: lint-cppcheck lint-gcc lint-scan-build lint-shell lint-man lint-stack

lint-cppcheck:
	$(call msg,LINT,cppcheck)
	$(Q)$(CPPCHECK) $(LINT_SOURCES)

# One file each, so that -j helps and -k shows all.
lint-gcc: $(MODULES:%=$(O)/lint/%.gcc)
lint-scan-build: $(MODULES:%=$(O)/lint/%.clang)

$(O)/lint/%.gcc: user/%.c $(O)/sluice.skel.h
	@mkdir -p $(@D)
	$(call msg,GCC,$@)
	$(Q)$(CC) $(LINT_MODELS) $(OUR_CFLAGS) -O2 -fanalyzer -c $< -o $@

# What scan-build runs, without its pages; a finding is an error.
$(O)/lint/%.clang: user/%.c $(O)/sluice.skel.h
	@mkdir -p $(@D)
	$(call msg,CLANG,$@)
	$(Q)tests/lint/clang $< $(CLANG) $(LINT_MODELS) $(OUR_CFLAGS) -o $@ && touch $@

# SC2030, SC2031: each test of bats is a subshell, and what "run" sets is meant for that test alone.
lint-shell:
	$(call msg,LINT,shellcheck)
	$(Q)shellcheck -x $(filter-out %.bats,$(LINT_SCRIPTS))
	$(Q)shellcheck -x -e SC2030,SC2031 $(filter %.bats,$(LINT_SCRIPTS))

# The BPF programs' own stack: a build that 6.1 would not load is found without a guest.
lint-stack: $(O)/sluice.bpf.o
	$(call msg,LINT,stack)
	$(Q)tests/lint/stack $<

lint-man:
	$(call msg,LINT,mandoc)
	$(Q)mandoc -T lint -W warning $(wildcard user/man/*.[1-8])
