# imgfetch: `make help` lists the targets.
#
# Everything is built below build/$(MODE)/; build/imgfetch and build/imgserve
# are links to the build made last by `make` (MODE=release unless said).

MODE ?= release
VERSION := 0.1.0
# Sent to every server in the User-Agent, so that its operators can find out what this is.
HOMEPAGE ?= https://imgfetch.example/
PREFIX ?= /usr/local
B := build/$(MODE)

# MODE=arm64 is a cross-build (testdata/test-arm64).
CROSS := $(if $(filter arm64,$(MODE)),aarch64-linux-gnu-)
CC := $(CROSS)$(if $(filter fuzz,$(MODE)),clang,gcc)
AR := $(CROSS)ar
PKG_CONFIG := $(CROSS)pkg-config
define newline


endef
# Short lines; V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-4s %s\n' $(1) $(2))
# Optional libraries, one per format and libexif, used if pkg-config finds them; WITHOUT='spng libavif' leaves
# some out. The sources see HAVE_SPNG and so on.
# Silent where there is no pkg-config and no compiler yet: deps-build comes first.
CODECS := $(shell for lib in $(filter-out $(WITHOUT),spng libwebp libavif libjxl libexif); do \
	$(PKG_CONFIG) --exists $$lib 2>/dev/null && echo $$lib; done)
HAVE := $(shell echo $(CODECS:lib%=%) | tr a-z A-Z | sed 's/[A-Z]*/-DHAVE_&/g')
# libavif and libjxl are not linked: decoders load them (src/image/codec_avif.c). Nor is libarchive,
# which is loaded to write tars (src/store/libarchive.h; --as-needed leaves it out).
LIBS := libcurl libuv libarchive libjpeg yajl zlib libzstd libssl libcrypto lcms2 libidn2 \
	libbrotlidec libpsl \
	$(filter-out libavif libjxl,$(CODECS))
soname = $(shell $(CROSS)objdump -p "$$($(CC) -print-file-name=$(1) 2>/dev/null)" 2>/dev/null | \
	awk '$$1 == "SONAME" {print $$2}')
AVIF_SONAME := $(if $(filter libavif,$(CODECS)),$(call soname,libavif.so))
JXL_SONAME := $(if $(filter libjxl,$(CODECS)),$(call soname,libjxl.so))
ARCHIVE_SONAME := $(call soname,libarchive.so)
# What this compiler has for this target: $(1) without the words that it refuses or warns about.
known = $(shell for flag in $(1); do $(CC) -O2 -Werror -include features.h $$flag -fsyntax-only \
	-x c /dev/null 2>/dev/null && echo $$flag; done)
HARDENING := $(if $(filter release arm64,$(MODE)),$(call known,-fcf-protection \
	-mbranch-protection=standard -fstack-clash-protection -ftrivial-auto-var-init=zero \
	-D_FORTIFY_SOURCE=3))
CPPFLAGS += -D_GNU_SOURCE -DIMGFETCH_VERSION='"$(VERSION)"' \
	-DIMGFETCH_HOMEPAGE='"$(HOMEPAGE)"' -Isrc -I. -isystem /usr/include/stb \
	$(HAVE) -DCODEC_AVIF_SONAME='"$(AVIF_SONAME)"' -DCODEC_JXL_SONAME='"$(JXL_SONAME)"' \
	-DLIBARCHIVE_SONAME='"$(ARCHIVE_SONAME)"'
CFLAGS_ALL = -std=gnu11 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -fno-common -fstack-protector-strong \
	-pthread $(CFLAGS_$(MODE)) $(CFLAGS)
# The folder is in no program, so that each folder's build gives the same bytes.
CFLAGS_release := -O2 -fPIE $(HARDENING) -ffile-prefix-map='$(CURDIR)'=. \
	$(if $(findstring FORTIFY,$(HARDENING)),,-D_FORTIFY_SOURCE=2)
CFLAGS_arm64 := $(CFLAGS_release)
CFLAGS_debug := -O0 -DIMGFETCH_CHECKS
CFLAGS_asan := -O1 -DIMGFETCH_CHECKS -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CFLAGS_tsan := -O1 -DIMGFETCH_CHECKS -fsanitize=thread -fno-omit-frame-pointer
# gcc defines the macro itself; clang 14 does not.
CFLAGS_fuzz := -O1 -DIMGFETCH_CHECKS -D__SANITIZE_ADDRESS__=1 \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -Wl,--as-needed
LDFLAGS_release := -pie -Wl,-z,relro,-z,now,-z,separate-code
LDFLAGS_arm64 := $(LDFLAGS_release)

# The Debian packages. `make test` and `make check` need a few more.
DEPS_BUILD := gcc libc6-dev pkg-config libcurl4-openssl-dev libuv1-dev \
	libyajl-dev libcsv-dev libarchive-dev zlib1g-dev libzstd-dev libssl-dev libjpeg62-turbo-dev \
	libstb-dev uthash-dev liblcms2-dev libidn2-dev libbrotli-dev libpsl-dev libspng-dev \
	libwebp-dev libavif-dev libjxl-dev libexif-dev
DEPS_TEST := check jq openssl ca-certificates zstd nginx-light dnsmasq-base tinyproxy-bin \
	microsocks iproute2 procps python3 python3-jsonschema python3-pyte strace util-linux \
	libfuse3-dev bash-completion zsh fish
DEPS_BENCH := nginx-light libnginx-mod-http-echo curl aria2 wget2 libvips-tools python3 \
	python3-aiohttp python3-pil openssl iproute2 util-linux time strace valgrind
DEPS_SLURM := slurmctld slurmd slurm-client munge jq
DEPS_BAREROOT := debootstrap
# node and npm of another origin do, and do not go together with Debian's.
DEPS_NPM := $(if $(shell command -v npm),,nodejs npm)
DEPS_DELIVERY := jq rclone $(DEPS_NPM)
DEPS_PAGES := chromium jq python3 $(DEPS_NPM)
DEPS_DEB := debhelper dpkg-dev lintian binutils
DEPS_CHECK := clang-format clang-tidy binutils python3-minimal
DEPS_SBOM := binutils python3
# Of DEPS_BUILD; code in their headers is compiled in.
DEPS_HEADERS := libstb-dev uthash-dev
DEPS_FUZZ := clang libclang-rt-dev

# $(1): a library that may be missing, $(2): files that are useless without it.
needs = $(if $(filter $(1),$(CODECS)),,$(addprefix src/image/codec_,$(2)))
LIB_SRC := $(filter-out %_test.c %_bench.c %_fuzz.c $(call needs,spng,png.c png_write.c) \
	$(call needs,libwebp,webp.c webp_write.c) $(call needs,libavif,avif.c) \
	$(call needs,libjxl,jxl.c), \
	$(wildcard src/*/*.c backends/*.c))
CMD_SRC := $(wildcard cmd/imgfetch/*.c \
	$(addprefix cmd/imgfetch/,options/*.c compare/*.c page/*.c split/*.c status/*.c))
SERVE_SRC := $(wildcard cmd/imgserve/*.c)
SIMULATE_SRC := $(filter-out %_test.c,$(wildcard cmd/simulate/*.c))
E2E_SRC := $(wildcard cmd/imgfetch/e2e/*.c)
SWEEP_SRC := $(wildcard cmd/imgfetch/sweep/*.c)
# The tests of the backends take longest, so they begin first.
TEST_SRC := $(filter-out $(call needs,spng,png_test.c) $(call needs,libwebp,webp_test.c) \
	$(call needs,libavif,avif_test.c) $(call needs,libjxl,jxl_test.c),$(wildcard backends/*_test.c src/*/*_test.c cmd/*/*_test.c \
	cmd/*/*/*_test.c))
BENCH_SRC := $(wildcard src/*/*_bench.c)
FUZZ_SRC := $(wildcard backends/*_fuzz.c src/*/*_fuzz.c cmd/*/*_fuzz.c cmd/*/*/*_fuzz.c)
HAVE_FUSE := $(if $(CROSS),,$(shell $(PKG_CONFIG) --exists fuse3 && echo yes))
E2E_SRC := $(if $(HAVE_FUSE),$(E2E_SRC),$(filter-out %/faultfs.c,$(E2E_SRC)))
E2E := $(addprefix $(B)/,without_seccomp powercut powercut.so sweep.so $(if $(HAVE_FUSE),faultfs))
PEER_SRC := $(wildcard testdata/bench/peers/*.c)
CMD_SRC := $(filter-out %_test.c %_fuzz.c,$(CMD_SRC))
SERVE_SRC := $(filter-out %_test.c,$(SERVE_SRC))

# The number of jobs for the makes that this one starts, unless -j was given.
MAKE_JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
TESTS := $(patsubst %.c,$(B)/test/%,$(TEST_SRC))
BENCHES := $(patsubst %.c,$(B)/bench/%,$(BENCH_SRC))
PEERS := $(patsubst %.c,$(B)/bench/%,$(PEER_SRC))
LIB := $(B)/libimgfetch.a

.PHONY: all
all: deps-build
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) programs

.PHONY: programs
programs: $(B)/imgfetch $(B)/imgserve $(B)/simulate $(E2E)
	@ln -sfn $(MODE)/imgfetch build/imgfetch
	@ln -sfn $(MODE)/imgserve build/imgserve
	@$(foreach tool,$(notdir $(E2E)),ln -sfn $(MODE)/$(tool) build/$(tool);)

$(LIB): $(call obj,$(LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# libcsv has no .pc file.
PKG_LIBS = $(shell $(PKG_CONFIG) --libs $(LIBS)) -lcsv

$(B)/imgfetch: $(call obj,$(CMD_SRC)) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(LDFLAGS_$(MODE)) -o $@ $^ $(PKG_LIBS) -lm

$(B)/imgserve: $(call obj,$(SERVE_SRC)) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(LDFLAGS_$(MODE)) -o $@ $^ $(PKG_LIBS) -lm

$(B)/simulate: $(call obj,$(SIMULATE_SRC)) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(LDFLAGS_$(MODE)) -o $@ $^ $(PKG_LIBS) -lm

# For the end-to-end tests.
$(B)/without_seccomp $(B)/powercut: $(B)/%: $(B)/obj/cmd/imgfetch/e2e/%.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(LDFLAGS_$(MODE)) -o $@ $^
$(B)/faultfs: $(B)/obj/cmd/imgfetch/e2e/faultfs.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(LDFLAGS_$(MODE)) -o $@ $^ -lfuse3
$(B)/powercut.so: cmd/imgfetch/e2e/powercut_shim.c $(B)/flags
	$(call say,LD,$@)
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS_ALL) -fno-sanitize=all -shared -fPIC -o $@ $< -ldl
$(B)/sweep.so: $(SWEEP_SRC) $(wildcard cmd/imgfetch/sweep/*.h) $(B)/flags
	$(call say,LD,$@)
	$(Q)$(CC) -D_GNU_SOURCE -I. $(CFLAGS_ALL) -fno-sanitize=all -shared -fPIC -o $@ $(SWEEP_SRC) -ldl

# A test of the command's own files links those files, without their main().
$(B)/test/%: $(B)/obj/%.o $(LIB)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(LDFLAGS_$(MODE)) -o $@ $(filter %.o,$^) $(LIB) \
		$(PKG_LIBS) $$($(PKG_CONFIG) --libs check) -lm
cmd_test_objs = $(filter-out %/main.o,$(call obj,$(1)))
$(filter $(B)/test/cmd/imgfetch/%,$(TESTS)): $(call cmd_test_objs,$(CMD_SRC))
$(filter $(B)/test/cmd/imgserve/%,$(TESTS)): $(call cmd_test_objs,$(SERVE_SRC))
$(filter $(B)/test/cmd/simulate/%,$(TESTS)): $(call cmd_test_objs,$(SIMULATE_SRC))

$(B)/bench/%: $(B)/obj/%.o $(LIB)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(LDFLAGS_$(MODE)) -o $@ $^ $(PKG_LIBS) -lm

# The programs that the bench compares imgfetch with do not link its library.
$(B)/bench/testdata/%: $(B)/obj/testdata/%.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $(LDFLAGS_$(MODE)) -o $@ $^ -lcurl -ljpeg

# Unrolls the inner loops of the resizer.
$(call obj,$(wildcard src/image/resize*.c)): CFLAGS_release += -O3
# Its switch has no shadow stack to change to, so the program must not ask for one.
$(B)/obj/src/exec/coro.o: CFLAGS_$(MODE) += $(patsubst -fcf-protection,-fcf-protection=branch,$(filter \
	-fcf-protection,$(HARDENING))) $(patsubst %=standard,%=bti+pac-ret,$(filter \
	%=standard,$(HARDENING)))
# stb shifts into the sign bit for every image, which is harmless.
$(B)/obj/src/image/codec_stb.o $(B)/obj/src/image/codec_stb_write.o: \
	CFLAGS_asan += -fno-sanitize=undefined
$(B)/obj/src/image/codec_stb.o $(B)/obj/src/image/codec_stb_write.o: \
	CFLAGS_fuzz += -fno-sanitize=undefined

# Objects are built again when the flags change.
$(B)/flags: force
	@mkdir -p $(B)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS_ALL)' | cmp -s - $@ || \
		echo '$(CC) $(CPPFLAGS) $(CFLAGS_ALL)' >$@

$(B)/obj/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

.PHONY: force
force:

-include $(patsubst %.c,$(B)/obj/%.d,$(LIB_SRC) $(CMD_SRC) $(SERVE_SRC) $(SIMULATE_SRC) $(TEST_SRC) \
	$(E2E_SRC) $(BENCH_SRC) $(PEER_SRC) $(FUZZ_SRC))

.SECONDARY:

# ---- packages ----

# $(1): packages. Installs missing ones, or names them.
define install
	@missing=$$(dpkg-query -W -f '$${Package} $${db:Status-Status}\n' $(1) 2>/dev/null | \
		awk '$$2 == "installed" {have[$$1] = 1} END {n = split("$(1)", want, " "); \
		for (i = 1; i <= n; i++) if (!have[want[i]]) printf "%s ", want[i]}'); \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ]; then as=; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; \
		then as=sudo; else echo "missing packages, install them first: $$missing" >&2; exit 1; fi; \
	echo "installing: $$missing"; \
	$$as apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends $$missing \
		>build/apt.log 2>&1 || { tail -5 build/apt.log >&2; exit 1; }
endef

.PHONY: deps deps-build deps-test deps-check deps-fuzz
deps: deps-build deps-test deps-check deps-fuzz

deps-build:
	@mkdir -p build
	$(call install,$(DEPS_BUILD))

deps-test: deps-build
	$(call install,$(DEPS_TEST))

deps-check: deps-test
	$(call install,$(DEPS_CHECK))

deps-fuzz: deps-build
	$(call install,$(DEPS_FUZZ))

# ---- targets for people ----

.PHONY: demo
demo: all
	@testdata/demo.sh

.PHONY: bench
bench: all
	$(call install,$(DEPS_BENCH))
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) $(BENCHES) $(PEERS)
	@testdata/bench/run

# The charts and figures of README.md, from the last run.
.PHONY: bench-readme
bench-readme:
	@testdata/bench/charts.py

.PHONY: scenarios
scenarios: all deps-test
	@testdata/scenarios.sh

# The library that reads and writes Parquet, from npm, into build/lib/imgfetch: 70 MB.
.PHONY: duckdb deps-npm
deps-npm:
	@mkdir -p build
	$(call install,$(DEPS_NPM))

duckdb: deps-npm
	@testdata/get-duckdb

# Without npm and its registry the tests of Parquet are skipped, unless NEED_DUCKDB is set.
.PHONY: test
test: deps-test
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) programs tests
	@+$(MAKE) --no-print-directory deps-npm $(if $(NEED_DUCKDB),,|| true)
	@MAY_SKIP=$(if $(NEED_DUCKDB),,1) testdata/get-duckdb tests
	@BIN=$(B) IMGSERVE=$(B)/imgserve testdata/run-tests $(TESTS)

# Runs that are ended again and again; ROWS=200000 takes half an hour.
ROWS ?= 20000
ENDS ?= 60
.PHONY: torture
torture: deps-test
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) programs
	@rm -f $(B)/torture.txt
	@BIN=$(B) JOBS=1 TIME_LIMIT=7200 TORTURE_ROWS=$(ROWS) TORTURE_ENDS=$(ENDS) TORTURE_SECONDS=3600 \
		TORTURE_CONCURRENCY=64 TORTURE_QUERY='delay=10' TORTURE_REPORT=$(abspath $(B))/torture.txt \
		cmd/imgfetch/e2e/run torture.files torture.tars
	@cat $(B)/torture.txt

# How long a list of a billion rows would take, in virtual time (cmd/imgfetch/cluster/billion.md).
# SIMULATE='NAME=VALUE...' sets what "build/release/simulate help" lists.
.PHONY: simulate
simulate: all
	@$(B)/simulate $(SIMULATE)

# Lets one call after another fail in short runs; cmd/imgfetch/sweep/README.md. Takes hours on one
# processor; SWEEP_SECONDS=3600 ends it. FAULT=... repeats one.
.PHONY: sweep
sweep: deps-test
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) programs
	@BIN=$(B) cmd/imgfetch/sweep/sweep.py

# Breaks lines of the source one by one and checks that a unit test fails each time. Takes a quarter
# of an hour.
.PHONY: mutants
mutants: deps-test
	@+$(MAKE) --no-print-directory $(JOBS) programs tests
	@BIN=$(B) testdata/mutants

# Simulates several machines on one; takes some minutes.
.PHONY: test-slurm
test-slurm: all
	$(call install,$(DEPS_SLURM))
	@cmd/imgfetch/cluster/test-slurm

# The file of --metrics-file and the alerts, by promtool.
.PHONY: test-metrics
test-metrics: all
	@cmd/imgfetch/cluster/test-metrics

# Shards are delivered to an S3 server from npm by rclone; takes five minutes.
.PHONY: test-delivery
test-delivery: all
	$(call install,$(DEPS_DELIVERY))
	@cmd/imgfetch/cluster/test-delivery

# The pages of --report in Chromium, with an accessibility checker from npm; takes a minute.
.PHONY: test-pages
test-pages: all
	$(call install,$(DEPS_PAGES))
	@cmd/imgfetch/page/test-pages

# make demo and make test on a bare Debian 12 or 13 (root); on 13 also the program built here.
.PHONY: test-debian12 test-debian13
test-debian12: SUITE := bookworm
test-debian13: SUITE := trixie
test-debian12 test-debian13: all
	$(call install,$(DEPS_BAREROOT))
	@testdata/test-debian $(SUITE)

# For arm64, in a bare Debian (root): a cross-build, and the unit tests under qemu-user.
.PHONY: test-arm64
test-arm64:
	@mkdir -p build
	$(call install,$(DEPS_BAREROOT))
	@testdata/test-arm64 $(filter %-dev,$(DEPS_BUILD)) check:arm64 pkgconf:arm64 \
		gcc-aarch64-linux-gnu qemu-user dnsmasq-base

.PHONY: tests
tests: $(TESTS)

.PHONY: check
check: deps-check
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) programs
	@src/check.sh
	@+$(MAKE) --no-print-directory reproducible
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) tidy
	@+MAY_SKIP=1 $(MAKE) --no-print-directory test-pages test-metrics
	@+MAY_SKIP=1 KILLS=8 $(MAKE) --no-print-directory test-delivery
	@+SWEEP_SECONDS=120 SEED=$(TURN) $(MAKE) --no-print-directory sweep
	@+$(MAKE) --no-print-directory sanitize

# Each commit sweeps the next part of the faults.
TURN = $(shell git rev-list --count HEAD 2>/dev/null || date +%j)

# Builds the programs in another folder, too, and compares.
.PHONY: reproducible
reproducible: deps-build
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) programs
	@+MODE=$(MODE) testdata/reproducible

# A software bill of materials: of what the program consists, and what it loads.
.PHONY: sbom
sbom: all
	$(call install,$(DEPS_SBOM))
	@src/sbom.py build/imgfetch imgfetch $(VERSION) $(HOMEPAGE) $(DEPS_HEADERS) >build/sbom.part
	@mv build/sbom.part build/imgfetch.spdx.json
	@echo build/imgfetch.spdx.json

# Static analysis; .clang-tidy has the checks.
TIDY_SRC := $(LIB_SRC) $(CMD_SRC) $(SERVE_SRC) $(SIMULATE_SRC) $(E2E_SRC) $(SWEEP_SRC) $(BENCH_SRC) $(FUZZ_SRC)
.PHONY: tidy
tidy: $(addprefix $(B)/tidy/,$(TIDY_SRC))
$(B)/tidy/%.c: %.c .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY,$<)
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(CPPFLAGS) -std=gnu11 2>$@.log >$@.out || \
		{ cat $@.out $@.log; exit 1; }
	@touch $@

# The unit tests under AddressSanitizer and UBSan, and those with threads under
# ThreadSanitizer; then the program itself under both, end to end.
.PHONY: sanitize asan tsan debug
sanitize: asan tsan
	@MODE=asan BIN=build/asan IMGSERVE=build/asan/imgserve UBSAN_OPTIONS=halt_on_error=1 \
		ASAN_OPTIONS=allocator_may_return_null=1 \
		E2E=no testdata/run-tests $(patsubst $(B)/%,build/asan/%,$(TESTS))
	@MODE=tsan BIN=build/tsan IMGSERVE=build/tsan/imgserve E2E=no testdata/run-tests \
		$(addprefix build/tsan/test/,$(TSAN_TESTS))
	@BIN=build/asan cmd/imgfetch/e2e/run $(SANITIZED_E2E)
	@BIN=build/tsan cmd/imgfetch/e2e/run $(SANITIZED_E2E)

TSAN_TESTS := $(addprefix src/feed/,feeder_test feeder_columns_test feeder_resume_test feeder_dedupe_test) \
	$(addprefix src/store/,store_files_test store_files_resume_test store_tar_test store_tar_resume_test \
	commit_test) src/exec/executor_test src/exec/mailbox_test src/base/thread_test \
	$(addprefix backends/contract_,test limits_test answers_test starved_test proxy_test)
SANITIZED_E2E := images faults

debug asan tsan:
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) MODE=$@ build-mode

.PHONY: build-mode
build-mode: $(B)/imgfetch $(B)/imgserve $(B)/simulate $(E2E) $(TESTS)

# Runs each fuzz target for FUZZ_SECONDS, starting from testdata and FUZZ_CORPUS; FUZZ: only some.
# A target of the command's own files links those files, as a test does.
FUZZ ?= $(patsubst %_fuzz.c,%,$(FUZZ_SRC:src/%=%))
FUZZERS := $(addprefix $(B)/fuzz/,$(patsubst %_fuzz.c,%,$(FUZZ_SRC:src/%=%)))
define link_fuzz
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm
endef
$(B)/fuzz/cmd/%: $(B)/obj/cmd/%_fuzz.o $(call cmd_test_objs,$(CMD_SRC)) $(LIB)
	$(link_fuzz)
$(B)/fuzz/backends/%: $(B)/obj/backends/%_fuzz.o $(LIB)
	$(link_fuzz)
$(B)/fuzz/%: $(B)/obj/src/%_fuzz.o $(LIB)
	$(link_fuzz)

.PHONY: fuzz fuzzers
fuzz: deps-fuzz
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) MODE=fuzz fuzzers
	@testdata/fuzz.sh $(addprefix build/fuzz/fuzz/,$(FUZZ))

fuzzers: $(FUZZERS)

compile_commands.json: force
	@{ echo '['; for f in $(LIB_SRC) $(CMD_SRC) $(SERVE_SRC) $(TEST_SRC) $(BENCH_SRC) $(FUZZ_SRC); do \
		printf '%s{"directory": "%s", "file": "%s", "arguments": ["cc"' "$$comma" "$$PWD" $$f; \
		comma=', '; \
		printf ', "%s"' -D_GNU_SOURCE -Isrc -I. -isystem /usr/include/stb -std=gnu11 $$f; \
		echo ']}'; done; echo ']'; } >$@

# What is installed: the file, where below PREFIX, and its mode. DuckDB only after `make duckdb`.
DUCKDB_FILES := libduckdb.so libduckdb.LICENSE
DUCKDB_HERE := $(notdir $(wildcard $(DUCKDB_FILES:%=build/lib/imgfetch/%)))
INSTALLED := $(B)/imgfetch:bin/imgfetch:755 \
	cmd/imgfetch/imgfetch.1:share/man/man1/imgfetch.1:644 \
	cmd/imgfetch/imgfetch-manifest.5:share/man/man5/imgfetch-manifest.5:644 \
	cmd/imgfetch/manifest.schema.json:share/imgfetch/manifest.schema.json:644 \
	cmd/imgfetch/completions/imgfetch.bash:share/bash-completion/completions/imgfetch:644 \
	cmd/imgfetch/completions/_imgfetch:share/zsh/site-functions/_imgfetch:644 \
	cmd/imgfetch/completions/imgfetch.fish:share/fish/vendor_completions.d/imgfetch.fish:644 \
	$(foreach file,$(DUCKDB_HERE),build/lib/imgfetch/$(file):lib/imgfetch/$(file):644)

# A part of such a line: $(1) is its number, $(2) the line.
part = $(word $(1),$(subst :, ,$(2)))

# Asks for no packages: what is missing, the build says. With DESTDIR a package is being made, by
# somebody who has no rights to install any.
.PHONY: install uninstall
install:
	@+$(MAKE) --no-print-directory $(MAKE_JOBS) programs
	$(foreach file,$(INSTALLED),@install -D -m $(call part,3,$(file)) $(call part,1,$(file)) \
		'$(DESTDIR)$(PREFIX)/$(call part,2,$(file))'$(newline))

uninstall:
	$(foreach file,$(INSTALLED),@rm -f '$(DESTDIR)$(PREFIX)/$(call part,2,$(file))'$(newline))
	$(foreach file,$(DUCKDB_FILES),@rm -f '$(DESTDIR)$(PREFIX)/lib/imgfetch/$(file)'$(newline))
	@rmdir '$(DESTDIR)$(PREFIX)/share/imgfetch' '$(DESTDIR)$(PREFIX)/lib/imgfetch' 2>/dev/null || true

# Below build/dist: an archive of the committed tree, and a Debian package. HOMEPAGE=URL is what servers
# are told.
.PHONY: dist deb
dist:
	@cmd/imgfetch/debian/make-deb dist $(VERSION) '$(HOMEPAGE)'
deb:
	$(call install,$(DEPS_BUILD) $(DEPS_DEB))
	@cmd/imgfetch/debian/make-deb deb $(VERSION) '$(HOMEPAGE)'

# Builds, installs and tries the package in a bare Debian 12 and 13 (root).
.PHONY: test-deb
test-deb:
	$(call install,$(DEPS_BAREROOT))
	@cmd/imgfetch/debian/test-deb $(VERSION)

.PHONY: clean
clean:
	rm -rf build compile_commands.json

.PHONY: help
help:
	@echo 'make [all]    build/imgfetch and build/imgserve (release)'
	@echo 'make duckdb   the library that reads and writes Parquet (70 MB), from npm, into build/'
	@echo 'make demo     build, serve pictures on loopback, and fetch them'
	@echo 'make test     build and run every test'
	@echo 'make torture  interrupt runs again and again ($(ROWS) ROWS, $(ENDS) ENDS each)'
	@echo 'make simulate  how long a billion rows would take on 1, 10 and 100 nodes (SIMULATE=...)'
	@echo 'make sweep    let every call of short runs fail once (SWEEP_SECONDS, MODES, KINDS, FAULT)'
	@echo 'make mutants  break lines one by one and check that a unit test notices'
	@echo 'make test-slurm  run a job array on a real Slurm on this machine (root)'
	@echo 'make test-delivery  deliver shards to an S3 server from npm by rclone, through kills'
	@echo 'make test-pages  look at the pages of --report in Chromium, with axe-core from npm'
	@echo 'make test-debian13  make demo and make test on a bare Debian 13 (root); test-debian12: on 12'
	@echo 'make test-arm64  build for arm64 and run the unit tests under qemu-user (root)'
	@echo 'make bench    compare speed and memory with other tools; never fails for being slow'
	@echo 'make bench-readme  write the charts and figures of README.md, from the last make bench'
	@echo 'make scenarios  compare backends and pools on the workloads of the decision guide'
	@echo 'make check    check the house rules, static analysis, sanitizers'
	@echo 'make fuzz     fuzz each parser of untrusted bytes for a minute (FUZZ_SECONDS, FUZZ_CORPUS, FUZZ)'
	@echo 'make debug | asan | tsan   build into build/debug/ and so on'
	@echo 'make deps     install the Debian packages for all of it'
	@echo 'make sbom     a software bill of materials (SPDX): build/imgfetch.spdx.json'
	@echo 'make reproducible  build in another folder, too, and compare the bytes'
	@echo 'make install  to PREFIX ($(PREFIX)), below DESTDIR; make uninstall removes it'
	@echo 'make deb      a Debian package of the commit (HOMEPAGE=URL); make dist: a source archive'
	@echo 'make test-deb  build, install and try the package on a bare Debian 12 and 13 (root)'
	@echo 'make clean    remove build/'
	@echo 'Most of them install missing packages (via sudo if you are not root).'
