# SPDX-License-Identifier: Apache-2.0
# make            three programs and the BPF object, below $(O)
# make test       unit tests; make lint: static analysis; make bench: numbers; V=1 shows commands
# make install    DESTDIR, PREFIX, SYSCONFDIR; make uninstall; make deb: Debian packages

O ?= build
VERSION := 0.1
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config

# The same bytes from any folder.
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(abspath $(O))=build

WARNINGS := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Werror
HARDENING := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
CFLAGS ?= -O2 -g $(HARDENING)
LDFLAGS ?= -pie -Wl,-z,relro,-z,now
OUR_CFLAGS := -std=gnu17 $(WARNINGS) -fno-common -D_GNU_SOURCE= -DSLUICE_VERSION='"$(VERSION)"' $(PREFIX_MAP) \
	-Iinclude -Iuser -I$(O)

MULTIARCH := $(shell gcc -print-multiarch)
BPF_ARCH := $(subst x86_64,x86,$(shell uname -m))
BPF_CFLAGS := -std=gnu17 -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-unused-function \
	-D__TARGET_ARCH_$(BPF_ARCH) $(PREFIX_MAP) -Iinclude -Ibpf -I/usr/include/$(MULTIARCH)

include user/programs.mk

PROGRAMS := $(O)/sluiced $(O)/sluice-gateway $(O)/sluice
COMPLETIONS := $(O)/completion/bash $(O)/completion/zsh $(O)/completion/fish
BPF_SOURCES := $(sort $(wildcard bpf/*.bpf.c))
BPF_OBJECTS := $(BPF_SOURCES:%.bpf.c=$(O)/%.bpf.o)
objects = $(patsubst %,$(O)/user/%.o,$(1))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))

ifeq ($(V),1)
Q =
msg =
else
Q = @
msg = @printf '  %-7s %s\n' '$(1)' '$(patsubst $(O)/%,%,$(2))'
MAKEFLAGS += --no-print-directory
endif

.PHONY: all bpf test lint bench fuzz install uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS)
bpf: $(O)/sluice.bpf.o

$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call msg,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(O)/sluice.bpf.o: $(BPF_OBJECTS)
	$(call msg,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(O)/sluice.skel.h: $(O)/sluice.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name sluice_bpf > $@

$(call objects,$(LOADER)): $(O)/sluice.skel.h
$(O)/user/web/web_asset.o: user/web/style.css user/web/page.js user/web/openapi.json
$(O)/user/cli/cmd_teams_app.o: user/teams/color.png user/teams/outline.png

$(O)/user/%.o: user/%.c
	@mkdir -p $(@D)
	$(call msg,CC,$@)
	$(Q)$(CC) $(OUR_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(ARCHIVE): $(call objects,$(filter-out $(MAINS) $(LOADER),$(MODULES)))
	$(call msg,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

link = $(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@

$(O)/sluiced: $(call objects,sluiced/sluiced $(LOADER)) $(ARCHIVE)
	$(call msg,LD,$@)
	$(Q)$(link) $(SLUICED_LIBS)

$(O)/sluice-gateway: $(call objects,gateway/gateway) $(ARCHIVE)
	$(call msg,LD,$@)
	$(Q)$(link) $(GATEWAY_LIBS)

$(O)/sluice: $(call objects,cli/sluice) $(ARCHIVE)
	$(call msg,LD,$@)
	$(Q)$(link) $(CLI_LIBS)

-include tests/tests.mk
-include user/install.mk

clean:
	$(Q)rm -rf $(O)

-include $(shell find $(O) -path $(O)/deb -prune -o -name '*.d' -type f -print 2>/dev/null)
