#!/bin/sh
# Puts the programs, manual pages and samples where ./configure said, below DESTDIR, or takes them away
# again. Called by make with PROGRAMS, DESTDIR and the directories in the environment.
set -eu
: "${PROGRAMS?}" "${DESTDIR?}" "${bindir:?}" "${libexecdir:?}" "${mandir:?}" "${docdir:?}"

# Calls $1 with mode, source and destination of everything that is installed.
each_file() {
  for program in $PROGRAMS; do
    case $program in
      build/bin/*) "$1" 755 "$program" "$bindir/${program##*/}" ;;
      *) "$1" 755 "$program" "$libexecdir/msmtp/${program##*/}" ;;
    esac
  done
  for page in man/*.[158]; do
    [ ! -f "$page" ] || "$1" 644 "$page" "$mandir/man${page##*.}/${page##*/}"
  done
  for sample in etc/* README.md ARCHITECTURE.md SECURITY.md LICENSE; do
    [ ! -f "$sample" ] || "$1" 644 "$sample" "$docdir/${sample##*/}"
  done
}

put() { # mode, source, destination
  target=$DESTDIR$3
  mkdir -p -- "${target%/*}"
  echo "  INSTALL $target"
  # Beside and then in place: a running program keeps the file that it has open.
  cp -- "$2" "$target.new"
  chmod "$1" "$target.new"
  mv -f -- "$target.new" "$target"
}

take_away() {
  target=$DESTDIR$3
  [ -f "$target" ] || return 0
  echo "  REMOVE  $target"
  rm -f -- "$target"
  # A staging directory is ours alone, so its empty directories go too.
  if [ -n "$DESTDIR" ]; then
    directory=${3#/}
    (cd -- "$DESTDIR" && rmdir -p -- "${directory%/*}" 2>/dev/null) || :
  fi
}

case ${1-} in
  install) each_file put ;;
  uninstall)
    each_file take_away
    for directory in "$libexecdir/msmtp" "$docdir"; do
      rmdir -- "$DESTDIR$directory" 2>/dev/null || :
    done ;;
  *) echo "usage: install.sh install|uninstall" >&2; exit 2 ;;
esac
