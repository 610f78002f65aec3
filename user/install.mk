# SPDX-License-Identifier: Apache-2.0
# install.mk: what `make install` puts where, and `make uninstall` takes away again.
#
# Settings of a running agent are never overwritten: /etc/sluice gets a harmless sluice.conf
# (Monitor=yes, no label) only where there is none, and uninstall removes it only when nobody has
# changed it. State, journal and keys are not touched by either.
#
# `make deb` puts the same files into packages, in $(O)/deb (debhelper, dpkg-dev).

INSTALL ?= install
DOCDIR ?= $(PREFIX)/share/doc/sluice
CONFDIR = $(SYSCONFDIR)/sluice

UNITS := $(patsubst user/systemd/%.service,%.service,$(sort $(wildcard user/systemd/*.service)))
MANUALS := $(notdir $(sort $(wildcard user/man/*.[1-8])))
EXAMPLES := $(patsubst user/examples/%,%,$(sort $(wildcard user/examples/*.conf user/examples/*/*.*)))

manual_path = $(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))/$(1)

# Every file but the settings, for uninstall.
INSTALLED = $(SBINDIR)/sluiced $(SBINDIR)/sluice-gateway $(BINDIR)/sluice \
	$(UNITS:%=$(UNITDIR)/%) $(SYSUSERSDIR)/sluice.conf $(TMPFILESDIR)/sluice.conf \
	$(foreach page,$(MANUALS),$(call manual_path,$(page))) $(COMPLETIONDIR)/sluice $(ZSHDIR)/_sluice $(FISHDIR)/sluice.fish \
	$(EXAMPLES:%=$(DOCDIR)/examples/%) $(DOCDIR)/CHANGELOG.md
# Folders that are ours alone.
INSTALLED_FOLDERS = $(sort $(dir $(EXAMPLES:%=$(DOCDIR)/examples/%))) $(DOCDIR)

.PHONY: install-programs install-units install-docs install-settings

install: install-programs install-units install-docs install-settings
ifeq ($(DESTDIR),)
	@echo 'Next: systemd-sysusers; systemd-tmpfiles --create; systemctl daemon-reload; sluice doctor;'
	@echo '      systemctl enable --now sluiced'
endif

install-programs: $(PROGRAMS)
	$(Q)$(INSTALL) -D -m 0755 $(O)/sluiced $(DESTDIR)$(SBINDIR)/sluiced
	$(Q)$(INSTALL) -D -m 0755 $(O)/sluice-gateway $(DESTDIR)$(SBINDIR)/sluice-gateway
	$(Q)$(INSTALL) -D -m 0755 $(O)/sluice $(DESTDIR)$(BINDIR)/sluice

$(O)/systemd/%.service: user/systemd/%.service FORCE
	@mkdir -p $(@D)
	$(Q)sed 's,@SBINDIR@,$(SBINDIR),g; s,@BINDIR@,$(BINDIR),g' $< > $@

install-units: $(UNITS:%=$(O)/systemd/%)
	$(Q)$(INSTALL) -d $(DESTDIR)$(UNITDIR)
	$(Q)$(INSTALL) -m 0644 $^ $(DESTDIR)$(UNITDIR)
	$(Q)$(INSTALL) -D -m 0644 user/systemd/sluice.sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/sluice.conf
	$(Q)$(INSTALL) -D -m 0644 user/systemd/sluice.tmpfiles.conf $(DESTDIR)$(TMPFILESDIR)/sluice.conf

# What the program says of itself.
$(COMPLETIONS): $(O)/completion/%: user/completion/generate $(O)/sluice
	@mkdir -p $(@D)
	$(call msg,GEN,$@)
	$(Q)$< $* $(O)/sluice >$@

install-docs: $(COMPLETIONS)
	$(Q)$(foreach page,$(MANUALS),$(INSTALL) -D -m 0644 user/man/$(page) \
		$(DESTDIR)$(call manual_path,$(page)) &&) :
	$(Q)$(INSTALL) -D -m 0644 $(O)/completion/bash $(DESTDIR)$(COMPLETIONDIR)/sluice
	$(Q)$(INSTALL) -D -m 0644 $(O)/completion/zsh $(DESTDIR)$(ZSHDIR)/_sluice
	$(Q)$(INSTALL) -D -m 0644 $(O)/completion/fish $(DESTDIR)$(FISHDIR)/sluice.fish
	$(Q)$(foreach file,$(EXAMPLES),$(INSTALL) -D -m 0644 user/examples/$(file) \
		$(DESTDIR)$(DOCDIR)/examples/$(file) &&) :
	$(Q)$(INSTALL) -m 0644 user/doc/CHANGELOG.md $(DESTDIR)$(DOCDIR)/CHANGELOG.md

install-settings:
	$(Q)$(INSTALL) -d -m 0755 $(DESTDIR)$(CONFDIR) $(DESTDIR)$(CONFDIR)/policy.d
	$(Q)test -e $(DESTDIR)$(CONFDIR)/sluice.conf || \
		$(INSTALL) -m 0644 user/examples/sluice.conf $(DESTDIR)$(CONFDIR)/sluice.conf

# Needs the same variables as the install that it takes back.
uninstall:
	$(Q)! cmp -s user/examples/sluice.conf $(DESTDIR)$(CONFDIR)/sluice.conf || \
		rm -f $(DESTDIR)$(CONFDIR)/sluice.conf
	$(Q)rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	$(Q)printf '%s\n' $(addprefix $(DESTDIR),$(INSTALLED_FOLDERS) $(CONFDIR)/policy.d $(CONFDIR)) | \
		sort -r | while read -r folder; do rmdir "$$folder" 2>/dev/null || :; done

# The tools write into the folder debian/, so it is a copy. Nothing of this make is meant for the one inside.
deb: $(PROGRAMS)
	$(Q)rm -rf $(O)/deb
	$(Q)mkdir -p $(O)/deb/package
	$(Q)cp -r scripts/debian $(O)/deb/package
	$(Q)cd $(O)/deb/package && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS SLUICE_SOURCE='$(CURDIR)' \
		SLUICE_BUILD='$(abspath $(O))' dpkg-buildpackage -b -d -us -uc >../log 2>&1 || { cat ../log >&2; exit 1; }
	$(Q)rm -rf $(O)/deb/package
	@ls $(O)/deb/*.deb

.PHONY: deb FORCE
FORCE:
