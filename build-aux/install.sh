#!/bin/sh
# Puts the programs, manual pages, samples, completions, services and links where ./configure said, below DESTDIR, or
# takes them away again. Called by make with PROGRAMS, DESTDIR and what config.mk says in the environment.
set -eu
: "${PROGRAMS?}" "${DESTDIR?}" "${bindir:?}" "${libexecdir:?}" "${sysconfdir:?}" "${mandir:?}" "${docdir:?}"
: "${bash_completion_dir:?}" "${zsh_completion_dir:?}" "${fish_completion_dir:?}" "${vim_dir:?}"
: "${systemd_dir:?}" "${sysusers_dir:?}" "${tmpfiles_dir:?}" "${apparmor_dir:?}" "${rc_dir:?}"
: "${SENDMAIL_LINK:?}" "${sendmail_link:?}" "${mailq_link:?}" "${newaliases_link:?}" "${lib_sendmail_link?}"

# Calls $1 with mode, source and destination of everything that is installed.
each_file() {
  for program in $PROGRAMS; do
    case $program in
      */bin/*) "$1" 755 "$program" "$bindir/${program##*/}" ;;
      *) "$1" 755 "$program" "$libexecdir/msmtp/${program##*/}" ;;
    esac
  done
  for page in man/*.[158]; do
    [ ! -f "$page" ] || "$1" 644 "$page" "$mandir/man${page##*.}/${page##*/}"
  done
  for sample in etc/* README.md ARCHITECTURE.md SECURITY.md LICENSE; do
    [ ! -f "$sample" ] || "$1" 644 "$sample" "$docdir/${sample##*/}"
  done
  # A shell looks for the completion under the name that it gives to it.
  for program in msmtp msmtpd; do
    [ "$bash_completion_dir" = no ] || "$1" 644 "etc/completion/$program.bash" "$bash_completion_dir/$program"
    [ "$zsh_completion_dir" = no ] || "$1" 644 "etc/completion/_$program" "$zsh_completion_dir/_$program"
    [ "$fish_completion_dir" = no ] || "$1" 644 "etc/completion/$program.fish" "$fish_completion_dir/$program.fish"
  done
  if [ "$vim_dir" != no ]; then
    for part in syntax ftdetect; do "$1" 644 "etc/vim/$part/msmtp.vim" "$vim_dir/$part/msmtp.vim"; done
  fi
  each_of "$1" 644 etc/systemd "$systemd_dir"
  each_of "$1" 644 etc/sysusers.d "$sysusers_dir"
  each_of "$1" 644 etc/tmpfiles.d "$tmpfiles_dir"
  each_of "$1" 644 etc/apparmor.d "$apparmor_dir"
  each_of "$1" 755 etc/rc.d "$rc_dir"
}

each_of() { # what to call, mode, folder, directory or "no"
  [ "$4" != no ] || return 0
  for file in "$3"/*; do "$1" "$2" "$file" "$4/${file##*/}"; done
}

# Calls $1 with the place and the text of each link for callers of sendmail.
each_link() {
  for link in sendmail_link mailq_link newaliases_link lib_sendmail_link; do
    eval "link=\$$link"
    [ -z "$link" ] || "$1" "$DESTDIR${link%=*}" "${link##*=}"
  done
}

in_sed() {
  printf '%s' "$1" | sed 's/[&|\\]/\\&/g'
}

# Programs are copied; what is read by people and shells is told where the system's files are.
copy() { # mode, source, destination
  case $2 in
    build/*) cp -- "$2" "$3" ;;
    *) sed "s|SYSCONFDIR/|$(in_sed "$sysconfdir")/|g; s|LIBEXECDIR/|$(in_sed "$libexecdir")/|g
        s|DOCDIR/|$(in_sed "$docdir")/|g; s|BINDIR/|$(in_sed "$bindir")/|g" "$2" >"$3" ;;
  esac
}

put() { # mode, source, destination
  target=$DESTDIR$3
  mkdir -p -- "${target%/*}"
  echo "  INSTALL $target"
  # Beside and then in place: a running program keeps the file that it has open.
  copy "$1" "$2" "$target.new"
  chmod "$1" "$target.new"
  mv -f -- "$target.new" "$target"
}

# A staging directory is ours alone, so the directories that are empty now go too.
forget_directory() { # directory below DESTDIR
  [ -n "$DESTDIR" ] || return 0
  (cd -- "$DESTDIR" && rmdir -p -- "${1#/}" 2>/dev/null) || :
}

take_away() {
  target=$DESTDIR$3
  [ -f "$target" ] || return 0
  echo "  REMOVE  $target"
  rm -f -- "$target"
  forget_directory "${3%/*}"
}

is_our_link() { # place, text
  [ -L "$1" ] && [ "$(readlink "$1")" = "$2" ]
}

foreign=
find_foreign() {
  if is_our_link "$@" || { [ ! -e "$1" ] && [ ! -L "$1" ]; }; then return 0; fi
  foreign="$foreign $1"
}

# Another mail system's programs are not ours to replace; asked before anything is installed.
refuse_foreign() {
  each_link find_foreign
  [ -n "$foreign" ] || return 0
  {
    echo "install: already there and not put there by this program:$foreign"
    echo "install: nothing was installed. Take the other mail system away first (or move what it left), or configure"
    echo "install: again without --enable-sendmail-link."
  } >&2
  exit 1
}

put_link() {
  mkdir -p -- "${1%/*}"
  echo "  LINK    $1"
  # Without -f: what came since we looked stays.
  is_our_link "$@" || ln -s -- "$2" "$1"
}

take_link() {
  is_our_link "$@" || return 0
  echo "  REMOVE  $1"
  rm -f -- "$1"
  place=${1#"$DESTDIR"}
  forget_directory "${place%/*}"
}

case ${1-} in
  install)
    [ "$SENDMAIL_LINK" = no ] || refuse_foreign
    each_file put
    [ "$SENDMAIL_LINK" = no ] || each_link put_link ;;
  uninstall)
    # Also when they are not asked for any more: they would lead nowhere.
    each_link take_link
    each_file take_away
    for directory in "$libexecdir/msmtp" "$docdir"; do
      rmdir -- "$DESTDIR$directory" 2>/dev/null || :
    done ;;
  *) echo "usage: install.sh install|uninstall" >&2; exit 2 ;;
esac
