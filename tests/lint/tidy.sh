#!/bin/sh
# clang-tidy over the sources, two at a time; what was clean and has not changed since, headers included,
# is not looked at again.
set -u
stamps=build/lint/tidy
mkdir -p "$stamps"
flags=$(sed -n 's/^\(TLS\|GSASL\|IDN2\|SANDBOX\|LIBSECRET\|P11_KIT\)_CFLAGS = //p' config.mk | tr '\n' ' ')

if [ "${1-}" = --one ]; then
  source=$2
  stamp=$stamps/$(echo "$source" | tr / _)
  # shellcheck disable=SC2086
  if clang-tidy -quiet "$source" -- -std=c++20 -Isrc -I. -isystem tests/openbsd $flags >"$stamp.log" 2>/dev/null; then
    touch "$stamp"
  else
    grep -vE '^(Use -header-filter|[0-9]+ warnings)' "$stamp.log"
    rm -f "$stamp"
    exit 1
  fi
  exit 0
fi

changed() {
  stamp=$stamps/$(echo "$1" | tr / _)
  depends=build/obj/${1#src/}
  depends=${depends%.cpp}.d
  [ -f "$stamp" ] && [ -f "$depends" ] || return 0
  # shellcheck disable=SC2046
  [ -n "$(find .clang-tidy "$1" $(sed 's/^[^ ]*://; s/\\$//' "$depends" | tr ' ' '\n' | grep -E '\.[ch]pp$' |
    sort -u) -newer "$stamp" 2>&1)" ]
}

for source in src/*/*.cpp bench/*.cpp; do
  if changed "$source"; then echo "$source"; fi
done | xargs -r -n 1 -P 2 sh tests/lint/tidy.sh --one
