#!/bin/bash
# A Tor network of its own on loopback: three directory authorities, which are relays too, two more relays, and a client
# that is also an onion service in front of 127.0.0.1:PORT (as port 25).
#
#   tor.sh --fetch       only gets the packages, for who is about to leave the network
#   tor.sh FOLDER PORT
#
# Runs in the foreground until it is ended by a signal or its standard input is closed. When a stream to the onion
# service can be opened, after about half a minute, it prints one line
#   ready SOCKS_PORT ONION_NAME
# FOLDER (mode a+x all the way up) gets the client's control socket, client/control, and the logs NAME.log.
# Exit 77 when it cannot run here, with the reason in one line on standard error.
set -eu
# shellcheck source=tests/servers/namespace.sh
. "$(dirname "$0")/namespace.sh"
if [ "$1" = --fetch ]; then
  require_namespaces
  fetch tor tor >/dev/null
  exit 0
fi
folder=$1 port=$2
authorities=(a0 a1 a2) relays=(a0 a1 a2 r0 r1)

require_namespaces
mkdir -p "$(cache_folder)" "$folder"
chmod 755 "$folder"
tree=$(fetch tor tor)
accounts "$folder"

tor() { (inside "$folder" "$tree" tor "$@"); }

read -r -a ports < <(/usr/bin/python3 -c '
import socket
held = [socket.socket() for _ in range(9)]
for one in held: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in held))')
declare -A or_port dir_port
for name in "${relays[@]}"; do or_port[$name]=${ports[0]} ports=("${ports[@]:1}"); done
for name in "${authorities[@]}"; do dir_port[$name]=${ports[0]} ports=("${ports[@]:1}"); done
socks_port=${ports[0]}

# The keys of all authorities at once, for making them takes seconds.
make_keys() {
  local name=$1 keys=$folder/$1/keys
  mkdir -p "$keys"
  chmod -R 700 "$folder/$name"
  echo "DirAuthority x 127.0.0.1:1 ffffffffffffffffffffffffffffffffffffffff" >"$folder/$name.fingerprint.rc"
  (inside "$folder" "$tree" tor-gencert --create-identity-key -m 12 --passphrase-fd 0 \
    -i "$keys/authority_identity_key" -s "$keys/authority_signing_key" -c "$keys/authority_certificate" <<<"no secret")
  tor --list-fingerprint --quiet --Nickname "$name" --DataDirectory "$folder/$name" -f "$folder/$name.fingerprint.rc" \
    --ORPort 1 --Address 127.0.0.1 --SocksPort 0 >"$folder/$name.fingerprint"
}
for name in "${authorities[@]}"; do make_keys "$name" >>"$folder/$name.setup.log" 2>&1 & done
wait

write_common() {
  cat <<CF
TestingTorNetwork 1
Address 127.0.0.1
AddressDisableIPv6 1
UseDefaultFallbackDirs 0
ShutdownWaitLength 0
ConnLimit 60
PathsNeededToBuildCircuits 0.67
AssumeReachable 1
FetchDirInfoEarly 1
FetchDirInfoExtraEarly 1
ServerDNSResolvConfFile $folder/resolv.conf
ServerDNSDetectHijacking 0
ServerDNSTestAddresses
ServerDNSAllowBrokenConfig 1
CF
  local name identity fingerprint
  for name in "${authorities[@]}"; do
    identity=$(sed -n 's/^fingerprint //p' "$folder/$name/keys/authority_certificate")
    fingerprint=$(sed 's/^[^ ]* //; s/ //g' "$folder/$name.fingerprint")
    echo "DirAuthority $name orport=${or_port[$name]} no-v2 v3ident=$identity 127.0.0.1:${dir_port[$name]} $fingerprint"
  done
}

write_relay() {
  local name=$1
  mkdir -p "$folder/$name"
  chmod 700 "$folder/$name"
  cat "$folder/common.rc"
  cat <<CF
Nickname $name
DataDirectory $folder/$name
ORPort 127.0.0.1:${or_port[$name]}
SocksPort 0
ExitPolicy reject *:*
CF
  [ -n "${dir_port[$name]-}" ] || return 0
  cat <<CF
DirPort 127.0.0.1:${dir_port[$name]}
ContactInfo test@example.test
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
TestingV3AuthInitialVotingInterval 10
TestingV3AuthInitialVoteDelay 2
TestingV3AuthInitialDistDelay 2
V3AuthVotingInterval 10
V3AuthVoteDelay 2
V3AuthDistDelay 2
TestingDirAuthVoteGuard *
TestingDirAuthVoteHSDir *
MinMeasuredBWsForAuthToIgnoreAdvertised 0
CF
}

write_client() {
  mkdir -p "$folder/client"
  chmod 700 "$folder/client"
  cat "$folder/common.rc"
  cat <<CF
DataDirectory $folder/client
SocksPort 127.0.0.1:$socks_port
ControlPort unix:$folder/client/control
CookieAuthentication 0
HiddenServiceDir $folder/client/service
HiddenServicePort 25 127.0.0.1:$port
CF
}

write_common >"$folder/common.rc"
for name in "${relays[@]}"; do write_relay "$name" >"$folder/$name.rc"; done
write_client >"$folder/client.rc"

pids=()
start() {
  (inside "$folder" "$tree" tor -f "$folder/$1.rc" --defaults-torrc /dev/null --hush \
    --Log "notice file $folder/$1.log") </dev/null >"$folder/$1.start" 2>&1 &
  pids+=($!)
}
# shellcheck disable=SC2317  # called by the trap
finish() {
  kill -KILL "${pids[@]}" 2>/dev/null || true
}
trap finish EXIT
trap 'exit 0' TERM INT HUP

# A client that asks a relay for what the relay does not have waits long before it asks again.
all_know_all() {
  local name
  for name in "${relays[@]}"; do
    [ "$(cat "$folder/$name"/cached-microdescs* 2>/dev/null | grep -ac ^onion-key)" -ge ${#relays[@]} ] || return 1
  done
}

onion_answers() {
  [ -s "$folder/client/service/hostname" ] || return 1
  /usr/bin/python3 - "$socks_port" "$(cat "$folder/client/service/hostname")" <<'P'
import socket, sys
name = sys.argv[2].encode()
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 40) as sock:
    sock.sendall(b"\x05\x01\x00\x05\x01\x00\x03" + bytes([len(name)]) + name + b"\0\x19")
    answer = b""
    while len(answer) < 4:
        more = sock.recv(16)
        if not more:
            sys.exit(1)
        answer += more
    sys.exit(0 if answer[:4] == b"\x05\0\x05\0" else 1)
P
}

# until_true SECONDS COMMAND
until_true() {
  local end=$((SECONDS + $1))
  while [ "$SECONDS" -lt "$end" ]; do
    if "$2" 2>/dev/null; then return 0; fi
    sleep 0.5
  done
  # How fast this machine is says nothing about us.
  cannot "the Tor network was not ready after $1 s ($2)"
}

for name in "${relays[@]}"; do start "$name"; done
until_true 120 all_know_all
start client
until_true 120 onion_answers
echo "ready $socks_port $(cat "$folder/client/service/hostname")"
# Until whoever started us lets go.
read -r _ || true
