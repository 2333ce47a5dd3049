// Account choice, the command line's override, completion and checks.
#include "parent/account_choice.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <utility>

using namespace msmtp;

namespace {

Account account(std::string name, std::optional<std::string> from = std::nullopt) {
  Account account;
  account.name = std::move(name);
  account.file = "/home/joe/.msmtprc";
  account.host = "mail.example";
  account.from = std::move(from);
  account.given.add(Setting::host);
  if (account.from) account.given.add(Setting::from);
  return account;
}

template <class... Accounts>
LoadedConfig config(Accounts... accounts) {
  LoadedConfig config;
  config.files = {"/home/joe/.msmtprc"};
  (config.accounts.push_back(std::move(accounts)), ...);
  return config;
}

Options options(std::initializer_list<std::string_view> list) {
  const std::vector<std::string_view> words(list);
  auto parsed = parse_options(words, {});
  REQUIRE(std::holds_alternative<Options>(parsed));
  return std::get<Options>(std::move(parsed));
}

struct Outcome {
  Account account;
  std::vector<std::string> notes;
};

Outcome choose(std::initializer_list<std::string_view> words, LoadedConfig loaded, const ChoiceFacts& facts = {}) {
  Outcome outcome;
  auto chosen = choose_account(options(words), facts, std::move(loaded), outcome.notes);
  if (!chosen) FAIL(chosen.error().text);
  outcome.account = std::move(*chosen);
  return outcome;
}

std::string complaint(std::initializer_list<std::string_view> words, LoadedConfig loaded,
                      const ChoiceFacts& facts = {}) {
  std::vector<std::string> notes;
  const auto chosen = choose_account(options(words), facts, std::move(loaded), notes);
  REQUIRE_FALSE(chosen.has_value());
  CHECK(chosen.error().code == ExitCode::config);
  return chosen.error().text;
}

std::string check_complaint(const Account& account, bool needs_sender = true) {
  const auto checked = check_account(account, needs_sender);
  if (checked) return "";
  CHECK(checked.error().code == ExitCode::config);
  return checked.error().text;
}

using Notes = std::vector<std::string>;

}  // namespace

TEST_CASE("without a word about it the account is default") {
  const auto outcome = choose({"x"}, config(account("a"), account("default")));
  CHECK(outcome.account.name == "default");
  CHECK(outcome.notes == Notes{"falling back to default account"});
}

TEST_CASE("a named account is that one, in the case that it has") {
  const auto outcome = choose({"-a", "a", "-f", "b@x"}, config(account("a"), account("b", "b@x")));
  CHECK(outcome.account.name == "a");
  CHECK(outcome.account.from == "b@x");
  CHECK(outcome.notes.empty());
  CHECK(complaint({"-a", "A"}, config(account("a"))) == "account A not found in /home/joe/.msmtprc");
}

TEST_CASE("an account that is not there is reported with the files that were read") {
  LoadedConfig none;
  CHECK(complaint({"x"}, std::move(none)) == "account default not found: no configuration file available");
  auto both = config(account("a"));
  both.files = {"/etc/msmtprc", "rc"};
  CHECK(complaint({"x"}, std::move(both)) == "account default not found in /etc/msmtprc and rc");
}

TEST_CASE("the sender chooses the first account that it belongs to") {
  const auto outcome =
      choose({"-f", "joe+x@a"}, config(account("default"), account("one", "JOE@A"), account("two", "*@a")));
  CHECK(outcome.account.name == "one");
  CHECK(outcome.account.from == "joe+x@a");
  CHECK(outcome.notes.front() == "account chosen by envelope from address joe+x@a: one");
  CHECK(choose({"-f", "ann@a"}, config(account("default"), account("one", "joe@a"), account("two", "*@a")))
            .account.name == "two");
}

TEST_CASE("a sender that belongs to no account leaves default") {
  const auto outcome = choose({"-f", "x@y"}, config(account("default", "joe@a"), account("one", "b@a")));
  CHECK(outcome.account.name == "default");
  CHECK(outcome.account.from == "x@y");
  CHECK(outcome.notes.front() == "falling back to default account");
}

TEST_CASE("the mail's sender chooses and counts like the command line's") {
  ChoiceFacts facts;
  facts.mail_sender = "joe@a";
  const auto outcome = choose({"--read-envelope-from"}, config(account("default"), account("one", "*@a")), facts);
  CHECK(outcome.account.name == "one");
  CHECK(outcome.account.from == "joe@a");
  CHECK(choose({"x"}, config(account("default"), account("one", "*@a")), facts).account.name == "default");
}

TEST_CASE("an account may insist on its own sender, after it was chosen") {
  auto strict = account("strict", "*@a");
  strict.allow_from_override = false;
  const auto outcome = choose({"-f", "joe@a", "--port=26"}, config(account("default"), std::move(strict)));
  CHECK(outcome.account.name == "strict");
  CHECK(outcome.account.from == "*@a");
  CHECK(outcome.account.port == 26);
  auto without = account("default");
  without.allow_from_override = false;
  CHECK_FALSE(choose({"-f", "joe@a"}, config(std::move(without))).account.from.has_value());
}

TEST_CASE("the command line's settings stand over the account's, one by one") {
  auto own = account("default", "joe@a");
  own.port = 587;
  own.user = "joe";
  own.password = Secret::copy_of("pw");
  const auto outcome = choose({"--port=26", "--tls-trust-file=", "--passwordeval=x"}, config(std::move(own)));
  CHECK(outcome.account.port == 26);
  CHECK(outcome.account.user == "joe");
  CHECK(outcome.account.from == "joe@a");
  CHECK(outcome.account.given.has(Setting::tls_trust_file));
  CHECK(outcome.account.password->reveal() == "pw");
  CHECK(outcome.account.passwordeval == "x");
}

TEST_CASE("with --host no file counts") {
  CHECK_FALSE(wants_config_files(options({"--host="})));
  CHECK(wants_config_files(options({"--port=1"})));
  const auto outcome = choose({"--host=h", "-f", "a@b"}, config(account("default", "a@b")));
  CHECK(outcome.account.host == "h");
  CHECK(outcome.account.name.empty());
  CHECK(outcome.notes.empty());
}

TEST_CASE("the environment makes an account when there is no default") {
  ChoiceFacts facts;
  facts.email = "Foo <e@m>";
  facts.smtp_server = "srv:25";
  const auto outcome = choose({"x"}, config(account("a")), facts);
  CHECK(outcome.account.host == "srv:25");
  CHECK(outcome.account.from == "Foo <e@m>");
  CHECK(outcome.account.name.empty());
  CHECK(outcome.notes == Notes{"falling back to default account", "using environment variables EMAIL and SMTPSERVER"});
  CHECK(choose({"-f", "a@b"}, config(), facts).account.from == "a@b");
  CHECK(choose({"x"}, config(account("default")), facts).account.host == "mail.example");
}

TEST_CASE("the environment does not count for a named account, nor without a sender for a mail") {
  ChoiceFacts facts;
  facts.smtp_server = "srv";
  CHECK(complaint({"-a", "default"}, config(), facts) == "account default not found in /home/joe/.msmtprc");
  CHECK(complaint({"x"}, config(), facts) == "account default not found in /home/joe/.msmtprc");
  CHECK(choose({"-S"}, config(), facts).account.host == "srv");
  CHECK(choose({"-f", "a@b"}, config(), facts).account.host == "srv");
}

TEST_CASE("a line break in the environment is no address") {
  ChoiceFacts facts;
  facts.email = "a@b\r\nRCPT TO:<x>";
  facts.smtp_server = "srv";
  CHECK(complaint({"x"}, config(), facts) == "EMAIL in the environment holds a line break");
  facts.email = "a@b";
  facts.smtp_server = "srv\n";
  CHECK(complaint({"x"}, config(), facts) == "SMTPSERVER in the environment holds a line break");
}

TEST_CASE("the port is 25, or 465 with TLS from the first byte, and a given one stays") {
  auto own = account("a");
  complete_account(own);
  CHECK(own.port == 25);
  CHECK(own.proxy_port == 0);
  own = account("a");
  own.tls = true;
  complete_account(own);
  CHECK(own.port == 25);
  own = account("a");
  own.tls = true;
  own.tls_starttls = false;
  complete_account(own);
  CHECK(own.port == 465);
  own = account("a");
  own.tls_starttls = false;
  complete_account(own);
  CHECK(own.port == 25);
  own = account("a");
  own.port = 2525;
  own.proxy_host = "p";
  complete_account(own);
  CHECK(own.port == 2525);
  CHECK(own.proxy_port == 1080);
}

TEST_CASE("trust is the system's unless the account or the command line said something else") {
  auto own = account("a");
  complete_account(own);
  CHECK(own.tls_trust_file == "system");
  own = account("a");
  own.given.add(Setting::tls_trust_file);
  complete_account(own);
  CHECK_FALSE(own.tls_trust_file.has_value());
  own.tls_trust_file = "ca.pem";
  complete_account(own);
  CHECK(own.tls_trust_file == "ca.pem");
}

TEST_CASE("an account needs a host or a socket, a port, and for a mail a sender") {
  Account own;
  CHECK(check_complaint(own) == "host not set");
  own.host = "h";
  CHECK(check_complaint(own) == "port not set");
  own.port = 25;
  CHECK(check_complaint(own).starts_with("envelope-from address is missing"));
  CHECK(check_complaint(own, false).empty());
  own.from = "";
  CHECK(check_complaint(own).empty());
}

TEST_CASE("LMTP has no port of its own, and over a unix socket it needs none") {
  Account own;
  own.protocol = Protocol::lmtp;
  own.host = "h";
  own.from = "a@b";
  complete_account(own);
  CHECK(check_complaint(own) == "port not set");
  own.socket = "/run/lmtp";
  CHECK(check_complaint(own).empty());
}

TEST_CASE("a complaint about an account from a file names both") {
  auto own = account("work");
  own.host.reset();
  CHECK(check_complaint(own) == "account work from /home/joe/.msmtprc: host not set");
}

TEST_CASE("TLS settings must go together, and the first that does not is told") {
  auto own = account("a", "x@y");
  own.name.clear();
  complete_account(own);
  own.tls = true;
  CHECK(check_complaint(own).empty());
  own.host.reset();
  own.socket = "s";
  CHECK(check_complaint(own).starts_with("tls needs a host or tls_host_override"));
  own.tls_host_override = "h";
  CHECK(check_complaint(own).empty());
  own.tls_key_file = "k";
  CHECK(check_complaint(own) == "tls_key_file requires tls_cert_file");
  own.tls_key_file.reset();
  own.tls_cert_file = "c";
  CHECK(check_complaint(own) == "tls_cert_file requires tls_key_file");
  own.tls_key_file = "k";
  own.tls_trust_file.reset();
  CHECK(check_complaint(own).starts_with("tls requires tls_trust_file"));
  own.tls_crl_file = "crl";
  CHECK(check_complaint(own).starts_with("tls requires tls_trust_file"));
  own.tls_certcheck = false;
  CHECK(check_complaint(own) == "tls_crl_file requires tls_trust_file");
  own.tls_crl_file.reset();
  CHECK(check_complaint(own).empty());
  own.tls_certcheck = true;
  own.tls_fingerprint = "md5:00";
  CHECK(check_complaint(own).empty());
}
