#!/bin/sh
# What etc/ brings for the system's services, as the system's own tools see it once it is installed. The argument names
# the rule. Prints offences.
set -u
stage=build/lint/services

# $1 with directories in it as install.sh puts them, though those of this build; prints where it is.
filled() {
  mkdir -p "$stage"
  sed "s|SYSCONFDIR/|/etc/|g; s|LIBEXECDIR/|$PWD/build/libexec/|g; s|BINDIR/|$PWD/build/bin/|g" "$1" >"$stage/${1##*/}"
  echo "$stage/${1##*/}"
}

# Unit files are found by the names that they give each other, so all of them lie there before one is looked at.
units() {
  for unit in etc/systemd/*; do filled "$unit" >/dev/null; done
  # It says what it does not like, and often succeeds nevertheless.
  for unit in etc/systemd/*; do
    systemd-analyze --no-pager --man=no verify "$PWD/$stage/${unit##*/}" </dev/null 2>&1 | grep -F "${unit##*/}"
  done | grep . && return 1
  return 0
}

# 10 is a service that can do everything, and 1.9 what is left to one that has to reach the network and to listen.
exposure() {
  for unit in etc/systemd/*.service; do
    systemd-analyze --no-pager security --offline=true --threshold=20 "$PWD/$(filled "$unit")" </dev/null || return 1
  done
}

hardening_of() {
  sed -n '/^# Nothing but mail/,/^$/p' "$1"
}

# There is no way to say it once.
alike() {
  [ -n "$(hardening_of etc/systemd/msmtpd.service)" ] &&
    [ "$(hardening_of etc/systemd/msmtpd.service)" = "$(hardening_of etc/systemd/msmtpd@.service)" ]
}

users() {
  said=$(systemd-sysusers --dry-run "$PWD/$(filled etc/sysusers.d/msmtpd.conf)" </dev/null 2>&1) || return 1
  # Where the user is there already it says nothing.
  echo "$said"
  id msmtpd >/dev/null 2>&1 || echo "$said" | grep -q "Creating user 'msmtpd'"
}

# The user and the directories in a system that has nothing else.
directories() {
  root=$PWD/$stage/root
  rm -rf "$root"
  mkdir -p "$root/etc/msmtpd" "$root/etc/sysusers.d" "$root/etc/tmpfiles.d"
  : >"$root/etc/msmtpd/msmtprc"
  cp "$(filled etc/sysusers.d/msmtpd.conf)" "$root/etc/sysusers.d/"
  sed "s|SYSCONFDIR/|/etc/|" etc/tmpfiles.d/msmtpd.conf >"$root/etc/tmpfiles.d/msmtpd.conf"
  systemd-sysusers --root="$root" </dev/null && systemd-tmpfiles --root="$root" --create </dev/null || return 1
  number=$(sed -n 's/^msmtpd:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/passwd")
  for wanted in "/run/msmtpd 755" "/etc/msmtpd/msmtprc 600"; do
    found=$(stat -c '%a %u' "$root${wanted% *}")
    [ "$found" = "${wanted#* } $number" ] || { echo "${wanted% *}: $found"; return 1; }
  done
}

profiles() {
  for profile in etc/apparmor.d/*; do
    apparmor_parser --skip-kernel-load --skip-cache --quiet "$(filled "$profile")" || return 1
  done
}

rc_script() {
  sh -n etc/rc.d/msmtpd && shellcheck -s ksh -e SC1091,SC2034 etc/rc.d/msmtpd
}

case $1 in
  units) units ;;
  exposure) exposure ;;
  alike) alike ;;
  users) users ;;
  directories) directories ;;
  profiles) profiles ;;
  rc_script) rc_script ;;
esac
