#!/bin/sh
# Builds everything, runs all tests, and ends with one line: "N passed, N failed, N skipped".
# Each stage prints what failed, what was skipped and why, and its own count; the full output stays in
# build/check. Usage: check.sh [STAGE...]; without any: unit process build system fuzz sanitize lint
set -u
stages=${*:-unit process build system fuzz sanitize lint}
passed=0 failed=0 skipped=0

sh build-aux/prepare.sh >build-prepare.log 2>&1 || {
  cat build-prepare.log
  rm -f build-prepare.log
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
}
mkdir -p build/check
mv build-prepare.log build/check/configure.log

setting() {
  sed -n "s/^$1 = //p" config.mk
}

# The tools may have come since the last ./configure.
if [ "$(setting HAVE_CATCH2)$(setting HAVE_CRITERION)$(setting HAVE_FUZZER)" != yesyesyes ]; then
  ./configure --reconfigure >build/check/configure.log 2>&1 && sh build-aux/rules.sh
fi

seconds_now() {
  date +%s
}
begin=$(seconds_now)

summary() {
  echo "------"
  echo "all of it took $(($(seconds_now) - begin)) s"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] || exit 1
  exit 0
}

# Runs a stage: name, longest time in seconds, command. The command's last line is its count.
stage() {
  name=$1 limit=$2
  shift 2
  stage_begin=$(seconds_now)
  log=build/check/$(echo "$name" | tr ' ' _).log
  timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
  status=$?
  count=$(tail -n 1 "$log" | grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$')
  if [ -z "$count" ]; then
    tail -n 60 "$log"
    reason="ended with status $status and no count"
    [ "$status" -ne 124 ] || reason="was not ready after $limit s"
    echo "FAIL $name: $reason"
    count="0 passed, 1 failed, 0 skipped"
  else
    sed '$d' "$log" | cut -c1-400
  fi
  # shellcheck disable=SC2086
  set -- $count
  passed=$((passed + $1)) failed=$((failed + $3)) skipped=$((skipped + $5))
  printf '%-18s %s (%s s)\n' "$name:" "$count" "$(($(seconds_now) - stage_begin))"
}

skip() { # what, reason
  skipped=$((skipped + 1))
  echo "SKIP $1: $2"
}

wants() {
  case " $stages " in *" $1 "*) return 0 ;; esac
  return 1
}

# ---- build: all at once, so that no processor waits ----------------------------------------------

targets=
if wants build || wants lint; then targets="programs"; fi
if wants build || wants system; then targets="$targets bench-programs"; fi
wants system && targets="$targets strict"
wants unit && targets="$targets unit"
wants process && targets="$targets process strict"
wants fuzz && targets="$targets fuzz-programs"
wants sanitize && targets="$targets sanitize-programs sanitize-unit"
# shellcheck disable=SC2086
if ! sh build-aux/parallel.sh $targets >build/check/make.log 2>&1; then
  grep -vE '^  (CXX|AR|LINK|GEN) ' build/check/make.log | head -n 80
  echo "FAIL build: see build/check/make.log"
  failed=1
  summary
fi
printf '%-18s %s (%s s)\n' "build:" "done" "$(($(seconds_now) - begin))"

# ---- the stages ----------------------------------------------------------------------------------

if wants unit; then
  if [ -x build/tests/unit ]; then
    stage unit 120 sh tests/unit/run.sh
  else
    skip "unit tests" "no Catch2 (Debian package: catch2)"
  fi
fi

if wants process; then
  if [ -x build/tests/process ]; then
    stage process 300 sh tests/process/run.sh
  else
    skip "process tests" "no Criterion (Debian package: libcriterion-dev)"
  fi
fi

wants build && stage build-system 240 sh tests/build/run.sh
# System tests mostly wait, so more of them run at once than there are processors.
wants system && stage system 600 python3 tests/system/run.py -j 6

if wants fuzz; then
  if [ "$(setting HAVE_FUZZER)" = yes ]; then
    FUZZ_SECONDS=${FUZZ_SECONDS:-3}
    export FUZZ_SECONDS
    stage fuzz $((FUZZ_SECONDS * 20 + 120)) sh tests/fuzz/run.sh
  else
    skip "fuzz targets" "no clang++ with libFuzzer (Debian packages: clang libclang-rt-dev)"
  fi
fi

# Lint computes while the sanitized system tests wait, so both are done in the time of one.
if wants lint; then
  timeout -k 10 900 nice sh tests/lint/run.sh >build/check/lint.out 2>&1 </dev/null &
fi

if wants sanitize; then
  if [ -x build/sanitize/tests/unit ]; then
    stage "sanitized unit" 240 sh tests/unit/run.sh build/sanitize/tests/unit
  else
    skip "sanitized unit tests" "no sanitizers (Debian packages: clang libclang-rt-dev)"
  fi
  if [ -x build/sanitize/bin/msmtp ]; then
    # Without what only a real build has: rights, and memory that is small enough to search; and without what compares
    # much with another program, starts many, or is about files and shells.
    stage "sanitized system" 600 python3 tests/system/run.py -j 6 --program build/sanitize/bin/msmtp -k \
      '^(?!counts|parity|clients\.|msmtpd_clients\.|msmtpd_load\.(.*leave_nothing|idle_sessions)|msmtpd_units|msmtpd_local\.whoever|completion\.|sendmail_link\.installed|processes\.(after_auth|at_the_talk|each_process_has|the_network_child_never|the_parent_has|the_search|the_resolver|started_by_root)|.*SEGV)'
  else
    skip "sanitized system tests" "no sanitizers (Debian packages: clang libclang-rt-dev)"
  fi
fi

if wants lint; then
  wait
  stage lint 10 cat build/check/lint.out
fi

summary
