# SPDX-License-Identifier: Apache-2.0
#
# Builds this port's loader and its application, from the root of the tree:
#
#	make -f secondary/ports/template/port.mk CPU=cortex-m3 -j4
#
# COT_MAX_REPOS: a secondary verifies the Director's metadata, so that is what it has
# memory for. CPU is what -mcpu takes. libsodium's source is fetched by secondary/ports/mps2/sodium.sh
# (SODIUM_SRC=DIR: taken from there). `objects` compiles without it. Below OUT:
# loader.elf, loader.bin, app.elf, app.bin, each with its size printed.
PORT := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
CPU ?= cortex-m3
ARM ?= arm-none-eabi-
OUT ?= build/port/$(notdir $(PORT))-$(CPU)
CFLAGS ?= -Os -g
SODIUM := $(OUT)/libsodium/src/libsodium

FREE := $(filter-out %_main.c,$(wildcard keys/*.c metadata/*.c secondary/*.c \
	secondary/link/*.c secondary/boot/*.c))
APP := $(PORT)/app.c secondary/hook.c secondary/confirm.c secondary/stream.c \
	secondary/pack.c secondary/link/crc.c keys/slice.c
OWN := $(filter-out $(PORT)/app.c,$(wildcard $(PORT)/*.c))
CRYPTO := keys/crypto/sodium.c keys/crypto/report_ed25519.c secondary/ports/mps2/sodium/glue.c
SODIUM_LIST := $(shell grep -v '^\#' secondary/ports/mps2/sodium/files.txt)

FLAGS := -mcpu=$(CPU) -mthumb -ffreestanding -ffunction-sections -fdata-sections -fno-common \
	-DCOT_MAX_REPOS=1u -I. $(CFLAGS)
WARN := -std=c11 -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Werror
LINK := -mcpu=$(CPU) -mthumb -nostartfiles --specs=nano.specs -Wl,--gc-sections \
	-Wl,--no-warn-rwx-segments
obj = $(patsubst %.c,$(OUT)/obj/%.o,$(1))

.PHONY: all objects
all: $(OUT)/loader.bin $(OUT)/app.bin
	@$(ARM)size $(OUT)/loader.elf $(OUT)/app.elf
objects: $(call obj,$(FREE) $(OWN) $(APP))

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo '  ARM   $<'
	@$(ARM)gcc $(FLAGS) $(WARN) -MMD -MP -c -o $@ $<
$(OUT)/sodium.there:
	@sh secondary/ports/mps2/sodium.sh $(OUT) && touch $@
$(call obj,$(CRYPTO)): FLAGS += -I$(SODIUM)/include -DSODIUM_STATIC=1
$(call obj,$(CRYPTO)): $(OUT)/sodium.there
$(OUT)/sodium/%.o: $(OUT)/sodium.there
	@mkdir -p $(@D)
	@$(ARM)gcc $(FLAGS) -std=gnu11 -I$(SODIUM)/include -I$(SODIUM)/include/sodium \
		-DCONFIGURED=1 -DSODIUM_STATIC=1 -DNATIVE_LITTLE_ENDIAN=1 -DNDEBUG -w -c -o $@ \
		$(SODIUM)/$*.c

$(OUT)/loader.elf: $(PORT)/template.ld $(call obj,$(FREE) $(OWN) $(CRYPTO)) $(SODIUM_LIST:%.c=$(OUT)/sodium/%.o)
	@echo '  LINK  $@'
	@$(ARM)gcc $(LINK) -T $(PORT)/template.ld -Wl,-Map,$@.map -o $@ $(filter %.o,$^)
$(OUT)/app.elf: $(PORT)/app.ld $(call obj,$(APP))
	@echo '  LINK  $@'
	@$(ARM)gcc $(LINK) -T $(PORT)/app.ld -o $@ $(filter %.o,$^)
$(OUT)/%.bin: $(OUT)/%.elf
	@$(ARM)objcopy -O binary $< $@

-include $(shell [ -d $(OUT)/obj ] && find $(OUT)/obj -name '*.d')
