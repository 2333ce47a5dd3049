// What a proxy is told about an account, and where this machine connects to itself.
#include "parent/proxy.hpp"

#include "parent/orders.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace msmtp;

namespace {

Account account_of(std::string host, std::optional<std::string> proxy = "127.0.0.1") {
  Account account;
  account.name = "work";
  account.host = std::move(host);
  account.port = 587;
  account.proxy_host = std::move(proxy);
  account.proxy_port = account.proxy_host ? 9050 : 0;
  account.from = "me@example.test";
  return account;
}

std::string name_of(const Account& account) {
  const auto server = proxied_server(account);
  REQUIRE(server);
  CHECK_FALSE(server->numeric);
  return server->name.str();
}

std::string failure_of(const std::string& host) {
  const auto server = proxied_server(account_of(host));
  REQUIRE_FALSE(server);
  CHECK(server.error().code == ExitCode::no_host);
  return server.error().text;
}

}  // namespace

TEST_CASE("with a proxy the server's name is no question for a resolver") {
  const Destination destination = destination_of(account_of("mail.example.test"));
  CHECK(destination.numeric.has_value());
  CHECK_FALSE(destination.needs_resolver);
  CHECK(destination.host == "127.0.0.1");
  CHECK(nearest_port(account_of("mail.example.test")) == 9050);
}

TEST_CASE("only the proxy's own name is resolved") {
  const Destination destination = destination_of(account_of("mail.example.test", "localhost"));
  CHECK(destination.needs_resolver);
  CHECK(destination.host == "localhost");
}

TEST_CASE("without a proxy the server is the destination") {
  const Account account = account_of("mail.example.test", std::nullopt);
  CHECK_FALSE(is_proxied(account));
  CHECK(destination_of(account).host == "mail.example.test");
  CHECK(destination_of(account).needs_resolver);
  CHECK(nearest_port(account) == 587);
}

TEST_CASE("a socket stands above the proxy") {
  Account account = account_of("mail.example.test", "localhost");
  account.socket = "/run/mail";
  CHECK_FALSE(is_proxied(account));
  CHECK_FALSE(destination_of(account).needs_resolver);
}

TEST_CASE("names of onion services are never a question for a resolver") {
  for (const auto* host : {"abc.onion", "abc.ONION", "a.b.onion.", "onion.onion"}) {
    CHECK(is_onion_name(host));
    CHECK_FALSE(destination_of(account_of(host, std::nullopt)).needs_resolver);
    CHECK_FALSE(destination_of(account_of("mail.example.test", host)).needs_resolver);
  }
  for (const auto* host : {"onion", "abc.onion.test", "abconion", "", "."}) CHECK_FALSE(is_onion_name(host));
}

TEST_CASE("names go to the proxy as they are, others as A-labels, addresses as addresses") {
  CHECK(name_of(account_of("Mail.Example.test.")) == "Mail.Example.test.");
  CHECK(name_of(account_of("abc.onion")) == "abc.onion");
  CHECK(name_of(account_of("127.1")) == "127.1");
  CHECK(name_of(account_of("b\xc3\xbc"
                           "cher.example")) == "xn--bcher-kva.example");
  const auto server = proxied_server(account_of("2001:db8::1"));
  REQUIRE(server);
  CHECK(server->numeric);
  CHECK(server->address.family == Family::ipv6);
  CHECK(server->port == 587);
}

TEST_CASE("a host that no proxy can be told is refused") {
  CHECK(name_of(account_of(std::string(255, 'x'))).size() == 255);
  CHECK(failure_of(std::string(256, 'x')).ends_with(": longer than the 255 bytes that a proxy can be told"));
  CHECK(failure_of("\xff.example") == "cannot locate host \xff.example: not a name that has A-labels");
  CHECK(failure_of("fe80::1%1") ==
        "cannot locate host fe80::1%1: a proxy knows nothing of the interfaces of this machine");
}

TEST_CASE("each account has an isolation name of its own, always the same") {
  std::set<std::string> names;
  Account account = account_of("mail.example.test");
  names.insert(isolation_name(account));
  CHECK(isolation_name(account) == *names.begin());
  account.name = "home";
  names.insert(isolation_name(account));
  account.host = "other.example.test";
  names.insert(isolation_name(account));
  account.user = "me";
  names.insert(isolation_name(account));
  account.from = "you@example.test";
  names.insert(isolation_name(account));
  CHECK(names.size() == 5);
}

TEST_CASE("where one text of the account ends and the next begins matters for the isolation name") {
  Account one = account_of("ab");
  Account other = account_of("a");
  one.user = "c";
  other.user = "bc";
  CHECK(isolation_name(one) != isolation_name(other));
}

TEST_CASE("the isolation name says nothing of the account") {
  const std::string name = isolation_name(account_of("mail.example.test"));
  CHECK(name.starts_with("msmtp-"));
  CHECK(name.size() == 6 + 16);
  CHECK(name.find_first_not_of("0123456789abcdef", 6) == std::string::npos);
}
