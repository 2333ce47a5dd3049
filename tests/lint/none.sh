#!/bin/sh
# Succeeds when no line of the files matches the extended regular expression. Usage: none.sh PATTERN FILE...
set -u
pattern=$1
shift
! grep -nE -e "$pattern" /dev/null "$@"
