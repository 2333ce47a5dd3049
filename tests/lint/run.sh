#!/bin/sh
# Checks what no compiler checks: who includes whom, what the executables link and how they are hardened,
# format, clang-tidy, scripts, manual pages. One line for each rule that is broken or cannot be checked,
# then "N passed, N failed, N skipped". Needs the programs of `make all`.
set -u
LC_ALL=C
export LC_ALL
mkdir -p build/lint
passed=0 failed=0 skipped=0

# Every file of the project, one a line.
project_files() {
  git ls-files -co --exclude-standard 2>/dev/null ||
    find . -type f ! -path './.git/*' ! -path './build/*' ! -name config.log ! -name config.mk ! -name config.hpp |
    sed 's,^\./,,'
}
project_files | while read -r file; do
  [ ! -f "$file" ] || echo "$file"
done >build/lint/files
grep -E '^(src|tests|demo|bench)/.*\.[ch]pp$' build/lint/files >build/lint/sources

# Runs a check (a command that prints the offences) as the rule $1.
rule() {
  broken=$1
  shift
  if "$@" >build/lint/output 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    sed -n "1,60s|^|  |p" build/lint/output
    echo "FAIL $broken"
  fi
}

skip() { # rule, reason
  skipped=$((skipped + 1))
  echo "SKIP $1: $2"
}

# The same as rule, when the tool $1 is there.
rule_with() {
  if command -v "$1" >/dev/null 2>&1; then
    shift
    rule "$@"
  else
    skip "$2" "no $1 here"
  fi
}


on_files() { # pattern of names, command
  pattern=$1
  shift
  grep -E "$pattern" build/lint/files | xargs "$@"
}

scripts() {
  while read -r file; do
    case $(head -n 1 "$file" | tr -d '\0') in
      '#!'*/sh | '#!'*/bash | '#!'*'env bash' | '#!'*'env sh') echo "$file" ;;
    esac
  done <build/lint/files
}

first_line_is_a_comment() {
  while read -r file; do
    case $(head -n 1 "$file") in
      //*) ;;
      *) echo "$file: does not begin with a sentence that says what it is" && return 1 ;;
    esac
  done <build/lint/sources
}

headers_are_included_once() {
  ! grep '\.hpp$' build/lint/sources | xargs grep -L '^#pragma once' | grep .
}

openbsd_compiles() {
  compiler=$(sed -n 's/^CXX = //p' config.mk)
  # shellcheck disable=SC2086
  $compiler -std=c++20 -fsyntax-only -Wall -Wextra -Werror -isystem tests/openbsd -Isrc -I. src/common/sandbox_openbsd.cpp
}

python_parses() {
  grep '\.py$' build/lint/files | xargs python3 -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)'
}

completions_parse() { # shell
  for program in msmtp msmtpd; do
    case $1 in
      bash) bash -n "etc/completion/$program.bash" ;;
      zsh) zsh -n "etc/completion/_$program" ;;
      fish) fish --no-execute "etc/completion/$program.fish" ;;
    esac || return 1
  done
}

manual_pages_are_clean() {
  ! mandoc -Tlint -W warning man/*.[158] | grep -v 'referenced manual not found'
}

rule "includes: parts" sh tests/lint/includes.sh parts
rule "includes: libraries" sh tests/lint/includes.sh libraries
rule "includes: own header first" sh tests/lint/includes.sh own_header
rule "no two types have the same name" sh tests/lint/includes.sh types
rule "parsers are pure" sh tests/lint/includes.sh parsers
rule "every source says what it is" first_line_is_a_comment
rule "headers have #pragma once" headers_are_included_once
rule "no exceptions, threads, streams" on_files '^(src|bench)/.*\.[ch]pp$' sh tests/lint/none.sh \
  '^[^/"]*\<throw\>|#include <(iostream|fstream|sstream|thread|future|locale|regex)>|\<std::(thread|async|cout|cerr|locale)\>'
rule "no unbounded or locale-bound C functions" on_files '^(src|bench)/.*\.[ch]pp$' sh tests/lint/none.sh \
  '^[^/"]*[^a-z_.>:](strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|setlocale|system|popen|alloca|tmpnam|mktemp)\('
rule "lines of at most 120 columns, no tabs, no blanks at the end" on_files '^(src|bench)/.*\.[ch]pp$' sh tests/lint/none.sh \
  "$(printf '^.{121,}$|\t|[ \t]$')"
rule "no path of one machine" sh tests/lint/paths.sh

sh tests/lint/executables.sh list >build/lint/executables
while read -r program; do
  name=${program#build/}
  rule "links: $name" sh tests/lint/executables.sh links "$program"
  rule "hardening: $name" sh tests/lint/executables.sh hardening "$program"
done <build/lint/executables

if [ -f src/common/sandbox_openbsd.cpp ]; then
  rule "the OpenBSD sandbox compiles" openbsd_compiles
else
  skip "the OpenBSD sandbox compiles" "not written yet"
fi
rule_with clang-format "format" on_files '^(src|tests|bench)/.*\.[ch]pp$' clang-format --dry-run --Werror
rule_with clang-tidy "clang-tidy" sh tests/lint/tidy.sh
# shellcheck disable=SC2046
rule_with shellcheck "scripts" shellcheck -x $(scripts)
for shell in bash zsh fish; do
  rule_with "$shell" "completion for $shell" completions_parse "$shell"
done
rule_with shellcheck "completion for bash, as a script" shellcheck -s bash etc/completion/msmtp.bash etc/completion/msmtpd.bash
rule_with python3 "python" python_parses
rule_with systemd-analyze "systemd units" sh tests/lint/services.sh units
rule_with systemd-analyze "what systemd units leave open" sh tests/lint/services.sh exposure
rule "both services of systemd are confined alike" sh tests/lint/services.sh alike
rule_with systemd-sysusers "the user of the service" sh tests/lint/services.sh users
if [ "$(id -u)" -eq 0 ]; then
  rule_with systemd-tmpfiles "the directories of the service" sh tests/lint/services.sh directories
else
  skip "the directories of the service" "only root can make them"
fi
rule_with apparmor_parser "AppArmor profiles" sh tests/lint/services.sh profiles
rule_with shellcheck "script for rc.subr" sh tests/lint/services.sh rc_script
if [ -d man ]; then
  rule_with mandoc "manual pages" manual_pages_are_clean
else
  skip "manual pages" "none written yet"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
