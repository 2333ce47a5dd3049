// Connections that may stand in for each other, and those that may not.
#include "parent/connection_description.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <set>
#include <vector>

namespace msmtp {
namespace {

const std::vector<std::string> surroundings = {"1.0", "/libexec"};

std::string described(const std::function<void(Account&)>& change) {
  Account account;
  account.host = "mail.example";
  change(account);
  return connection_description(account, surroundings);
}

const std::string base = described([](Account&) {});

TEST_CASE("whatever decides where a mail goes, or as whom, makes another connection") {
  const std::vector<std::function<void(Account&)>> changes = {
      [](Account& a) { a.host = "mail2.example"; },
      [](Account& a) { a.host.reset(); },
      [](Account& a) { a.port = 25; },
      [](Account& a) { a.source_ip = "127.0.0.2"; },
      [](Account& a) { a.proxy_host = "proxy.example"; },
      [](Account& a) { a.proxy_port = 1080; },
      [](Account& a) { a.socket = "/run/mail"; },
      [](Account& a) { a.timeout = 7; },
      [](Account& a) { a.protocol = Protocol::lmtp; },
      [](Account& a) { a.domain = "me.example"; },
      [](Account& a) { a.auth.wanted = true; },
      [](Account& a) {
        a.auth = {true, Mechanism::plain};
      },
      [](Account& a) { a.user = "joe"; },
      [](Account& a) { a.user = ""; },
      [](Account& a) { a.password = Secret::copy_of("x"); },
      [](Account& a) { a.passwordeval = "pass mail"; },
      [](Account& a) { a.ntlmdomain = "D"; },
      [](Account& a) { a.name = "work"; },
      [](Account& a) { a.file = "/etc/msmtprc"; },
      [](Account& a) { a.tls = true; },
      [](Account& a) { a.tls_starttls = false; },
      [](Account& a) { a.tls_trust_file = "/ca"; },
      [](Account& a) { a.tls_crl_file = "/crl"; },
      [](Account& a) { a.tls_fingerprint = "sha256:00"; },
      [](Account& a) { a.tls_key_file = "/key"; },
      [](Account& a) { a.tls_cert_file = "/cert"; },
      [](Account& a) { a.tls_certcheck = false; },
      [](Account& a) { a.tls_min_dh_prime_bits = 1; },
      [](Account& a) { a.tls_priorities = "x"; },
      [](Account& a) { a.tls_host_override = "other"; },
  };
  std::set<std::string> found{base};
  for (const auto& change : changes) found.insert(described(change));
  CHECK(found.size() == changes.size() + 1);
}

TEST_CASE("what belongs to the mail, and the time for which it is kept, do not") {
  CHECK(described([](Account& a) { a.from = "joe@example"; }) == base);
  CHECK(described([](Account& a) { a.logfile = "/log"; }) == base);
  CHECK(described([](Account& a) { a.partial_delivery = true; }) == base);
  CHECK(described([](Account& a) { a.dsn_notify = "NEVER"; }) == base);
  CHECK(described([](Account& a) { a.keep_connection = 5; }) == base);
}

TEST_CASE("a value cannot pretend to be the next one") {
  const auto pair = [](const char* host, const char* source) {
    return described([&](Account& a) { a.host = host, a.source_ip = source; });
  };
  CHECK(pair("a1:b", "c") != pair("a", "1:bc"));
  CHECK(pair("", "-") != pair("-", ""));
  CHECK(connection_description(Account(), std::vector<std::string>{"a", "b"}) !=
        connection_description(Account(), std::vector<std::string>{"ab", ""}));
}

TEST_CASE("no password is in it") {
  const std::string text = described([](Account& a) { a.password = Secret::copy_of("very secret"); });
  CHECK(text.find("secret") == std::string::npos);
  CHECK(text == described([](Account& a) { a.password = Secret::copy_of("another"); }));
}

TEST_CASE("its name is a file name, and well spread") {
  CHECK(name_of_description("") == "cbf29ce484222325");
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(name_of_description(std::to_string(i)));
  CHECK(names.size() == 1000);
  for (const std::string& name : names) {
    CHECK(name.size() == 16);
    CHECK(name.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
}

}  // namespace
}  // namespace msmtp
