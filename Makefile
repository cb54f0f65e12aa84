# SPDX-License-Identifier: Apache-2.0
#
# One non-recursive Makefile, out of tree: everything made lands below $(BUILD).
# Sources are found by folder, so that a new file needs no edit here. Variables a
# packager sets (CC AR CFLAGS CPPFLAGS LDFLAGS LDLIBS PKG_CONFIG DESTDIR PREFIX) are
# never changed; what the sources themselves need is kept in variables named OWN_*.

BUILD ?= build
CC ?= gcc
AR ?= ar
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O2 -g
INSTALL ?= install
PKG_CONFIG ?= pkg-config
CTAGS ?= ctags
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/cotter
UNITDIR ?= $(PREFIX)/lib/systemd/system

# Asked for once and only when a compiler or linker runs.
once = $(or $($(1)),$(eval $(1) := $(shell $(2) 2>/dev/null) )$($(1)))
pc_cflags = $(call once,PC_CFLAGS,$(PKG_CONFIG) --cflags libsodium jansson libcurl cmocka)
pc_sodium = $(call once,PC_SODIUM,$(PKG_CONFIG) --libs libsodium)
pc_jansson = $(call once,PC_JANSSON,$(PKG_CONFIG) --libs jansson)
pc_curl = $(call once,PC_CURL,$(PKG_CONFIG) --libs libcurl)
pc_cmocka = $(call once,PC_CMOCKA,$(PKG_CONFIG) --libs cmocka)
MBEDTLS_LIBS ?= -lmbedcrypto

WARN := -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wundef -Wcast-qual -Wwrite-strings
OWN_CFLAGS := -std=c11 $(WARN)
OWN_CPPFLAGS := -I.
OWN_LDFLAGS :=
ifdef WERROR
OWN_CFLAGS += -Werror
endif
# A campaign adds what it needs here, never to the packager's own variables.
EXTRA_CFLAGS ?=
EXTRA_LDFLAGS ?=
# The firmware's compiler and its flags; what a campaign adds to them.
ARM ?= arm-none-eabi-
MCU_CFLAGS ?= -Os -g
EXTRA_MCU_CFLAGS ?=
# A secondary verifies the Director's metadata and has memory for no more.
MCU_DEFS := -DCOT_MAX_REPOS=1u
# A campaign's deliberate fault: FAULT_SRC is compiled in place of the source FAULT_OF.
FAULT_OF ?=
FAULT_SRC ?=

ifeq ($(V),1)
Q :=
say :=
else
Q := @
say = @printf '  %-5s %s\n' $(1) $(2);
endif

# ---- sources, by folder ----------------------------------------------------------

src = $(filter-out %_main.c,$(sort $(wildcard $(1))))
FREE_SRC := $(call src,keys/*.c metadata/*.c secondary/*.c secondary/link/*.c \
	secondary/boot/*.c)
HOST_SRC := $(call src,keys/crypto/*.c keys/host/*.c metadata/host/*.c \
	secondary/link/host/*.c)
TOOL_SRC := $(filter-out repo-tools/main.c,$(call src,repo-tools/*.c))
CTL_SRC := $(call src,primary/cotterctl*.c)
PRI_SRC := $(filter-out primary/main.c $(CTL_SRC),$(call src,primary/*.c))
BOARD_SRC := secondary/ports/mps2/host/board.c \
	$(patsubst %,secondary/ports/mps2/%.c,guard random)
ECU_SRC := $(filter-out secondary/ports/posix/main.c,$(call src,secondary/ports/posix/*.c))
SIM_SRC := $(call src,tests/sim/*.c tests/metal/backend.c)
# A test program's source holds its main(); each becomes a program of its own.
TEST_SRC := $(sort $(wildcard tests/unit/*.c tests/attack/*.c tests/e2e/*.c))
FUZZ_SRC := $(call src,tests/fuzz/*.c)
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
# The same against the boot loader in QEMU: make metal.
METAL_SRC := $(wildcard $(patsubst %,tests/metal/%.c,install boot attack hostile))
# Instruments of the board's campaigns.
METAL_TOOL_SRC := $(patsubst %,tests/metal/%.c,skip gdb elf way machine over)
METAL_TOOLS := $(patsubst %,$(BUILD)/tests/metal/%,plugin.so skip bad_images)
# Programs that tests and the demo run, no tests themselves.
HAND_SRC := $(sort $(wildcard tests/tools/*.c))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIBCOTTER := $(BUILD)/libcotter.a
LIBTOOLS := $(BUILD)/librepotools.a
LIBPRIMARY := $(BUILD)/libprimary.a
LIBPOSIX := $(BUILD)/libposix.a
LIBSIM := $(BUILD)/libsim.a
LIBMPS2 := $(BUILD)/libmps2.a

# ---- programs: built as soon as their main source is there ------------------------

if_there = $(if $(wildcard $(1)),$(BUILD)/$(2))
PROGRAMS := $(call if_there,repo-tools/main.c,cotter) \
	$(call if_there,primary/main.c,cotterd) \
	$(call if_there,primary/cotterctl.c,cotterctl) \
	$(call if_there,secondary/ports/posix/main.c,cotter-ecu) \
	$(call if_there,secondary/ports/mps2/host/main.c,cotter-mps2) \
	$(call if_there,secondary/link/host/vbus_main.c,cotter-vbus)
TESTS := $(TEST_SRC:%.c=$(BUILD)/%)
REPLAYS := $(FUZZ_SRC:%.c=$(BUILD)/%)
BENCHES := $(BENCH_SRC:%.c=$(BUILD)/%)
HANDS := $(HAND_SRC:%.c=$(BUILD)/%)
METALS := $(METAL_SRC:%.c=$(BUILD)/%) \
	$(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/attack/secondary_*.c))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all tests demo check attacks mutants powercut killpoints freestanding sanitize \
	fuzz bench size install uninstall clean help docs packages check-run firmware board sodium \
	metal metal-powercut vectors skip selftest FORCE

## all: build the programs (the default)
all: $(LIBCOTTER) $(PROGRAMS)

# ---- rules ------------------------------------------------------------------------

# Objects depend on this file, which changes only when compiler or flags do.
FLAGS_NOW := $(CC) | $(CPPFLAGS) | $(CFLAGS) | $(OWN_CFLAGS) | $(EXTRA_CFLAGS) | $(FAULT_OF) $(FAULT_SRC) | \
	$(ARM) $(MCU_CFLAGS) $(EXTRA_MCU_CFLAGS) $(MCU_DEFS)
ifneq ($(filter-out help clean uninstall packages,$(or $(MAKECMDGOALS),all)),)
$(shell mkdir -p $(BUILD); echo '$(subst ','\'',$(FLAGS_NOW))' > $(BUILD)/.flags.now; \
	cmp -s $(BUILD)/.flags.now $(BUILD)/.flags \
	&& rm -f $(BUILD)/.flags.now || mv $(BUILD)/.flags.now $(BUILD)/.flags)
endif

$(filter-out $(call obj,$(FREE_SRC)),$(call obj,$(HOST_SRC) $(TOOL_SRC) $(CTL_SRC) \
	$(PRI_SRC) $(ECU_SRC) $(BOARD_SRC) secondary/ports/mps2/host/main.c tests/metal/powercut.c \
	tests/metal/bad_images.c $(METAL_TOOL_SRC) $(SIM_SRC) $(TEST_SRC) $(FUZZ_SRC) $(BENCH_SRC) $(HAND_SRC) \
	$(METAL_SRC) repo-tools/main.c primary/main.c secondary/ports/posix/main.c \
	secondary/link/host/vbus_main.c tests/fuzz/replay_main.c)): OWN_CPPFLAGS += -D_GNU_SOURCE

$(BUILD)/obj/%.o: %.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(OWN_CPPFLAGS) $(pc_cflags) -MMD -MP $(CFLAGS) \
		$(OWN_CFLAGS) $(EXTRA_CFLAGS) -c -o $@ $(if $(filter $<,$(FAULT_OF)),$(FAULT_SRC),$<)

# Rebuilt whole: an object whose source has gone must not linger inside.
define archive
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $(filter %.o,$^)
endef
$(LIBCOTTER): $(call obj,$(FREE_SRC) $(HOST_SRC))
	$(archive)
$(LIBTOOLS): $(call obj,$(TOOL_SRC))
	$(archive)
$(LIBPRIMARY): $(call obj,$(PRI_SRC))
	$(archive)
$(LIBPOSIX): $(call obj,$(ECU_SRC))
	$(archive)
$(LIBSIM): $(call obj,$(SIM_SRC))
	$(archive)
$(LIBMPS2): $(call obj,$(BOARD_SRC))
	$(archive)

define link
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(EXTRA_CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) \
		$(EXTRA_LDFLAGS) -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(1) $(LDLIBS)
endef
crypto_libs = $(pc_sodium) $(MBEDTLS_LIBS)

# cotter holds the offline keys: no libcurl here, and tests/check/offline.sh looks.
$(BUILD)/cotter: $(call obj,repo-tools/main.c) $(LIBTOOLS) $(LIBCOTTER)
	$(call link,$(pc_jansson) $(crypto_libs))
$(BUILD)/cotterd: $(call obj,primary/main.c) $(LIBPRIMARY) $(LIBCOTTER)
	$(call link,$(pc_curl) $(pc_jansson) $(crypto_libs))
$(BUILD)/cotterctl: $(call obj,$(CTL_SRC)) $(LIBPRIMARY) $(LIBCOTTER)
	$(call link,$(pc_curl) $(pc_jansson) $(crypto_libs))
$(BUILD)/cotter-ecu: $(call obj,secondary/ports/posix/main.c) $(LIBPOSIX) $(LIBCOTTER)
	$(call link,$(crypto_libs))
$(BUILD)/cotter-mps2: $(call obj,secondary/ports/mps2/host/main.c) $(LIBMPS2) $(LIBCOTTER)
	$(call link,)
$(BUILD)/cotter-vbus: $(call obj,secondary/link/host/vbus_main.c) $(LIBCOTTER)
	$(call link,)

# ---- firmware: the mps2 board, in QEMU ---------------------------------------------

# One tree of objects per core (m3, m0plus). libsodium is compiled from Debian's source
# package, fetched once into $(MCU), or from SODIUM_SRC.
MCU := $(BUILD)/mcu
MPS2 := secondary/ports/mps2
SODIUM := $(MCU)/libsodium/src/libsodium
MCU_CPU_m3 := cortex-m3
MCU_CPU_m0plus := cortex-m0plus
MCU_OWN := -std=gnu11 -mthumb -ffreestanding -ffunction-sections -fdata-sections -fno-common \
	-fstack-usage -fcallgraph-info=su,da -I. -I$(SODIUM)/include -DSODIUM_STATIC=1 \
	$(MCU_DEFS)
MCU_LINK := -mthumb -nostartfiles --specs=nano.specs -Wl,--gc-sections -Wl,--no-warn-rwx-segments
LOADER_SRC := $(FREE_SRC) keys/crypto/sodium.c $(filter-out $(MPS2)/sign_%,$(call src,$(MPS2)/*.c))
LOADER_SRC_ed25519 := $(wildcard $(MPS2)/sign_ed25519.c keys/crypto/report_ed25519.c)
LOADER_SRC_hmac := $(wildcard $(MPS2)/sign_hmac.c keys/crypto/report_hmac.c)
APP_SRC := secondary/hook.c secondary/confirm.c secondary/stream.c secondary/pack.c \
	secondary/link/crc.c keys/slice.c $(MPS2)/app/services.c $(MPS2)/app/start.c
APPS := good1 good2 good3 hangs crashes unwell undecided hostile
APP_good1 := -DAPP_VERSION='"1"'
APP_good2 := -DAPP_VERSION='"2"'
APP_good3 := -DAPP_VERSION='"3"'
APP_hangs := -DAPP_VERSION='"4 hangs"' -DAPP_VARIANT=HANGS
APP_crashes := -DAPP_VERSION='"5 crashes"' -DAPP_VARIANT=CRASHES
APP_unwell := -DAPP_VERSION='"6 unwell"' -DAPP_VARIANT=FAILS_SELF_TEST
APP_undecided := -DAPP_VERSION='"7 undecided"' -DAPP_VARIANT=UNDECIDED

SODIUM_LIST := $(shell grep -v '^\#' $(MPS2)/sodium/files.txt)
# $(call mcu_rules,CORE)
define mcu_rules
mcu_obj_$(1) = $$(patsubst %.c,$(MCU)/$(1)/obj/%.o,$$(1))
SODIUM_OBJ_$(1) := $$(SODIUM_LIST:%.c=$(MCU)/$(1)/sodium/%.o)
$(MCU)/$(1)/sodium/%.o: $(MCU)/sodium.there
	@mkdir -p $$(@D)
	$$(Q)$(ARM)gcc -mcpu=$(MCU_CPU_$(1)) $(MCU_CFLAGS) $(MCU_OWN) -I$(SODIUM)/include/sodium \
		-DCONFIGURED=1 -DNATIVE_LITTLE_ENDIAN=1 -DNDEBUG -w -c -o $$@ $(SODIUM)/$$*.c
$(MCU)/$(1)/obj/%.o: %.c $(MCU)/sodium.there $(BUILD)/.flags
	@mkdir -p $$(@D)
	$$(call say,ARM,$$<)$(ARM)gcc -mcpu=$(MCU_CPU_$(1)) $(MCU_CFLAGS) $(MCU_OWN) $(WARN) \
		$(if $(WERROR),-Werror) $(EXTRA_MCU_CFLAGS) -MMD -MP -c -o $$@ \
		$$(if $$(filter $$<,$(FAULT_OF)),$(FAULT_SRC),$$<)
$(MCU)/$(1)/loader-%.elf: $(MPS2)/loader.ld $$(SODIUM_OBJ_$(1)) \
		$$(patsubst %.c,$(MCU)/$(1)/obj/%.o,$(LOADER_SRC) $(MPS2)/sodium/glue.c)
	$$(call say,ARM,$$@)$(ARM)gcc -mcpu=$(MCU_CPU_$(1)) $(MCU_LINK) -T $$< -Wl,-Map,$$@.map \
		-o $$@ $$(filter %.o,$$^)
$(MCU)/$(1)/loader-ed25519.elf: $$(patsubst %.c,$(MCU)/$(1)/obj/%.o,$(LOADER_SRC_ed25519))
$(MCU)/$(1)/loader-hmac.elf: $$(patsubst %.c,$(MCU)/$(1)/obj/%.o,$(LOADER_SRC_hmac))
$(MCU)/$(1)/obj/app-%.o: $(MPS2)/app/app.c $(MCU)/sodium.there
	@mkdir -p $$(@D)
	$$(call say,ARM,$$@)$(ARM)gcc -mcpu=$(MCU_CPU_$(1)) $(MCU_CFLAGS) $(MCU_OWN) $(WARN) \
		$(if $(WERROR),-Werror) $$(APP_$$*) -MMD -MP -c -o $$@ $$<
$(MCU)/$(1)/obj/app-hostile.o: $(MCU)/$(1)/obj/$(MPS2)/app/hostile.o
	$$(Q)cp $$< $$@
$(MCU)/$(1)/app-%.elf: $(MPS2)/app/app.ld $(MCU)/$(1)/obj/app-%.o \
		$$(patsubst %.c,$(MCU)/$(1)/obj/%.o,$(APP_SRC))
	$$(call say,ARM,$$@)$(ARM)gcc -mcpu=$(MCU_CPU_$(1)) $(MCU_LINK) -T $$< -o $$@ $$(filter %.o,$$^)
$(MCU)/$(1)/app-%.bin: $(MCU)/$(1)/app-%.elf
	$$(Q)$(ARM)objcopy -O binary $$< $$@
endef
$(foreach core,m3 m0plus,$(eval $(call mcu_rules,$(core))))
.SECONDARY:
# First of all, and alone: without a source it says so in one line and ends with 3.
sodium:
	@sh $(MPS2)/sodium.sh $(MCU)
$(MCU)/sodium.there:
	@sh $(MPS2)/sodium.sh $(MCU) && touch $@
FIRMWARE := $(MCU)/m3/loader-ed25519.elf $(patsubst %,$(MCU)/m3/app-%.bin,$(filter-out $(if $(wildcard $(MPS2)/app/hostile.c),,hostile),$(APPS)))
## firmware: boot loader and applications of the mps2 board (libsodium fetched once)
firmware: packages sodium
	@+$(MAKE) --no-print-directory $(parallel) $(FIRMWARE)

TEST_LIBS := $(LIBSIM) $(LIBTOOLS) $(LIBPRIMARY) $(LIBPOSIX) $(LIBMPS2) $(LIBCOTTER)
test_libs = $(pc_cmocka) $(pc_curl) $(pc_jansson) $(crypto_libs)

$(sort $(TESTS) $(BENCHES) $(HANDS) $(METALS)): $(BUILD)/%: $(BUILD)/obj/%.o $(TEST_LIBS)
	$(call link,$(test_libs))
$(BUILD)/tests/metal/powercut: $(BUILD)/obj/tests/metal/powercut.o $(TEST_LIBS)
	$(call link,$(test_libs))
$(BUILD)/tests/metal/plugin.so: tests/metal/plugin.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(OWN_CPPFLAGS) -D_GNU_SOURCE $(CFLAGS) $(OWN_CFLAGS) \
		-fPIC -shared -fvisibility=hidden $(LDFLAGS) -o $@ $<
$(BUILD)/tests/metal/skip: $(call obj,$(METAL_TOOL_SRC))
	$(call link,)
$(BUILD)/tests/metal/bad_images: $(BUILD)/obj/tests/metal/bad_images.o $(TEST_LIBS)
	$(call link,$(test_libs))
# A fuzz target without libFuzzer: replay_main.c feeds it the files of its corpus.
$(REPLAYS): $(BUILD)/%: $(BUILD)/obj/%.o $(call obj,tests/fuzz/replay_main.c) $(TEST_LIBS)
	$(call link,$(test_libs))

tests: $(TESTS) $(REPLAYS) $(HANDS)

# ---- what to run ------------------------------------------------------------------

export BUILD CC AR PKG_CONFIG CTAGS CANARY NOSKIP SECONDS KEEP SEED CASE ID VECTORS MAKE

# As many jobs as processors, unless the caller has said how many.
parallel = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

## demo: one whole chain on this machine, from keys to two updated ECUs
demo: packages sodium
	@+$(MAKE) --no-print-directory -s $(parallel) all $(HANDS) $(FIRMWARE)
	@sh tests/demo.sh

## check: every test and every static check (NOSKIP=1: an unlisted skip fails)
check: packages sodium
	@+$(check_make) $(parallel) all tests board
	@+$(check_make) check-run
check_make = $(MAKE) --no-print-directory BUILD=$(BUILD)/check WERROR=1 \
	SODIUM_SRC='$(abspath $(MCU)/libsodium)'
board: $(METALS) $(FIRMWARE)
check-run: all tests board
	@sh tests/check/check.sh

## attacks: the attack catalogue, one row per case with its verdict
attacks: all tests
	@sh tests/attacks.sh

## mutants: remove each check on the accept path and see a named test go red
mutants:
	@sh tests/mutants.sh

## powercut: cut power before and after each flash operation of one install
powercut: all tests
	@sh tests/powercut.sh

## killpoints: kill -9 cotterd at every state-changing system call of a cycle
killpoints: all tests
	@sh tests/killpoints.sh

## metal: the boot loader in QEMU: updates, trials, recovery, attacks (ID=NAME: one case)
metal: packages sodium
	@+$(MAKE) --no-print-directory -s $(parallel) $(METALS) $(FIRMWARE)
	@sh tests/metal.sh $(METALS)

## metal-powercut: power lost right after a store into the board's flash (SLOT=, SECONDS=, ID=)
metal-powercut: packages sodium
	@+$(MAKE) --no-print-directory -s $(parallel) $(BUILD)/tests/metal/powercut \
		$(BUILD)/tests/metal/plugin.so $(FIRMWARE)
	@sh tests/metal-powercut.sh

## skip: skip each instruction of the boot decision on bad flash (KINDS=, SECONDS=, ID=)
skip: packages sodium
	@+$(MAKE) --no-print-directory -s $(parallel) $(METAL_TOOLS) $(FIRMWARE)
	@sh tests/skip.sh

## selftest: the instruments that watch the board find what they are for
selftest: $(METAL_TOOLS)
	@sh tests/metal/selftest.sh

## freestanding: link the MCU sources for Cortex-M0+ and list what they leave undefined
freestanding: packages
	@sh tests/check/freestanding.sh $(FREE_SRC)

## vectors: others' Ed25519 cases and our signatures, the same on host, M3 and M0+
vectors: $(LIBCOTTER)
	@sh tests/vectors.sh

## sanitize: unit and attack tests under AddressSanitizer and UBSan
sanitize: packages
	@sh tests/check/sanitize.sh

## fuzz: libFuzzer on each parser and the UDS server, SECONDS=60 in all
fuzz:
	@sh tests/check/packages.sh fuzz
	@sh tests/fuzz.sh

## bench: memory and time of one update of a 10 MiB image
bench: all $(BENCHES)
	@sh tests/bench.sh

SIZED := $(foreach core,m3 m0plus,$(patsubst %,$(MCU)/$(core)/%,loader-ed25519.elf \
	loader-hmac.elf app-good1.bin app-good2.bin app-good3.bin))
## size: flash by module, RAM and worst stack of each loader, against their ceilings
size: packages sodium
	@+$(MAKE) --no-print-directory -s $(parallel) $(TEST_LIBS) $(SIZED)
	@MCU_CFLAGS='$(MCU_CFLAGS)' sh tests/size.sh

## instructions: what one partial verification costs on the M3 and the M0+, item by item
.PHONY: instructions
instructions: packages sodium
	@+$(MAKE) --no-print-directory -s $(parallel) $(TEST_LIBS) $(SIZED)
	@MCU_CFLAGS='$(MCU_CFLAGS)' sh tests/metal/instructions.sh
# A figure must not be that of an object whose header has changed since.
-include $(shell [ -d $(MCU) ] && find $(MCU) -name '*.d')

## docs: regenerate docs/standard.md, attacks.md, states.md and the figures of size.md
docs:
	@sh tests/check/gendocs.sh

## packages: install what is missing (as root) or print the one command that would
packages:
	@sh tests/check/packages.sh

install_to = $(INSTALL) -d '$(DESTDIR)$(2)' && $(INSTALL) -m $(3) $(1) '$(DESTDIR)$(2)/'
DATA_CONF := $(wildcard primary/data/*.conf)
DATA_UNIT := $(wildcard primary/data/*.service)
# The ECU programs are for development and stay in the build folder.
MAN1 := $(filter-out docs/man/cotter-ecu.1 docs/man/cotter-mps2.1,$(wildcard docs/man/*.1))
MAN5 := $(wildcard docs/man/*.5)
MAN8 := $(wildcard docs/man/*.8)

## install: programs, manual pages, systemd unit, example configuration (DESTDIR, PREFIX)
install: all
	$(call install_to,$(BUILD)/cotter $(BUILD)/cotterctl,$(BINDIR),755)
	$(call install_to,$(BUILD)/cotterd,$(SBINDIR),755)
	$(if $(MAN1),$(call install_to,$(MAN1),$(MANDIR)/man1,644))
	$(if $(MAN5),$(call install_to,$(MAN5),$(MANDIR)/man5,644))
	$(if $(MAN8),$(call install_to,$(MAN8),$(MANDIR)/man8,644))
	$(if $(DATA_UNIT),$(call install_to,$(DATA_UNIT),$(UNITDIR),644))
	$(if $(DATA_UNIT),sed -i 's|@SBINDIR@|$(SBINDIR)|' \
		$(addprefix '$(DESTDIR)$(UNITDIR)'/,$(notdir $(DATA_UNIT))))
	$(if $(DATA_CONF),$(call install_to,$(DATA_CONF),$(DOCDIR)/examples,644))
	$(call install_to,README.md LICENSE,$(DOCDIR),644)

## uninstall: remove what install put there
uninstall:
	rm -f $(addprefix '$(DESTDIR)$(BINDIR)'/,cotter cotterctl) \
		'$(DESTDIR)$(SBINDIR)/cotterd' \
		$(addprefix '$(DESTDIR)$(MANDIR)'/man1/,$(notdir $(MAN1))) \
		$(addprefix '$(DESTDIR)$(MANDIR)'/man5/,$(notdir $(MAN5))) \
		$(addprefix '$(DESTDIR)$(MANDIR)'/man8/,$(notdir $(MAN8))) \
		$(addprefix '$(DESTDIR)$(UNITDIR)'/,$(notdir $(DATA_UNIT)))
	rm -rf '$(DESTDIR)$(DOCDIR)'

## clean: remove the build folder
clean:
	rm -rf '$(BUILD)'

## help: this list
help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

-include $(shell [ -d $(BUILD)/obj ] && find $(BUILD)/obj -name '*.d')
