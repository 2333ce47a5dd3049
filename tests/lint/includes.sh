#!/bin/sh
# Who may include whom. Prints each include that may not be; the argument names the rule.
set -u
offences=0

offence() {
  echo "$*"
  offences=1
}

# "file:line:header" of each include of the sources below the folder $1 that matches $2.
includes() {
  find "$1" -name '*.[ch]pp' -exec grep -nE "^ *# *include *[<\"]($2)" /dev/null {} +
}

# Everything may include common; parent, netproc and authproc never each other.
parts() {
  for part in common parent netproc authproc; do
    allowed="common/|$part/"
    [ "$part" != common ] || allowed="common/"
    includes "src/$part" '.*' | grep 'include *"' | grep -vE "include *\"($allowed)" && offences=1
    # A path through the tree would get around all of this.
    includes "src/$part" '(.*/)?\.\./' && offences=1
  done
}

# The headers $1 only in the files that match $2.
only_in() {
  includes src "$1" | grep -vE "^($2):" && offences=1
}

libraries() {
  only_in '(tls\.h|openssl/)' 'src/(netproc/tls|authproc/signer)_[a-z0-9_]*\.[ch]pp'
  only_in 'p11-kit' 'src/authproc/signer_token_p11kit\.cpp'
  only_in 'gssapi/' 'src/authproc/gssapi\.cpp'
  only_in 'gsasl' 'src/authproc/sasl[a-z0-9_]*\.[ch]pp'
  only_in '(libsecret|glib|gio)' 'src/authproc/keyring_main\.cpp'
  only_in '(seccomp\.h|linux/(seccomp|landlock|filter|audit)\.h|sys/capability\.h)' 'src/common/sandbox_linux[a-z0-9_]*\.[ch]pp'
  only_in 'idn2\.h' 'src/netproc/(resolver|host_name)[a-z0-9_]*\.[ch]pp'
  only_in '(catch2|criterion)' 'no file'
}

# X.cpp includes X.hpp before anything else, so that no header leans on what stands before it.
own_header() {
  for source in src/*/*.cpp; do
    header=${source%.cpp}.hpp
    [ -f "$header" ] || continue
    first=$(grep -m 1 '^#include' "$source")
    first=${first#\#include \"}
    first=${first%.hpp\"}
    # A backend such as sandbox_linux.cpp begins with the interface that it implements, sandbox.hpp.
    case ${source#src/} in
      "$first"*) [ "${first#*/}" != "$first" ] || offence "$source: begins with $first" ;;
      *) offence "$source: does not begin with its own header" ;;
    esac
  done
}

# The project's headers that the file $1 includes, directly or not.
closure() {
  known=" "
  queue=$1
  while [ -n "$queue" ]; do
    next=
    for file in $queue; do
      case $known in *" $file "*) continue ;; esac
      known="$known$file "
      next="$next $(sed -n 's,^#include "\(.*\)".*,src/\1,p' "$file" | tr '\n' ' ')"
    done
    queue=${next# }
    queue=$(echo "$queue" | tr -s ' ' | sed 's/^ *//')
  done
  echo "$known"
}

# Bytes in, value out. The parsers are what the fuzz targets include, and those here.
parsers() {
  names="common/text common/base64 common/cursor common/codec"
  names="$names $(sed -n 's/^#include "\(.*\)\.hpp".*/\1/p' tests/fuzz/*_fuzz.cpp | sort -u)"
  # Not parsers: what chooses among accounts that were read from files, and the two ends of the dialogue.
  names=$(printf '%s\n' "$names" | grep -vE '^(parent/account_choice|netproc/smtp_client|netproc/smtp_hello)$')
  for name in $names; do
    for source in "src/$name.hpp" "src/$name.cpp"; do
      [ -f "$source" ] || continue
      for file in $(closure "$source"); do
        case $file in
          */fd.hpp | */channel.hpp | */spawn*.hpp | */sandbox*.hpp | */child*.hpp)
            offence "$source is a parser and includes $file" ;;
        esac
        [ -f "$file" ] || continue
        system=$(grep -nE '^#include <([a-z0-9_/]*\.h|cstdio|cstdlib|fstream|iostream|filesystem|thread)>' "$file")
        [ -z "$system" ] || offence "$source is a parser; $file: $system"
      done
    done
  done
}

# No two types of the same name in the headers: a program that links both would take one for the other, and nothing
# says so.
types() {
  names=$(grep -hoE '^(struct|class|enum class) [A-Z][A-Za-z0-9]*( \{| final| :)' src/*/*.hpp |
    sed -E 's/^(struct|class|enum class) ([A-Za-z0-9]*).*/\2/' | sort | uniq -d)
  for name in $names; do
    offence "$name: $(grep -lE "^(struct|class|enum class) $name( \\{| final| :)" src/*/*.hpp | tr '\n' ' ')"
  done
}

case $1 in
  parts) parts ;;
  types) types ;;
  libraries) libraries ;;
  own_header) own_header ;;
  parsers) parsers ;;
esac
exit "$offences"
