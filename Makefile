# strata. `make help` says what there is to make; nothing is written outside build/.

BUILD  ?= build
PREFIX ?= /usr/local

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
STRICT   :=# -Werror, for the project's own checks
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
COMPILE   = $(CC) -std=c11 $(WARNINGS) $(STRICT) -I. -Istack -MMD -MP $(CPPFLAGS) $(CFLAGS)

# stack/ is plain C11; whatever talks to the system sees all of it.
$(BUILD)/obj/drivers/%.o $(BUILD)/obj/apps/%.o $(BUILD)/san/drivers/%.o $(BUILD)/san/apps/%.o $(BUILD)/san/tests/%.o $(BUILD)/pic/tests/%.o: \
	COMPILE += -D_GNU_SOURCE -I$(BUILD)/gen

STACK   := $(wildcard stack/*.c stack/*/*.c)
HOST    := $(wildcard drivers/*.c apps/*.c)
HARNESS := $(wildcard tests/harness/*.c)
UNIT    := $(wildcard tests/unit/*/*.c) $(HARNESS)
SCRIPT  := $(wildcard tests/script/*.c) $(HARNESS)
SIM     := $(wildcard tests/sim/*.c)
STORY   := tests/story/story.c tests/story/steps.c
FUZZ    := $(filter-out tests/fuzz/driver.c,$(wildcard tests/fuzz/*.c))
DRILL   := $(filter-out tests/packetdrill/test_%.c,$(wildcard tests/packetdrill/*.c))
MODEL   := $(wildcard tests/fuzz/model/*.c)
PROGRAMS := $(patsubst tests/system/%.c,$(BUILD)/tests/%,$(wildcard tests/system/*.c))
PAGES   := $(patsubst apps/www/%,$(BUILD)/gen/%.inc,$(wildcard apps/www/*))
FORMAT   = $(wildcard stack/*.[ch] stack/*/*.[ch] drivers/*.[ch] apps/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])

# Trees of objects: the user's, one that is watched by the sanitizers for the tests, and one for a shared library.
obj = $(1:%.c=$(BUILD)/obj/%.o)
san = $(1:%.c=$(BUILD)/san/%.o)
pic = $(1:%.c=$(BUILD)/pic/%.o)

STACK_SAN := $(call san,$(STACK))
HOST_SAN  := $(call san,$(filter-out apps/main.c,$(HOST)))
OBJECTS   := $(call obj,$(STACK) $(HOST)) $(call san,$(sort $(STACK) $(HOST) $(UNIT) $(SCRIPT) $(SIM) $(STORY) $(wildcard tests/packetdrill/*.c))) \
	$(call san,$(wildcard tests/system/*.c tests/system/*/*.c tests/fuzz/*.c) $(MODEL))

# What is run is told in short; `make Q=` tells it in full.
Q ?= @

all: $(BUILD)/strata $(BUILD)/libstrata.a
	@:

$(BUILD)/strata: $(call obj,$(HOST)) $(BUILD)/libstrata.a
	@echo "  link  $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libstrata.a: $(call obj,$(STACK))
	@echo "  ar    $@"
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

# Each fuzz target twice: with a main() that replays the corpus, and (make fuzz) inside a fuzzer.
REPLAYS := $(FUZZ:tests/fuzz/%.c=$(BUILD)/tests/fuzz/%)
FUZZERS := $(FUZZ:tests/fuzz/%.c=$(BUILD)/tests/fuzzer/%)

tests: all $(BUILD)/tests/unit $(BUILD)/tests/script $(BUILD)/tests/sim $(BUILD)/tests/packetdrill $(PROGRAMS) $(REPLAYS)

$(BUILD)/tests/unit: $(call san,$(UNIT) $(STORY)) $(HOST_SAN) $(STACK_SAN)
$(BUILD)/tests/script: $(call san,$(SCRIPT)) $(STACK_SAN)
$(BUILD)/tests/sim: $(call san,$(filter-out tests/sim/main.c,$(SIM)) tests/harness/teardown.c) $(HOST_SAN) $(STACK_SAN)
$(BUILD)/tests/worlds: $(call san,$(filter-out tests/sim/test_%.c,$(SIM))) $(HOST_SAN) $(STACK_SAN)
$(BUILD)/tests/story: $(call san,$(STORY) tests/story/main.c) $(HOST_SAN) $(STACK_SAN)
$(BUILD)/tests/unit $(BUILD)/tests/script $(BUILD)/tests/sim: LDLIBS += -lcriterion
$(PROGRAMS): $(BUILD)/tests/%: $(BUILD)/san/tests/system/%.o
$(BUILD)/tests/client $(BUILD)/tests/udp_client $(BUILD)/tests/kernel: $(HOST_SAN) $(STACK_SAN)
$(BUILD)/tests/kernel $(BUILD)/tests/kernel_peer: $(call san,$(wildcard tests/system/kernel/*.c))
$(REPLAYS): $(BUILD)/tests/fuzz/%: $(BUILD)/san/tests/fuzz/%.o $(call san,tests/fuzz/driver.c) $(STACK_SAN)
$(FUZZERS): $(BUILD)/tests/fuzzer/%: $(BUILD)/san/tests/fuzz/%.o $(STACK_SAN)
$(FUZZERS): LDFLAGS += -fsanitize=fuzzer
$(BUILD)/tests/fuzz/http_client $(BUILD)/tests/fuzzer/http_client: $(HOST_SAN)
$(BUILD)/tests/fuzz/peer $(BUILD)/tests/fuzzer/peer: $(call san,$(MODEL))
$(BUILD)/tests/fuzz/http $(BUILD)/tests/fuzzer/http: $(HOST_SAN)
$(BUILD)/tests/%:
	@mkdir -p $(@D)
	@echo "  link  $@"
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The stack as a library that packetdrill loads (tests/packetdrill/README.md), and once more, watched, for its own test.
packetdrill: $(BUILD)/libstrata-packetdrill.so
$(BUILD)/libstrata-packetdrill.so: $(call pic,$(STACK) $(DRILL))
	@echo "  link  $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -pthread -o $@ $^ $(LDLIBS)

$(BUILD)/tests/libstrata-packetdrill.so: $(call san,$(STACK) $(DRILL))
	@mkdir -p $(@D)
	@echo "  link  $@"
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -shared -pthread -o $@ $^ $(LDLIBS)

$(BUILD)/tests/packetdrill: $(call san,$(wildcard tests/packetdrill/test_*.c) tests/harness/teardown.c) | \
	$(BUILD)/tests/libstrata-packetdrill.so $(BUILD)/libstrata-packetdrill.so
$(BUILD)/tests/packetdrill: LDLIBS += -lcriterion -pthread

objects: $(OBJECTS)
programs: $(PROGRAMS)
fuzzers: $(FUZZERS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	$(Q)$(COMPILE) -c -o $@ $<

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<, watched"
	$(Q)$(COMPILE) $(SANITIZE) -fPIC -c -o $@ $<

$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<, shared"
	$(Q)$(COMPILE) -fPIC -fvisibility=hidden -c -o $@ $<

# A page that is built in: apps/www/NAME becomes NAME.inc, its bytes as "0x3c,0x21,..." for
#     static const unsigned char page[] = {
#     #include "NAME.inc"
#     };
$(BUILD)/gen/%.inc: apps/www/%
	@mkdir -p $(@D)
	$(Q)od -An -v -tx1 $< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g' >$@
$(call obj,$(HOST)) $(HOST_SAN): | $(PAGES)

run:
	@scripts/setup --for run
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) scripts/demo

test:
	@scripts/setup --for test
	@$(MAKE) --no-print-directory tests
	@BUILD=$(BUILD) scripts/test

# The checks that need more than most people have: another compiler, Wireshark's opinion of our frames, real name servers, wrk's
# impatience.
test-peers:
	@scripts/setup --for peers
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC=clang STRICT=-Werror all objects programs
	@BUILD=$(BUILD)/clang scripts/test peers

# Looks for inputs that break something, SECONDS for each target; TARGETS="tcp_wire stack" for some of them only.
SECONDS := 60
fuzz:
	@BUILD=$(BUILD) scripts/fuzz $(SECONDS) $(TARGETS)

# Worlds of stacks on bad wires (tests/sim/world.h): SEEDS of them, from seed FROM on; one alone tells its story.
SEEDS := 1000
FROM  := 0
sim: $(BUILD)/tests/worlds
	@$(BUILD)/tests/worlds $(FROM) $(SEEDS)

# A peer that knows the numbers and bends what it says (tests/fuzz/peer.c): SEEDS programs of random bytes, from seed FROM on.
peer: $(BUILD)/tests/fuzz/peer
	@$(if $(filter 1,$(SEEDS)),STORY=1) $(BUILD)/tests/fuzz/peer -s $(FROM) $(SEEDS)

# The capture that stack/README.md tells of, lived by our own stack in memory (tests/story/story.h).
story: $(BUILD)/tests/story
	@$(BUILD)/tests/story

# The table of requirements in tests/README.md, written anew from tests/requirements.
requirements:
	@scripts/rfc-index

# The manual page: what the program says of itself.
$(BUILD)/strata.1: scripts/man $(BUILD)/strata
	@scripts/man $(BUILD)/strata >$@

SHARE = $(DESTDIR)$(PREFIX)/share
install: all $(BUILD)/strata.1
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(SHARE)/man/man1 $(SHARE)/bash-completion/completions
	install -m 644 $(BUILD)/strata.1 $(SHARE)/man/man1
	install -m 644 scripts/completion.bash $(SHARE)/bash-completion/completions/strata
	install -m 755 $(BUILD)/strata $(DESTDIR)$(PREFIX)/bin/strata
	install -m 644 $(BUILD)/libstrata.a $(DESTDIR)$(PREFIX)/lib/libstrata.a
	for folder in . base dns socket; do \
		install -d $(DESTDIR)$(PREFIX)/include/strata/$$folder || exit 1; \
	done
	install -m 644 stack/stack.h $(DESTDIR)$(PREFIX)/include/strata
	install -m 644 stack/base/*.h $(DESTDIR)$(PREFIX)/include/strata/base
	install -m 644 stack/dns/dns.h stack/dns/dns_text.h stack/dns/dns_wire.h $(DESTDIR)$(PREFIX)/include/strata/dns
	install -m 644 stack/socket/socket.h $(DESTDIR)$(PREFIX)/include/strata/socket

format:
	clang-format -i $(FORMAT)

lint: $(PAGES)
	@BUILD=$(BUILD) scripts/lint $(FORMAT)

clean:
	rm -rf $(BUILD)

help:
	@echo "make              build $(BUILD)/strata and $(BUILD)/libstrata.a   (CC=clang for another compiler)"
	@echo "make run          watch this machine's ping and curl talk to strata, in a network of their own"
	@echo "make test         the laws, the unit and script tests, and real ping and curl where a TAP can be had"
	@echo "make test-peers   the same code by clang, tshark's verdict on our frames, real name servers, wrk's load"
	@echo "make fuzz         SECONDS=60 for each parser and for the whole stack: libFuzzer, and AFL++ where installed"
	@echo "make sim          SEEDS=1000 worlds, FROM=0: stacks on bad wires in virtual time; SEEDS=1 tells the story of one"
	@echo "make packetdrill  build $(BUILD)/libstrata-packetdrill.so, the stack for packetdrill's scripts"
	@echo "make peer         SEEDS=1000 programs, FROM=0: a peer that bends its segments, against a model of RFC 9293; SEEDS=1 tells one"
	@echo "make story        a machine wakes up and gets a page by name: every frame, with a sentence for each step"
	@echo "make requirements write the table of requirements and their tests into tests/README.md"
	@echo "make install      to PREFIX=$(PREFIX), below DESTDIR= if given"
	@echo "make format       lay the code out by .clang-format;  make lint  say what tools find in it"
	@echo "make clean        remove $(BUILD)/"

.PHONY: all tests packetdrill objects programs fuzzers run test test-peers fuzz sim peer story requirements install format lint clean help
.DELETE_ON_ERROR:
.SECONDARY:

-include $(OBJECTS:.o=.d) $(patsubst %.o,%.d,$(call pic,$(STACK) $(DRILL)))
