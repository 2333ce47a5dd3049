#!/bin/sh
# Makes the targets given, with as many jobs as there are processors, apart from whatever make runs us.
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
GNUMAKEFLAGS=--no-print-directory exec "${MAKE:-make}" -f build-aux/build.mk -j"$jobs" "$@"
