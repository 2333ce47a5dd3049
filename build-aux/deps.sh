#!/bin/sh
# Installs the packages that are missing: "build" (to configure and make), "demo" (the demonstration as
# well), "bench" (build, and what the benchmark needs) or "all" (the tests too). Does nothing, quickly, when all are there.
set -eu

build="g++ make pkg-config libtls-dev libssl-dev libgsasl-dev libseccomp-dev libcap-dev libidn2-dev libsecret-1-dev libp11-kit-dev"
demo="openssl python3 procps iproute2 util-linux libcap2-bin"
tests="catch2 libcriterion-dev clang clang-tidy clang-format libclang-rt-dev llvm shellcheck mandoc bmake strace git php-cli dnsmasq-base"
keyring="gnome-keyring dbus libsecret-tools"
tokens="softhsm2 opensc"
shells="zsh fish vim"
services="systemd apparmor"
# The clients that the benchmark compares with are unpacked and not installed; esmtp needs a library.
bench="openssl python3 util-linux curl strace libesmtp6"

case ${1-all} in
  build) wanted=$build ;;
  demo) wanted="$build $demo" ;;
  bench) wanted="$build $bench" ;;
  all) wanted="$build $demo $tests $keyring $tokens $shells $services" ;;
  *) echo "usage: deps.sh build|demo|bench|all" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  echo "deps: packages are installed only where apt-get is; ./configure says what is missing here" >&2
  exit 0
fi

missing=
# shellcheck disable=SC2086
installed=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' $wanted 2>/dev/null || :)"
for package in $wanted; do
  case $installed in
    *" installed=$package "*) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "deps: missing packages; as root: apt-get install$missing" >&2
    exit 1
  fi
  as_root="sudo"
fi

install_missing() {
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -q $missing </dev/null
}

echo "deps: installing$missing"
# Package lists that are there are tried first: fetching them takes longest.
# shellcheck disable=SC2086
if ! apt-get install -s -q $missing >/dev/null 2>&1; then
  $as_root apt-get update -q </dev/null
fi
install_missing || { $as_root apt-get update -q </dev/null && install_missing; } || {
  echo "deps: could not install:$missing" >&2
  exit 1
}
