#!/bin/sh
# Writes build/rules.mk: one explicit rule for each object, archive and program, from the sources that
# are there. Run before every make; the file is only replaced when a source came or went.
set -eu
LC_ALL=C
export LC_ALL

setting() {
  sed -n "s/^$1 = //p" config.mk
}
sandbox=$(setting SANDBOX)
have_catch2=$(setting HAVE_CATCH2)
have_criterion=$(setting HAVE_CRITERION)
have_fuzzer=$(setting HAVE_FUZZER)
have_sanitizer=$(setting SAN_CXX)
keyring=$(setting KEYRING)
with_p11_kit=$(setting WITH_P11_KIT)
helpers_from_bindir=$(setting helpers_from_bindir)

mkdir -p build
new=build/rules.mk.new
exec 3>"$new"
folders=' '

say() {
  printf '%s\n' "$*" >&3
}

folder_of() {
  case $folders in
    *" ${1%/*} "*) ;;
    *) folders="$folders${1%/*} " ;;
  esac
}

# The rule for the object $1 from the source $2 with the compiler variable $3 and the flags $4.
compile() {
  folder_of "$1"
  say "$1: $2 config.mk
	\$(SAY) \"  CXX   $2\"
	\$(Q)\$($3) $4 -c -o $1 $2
-include ${1%.o}.d"
}

archive() { # archive, objects
  target=$1
  shift
  folder_of "$target"
  say "$target: $* build/rules.mk
	\$(SAY) \"  AR    $target\"
	\$(Q)rm -f $target && \$(AR) crs $target $*"
}

link() { # program, linker variable, libraries, objects and archives in order
  target=$1 linker=$2 libraries=$3
  shift 3
  folder_of "$target"
  say "$target: $* build/rules.mk
	\$(SAY) \"  LINK  $target\"
	\$(Q)\$($linker) -o $target $* $libraries"
}

# Whether the source $1 belongs to no archive: main files and the alternatives that a program chooses.
# In the archive of src/common there is one sandbox, the one named by $2.
stands_alone() {
  case $1 in
    *_main.cpp | */tls_libtls*.cpp | */tls_none.cpp | */default_action_*.cpp | */lesser_user_*.cpp) return 0 ;;
    */sandbox_"$2"*.cpp) return 1 ;;
    */sandbox_linux*.cpp | */sandbox_openbsd*.cpp | */sandbox_none*.cpp) return 0 ;;
  esac
  return 1
}

# The objects below $1 of the sources that exist among the rest of the arguments.
objects_of() {
  root=$1
  shift
  for source; do
    if [ -f "$source" ]; then
      object=${source#src/}
      printf '%s ' "$root/${object%.cpp}.o"
    fi
  done
}

# The filters of system calls: a program that is built first writes them.
filters() {
  root=$1 compiler=$2
  generator=$root/filter_generator
  # shellcheck disable=SC2046
  link "$generator" LINK "\$(SANDBOX_LIBS) \$(LIBS)" $(objects_of "$root" src/common/filter_generator_main.cpp \
    src/common/sandbox_linux_calls.cpp src/common/sandbox_linux_rules.cpp src/common/roles.cpp src/common/fd.cpp)
  say "$root/common/built_filters.cpp: $generator
	\$(SAY) \"  GEN   $root/common/built_filters.cpp\"
	\$(Q)$generator >\$@.new && mv \$@.new \$@"
  compile "$root/common/built_filters.o" "$root/common/built_filters.cpp" "$compiler" ""
}

# Objects and archives of a whole tree: its root, the compiler variable, and the sandbox.
tree() {
  root=$1 compiler=$2 backend=$3
  for part in common parent netproc authproc; do
    members=
    for source in src/"$part"/*.cpp; do
      [ -f "$source" ] || continue
      object=$(objects_of "$root" "$source")
      object=${object% }
      flags=
      case $source in
        */keyring_main.cpp)
          [ "$keyring" = libsecret ] || continue
          flags="\$(LIBSECRET_CFLAGS)" ;;
      esac
      case $source,$with_p11_kit in
        */signer_token_p11kit.cpp,yes) flags="\$(P11_KIT_CFLAGS)" ;;
        */signer_token_p11kit.cpp,* | */signer_token_none.cpp,yes) continue ;;
      esac
      if stands_alone "$source" "$backend"; then
        case $source in
          */sandbox_*) continue ;;
        esac
      else
        members="$members $object"
      fi
      compile "$object" "$source" "$compiler" "$flags"
    done
    if [ "$part $backend" = "common linux" ]; then
      filters "$root" "$compiler"
      members="$members $root/common/built_filters.o"
    fi
    # shellcheck disable=SC2086
    archive "$root/lib$part.a" $members
  done
}

# The programs of a tree: where they go, the root of their objects, the linker, which default action, and
# objects that are in all of them.
# The table says what each one is made of and links; the lint checks the result with ldd.
programs() {
  prefix=$1 root=$2 linker=$3 action=$4 everywhere=${5-}
  list=
  while read -r place name main part libraries; do
    case $place in "" | "#"*) continue ;; esac
    case $name in
      msmtp-keyring) case $keyring,$main in libsecret,*/keyring_* | macos,*/keychain_*) ;; *) continue ;; esac ;;
    esac
    alternatives=
    case $name in
      msmtp-netproc) alternatives=$(objects_of "$root" src/netproc/tls_none.cpp) ;;
      msmtp-netproc-tls) alternatives=$(objects_of "$root" src/netproc/tls_libtls*.cpp) ;;
    esac
    users=lookup runtime=
    [ "$linker" != LINK ] || runtime="\$(RUNTIME_LIBS)"
    case $name in
      msmtp-keeper | msmtp-netproc | msmtp-smtpd | msmtp-smtpd-forker)
        users=told
        [ "$linker" != LINK ] || runtime="\$(STATIC_LINK) $runtime" ;;
    esac
    # shellcheck disable=SC2046,SC2086
    link "$prefix/$place/$name" "$linker" "$libraries \$(SANDBOX_LIBS) \$(LIBS) $runtime" "$root/${main%.cpp}.o" $alternatives $everywhere \
      $(objects_of "$root" "src/common/default_action_$action.cpp" "src/common/lesser_user_$users.cpp") \
      "$root/lib$part.a" "$root/libcommon.a"
    list="$list $prefix/$place/$name"
  done <<'TABLE'
# place        name               main                       archive   libraries
bin            msmtp              parent/msmtp_main.cpp      parent
bin            msmtpd             parent/msmtpd_main.cpp     parent
libexec/msmtp  msmtp-keeper       parent/keeper_main.cpp     parent
libexec/msmtp  msmtp-resolver     netproc/resolver_main.cpp  netproc   $(IDN2_LIBS)
libexec/msmtp  msmtp-netproc      netproc/netproc_main.cpp   netproc
libexec/msmtp  msmtp-netproc-tls  netproc/netproc_main.cpp   netproc   $(NETPROC_TLS_LIBS)
libexec/msmtp  msmtp-smtpd        netproc/smtpd_main.cpp     netproc
libexec/msmtp  msmtp-smtpd-forker netproc/smtpd_forker_main.cpp netproc
libexec/msmtp  msmtp-authproc     authproc/authproc_main.cpp authproc  $(GSASL_LIBS)
libexec/msmtp  msmtp-verifier     authproc/verifier_main.cpp authproc  $(GSASL_LIBS)
libexec/msmtp  msmtp-signer       authproc/signer_main.cpp   authproc  $(CRYPTO_LIBS) $(P11_KIT_LIBS)
libexec/msmtp  msmtp-keyring      authproc/keyring_main.cpp  authproc  $(LIBSECRET_LIBS)
libexec/msmtp  msmtp-keyring      authproc/keychain_main.cpp authproc
TABLE
}

# A program of tests: its name, the linker, the tree of objects under test, libraries, its own objects.
link_test() {
  target=$1 linker=$2 root=$3 libraries=$4
  shift 4
  # shellcheck disable=SC2046
  link "$target" "$linker" "$libraries \$(ALL_LIBS)" "$@" $(objects_of "$root" src/netproc/tls_libtls*.cpp \
    src/common/default_action_kill.cpp src/common/lesser_user_lookup.cpp) "$root/libparent.a" "$root/libnetproc.a" "$root/libauthproc.a" "$root/libcommon.a"
}

# Compiles the test sources below the folder $1 into the tree $2 with $3; leaves $test_objects (and
# $test_mains, which are programs that a test starts).
test_objects_of() {
  test_objects='' test_mains=''
  for source in $(find "$1" -name '*.cpp' | sort); do
    # The walls are attacked only where they are built.
    case $sandbox,$source in
      linux,*) ;;
      *,tests/process/sandbox_*.cpp | *,tests/process/roles_test.cpp) continue ;;
    esac
    object=$2/${source%.cpp}.o
    compile "$object" "$source" "$3" ""
    case $source in
      *_main.cpp) test_mains="$test_mains $object" ;;
      *) test_objects="$test_objects $object" ;;
    esac
  done
}

say "# Written by build-aux/rules.sh."

tree build/obj COMPILE "$sandbox"
programs build build/obj LINK enosys
say "PROGRAMS =$list"
programs build/strict build/obj LINK kill
say "STRICT_PROGRAMS =$list"

if [ "$have_catch2" = yes ] && [ -d tests/unit ]; then
  test_objects_of tests/unit build/obj TEST_COMPILE
  # shellcheck disable=SC2086
  link_test build/tests/unit TEST_LINK build/obj "" $test_objects
  say "UNIT_PROGRAM = build/tests/unit"
fi

if [ "$have_criterion" = yes ] && [ -d tests/process ]; then
  test_objects_of tests/process build/obj TEST_COMPILE
  # shellcheck disable=SC2086
  link_test build/tests/process TEST_LINK build/obj "\$(CRITERION_LIBS)" $test_objects
  say "PROCESS_PROGRAM = build/tests/process"
  list=
  for main in $test_mains; do
    name=${main##*/}
    name=build/tests/${name%_main.o}
    link_test "$name" TEST_LINK build/obj "" "$main"
    list="$list $name"
  done
  # msmtp-keyring as it is on macOS: built everywhere, so that it does not rot.
  link_test build/tests/keychain TEST_LINK build/obj "" build/obj/authproc/keychain_main.o
  list="$list build/tests/keychain"
  say "TEST_PROGRAMS =$list"
fi

if [ -n "$have_sanitizer" ]; then
  mkdir -p build/sanitize
  sed 's/with_sandbox = true/with_sandbox = false/' config.hpp >build/sanitize/config.hpp.new
  if cmp -s build/sanitize/config.hpp.new build/sanitize/config.hpp 2>/dev/null; then
    rm build/sanitize/config.hpp.new
  else
    mv build/sanitize/config.hpp.new build/sanitize/config.hpp
  fi
  tree build/sanitize/obj SAN_COMPILE none
  suppressions=build/sanitize/obj/tests/sanitize/suppressions.o
  compile "$suppressions" tests/sanitize/suppressions.cpp SAN_TEST_COMPILE ""
  programs build/sanitize build/sanitize/obj SAN_LINK kill "$suppressions"
  say "SAN_PROGRAMS =$list"
  if [ "$have_catch2" = yes ] && [ -d tests/unit ]; then
    test_objects_of tests/unit build/sanitize/obj SAN_TEST_COMPILE
    # shellcheck disable=SC2086
    link_test build/sanitize/tests/unit SAN_LINK build/sanitize/obj "" $test_objects "$suppressions"
    say "SAN_UNIT_PROGRAM = build/sanitize/tests/unit"
  fi
fi

if [ "$have_fuzzer" = yes ]; then
  list=
  for source in tests/fuzz/*_fuzz.cpp; do
    [ -f "$source" ] || continue
    name=${source##*/}
    name=${name%_fuzz.cpp}
    compile "build/sanitize/obj/tests/fuzz/${name}_fuzz.o" "$source" SAN_COMPILE ""
    link_test "build/fuzz/$name" FUZZ_LINK build/sanitize/obj "" "build/sanitize/obj/tests/fuzz/${name}_fuzz.o"
    list="$list build/fuzz/$name"
  done
  say "FUZZ_PROGRAMS =$list"
fi

# The tools of the benchmark (make bench). The least command is static: nothing is to be quicker.
if [ -d bench ]; then
  shared='' list=
  for source in bench/*.cpp; do
    compile "build/obj/${source%.cpp}.o" "$source" COMPILE ""
    case $source in
      *_main.cpp | bench/sink_* | bench/load_*) ;;
      *) shared="$shared build/obj/${source%.cpp}.o" ;;
    esac
  done
  for main in bench/*_main.cpp; do
    name=${main#bench/} parts=''
    name=${name%_main.cpp}
    for source in bench/"$name"_*.cpp; do
      parts="$parts build/obj/${source%.cpp}.o"
    done
    if [ "$name" = drain ]; then
      link build/bench/drain LINK -static build/obj/bench/drain_main.o
    else
      # shellcheck disable=SC2086
      link "build/bench/$name" LINK "\$(TLS_LIBS) \$(LIBS)" $parts $shared build/obj/libcommon.a
    fi
    list="$list build/bench/$name"
  done
  say "BENCH_PROGRAMS =$list"
fi

exec 3>&-

# shellcheck disable=SC2086
mkdir -p $folders

# A build with another place for its helpers still finds them from build/bin.
case $helpers_from_bindir in
  ../libexec/msmtp | ../../*) ;;
  ../*)
    for place in build build/strict; do
      link=$place/${helpers_from_bindir#../}
      mkdir -p "${link%/*}"
      [ -L "$link" ] || ln -s "$PWD/$place/libexec/msmtp" "$link"
    done ;;
esac

if cmp -s "$new" build/rules.mk 2>/dev/null; then rm "$new"; else mv "$new" build/rules.mk; fi
