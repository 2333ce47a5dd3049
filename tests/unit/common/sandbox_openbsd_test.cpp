// The stages as OpenBSD would see them: the same source, with stand-ins that write down what they are asked.
#if !defined(__OpenBSD__)

#include "common/sandbox.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace {

std::vector<std::string> calls;
bool unveil_allowed = true;

int pledge(const char* promises, const char* exec_promises) {
  REQUIRE(exec_promises == nullptr);
  calls.push_back(std::string("pledge ") + promises);
  unveil_allowed = (" " + std::string(promises) + " ").find(" unveil ") != std::string::npos;
  return 0;
}

int unveil(const char* path, const char* access) {
  REQUIRE(unveil_allowed);  // the kernel would end the process
  calls.push_back(std::string("unveil ") + path + " [" + access + "]");
  return 0;
}

}  // namespace

namespace msmtp {
namespace {

Result<void> become_stand_in(const LesserUser& who) {
  calls.push_back("become " + std::to_string(who.user) + ":" + std::to_string(who.group));
  return {};
}

}  // namespace
}  // namespace msmtp

#define sandbox_level sandbox_level_of_openbsd
#define harden_process harden_process_of_openbsd
#define outlive_parent outlive_parent_of_openbsd
#define drop_all_capabilities drop_all_capabilities_of_openbsd
#define enter_stage enter_stage_of_openbsd
#define become_lesser_user become_stand_in
#include "common/sandbox_openbsd.cpp"

namespace msmtp {
namespace {

using Calls = std::vector<std::string>;

Calls calls_of(Stage stage, Grants grants = {}) {
  calls.clear();
  grants.user = LesserUser{32767, 32766};
  REQUIRE(enter_stage_of_openbsd(stage, grants));
  return calls;
}

Grants paths(std::vector<PathGrant> list) {
  Grants grants;
  grants.paths = std::move(list);
  return grants;
}

TEST_CASE("stages that are not confined ask OpenBSD for nothing") {
  CHECK(calls_of(Stage::parent_setup).empty());
  CHECK(calls_of(Stage::authproc_acquire).empty());
}

TEST_CASE("the network child on OpenBSD narrows its files until they are gone") {
  unveil_allowed = true;
  const auto certificates = paths({{"/etc/ssl/certs", PathGrant::Access::read}});
  CHECK(calls_of(Stage::netproc_prepare, paths({{"/", PathGrant::Access::read}})) ==
        Calls{"pledge stdio rpath unix inet id unveil"});
  Grants way = certificates;
  way.connect_port = 25;
  way.give_up = {Promise::unix_socket};
  CHECK(calls_of(Stage::netproc_connect, way) ==
        Calls{"become 32767:32766", "unveil / []", "unveil /etc/ssl/certs [r]", "pledge stdio rpath inet unveil"});
  CHECK(calls_of(Stage::netproc_handshake, certificates) ==
        Calls{"become 32767:32766", "unveil / []", "unveil /etc/ssl/certs [r]", "pledge stdio rpath"});
  CHECK(calls_of(Stage::netproc_talk) == Calls{"become 32767:32766", "pledge stdio"});
}

TEST_CASE("the parent on OpenBSD reads its alias file and then nothing") {
  unveil_allowed = true;
  CHECK(calls_of(Stage::parent_compose, paths({{"/home/joe/.aliases", PathGrant::Access::read}})) ==
        Calls{"unveil / []", "unveil /home/joe/.aliases [r]", "pledge stdio rpath flock id"});
  CHECK(calls_of(Stage::parent_supervise) == Calls{"become 32767:32766", "pledge stdio flock"});
}

TEST_CASE("a path for writing may also be created on OpenBSD") {
  unveil_allowed = true;
  CHECK(calls_of(Stage::parent_compose, paths({{"/var/log/x", PathGrant::Access::write}})).at(1) ==
        "unveil /var/log/x [rwc]");
}

TEST_CASE("the resolver and the credential child on OpenBSD have one stage each") {
  unveil_allowed = true;
  CHECK(calls_of(Stage::resolver_resolve, paths({{"/etc/hosts", PathGrant::Access::read}})) ==
        Calls{"become 32767:32766", "unveil / []", "unveil /etc/hosts [r]", "pledge stdio rpath dns"});
  CHECK(calls_of(Stage::authproc_exchange) == Calls{"become 32767:32766", "pledge stdio"});
}

TEST_CASE("a process that makes copies of itself on OpenBSD gives up that right in each of them") {
  unveil_allowed = true;
  CHECK(calls_of(Stage::server_fork) == Calls{"become 32767:32766", "pledge stdio proc recvfd"});
  CHECK(calls_of(Stage::server_serve) == Calls{"become 32767:32766", "pledge stdio recvfd"});
  CHECK(calls_of(Stage::verifier_fork) == Calls{"become 32767:32766", "pledge stdio proc recvfd"});
  CHECK(calls_of(Stage::verifier_check) == Calls{"become 32767:32766", "pledge stdio"});
}

}  // namespace
}  // namespace msmtp

#endif
