# The front of the build, for GNU make and bmake alike: each target makes sure that the tree is
# configured and that the rules fit the sources that are there, and goes on in build-aux/build.mk.
# Variables: DESTDIR, V=1 (show commands), FUZZ_SECONDS, CXXFLAGS and the like.

QUIETLY = GNUMAKEFLAGS=--no-print-directory
INNER = -f build-aux/build.mk
PREPARE = sh build-aux/prepare.sh
BENCH = sh build-aux/deps.sh bench && $(PREPARE) && $(QUIETLY) $(MAKE) $(INNER) all bench-programs && python3 bench/bench.py

all:
	@$(PREPARE) && $(QUIETLY) $(MAKE) $(INNER) all

# Everything that building, testing and the demonstration need, through the system's package manager.
deps:
	@sh build-aux/deps.sh all

check:
	@sh build-aux/deps.sh all && MAKE="$(MAKE)" FUZZ_SECONDS="$(FUZZ_SECONDS)" sh build-aux/check.sh

demo:
	@sh build-aux/deps.sh demo && $(PREPARE) && MAKE="$(MAKE)" sh build-aux/parallel.sh all && sh demo/run.sh

install:
	@$(PREPARE) && $(QUIETLY) $(MAKE) $(INNER) install

uninstall:
	@$(PREPARE) && $(QUIETLY) $(MAKE) $(INNER) uninstall

fuzz:
	@$(PREPARE) && $(QUIETLY) $(MAKE) $(INNER) fuzz-programs && FUZZ_SECONDS="$(FUZZ_SECONDS)" sh tests/fuzz/run.sh

sanitize:
	@$(PREPARE) && MAKE="$(MAKE)" sh build-aux/check.sh sanitize

lint:
	@$(PREPARE) && $(QUIETLY) $(MAKE) $(INNER) all && sh tests/lint/run.sh

# Parts of the above, for whoever works on one of them.
unit process strict:
	@$(PREPARE) && $(QUIETLY) $(MAKE) $(INNER) $@

format:
	clang-format -i $$(git ls-files 'src/*.[ch]pp' 'tests/*.[ch]pp' 'bench/*.[ch]pp')

# Measures beside Debian's msmtp and other clients (bench/README.md): a quarter of an hour, or a minute.
bench:
	@$(BENCH)

bench-quick:
	@$(BENCH) --quick

clean:
	rm -rf build

distclean: clean
	rm -f config.mk config.hpp config.log

.PHONY: all deps check demo install uninstall fuzz sanitize lint unit process strict format bench bench-quick clean distclean
