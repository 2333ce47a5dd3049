#!/bin/bash
# Real SOCKS 5 servers on loopback, which lead to loopback only: microsocks, without a login and with one, and Dante.
#
#   socks.sh FOLDER
#
# Runs in the foreground until it is ended by a signal or its standard input is closed. When it is ready it prints one
# line
#   ready MICROSOCKS_PORT MICROSOCKS_LOGIN_PORT DANTE_PORT
# The login is "alice" with "secret". Dante's rules allow 127.0.0.1 and forbid everything else. FOLDER (mode a+x all
# the way up) gets the logs NAME.log.
# Exit 77 when it cannot run here, with the reason in one line on standard error.
set -eu
# shellcheck source=tests/servers/namespace.sh
. "$(dirname "$0")/namespace.sh"
folder=$1

require_namespaces
mkdir -p "$(cache_folder)" "$folder"
chmod 755 "$folder"
# More than one test may come first.
exec 9>"$(cache_folder)/socks.lock"
flock 9
tree=$(fetch socks microsocks dante-server)
exec 9>&-
accounts "$folder"

read -r plain_port login_port dante_port < <(free_ports 3)

cat >"$folder/sockd.conf" <<CF
logoutput: stderr
internal: 127.0.0.1 port = $dante_port
external: 127.0.0.1
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 log: connect error }
socks pass {
  from: 127.0.0.0/8 to: 127.0.0.1/32
  command: connect
  log: connect disconnect error
}
socks block { from: 0.0.0.0/0 to: 0.0.0.0/0 log: connect error }
CF

pids=()
start() {
  local name=$1
  shift
  (inside "$folder" "$tree" setsid "$@") >"$folder/$name.log" 2>&1 </dev/null &
  pids+=($!)
}
# The servers are leaders of their own sessions, whose children Dante's processes are.
# shellcheck disable=SC2317  # called by the trap
finish() {
  local pid
  for pid in "${pids[@]}"; do kill -TERM -- "-$pid" "$pid" 2>/dev/null || true; done
  sleep 0.2
  for pid in "${pids[@]}"; do kill -KILL -- "-$pid" "$pid" 2>/dev/null || true; done
}
trap finish EXIT
trap 'exit 0' TERM INT HUP

start microsocks microsocks -i 127.0.0.1 -b 127.0.0.1 -p "$plain_port"
start microsocks-login microsocks -i 127.0.0.1 -b 127.0.0.1 -p "$login_port" -u alice -P secret
start dante danted -N 1 -f "$folder/sockd.conf" -p "$folder/sockd.pid"

is_open() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
for _ in $(seq 100); do
  if is_open "$plain_port" && is_open "$login_port" && is_open "$dante_port"; then
    echo "ready $plain_port $login_port $dante_port"
    # Until whoever started us lets go.
    read -r _ || true
    exit 0
  fi
  sleep 0.1
done
cat "$folder"/*.log >&2 || true
exit 1
