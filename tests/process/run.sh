#!/bin/sh
# Runs a Criterion program, two tests at a time, and says how many passed in the words of every stage:
# "N passed, N failed, N skipped". Usage: run.sh [PROGRAM]
set -u
program=${1-build/tests/process}

"$program" -j2 "--tap=$program.tap" >"$program.log" 2>&1 </dev/null
status=$?
[ -f "$program.tap" ] || : >"$program.tap"
skipped=$(grep -c '^ok .*# SKIP' "$program.tap")
passed=$(($(grep -c '^ok ' "$program.tap") - skipped))
failed=$(grep -c '^not ok ' "$program.tap")
sed -n 's/^ok - \([^ ]*\) *# SKIP/SKIP \1:/p' "$program.tap"
if ! grep -q '^SANDBOX = linux' config.mk; then
  echo "SKIP the walls and the attacks on them: this build has no sandbox of Linux"
  skipped=$((skipped + 1))
fi
if [ "$status" -ne 0 ] || [ "$failed" -ne 0 ]; then
  tail -n 200 "$program.log"
  sed -n 's/^not ok - /FAIL /p' "$program.tap"
  if [ "$failed" -eq 0 ]; then
    echo "FAIL $program: ended with status $status"
    failed=1
  fi
fi
if [ $((passed + failed + skipped)) -eq 0 ]; then
  echo "FAIL $program: no test ran"
  failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
