#!/bin/bash
# A real gnome-keyring-daemon without a desktop, on a session bus of its own.
#
#   keyring.sh FOLDER
#
# Runs in the foreground until it is ended by a signal or its standard input is closed. When it is ready it prints
#   ready BUS_ADDRESS
# and then obeys lines on its standard input, each answered by "done" or "failed":
#   store PASSWORD NAME VALUE [NAME VALUE]...   an entry with these attributes
#   lock                                        the key ring, which only a prompt could open again
# Exit 77 when it cannot run here, with the reason in one line on standard error.
set -eu
folder=$1

cannot() {
  echo "$*" >&2
  exit 77
}
for program in dbus-daemon dbus-send gnome-keyring-daemon secret-tool; do
  command -v "$program" >/dev/null || cannot "no $program here (Debian: gnome-keyring dbus libsecret-tools)"
done

export HOME=$folder/home XDG_RUNTIME_DIR=$folder/run
export XDG_DATA_HOME=$HOME/share XDG_CONFIG_HOME=$HOME/config XDG_CACHE_HOME=$HOME/cache
export DBUS_SESSION_BUS_ADDRESS=unix:path=$folder/run/bus
unset DISPLAY WAYLAND_DISPLAY
mkdir -p "$HOME" "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"

# A bus that starts nothing by itself.
cat >"$folder/bus.conf" <<CF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>$DBUS_SESSION_BUS_ADDRESS</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CF

started=
finish() {
  # shellcheck disable=SC2086
  [ -z "$started" ] || kill $started 2>/dev/null || :
  wait 2>/dev/null || :
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

wait_for() { # for five seconds
  local tries
  for tries in $(seq 100); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.05
  done
  cannot "after $tries tries: no $*"
}

dbus-daemon --config-file="$folder/bus.conf" --nofork --nopidfile </dev/null >"$folder/bus.log" 2>&1 &
started=$!
wait_for test -S "$folder/run/bus"
# The password on its standard input makes the key ring, and opens it.
printf unlocked | gnome-keyring-daemon --foreground --unlock --components=secrets >"$folder/daemon.log" 2>&1 &
started="$started $!"
wait_for dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetNameOwner \
  string:org.freedesktop.secrets
echo "ready $DBUS_SESSION_BUS_ADDRESS"

lock() {
  dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
}
store() {
  local password=$1
  shift
  printf '%s' "$password" | secret-tool store --label=test "$@"
}

while read -r verb words; do
  # shellcheck disable=SC2086
  case $verb in
    store) store $words </dev/null ;;
    lock) lock ;;
    *) false ;;
  esac 2>>"$folder/log" && echo "done" || echo "failed"
done
