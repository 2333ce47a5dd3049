#!/bin/sh
# Runs every fuzz target for FUZZ_SECONDS (3), two at a time, from its corpus in the tree. New inputs go to
# build/fuzz-corpus, what made a target fail to build/fuzz-failures. Usage: run.sh [TARGET...]
set -u
seconds=${FUZZ_SECONDS:-3}
mkdir -p build/fuzz-corpus build/fuzz-failures

# The part that xargs starts for one target.
if [ "${1-}" = --one ]; then
  name=$2
  mkdir -p "build/fuzz-corpus/$name"
  seeds=tests/fuzz/corpus/$name
  [ -d "$seeds" ] || seeds=
  dictionary=tests/fuzz/$name.dict
  [ -f "$dictionary" ] || dictionary=
  if "build/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -close_fd_mask=1 \
    ${dictionary:+"-dict=$dictionary"} -artifact_prefix="build/fuzz-failures/$name-" \
    "build/fuzz-corpus/$name" ${seeds:+"$seeds"} >"build/fuzz-corpus/$name.log" 2>&1; then
    runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "build/fuzz-corpus/$name.log")
    if [ "${runs:-0}" -gt 0 ]; then echo "ok $name: $runs inputs"; else echo "FAIL $name: no input was run"; fi
  else
    grep -m 1 -A 14 'ERROR' "build/fuzz-corpus/$name.log" | sed "s/^/$name: /"
    grep '^Base64:' "build/fuzz-corpus/$name.log" | sed "s/^/$name: /"
    echo "FAIL $name: see build/fuzz-corpus/$name.log and build/fuzz-failures"
  fi
  exit 0
fi

if [ $# -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do
    [ -f "$source" ] || continue
    name=${source##*/}
    set -- "$@" "${name%_fuzz.cpp}"
  done
fi
report=build/fuzz-corpus/report
: >"$report"
if [ $# -gt 0 ]; then
  printf '%s\n' "$@" | FUZZ_SECONDS=$seconds xargs -n 1 -P 2 sh tests/fuzz/run.sh --one | tee "$report" | grep -v '^ok '
fi
passed=$(grep -c '^ok ' "$report")
failed=$(($# - passed))
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
