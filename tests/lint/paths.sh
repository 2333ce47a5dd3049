#!/bin/sh
# No file of the project names a directory of one machine: neither this checkout's nor one where builds are made.
set -u
offences=0
pattern='(^|[^A-Za-z0-9_.$})])/(work|workspace|builds|Users)/'
here=$(pwd)

grep -v '^tests/lint/paths\.sh$' build/lint/files | tr '\n' '\0' | xargs -0 grep -nIE -e "$pattern" /dev/null && offences=1
if [ "${#here}" -gt 6 ]; then
  tr '\n' '\0' <build/lint/files | xargs -0 grep -nIF -e "$here/" /dev/null && offences=1
fi
exit "$offences"
