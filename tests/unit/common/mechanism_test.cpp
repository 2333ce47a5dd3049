// SASL mechanisms: names, sets, and which of them give the password away.
#include "common/mechanism.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

namespace msmtp {
namespace {

TEST_CASE("each mechanism is found by its name, in whatever case") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < mechanism_count; ++i) {
    const auto mechanism = static_cast<Mechanism>(i);
    std::string lower(name(mechanism));
    names.insert(lower);
    CHECK(mechanism_named(lower) == mechanism);
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    CHECK(mechanism_named(lower) == mechanism);
  }
  CHECK(names.size() == mechanism_count);
  CHECK(name(Mechanism::scram_sha_256_plus) == "SCRAM-SHA-256-PLUS");
  CHECK(name(Mechanism::xoauth2) == "XOAUTH2");
}

TEST_CASE("a name that is none, or only a part of one, names no mechanism") {
  for (const char* none : {"", "PLAI", "PLAINS", " PLAIN", "PLAIN ", "SCRAM", "SCRAM-SHA-256-", "ANONYMOUS", "on"}) {
    INFO(none);
    CHECK_FALSE(mechanism_named(none));
  }
}

TEST_CASE("a set has what was added and nothing else") {
  MechanismSet set;
  CHECK(set.empty());
  set.add(Mechanism::login);
  set.add(Mechanism::xoauth2);
  set.add(Mechanism::login);
  CHECK_FALSE(set.empty());
  for (std::size_t i = 0; i < mechanism_count; ++i) {
    const auto mechanism = static_cast<Mechanism>(i);
    CHECK(set.has(mechanism) == (mechanism == Mechanism::login || mechanism == Mechanism::xoauth2));
  }
  CHECK(MechanismSet(set.bits()) == set);
  CHECK_FALSE(MechanismSet(MechanismSet::all_bits) == set);
}

TEST_CASE("bits that stand for no mechanism are left out of a set") {
  CHECK(MechanismSet(~0U).bits() == MechanismSet::all_bits);
  CHECK(MechanismSet(1U << mechanism_count).empty());
}

TEST_CASE("the mechanisms that put the password, or a token as good, on the wire are known") {
  std::set<std::string_view> open;
  for (std::size_t i = 0; i < mechanism_count; ++i) {
    if (sends_password(static_cast<Mechanism>(i))) open.insert(name(static_cast<Mechanism>(i)));
  }
  CHECK(open == std::set<std::string_view>{"LOGIN", "OAUTHBEARER", "PLAIN", "XOAUTH2"});
}

}  // namespace
}  // namespace msmtp
