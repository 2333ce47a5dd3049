# The build itself, after ./configure and build-aux/rules.sh: flags, and what no list of files decides.
# Only what GNU make and bmake both understand; build/rules.mk has one explicit rule for each object.

all: programs

include config.mk

V = 0
Q_0 = @
Q_1 =
Q = $(Q_$(V))
SAY = @echo

WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum $(WERROR)
# Macros of the test frameworks expand into code that the stricter ones complain about.
TEST_WARNINGS = -Wall -Wextra -Wshadow $(WERROR)

INCLUDES = -Isrc -I.
COMPILE = $(CXX) -std=c++20 -MMD -MP $(CPPFLAGS) $(INCLUDES) $(CXXFLAGS) $(HARDENING) $(WARNINGS) $(SANDBOX_CFLAGS) \
	$(TLS_CFLAGS) $(GSASL_CFLAGS) $(IDN2_CFLAGS)
LINK = $(CXX) $(CXXFLAGS) $(LDFLAGS) $(HARDENING_LINK)

# Tests are compiled fast rather than to run fast.
TEST_COMPILE = $(CXX) -std=c++20 -MMD -MP $(CPPFLAGS) $(INCLUDES) -O0 -g1 -fPIE -D_GLIBCXX_ASSERTIONS \
	$(TEST_WARNINGS) $(CRITERION_CFLAGS) $(TLS_CFLAGS) $(GSASL_CFLAGS)
TEST_LINK = $(CXX) $(LDFLAGS) -pie -Wl,--as-needed

# One tree of instrumented objects serves the sanitizer build and the fuzz targets.
SAN_INCLUDES = -Ibuild/sanitize -Isrc -I.
SAN_COMPILE = $(SAN_CXX) -std=c++20 -MMD -MP $(CPPFLAGS) $(SAN_INCLUDES) -O1 -g1 -fno-omit-frame-pointer $(SAN_FLAGS) \
	-fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS $(WARNINGS) $(SANDBOX_CFLAGS) $(TLS_CFLAGS) $(GSASL_CFLAGS) \
	$(IDN2_CFLAGS)
# clang 14 takes a defaulted comparison that only a template uses for an unused function.
SAN_TEST_COMPILE = $(SAN_CXX) -std=c++20 -MMD -MP $(CPPFLAGS) $(SAN_INCLUDES) -O0 -g1 -fsanitize=address,undefined \
	-fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS $(TEST_WARNINGS) -Wno-unused-function $(TLS_CFLAGS) $(GSASL_CFLAGS)
SAN_LINK = $(SAN_CXX) $(LDFLAGS) -fsanitize=address,undefined -Wl,--as-needed
FUZZ_LINK = $(SAN_CXX) $(LDFLAGS) -fsanitize=fuzzer,address,undefined -Wl,--as-needed

ALL_LIBS = $(TLS_LIBS) $(P11_KIT_LIBS) $(GSASL_LIBS) $(IDN2_LIBS) $(SANDBOX_LIBS) $(LIBS)

include build/rules.mk

programs: $(PROGRAMS)
strict: $(STRICT_PROGRAMS)
unit: $(UNIT_PROGRAM)
process: $(PROCESS_PROGRAM) $(TEST_PROGRAMS)
sanitize-programs: $(SAN_PROGRAMS)
sanitize-unit: $(SAN_UNIT_PROGRAM)
fuzz-programs: $(FUZZ_PROGRAMS)
bench-programs: $(BENCH_PROGRAMS)

INSTALL = PROGRAMS="$(PROGRAMS)" DESTDIR="$(DESTDIR)" bindir="$(bindir)" libexecdir="$(libexecdir)" \
	sysconfdir="$(sysconfdir)" mandir="$(mandir)" docdir="$(docdir)" bash_completion_dir="$(bash_completion_dir)" \
	zsh_completion_dir="$(zsh_completion_dir)" fish_completion_dir="$(fish_completion_dir)" vim_dir="$(vim_dir)" \
	systemd_dir="$(systemd_dir)" sysusers_dir="$(sysusers_dir)" tmpfiles_dir="$(tmpfiles_dir)" \
	apparmor_dir="$(apparmor_dir)" rc_dir="$(rc_dir)" \
	SENDMAIL_LINK="$(SENDMAIL_LINK)" sendmail_link="$(sendmail_link)" mailq_link="$(mailq_link)" \
	newaliases_link="$(newaliases_link)" lib_sendmail_link="$(lib_sendmail_link)" sh build-aux/install.sh

install: all
	$(Q)$(INSTALL) install

uninstall:
	$(Q)$(INSTALL) uninstall

.PHONY: all programs strict unit process sanitize-programs sanitize-unit fuzz-programs bench-programs install uninstall
