# SPDX-License-Identifier: GPL-2.0-only
#
#   make            builds ./kvmatrix
#   make demo       the one command: installs what is missing, fetches a kernel
#                   and judges two sample series on four architectures
#   make check      all tests, through prove
#   make deps       installs what is missing (apt), and says what and why
#   make kernel     brings the kernel source (KERNEL=6.12) into the cache
#   make bench      kvmatrix's time beside plain loops of make; hours, see
#                   tests/bench/README.md. BENCH="--cells 's390/*' --keep DIR"
#   make install    PREFIX=/usr/local, DESTDIR=
#   make clean
#
# Variables: CC, CFLAGS, SANITIZE=address,undefined, KERNEL=6.12, V=1,
# TESTS="tests/t1000-*.sh" (make check: only these)

VERSION := 0.1.0
PREFIX ?= /usr/local
DATADIR := $(PREFIX)/share/kvmatrix
KERNEL ?= 6.12
CFLAGS ?= -O2 -g
Q := $(if $(V),,@)

# The object lists are explicit, floor by floor: reading them shows the house.
sys-y := mem strbuf errbuf strlist strmap fileio hash \
	proc proc_child proc_run jobserver meminfo pipe_to \
	sandbox sandbox_spec sandbox_view sandbox_enter linkpath tarball \
	nearest yamlfile objfile objfile_refs objfile_field \
	objfile_exports ararchive
model-y := arch unit finding result result_json_read result_json_write json_place \
	series series_order series_source mail mailtag mailinfo patchpath \
	matrix matrix_yaml matrix_check fragment \
	diagnostic diag_text diag_compiler diag_make diag_link diag_kconfig \
	diag_heal diag_infra diag_parser
store-y := database store
engine-y := tree tree_lines tree_git tree_repo tree_import tree_states tree_changes \
	tree_apply tree_patch tree_reject tree_layer tree_checkout \
	toolchain cellconf kconfig_text kconfig_expr kconfig_why includes \
	include_scan include_walk listing impact impact_path impact_text \
	impact_memo baseline place survey harvest replay lane lane_child \
	lane_image lane_config lane_chain lane_audit lane_memory lane_quick lane_step quick run pool \
	link_script link_check link_modpost link_compare link_step image objects \
	order trace look look_tree lane_look plan step_view verdict cause cause_kind cause_scan cause_text
audit-y := audit collect ledger accept sharing headers cycles cost cond coverage \
	standalone code codearch codecmp identity identity_audit bootcalls bootcalls_links \
	boot_audit
report-y := formats escape tap text text_audits
cmd-y := cmd options output progress run audit plan explain report repro doctor gc

lib-objs := $(sys-y:%=sys/%) $(model-y:%=model/%) $(store-y:%=store/%) \
	$(engine-y:%=engine/%) $(audit-y:%=audit/%) $(report-y:%=report/%)
cmd-objs := $(cmd-y:%=cmd/%) main

unit-tests := proc jobserver sandbox tarball objfile \
	series matrix diagnostic diag-compiler diag-link diag-make diag-damage \
	result result-json store \
	link-check image order trace look audit cond identity bootcalls objects tree tree-apply tree-layer cellconf includes impact harvest quick \
	verdict cause cause-kind cause-span report
# Objects that unit tests share.
unit-common := builder

packages := libuv libarchive sqlite3 libcyaml yaml-0.1 jansson libelf libcrypto
pkg-cflags = $(shell pkg-config --cflags $(packages))
pkg-libs = $(shell pkg-config --libs $(packages)) -lm

# Sanitized objects live apart, so that going back and forth costs a link only.
build := build$(if $(SANITIZE),/sanitize)
sanitize := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -Wno-format-truncation -Wno-maybe-uninitialized)

all-cflags = -std=gnu11 -D_GNU_SOURCE -Irunner -Wall -Wextra -Werror \
	-Wmissing-prototypes -Wstrict-prototypes -Wvla -Wwrite-strings \
	-DKVMATRIX_VERSION='"$(VERSION)"' -DKVMATRIX_DATADIR='"$(DATADIR)"' \
	-MMD -MP $(pkg-cflags) $(sanitize) $(CFLAGS)

lib := $(build)/libkvmatrix.a

all: kvmatrix

# ./kvmatrix is linked anew when the kind of build changes.
$(build)/kvmatrix: $(cmd-objs:%=$(build)/%.o) $(lib)
	@echo "  LD      $@"
	$(Q)$(CC) $(sanitize) $(LDFLAGS) -o $@ $^ $(pkg-libs)

kvmatrix: $(build)/kvmatrix FORCE
	$(Q)cmp -s $< $@ || { rm -f $@; cp $< $@; }

$(lib): $(lib-objs:%=$(build)/%.o)
	@echo "  AR      $@"
	$(Q)rm -f $@; $(AR) rcs $@ $^

$(build)/%.o: runner/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(all-cflags) -c -o $@ $<

$(build)/tests/%.o: tests/unit/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(all-cflags) -Itests/unit -Wno-missing-prototypes -c -o $@ $<

$(build)/tests/test-%: $(build)/tests/test-%.o \
		$(unit-common:%=$(build)/tests/%.o) $(lib)
	@echo "  LD      $@"
	$(Q)$(CC) $(sanitize) $(LDFLAGS) -o $@ $^ $(pkg-libs) -lcmocka

.PRECIOUS: $(build)/tests/%.o
-include $(lib-objs:%=$(build)/%.d) $(cmd-objs:%=$(build)/%.d)
-include $(unit-tests:%=$(build)/tests/test-%.d) $(unit-common:%=$(build)/tests/%.d)

deps:
	$(Q)sh runner/setup/deps.sh

kernel:
	$(Q)sh runner/setup/kernel.sh $(KERNEL)

# deps must come before anything that needs a compiler, so both commands go
# through a second make.
demo: deps
	$(Q)$(MAKE) --no-print-directory kvmatrix
	$(Q)sh runner/setup/demo.sh $(KERNEL)

TESTS ?= $(unit-tests:%=$(build)/tests/test-%) $(wildcard tests/t*.sh) \
	tests/real/differential-self.t tests/real/mutate-self.t $(wildcard tests/real/t*.sh)

check: deps
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)KVMATRIX_TOP='$(CURDIR)' KVMATRIX='$(CURDIR)/kvmatrix' \
		KERNEL='$(KERNEL)' \
		prove --timer --exec '' --rules 'seq=tests/real/*' \
		--rules 'par=**' -j2 $(TESTS)

bench: kvmatrix
	$(Q)KVMATRIX='$(CURDIR)/kvmatrix' KERNEL='$(KERNEL)' \
		tests/bench/bench $(BENCH)

check-programs: kvmatrix $(unit-tests:%=$(build)/tests/test-%)

install: kvmatrix
	install -D -m 755 kvmatrix $(DESTDIR)$(PREFIX)/bin/kvmatrix
	install -d $(DESTDIR)$(DATADIR)/matrices $(DESTDIR)$(DATADIR)/configs \
		$(DESTDIR)$(DATADIR)/audits
	install -m 644 matrices/*.yaml $(DESTDIR)$(DATADIR)/matrices
	install -m 644 configs/*.config $(DESTDIR)$(DATADIR)/configs
	install -m 644 audits/*.list $(DESTDIR)$(DATADIR)/audits

clean:
	rm -rf build kvmatrix

FORCE:
.PHONY: all deps kernel demo check check-programs bench install clean FORCE
