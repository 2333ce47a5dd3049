#!/bin/sh
# Tests of ./configure, make and make install. Needs the programs of `make all`; changes nothing in the
# tree. Ends with "N passed, N failed, N skipped".
set -u
LC_ALL=C
export LC_ALL
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
scratch=$(mktemp -d "${TMPDIR:-/tmp}/msmtp build.XXXXXX") || exit 1
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
root=$(pwd)
passed=0 failed=0 skipped=0

# Runs the function $1 as a test; the rest says what must hold.
check() {
  function=$1
  shift
  # Not as a condition: there the shell would go on after a command that fails.
  (
    set -e
    "$function"
  ) >"$scratch/output" 2>&1
  status=$?
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    sed -n '1,20s/^/  /p' "$scratch/output"
    echo "FAIL $*"
  fi
}

# A copy of ./configure in a directory of its own, with a blank in its path.
configure() {
  rm -rf -- "$scratch/tree"
  mkdir "$scratch/tree"
  cp "$root/configure" "$scratch/tree/"
  [ ! -f "$scratch/compiler" ] || cp "$scratch/compiler" "$scratch/tree/"
  "$scratch/tree/configure" --without-tests "$@" >"$scratch/said" 2>&1
}

refused() {
  if configure "$@"; then
    echo "accepted: $*"
    return 1
  fi
}

not_said() {
  if grep -F -e "$1" "$scratch/said"; then return 1; fi
}

said() {
  grep -qF -e "$1" "$scratch/said" || { echo "not said: $1"; cat "$scratch/said"; false; }
}

wrote() { # file, line
  grep -qxF -e "$2" "$scratch/tree/$1" || { echo "not in $1: $2"; cat "$scratch/tree/$1"; false; }
}

# A compiler for which the libraries that are named do not exist.
compiler_without() {
  {
    echo '#!/bin/sh'
    # shellcheck disable=SC2016
    echo 'for argument; do case $argument in'
    for library; do echo "  -l$library) echo no $library >&2; exit 1 ;;"; done
    echo 'esac; done'
    # shellcheck disable=SC2016
    echo "exec $(sed -n 's/^CXX = //p' "$root/config.mk") \"\$@\""
  } >"$scratch/compiler"
}

helps() {
  configure --help
  said --with-privsep-user=NAME
  said --libexecdir=DIR
}

refuses_unknown_options() {
  refused --with-magic
  said "unknown option: --with-magic"
  refused MAGIC=1
  said "unknown variable: MAGIC"
  refused --prefix
  said "needs a value"
  [ ! -e "$scratch/tree/config.mk" ]
}

refuses_bad_values() {
  refused --prefix=usr
  said "not an absolute path"
  # shellcheck disable=SC2016
  refused '--bindir=/usr/$(bad)'
  said "--bindir"
  refused --with-vim-dir=vim
  said "--vim_dir: 'vim' is not an absolute path"
  refused '--with-privsep-user=no body'
  said "not a user name"
}

names_what_is_missing() {
  compiler_without tls gsasl
  refused "CXX=sh ./compiler"
  said "libtls (Debian package: libtls-dev)"
  said "libgsasl (Debian package: libgsasl-dev)"
  said "apt-get install libtls-dev libgsasl-dev"
  not_said "libidn2 (Debian"
  [ ! -e "$scratch/tree/config.mk" ]
}

names_the_compiler() {
  refused CXX=/nonexistent/c++
  said "a C++20 compiler"
}

derives_directories() {
  configure --prefix=/usr --sysconfdir=/etc --libexecdir=/usr/lib/some --with-privsep-user=_msmtp
  wrote config.mk "bindir = /usr/bin"
  wrote config.mk "mandir = /usr/share/man"
  wrote config.hpp 'inline constexpr std::string_view sysconfdir = "/etc";'
  wrote config.hpp 'inline constexpr std::string_view libexec_helpers = "/usr/lib/some/msmtp";'
  wrote config.hpp 'inline constexpr std::string_view helpers_from_bindir = "../lib/some/msmtp";'
  wrote config.hpp 'inline constexpr std::string_view privsep_user = "_msmtp";'
  wrote config.hpp 'inline constexpr bool with_sandbox = true;'
  wrote config.mk "bash_completion_dir = /usr/share/bash-completion/completions"
  wrote config.mk "systemd_dir = /usr/lib/systemd/system"
  wrote config.mk "tmpfiles_dir = /usr/lib/tmpfiles.d"
  wrote config.mk "apparmor_dir = no"
  wrote config.mk "rc_dir = no"
  wrote config.mk "SENDMAIL_LINK = no"
  wrote config.mk "lib_sendmail_link = /usr/lib/sendmail=../bin/msmtp"
}

derives_links() {
  configure --enable-sendmail-link --prefix=/opt --sbindir=/opt/bin --without-zsh-completion-dir \
    --with-fish-completion-dir=/opt/fish --with-vim-dir=/opt/vim --without-sysusersdir \
    --with-systemdsystemunitdir=/opt/units --with-apparmordir=/opt/apparmor
  wrote config.mk "SENDMAIL_LINK = yes"
  wrote config.mk "sendmail_link = /opt/bin/sendmail=msmtp"
  wrote config.mk "newaliases_link = /opt/bin/newaliases=msmtp"
  wrote config.mk "lib_sendmail_link = "
  wrote config.mk "zsh_completion_dir = no"
  wrote config.mk "fish_completion_dir = /opt/fish"
  wrote config.mk "vim_dir = /opt/vim"
  wrote config.mk "sysusers_dir = no"
  wrote config.mk "systemd_dir = /opt/units"
  wrote config.mk "apparmor_dir = /opt/apparmor"
  configure --sbindir=/usr/sbin --bindir=/opt/it/bin
  wrote config.mk "sendmail_link = /usr/sbin/sendmail=../../opt/it/bin/msmtp"
  wrote config.mk "mailq_link = /opt/it/bin/mailq=msmtp"
}

remembers_options() {
  configure --prefix=/opt/it --without-sandbox --without-libsecret --without-p11-kit "CXXFLAGS=-O1 -g0"
  wrote config.mk "SANDBOX = none"
  before=$(cat "$scratch/tree/config.mk" "$scratch/tree/config.hpp")
  CXXFLAGS=-O3 "$scratch/tree/configure" --reconfigure >"$scratch/said" 2>&1
  wrote config.mk "prefix = /opt/it"
  wrote config.mk "CXXFLAGS = -O1 -g0"
  wrote config.hpp 'inline constexpr bool with_sandbox = false;'
  wrote config.hpp 'inline constexpr std::string_view keyring = "none";'
  [ "$before" = "$(cat "$scratch/tree/config.mk" "$scratch/tree/config.hpp")" ]
}

chooses_the_key_ring() {
  configure --with-keyring=macos
  wrote config.mk "KEYRING = macos"
  wrote config.hpp 'inline constexpr std::string_view keyring = "macos";'
  configure --with-keyring=no
  wrote config.hpp 'inline constexpr std::string_view keyring = "none";'
  refused --with-keyring=gnome
  said "--with-keyring is libsecret, macos or no"
}

nothing_left_to_do() {
  "$1" -f build-aux/build.mk -n all >"$scratch/said"
  not_said "-o build"
}
gnu_make_is_satisfied() { nothing_left_to_do "${MAKE:-make}"; }
bmake_is_satisfied() { nothing_left_to_do bmake; }

# Without a DESTDIR this would write to the system; so it always has one, with a blank in it.
installs_and_uninstalls() {
  stage="$scratch/stage of it"
  before=$(ls -lR build/bin build/libexec)
  "${MAKE:-make}" -f build-aux/build.mk install "DESTDIR=$stage"
  bindir=$(sed -n 's/^bindir = //p' config.mk)
  libexecdir=$(sed -n 's/^libexecdir = //p' config.mk)
  for program in build/bin/*; do [ -x "$stage$bindir/${program##*/}" ]; done
  for program in build/libexec/msmtp/*; do [ -x "$stage$libexecdir/msmtp/${program##*/}" ]; done
  "$stage$bindir/msmtp" --version >"$scratch/said"
  said "0.1.0"
  [ -z "$(find "$stage" -perm -g+w -o -perm -o+w | grep -v '^$' | while read -r file; do [ -L "$file" ] || ls -ld "$file"; done)" ]
  "${MAKE:-make}" -f build-aux/build.mk uninstall "DESTDIR=$stage"
  [ -z "$(find "$stage" -mindepth 1)" ]
  [ "$before" = "$(ls -lR build/bin build/libexec)" ]
}

installs_links() {
  stage="$scratch/linked"
  "${MAKE:-make}" -f build-aux/build.mk install "DESTDIR=$stage" SENDMAIL_LINK=yes
  sbindir=$(sed -n 's/^sbindir = //p' config.mk)
  bindir=$(sed -n 's/^bindir = //p' config.mk)
  for link in "$sbindir/sendmail" "$bindir/mailq" "$bindir/newaliases"; do
    [ -L "$stage$link" ]
    [ "$(readlink -f "$stage$link")" = "$(readlink -f "$stage$bindir/msmtp")" ]
  done
  "$stage$bindir/mailq" >"$scratch/said"
  said "Mail queue is empty"
  # Again over itself, and then without the links, which go nevertheless.
  "${MAKE:-make}" -f build-aux/build.mk install "DESTDIR=$stage" SENDMAIL_LINK=yes
  "${MAKE:-make}" -f build-aux/build.mk uninstall "DESTDIR=$stage"
  [ -z "$(find "$stage" -mindepth 1)" ]
}

spares_another_mail_system() {
  stage="$scratch/other"
  sbindir=$(sed -n 's/^sbindir = //p' config.mk)
  bindir=$(sed -n 's/^bindir = //p' config.mk)
  mkdir -p "$stage$sbindir" "$stage$bindir"
  echo "not ours" >"$stage$sbindir/sendmail"
  ln -s exim "$stage$bindir/mailq"
  before=$(ls -lR "$stage")
  if "${MAKE:-make}" -f build-aux/build.mk install "DESTDIR=$stage" SENDMAIL_LINK=yes >"$scratch/said" 2>&1; then
    echo "installed over another mail system"
    return 1
  fi
  said "not put there by this program: $stage$sbindir/sendmail $stage$bindir/mailq"
  said "nothing was installed"
  [ "$before" = "$(ls -lR "$stage")" ]
  "${MAKE:-make}" -f build-aux/build.mk install "DESTDIR=$stage"
  "${MAKE:-make}" -f build-aux/build.mk uninstall "DESTDIR=$stage"
  [ "$(cat "$stage$sbindir/sendmail")" = "not ours" ]
  [ "$(readlink "$stage$bindir/mailq")" = exim ]
}

says_where_the_system_files_are() {
  stage="$scratch/places"
  "${MAKE:-make}" -f build-aux/build.mk install "DESTDIR=$stage"
  sysconfdir=$(sed -n 's/^sysconfdir = //p' config.mk)
  mandir=$(sed -n 's/^mandir = //p' config.mk)
  for file in "$mandir/man1/msmtp.1" "$(sed -n 's/^bash_completion_dir = //p' config.mk)/msmtp" \
    "$(sed -n 's/^zsh_completion_dir = //p' config.mk)/_msmtp" \
    "$(sed -n 's/^fish_completion_dir = //p' config.mk)/msmtp.fish"; do
    cp "$stage$file" "$scratch/said"
    said "$sysconfdir/msmtprc"
    not_said "SYSCONFDIR/"
  done
  cp "$stage$mandir/man1/msmtp.1" "$scratch/said"
  said "$(sed -n 's/^docdir = //p' config.mk)/msmtprc-user.example"
  said "$(sed -n 's/^libexecdir = //p' config.mk)/msmtp/"
  cp "$stage$mandir/man1/msmtpd.1" "$scratch/said"
  said "$(sed -n 's/^bindir = //p' config.mk)/msmtp -f %F --"
  not_said "BINDIR/"
  not_said "SYSCONFDIR/"
}

installs_services() {
  stage="$scratch/services"
  set -- "DESTDIR=$stage" systemd_dir=/units sysusers_dir=/users tmpfiles_dir=/directories apparmor_dir=/profiles \
    rc_dir=/scripts
  "${MAKE:-make}" -f build-aux/build.mk install "$@"
  for file in etc/systemd/* etc/sysusers.d/* etc/tmpfiles.d/* etc/apparmor.d/* etc/rc.d/*; do
    [ -n "$(find "$stage" -name "${file##*/}" -type f)" ] || { echo "$file is not there"; return 1; }
  done
  cat "$stage/units/msmtpd.service" "$stage/directories/msmtpd.conf" "$stage/profiles/msmtp" "$stage/scripts/msmtpd" \
    >"$scratch/said"
  bindir=$(sed -n 's/^bindir = //p' config.mk)
  said "ExecStart=\"$bindir/msmtpd\" --log=stderr"
  said "daemon=\"$bindir/msmtpd\""
  said "z $(sed -n 's/^sysconfdir = //p' config.mk)/msmtpd/msmtprc"
  said "$(sed -n 's/^libexecdir = //p' config.mk)/msmtp/msmtp-resolver"
  not_said "BINDIR/"
  not_said "SYSCONFDIR/"
  not_said "LIBEXECDIR/"
  [ -x "$stage/scripts/msmtpd" ] && [ ! -x "$stage/units/msmtpd.service" ]
  "${MAKE:-make}" -f build-aux/build.mk uninstall "$@"
  [ -z "$(find "$stage" -mindepth 1)" ]
}

uninstall_spares_others() {
  stage="$scratch/shared"
  "${MAKE:-make}" -f build-aux/build.mk install "DESTDIR=$stage"
  bindir=$(sed -n 's/^bindir = //p' config.mk)
  libexecdir=$(sed -n 's/^libexecdir = //p' config.mk)
  : >"$stage$bindir/other"
  : >"$stage$libexecdir/msmtp/other"
  "${MAKE:-make}" -f build-aux/build.mk uninstall "DESTDIR=$stage"
  [ "$(find "$stage" -type f | wc -l)" -eq 2 ]
}

bench_tools() {
  python3 bench/bench.py --selftest
}

check helps "./configure --help names the options"
check refuses_unknown_options "./configure refuses what it does not know"
check refuses_bad_values "./configure refuses bad values"
check names_what_is_missing "./configure names every missing library and its package at once"
check names_the_compiler "./configure names a missing compiler"
check derives_directories "./configure derives the directories and the way to the helpers"
check derives_links "./configure derives the links for callers of sendmail and the places of completions"
check remembers_options "./configure --reconfigure keeps the options and changes nothing"
check chooses_the_key_ring "./configure takes one key ring or none"
check gnu_make_is_satisfied "make has nothing to do after make"
if command -v bmake >/dev/null 2>&1; then
  check bmake_is_satisfied "bmake has nothing to do after make"
else
  skipped=$((skipped + 1))
  echo "SKIP bmake has nothing to do after make: no bmake here"
fi
if [ -x build/bin/msmtp ]; then
  check installs_and_uninstalls "install puts every program below DESTDIR, uninstall leaves nothing"
  check uninstall_spares_others "uninstall spares what it did not install"
  check installs_links "with --enable-sendmail-link sendmail, mailq and newaliases lead to msmtp, until uninstall"
  check spares_another_mail_system "install spares the programs of another mail system, and says so"
  check installs_services "install puts units, users, directories, profiles and scripts where they are asked for"
  check says_where_the_system_files_are "the installed manual and completions name the system's configuration"
else
  skipped=$((skipped + 6))
  echo "SKIP install and uninstall: no build/bin/msmtp"
fi

if [ -x build/bench/sink ] && command -v python3 >/dev/null 2>&1; then
  check bench_tools "the tools of the benchmark count, hash, time, load and delay as they should"
else
  skipped=$((skipped + 1))
  echo "SKIP the tools of the benchmark: not built, or no python3 here"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
