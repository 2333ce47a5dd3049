# shellcheck shell=bash
# What the start scripts of real servers share; sourced, not run.
#
# A server's packages are downloaded and unpacked into a cache folder, not installed. The daemon runs in a mount namespace of
# its own, in which that tree is laid over /usr and /etc and passwd, group and resolv.conf are private copies: it finds itself
# at its compiled-in paths, the system stays as it is, and no DNS query leaves. Needs root, unshare(1) and overlayfs.

# Exit code for "cannot run here"; the reason stands on standard error in one line.
CANNOT=77

cannot() {
  echo "$*" >&2
  exit "$CANNOT"
}

cache_folder() {
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/msmtp-privsep-tests"
}

require_namespaces() {
  [ "$(id -u)" = 0 ] || cannot "a real server needs root (mount namespaces)"
  command -v unshare >/dev/null || cannot "no unshare(1)"
  local probe
  probe=$(mktemp -d)
  mkdir "$probe/one" "$probe/two" "$probe/merged"
  unshare --mount --propagation private mount -t overlay overlay \
    -o "ro,lowerdir=$probe/one:$probe/two" "$probe/merged" 2>/dev/null || { rm -rf "$probe"; cannot "no mount namespaces or no overlayfs here"; }
  rm -rf "$probe"
}

# fetch NAME PACKAGE...: unpack PACKAGEs, with what they need and this system lacks, below the cache; prints the tree.
# OFFLINE=1: only what is there already. SUITE=NAME: from that suite of this system's own mirror, and all that they need
# with them, down to the C library.
fetch() {
  local name=$1 folder tree
  shift
  folder=$(cache_folder)/$name tree=$folder/root
  mkdir -p "$folder"
  # Servers are started beside each other, and apt-get is not to be locked.
  exec 7>"$(cache_folder)/lock"
  flock 7
  if [ ! -e "$folder/complete" ]; then
    [ -z "${OFFLINE:-}" ] || cannot "$name is not in $(cache_folder), and nothing is to be fetched"
    command -v apt-get >/dev/null || cannot "no apt-get to fetch $name with"
    rm -rf "$folder"
    mkdir -p "$folder/archives/partial" "$tree"
    download "$folder/archives" "$@" >"$folder/log" 2>&1 || cannot "cannot download $name: $(tail -n 1 "$folder/log")"
    local package
    for package in "$folder"/archives/*.deb; do dpkg -x "$package" "$tree"; done
    merge_usr "$tree"
    rm -rf "$folder/archives"
    : >"$folder/complete"
  fi
  echo "$tree"
}

# download FOLDER PACKAGE...: without touching the system's lock or its list of packages
download() {
  local folder=$1 package
  shift
  local options=(-qq -y -o Debug::NoLocking=1 -o "Dir::Cache::archives=$folder" -o APT::Sandbox::User=root -o Acquire::Retries=2
    -o APT::Install-Recommends=false)
  if [ -n "${SUITE:-}" ]; then
    sources_of_suite "$folder"
    options+=(-o "Dir::State::status=$folder/status" -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$folder/sources"
      -o "Dir::State::lists=$folder/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
    apt-get "${options[@]}" update
  fi
  apt-get "${options[@]}" --download-only install "$@" || { apt-get "${options[@]}" update && apt-get "${options[@]}" --download-only install "$@"; }
  # What is installed already is not among these, but belongs into the tree.
  for package in "$@"; do
    compgen -G "$folder/${package}_*.deb" >/dev/null || (cd "$folder" && apt-get "${options[@]}" download "$package")
  done
}

# sources_of_suite FOLDER: in it, lists of packages of their own, on a system that has none installed
sources_of_suite() {
  local mirror
  # Whether the sources are written the new way or the old.
  mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] *\)\{0,1\}\([^ ]*\) .*/\2/p' /etc/apt/sources.list.d/debian.sources \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep '/debian/*$' | head -n 1)
  [ -n "$mirror" ] || { echo "no Debian mirror among this system's sources" && return 1; }
  mkdir -p "$1/sources" "$1/lists/partial"
  : >"$1/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $SUITE main" >"$1/sources/suite.list"
}

# merge_usr TREE: as on the system itself, /bin, /sbin and /lib are parts of /usr
merge_usr() {
  local top
  for top in bin sbin lib lib64; do
    if [ -d "$1/$top" ] && [ ! -L "$1/$top" ]; then
      mkdir -p "$1/usr/$top"
      cp -a "$1/$top/." "$1/usr/$top/"
      rm -rf "${1:?}/$top"
    fi
  done
}

# accounts FOLDER USER:ID...: private passwd, group and resolv.conf with the daemon's users and groups
accounts() {
  local folder=$1 entry
  shift
  cp /etc/passwd /etc/group "$folder/"
  for entry in "$@"; do
    grep -q "^${entry%%:*}:" "$folder/passwd" || echo "${entry%%:*}:x:${entry#*:}:${entry#*:}::/nonexistent:/usr/sbin/nologin" >>"$folder/passwd"
    grep -q "^${entry%%:*}:" "$folder/group" || echo "${entry%%:*}:x:${entry#*:}:" >>"$folder/group"
  done
  echo 'nameserver 127.0.0.1' >"$folder/resolv.conf"
}

# inside FOLDER TREE[:TREE...] COMMAND...: becomes COMMAND in the namespace; the first TREE lies on top
# shellcheck disable=SC2016
inside() {
  exec unshare --mount --propagation private /bin/bash -euc '
    folder=$1 trees=$2
    shift 2
    for top in usr etc; do
      layers=
      for tree in ${trees//:/ }; do [ ! -d "$tree/$top" ] || layers=$layers$tree/$top:; done
      [ -z "$layers" ] || mount -t overlay overlay -o "ro,lowerdir=$layers/$top" "/$top"
    done
    for file in passwd group resolv.conf; do mount --bind "$folder/$file" "/etc/$file"; done
    exec "$@"' inside "$@"
}

# free_ports COUNT: prints them
free_ports() {
  /usr/bin/python3 -c '
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in held: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in held))' "$1"
}

# finish_with PID: when this script ends so does PID, the leader of a session, with the processes of that session
finish_with() {
  SERVER=$1
  trap finish EXIT
  trap 'exit 0' TERM INT HUP
}
# shellcheck disable=SC2317  # called by the trap
finish() {
  kill -TERM "$SERVER" 2>/dev/null || true
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    kill -0 "$SERVER" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$SERVER" "$SERVER" 2>/dev/null || true
}

# wait_for_port PORT PID: until somebody listens there; fails when PID ends before, or after 15 s
wait_for_port() {
  local _
  for _ in $(seq 150); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
    kill -0 "$2" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# serve WORD...: says that all is ready, and lasts until whoever started us lets go
serve() {
  echo "ready $*"
  read -r _ || true
  exit 0
}
