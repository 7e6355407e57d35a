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
sys-y := mem strbuf errbuf strlist strmap fileio hash proc proc_child \
	proc_run jobserver meminfo pipe_to sandbox sandbox_spec \
	sandbox_view sandbox_enter linkpath tarball nearest yamlfile \
	objfile objfile_refs objfile_field objfile_exports ararchive \
	cparse cparse_flags cparse_lib cparse_walk shellwords
model-y := arch unit finding result result_json_read result_json_told \
	result_json_write json_place \
	series series_order series_source mail mailtag mailinfo patchpath \
	matrix matrix_yaml matrix_check fragment \
	diagnostic diag_text diag_compiler diag_make diag_link diag_kconfig \
	diag_heal diag_infra diag_parser
store-y := database store
engine-y := tree tree_lines tree_git tree_repo tree_import tree_states \
	tree_changes tree_apply tree_patch tree_reject tree_layer \
	tree_checkout tree_history \
	toolchain cellconf cellconf_lost kconfig_text kconfig_expr kconfig_why includes \
	include_scan include_walk listing impact impact_path impact_text \
	impact_memo baseline place survey harvest commands replay lane_replay lane lane_child \
	lane_config lane_base lane_lost lane_chain lane_audit lane_memory lane_text legs lane_quick lane_step \
	lane_ask lane_image lane_look lane_first quick suspects run pool order simulate trace plan \
	link_script link_check link_modpost link_compare link_step image \
	objects look look_tree step_view verdict \
	bisect bisect_sheet bisect_find bisect_run \
	cause cause_kind cause_scan cause_proof cause_text cause_words ctext \
	ctext_cond sources proof proof_missing proof_flag proof_file \
	proof_make proof_twice
audit-y := audit collect ledger object_states accept sharing headers cycles cost cond \
	coverage standalone code codearch codecmp identity bootcalls \
	coverage_text boot_audit exposed exposure exposure_json \
	exposure_table exposure_try identity_audit bootcalls_links
report-y := formats escape tap text text_audits
cmd-y := cmd options session output progress run audit plan explain \
	bisect bisect_print report repro doctor gc exposure

lib-objs := $(sys-y:%=sys/%) $(model-y:%=model/%) $(store-y:%=store/%) \
	$(engine-y:%=engine/%) $(audit-y:%=audit/%) $(report-y:%=report/%)
cmd-objs := $(cmd-y:%=cmd/%) main

unit-tests := proc path jobserver sandbox tarball objfile series matrix \
	diagnostic diag-compiler diag-link diag-make diag-damage result \
	result-json store order legs simulate trace tree tree-apply tree-layer \
	cellconf includes impact harvest commands quick look image link-check \
	verdict suspects bisect bisect-sheet cause cause-kind cause-span \
	cause-proof ctext audit cond report bootcalls cparse identity \
	objects
# Objects that unit tests share.
unit-common := builder machines

packages := libuv libarchive sqlite3 libcyaml yaml-0.1 jansson libelf libcrypto
# libclang has no pkg-config file; Debian keeps each version below a directory of
# its own. The newest that is there, or LLVM_DIR=/usr/lib/llvm-14.
LLVM_DIR := $(or $(LLVM_DIR),$(shell ls -d /usr/lib/llvm-*/include/clang-c 2>/dev/null | \
	sort -V | tail -n 1 | sed 's,/include/clang-c$$,,'))
clang-dir = $(if $(wildcard $(LLVM_DIR)/include/clang-c/Index.h),$(LLVM_DIR),$(error \
	clang-c/Index.h is missing: run "make deps", or install libclang-dev))
# It is opened when it is needed, not linked; by the name that a link would record.
clang-soname = $(or $(shell objdump -p $(clang-dir)/lib/libclang.so 2>/dev/null | \
	awk '$$1 == "SONAME" { print $$2 }'),$(error \
	$(clang-dir)/lib/libclang.so is missing: run "make deps", or install libclang-dev))
clang-package := $(patsubst /usr/lib/llvm-%,libclang1-%,$(filter /usr/lib/llvm-%,$(LLVM_DIR)))
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

# The only ones that know libclang.
$(build)/sys/cparse.o $(build)/sys/cparse_lib.o $(build)/sys/cparse_walk.o: \
	pkg-cflags += -isystem $(clang-dir)/include
$(build)/sys/cparse_lib.o: pkg-cflags += \
	-DKVMATRIX_LIBCLANG='"$(clang-soname)"' \
	-DKVMATRIX_LIBCLANG_PACKAGE='"$(or $(clang-package),libclang-dev)"'

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
