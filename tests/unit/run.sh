#!/bin/sh
# Runs a Catch2 program and says how many test cases passed in the words of every stage:
# "N passed, N failed, N skipped". Usage: run.sh [PROGRAM]
set -u
program=${1-build/tests/unit}
log=$program.log

"$program" --use-colour no >"$log" 2>&1
status=$?
last=$(tail -n 20 "$log" | grep -E '^(All tests passed|test cases:|No tests ran)' | tail -n 1)
number_before() { # a word: the number that stands before it in $last
  printf '%s\n' "$last" | sed -n "s/.*[^0-9]\([0-9][0-9]*\) $1.*/\1/p"
}
case $last in
  "All tests passed"*) passed=$(number_before "test case") failed=0 ;;
  "test cases:"*) passed=$(number_before passed) failed=$(number_before failed) ;;
  *) passed=0 failed=0 ;;
esac
passed=${passed:-0} failed=${failed:-0}
if [ "$status" -ne 0 ] || [ "$failed" -ne 0 ]; then
  tail -n 200 "$log"
  # A crash ends the program before it counts.
  [ "$failed" -ne 0 ] || failed=1
  echo "FAIL $program: ended with status $status"
fi
if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then
  echo "FAIL $program: no test ran"
  failed=1
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
