// Accounts as values.
#include "parent/account.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

TEST_CASE("a copy has everything, the secret included") {
  Account account;
  account.name = "a";
  account.file = "f";
  account.host = "h";
  account.password = Secret::copy_of("pw");
  account.auth = {true, Mechanism::login};
  account.given.add(Setting::host);
  const auto copy = copy_of(account);
  CHECK(copy.name == "a");
  CHECK(copy.file == "f");
  CHECK(copy.host == "h");
  REQUIRE(copy.password.has_value());
  CHECK(copy.password->reveal() == "pw");
  CHECK(account.password->reveal() == "pw");
  CHECK(copy.auth == account.auth);
  CHECK(copy.given == account.given);
}

TEST_CASE("only what was given is copied over") {
  Account from;
  from.port = 587;
  from.user = "joe";
  from.given.add(Setting::user);
  Account to;
  to.port = 26;
  copy_given_settings(to, from);
  CHECK(to.port == 26);
  CHECK(to.user == "joe");
  CHECK(to.given.has(Setting::user));
  CHECK_FALSE(to.given.has(Setting::port));
}

TEST_CASE("each setting copies its own value") {
  Account from;
  from.host = "host";
  from.port = 1;
  from.source_ip = "ip";
  from.proxy_host = "proxy";
  from.proxy_port = 2;
  from.socket = "socket";
  from.timeout = 3;
  from.protocol = Protocol::lmtp;
  from.domain = "domain";
  from.tls = true;
  from.tls_starttls = false;
  from.partial_delivery = true;
  from.syslog = SyslogFacility::mail;
  Account to;
  copy_setting(to, from, Setting::syslog);
  CHECK(to.syslog == SyslogFacility::mail);
  CHECK_FALSE(to.partial_delivery);
  copy_setting(to, from, Setting::partial_delivery);
  CHECK(to.partial_delivery);
  copy_setting(to, from, Setting::domain);
  CHECK(to.domain == "domain");
  CHECK(to.protocol == Protocol::smtp);
  copy_setting(to, from, Setting::tls_starttls);
  CHECK_FALSE(to.tls_starttls);
  CHECK_FALSE(to.tls);
  CHECK_FALSE(to.host.has_value());
  CHECK(to.given.empty());
}

TEST_CASE("an account that came from a file says from which") {
  Account account;
  CHECK(origin_of(account).empty());
  account.name = "work";
  account.file = "/home/joe/.msmtprc";
  CHECK(origin_of(account) == "account work from /home/joe/.msmtprc");
}

TEST_CASE("facilities have the names of syslog") {
  CHECK(name(SyslogFacility::off).empty());
  CHECK(name(SyslogFacility::user) == "LOG_USER");
  CHECK(name(SyslogFacility::local7) == "LOG_LOCAL7");
}
