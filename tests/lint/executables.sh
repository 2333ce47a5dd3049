#!/bin/sh
# What each executable links and how it is hardened.
# Usage: executables.sh list | links PROGRAM | hardening PROGRAM
set -u

# Which libraries a program may ask for by itself (beside libc), one line each: what a process does not
# link, a taken over process does not find in its memory.
allowed_libraries() {
  case ${1##*/} in
    msmtp | msmtpd) echo "cap" ;;
    msmtp-resolver) echo "cap idn2" ;;
    msmtp-netproc | msmtp-keeper) echo "cap" ;;
    msmtp-smtpd) echo "cap" ;;
    msmtp-smtpd-forker) echo "cap" ;;
    msmtp-netproc-tls) echo "cap tls ssl crypto" ;;
    msmtp-authproc) echo "cap gsasl gssglue gssapi_krb5 gssapi" ;;
    msmtp-verifier) echo "cap gsasl" ;;
    msmtp-signer) echo "cap crypto p11-kit" ;;
    msmtp-keyring) echo "cap secret-1 gio-2.0 gobject-2.0 glib-2.0" ;;
    *) echo "${1##*/} is in no list" >&2 ;;
  esac
}

# What must not come with them through the back door either.
forbidden_libraries() {
  case ${1##*/} in
    msmtp | msmtpd | msmtp-keeper | msmtp-netproc | msmtp-smtpd | msmtp-smtpd-forker) echo "tls|ssl|crypto|gsasl|idn2|idn|secret|gio|glib|dbus|nss|resolv|stdc" ;;
    msmtp-resolver) echo "tls|ssl|crypto|gsasl|secret|gio|glib|dbus|stdc" ;;
    msmtp-netproc-tls) echo "gsasl|idn2|secret|gio|glib|dbus|stdc" ;;
    msmtp-signer) echo "tls|ssl|gsasl|idn2|secret|gio|glib|dbus|stdc" ;;
    msmtp-authproc | msmtp-verifier) echo "tls|ssl|secret|gio|glib|dbus|stdc" ;;
    *) echo "tls|gsasl" ;;
  esac
}

links() {
  offences=0
  allowed=$(allowed_libraries "$1")
  [ -n "$allowed" ] || return 1
  for library in $(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[lib\(.*\)\.so.*\]/\1/p'); do
    case " c m $allowed " in
      *" $library "*) ;;
      *) echo "$1 links lib$library" && offences=1 ;;
    esac
  done
  ldd "$1" | grep -E "lib($(forbidden_libraries "$1"))[^a-z]" | sed "s|^|$1 loads |" | grep . && offences=1
  return "$offences"
}

hardening() {
  offences=0
  need() { # what, pattern in the file $2
    grep -qE "$3" "$2" || { echo "$program: no $1" && offences=1; }
  }
  program=$1
  facts=build/lint/facts
  readelf -hldW "$1" >"$facts" 2>&1
  need "position independence" "$facts" 'Type: +DYN'
  need "read-only relocations" "$facts" 'GNU_RELRO'
  need "immediate binding" "$facts" 'BIND_NOW|FLAGS_1.*NOW'
  need "stack header" "$facts" 'GNU_STACK .* RW +0x'
  if grep -E '(RPATH|RUNPATH|TEXTREL)' "$facts" || grep -E 'LOAD .* RWE' "$facts"; then
    echo "$program: a library path, a text relocation or a writable code segment"
    offences=1
  fi
  readelf -sW --dyn-syms "$1" >"$facts"
  need "stack protector" "$facts" '__stack_chk_fail'
  return "$offences"
}

case $1 in
  list) find build/bin build/libexec -type f 2>/dev/null | sort ;;
  links) links "$2" ;;
  hardening) hardening "$2" ;;
esac
