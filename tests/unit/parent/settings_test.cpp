// The table of settings: what each command and option does with its value.
#include "parent/settings.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>

using namespace msmtp;

namespace {

constexpr ValueContext in_file = {ValueOrigin::file, "/home/joe"};
constexpr ValueContext on_line = {ValueOrigin::command_line, "/home/joe"};

bool set(Account& account, std::string_view command, std::optional<std::string_view> text,
         const ValueContext& context = in_file) {
  const auto* row = find_command(command);
  REQUIRE(row != nullptr);
  return apply_setting(*row, account, text, context);
}

bool accepts(std::string_view command, std::optional<std::string_view> text, const ValueContext& context = in_file) {
  Account account;
  return set(account, command, text, context);
}

}  // namespace

TEST_CASE("no command, option or letter stands twice in the table") {
  std::set<std::string_view> commands;
  std::set<std::string_view> options;
  std::set<char> letters;
  for (const auto& row : setting_rows()) {
    CHECK(row.set != nullptr);
    CHECK(commands.insert(row.command).second);
    if (!row.option.empty()) CHECK(options.insert(row.option).second);
    if (row.letter != '\0') CHECK(letters.insert(row.letter).second);
    CHECK((row.option.empty() && row.letter == '\0') == (row.option_argument == OptionArgument::none));
  }
}

TEST_CASE("every setting has at least one command") {
  for (std::size_t i = 0; i < setting_count; ++i) {
    bool found = false;
    for (const auto& row : setting_rows()) found = found || row.setting == static_cast<Setting>(i);
    CHECK(found);
  }
}

TEST_CASE("what is refused changes nothing and is not noted as given") {
  Account account;
  REQUIRE(set(account, "port", "587"));
  CHECK_FALSE(set(account, "port", "0"));
  CHECK(account.port == 587);
  Account other;
  CHECK_FALSE(set(other, "port", "x"));
  CHECK(other.given.empty());
}

TEST_CASE("numbers are decimal, whole and in their range") {
  CHECK(accepts("port", "1"));
  CHECK(accepts("port", "65535"));
  Account account;
  REQUIRE(set(account, "port", "025"));
  CHECK(account.port == 25);
  for (const auto* text : {"0", "65536", "0x19", "-1", "+25", "25 ", "25x", "", "99999999999999999999"}) {
    CHECK_FALSE(accepts("port", text));
  }
  CHECK(accepts("timeout", "2147483647"));
  CHECK_FALSE(accepts("timeout", "2147483648"));
  CHECK_FALSE(accepts("timeout", "0"));
}

TEST_CASE("timeout off and an empty proxy_port take the value away") {
  Account account;
  REQUIRE(set(account, "timeout", "30"));
  REQUIRE(set(account, "connect_timeout", "off"));
  CHECK(account.timeout == 0);
  REQUIRE(set(account, "proxy_port", "1080"));
  REQUIRE(set(account, "proxy_port", ""));
  CHECK(account.proxy_port == 0);
}

TEST_CASE("an empty text unsets, but an empty host, domain, sender and name are values") {
  Account account;
  for (const auto* command : {"user", "socket", "source_ip", "proxy_host", "logfile", "aliases"}) {
    REQUIRE(set(account, command, "x"));
    REQUIRE(set(account, command, ""));
  }
  CHECK_FALSE(account.user.has_value());
  CHECK_FALSE(account.socket.has_value());
  CHECK_FALSE(account.logfile.has_value());
  for (const auto* command : {"host", "domain", "maildomain", "from", "from_full_name"})
    REQUIRE(set(account, command, ""));
  CHECK(account.host == "");
  CHECK(account.domain.empty());
  CHECK(account.maildomain == "");
  CHECK(account.from == "");
  CHECK(account.from_full_name == "");
}

TEST_CASE("angle brackets alone are the null sender, around an address they stay") {
  Account account;
  REQUIRE(set(account, "from", "<>", on_line));
  CHECK(account.from == "");
  REQUIRE(set(account, "from", "<a@b>", on_line));
  CHECK(account.from == "<a@b>");
}

TEST_CASE("nothing that becomes part of a line can hold a line break or NUL") {
  using namespace std::string_view_literals;
  for (const auto* command : {"host", "domain", "from", "source_ip", "proxy_host", "maildomain", "tls_host_override"}) {
    CHECK_FALSE(accepts(command, "a\r\nRSET"));
    CHECK_FALSE(accepts(command, "a\n"));
    CHECK_FALSE(accepts(command, "\ra"));
    CHECK_FALSE(accepts(command, "a\0b"sv));
    CHECK(accepts(command, "a"));
  }
  for (const auto* command : {"user", "password", "passwordeval", "logfile", "socket", "from_full_name"}) {
    CHECK_FALSE(accepts(command, "a\0b"sv));
  }
}

TEST_CASE("values have the bounds of the messages that will carry them") {
  CHECK(accepts("host", std::string(max_host, 'a')));
  CHECK_FALSE(accepts("host", std::string(max_host + 1, 'a')));
  CHECK(accepts("from", std::string(max_mailbox, 'a')));
  CHECK_FALSE(accepts("from", std::string(max_mailbox + 1, 'a')));
  CHECK(accepts("password", std::string(max_password, 'a')));
  CHECK_FALSE(accepts("password", std::string(max_password + 1, 'a')));
  CHECK_FALSE(accepts("tls_trust_file", "~" + std::string(max_path - 5, 'a')));
}

TEST_CASE("a tilde at the beginning of certain file names is the home directory") {
  Account account;
  for (const auto* command :
       {"tls_trust_file", "tls_crl_file", "tls_key_file", "tls_cert_file", "logfile", "aliases"}) {
    REQUIRE(set(account, command, "~/x"));
  }
  CHECK(account.tls_trust_file == "/home/joe/x");
  CHECK(account.tls_crl_file == "/home/joe/x");
  CHECK(account.tls_key_file == "/home/joe/x");
  CHECK(account.tls_cert_file == "/home/joe/x");
  CHECK(account.logfile == "/home/joe/x");
  CHECK(account.aliases == "/home/joe/x");
  REQUIRE(set(account, "socket", "~/x"));
  CHECK(account.socket == "~/x");
}

TEST_CASE("no other user's home is looked up") {
  CHECK(expand_tilde("~joe/x", "/home/ann") == "/home/annjoe/x");
  CHECK(expand_tilde("x~", "/home/ann") == "x~");
  CHECK(expand_tilde("~", "") == "");
}

TEST_CASE("a switch without a value is on, with an empty one it is refused") {
  Account account;
  REQUIRE(set(account, "tls", std::nullopt));
  CHECK(account.tls);
  CHECK_FALSE(set(account, "tls", "", on_line));
  REQUIRE(set(account, "tls", "off"));
  CHECK_FALSE(account.tls);
}

TEST_CASE("auth with nothing after the equals sign lets us choose") {
  Account account;
  REQUIRE(set(account, "auth", "", on_line));
  CHECK(account.auth == Authentication{true, std::nullopt});
}

TEST_CASE("header policies know their words") {
  Account account;
  REQUIRE(set(account, "set_from_header", "on"));
  CHECK(account.set_from_header == HeaderPolicy::always);
  REQUIRE(set(account, "set_from_header", std::nullopt));
  CHECK(account.set_from_header == HeaderPolicy::automatic);
  REQUIRE(set(account, "set_date_header", "off"));
  CHECK(account.set_date_header == HeaderPolicy::never);
  CHECK_FALSE(set(account, "set_date_header", "on"));
  CHECK_FALSE(set(account, "set_msgid_header", "on"));
  REQUIRE(set(account, "set_to_header", std::nullopt));
  CHECK(account.set_to_header == ToHeader::recipients);
  REQUIRE(set(account, "set_to_header", "undisclosed_recipients"));
  CHECK(account.set_to_header == ToHeader::undisclosed_recipients);
  CHECK_FALSE(set(account, "set_to_header", "auto"));
}

TEST_CASE("the old names set what replaced them") {
  Account account;
  REQUIRE(set(account, "keepbcc", std::nullopt));
  CHECK_FALSE(account.remove_bcc_headers);
  REQUIRE(set(account, "keepbcc", "off"));
  CHECK(account.remove_bcc_headers);
  REQUIRE(set(account, "undisclosed_recipients", std::nullopt));
  CHECK(account.set_to_header == ToHeader::undisclosed_recipients);
  REQUIRE(set(account, "undisclosed_recipients", "off"));
  CHECK(account.set_to_header == ToHeader::original);
  REQUIRE(set(account, "add_missing_from_header", "off"));
  CHECK(account.set_from_header == HeaderPolicy::never);
  REQUIRE(set(account, "add_missing_date_header", "off"));
  REQUIRE(set(account, "add_missing_date_header", std::nullopt));
  CHECK(account.set_date_header == HeaderPolicy::automatic);
  REQUIRE(set(account, "tls_nostarttls", ""));
  CHECK_FALSE(account.tls_starttls);
  REQUIRE(set(account, "tls_nocertcheck", ""));
  CHECK_FALSE(account.tls_certcheck);
  CHECK(account.given.has(Setting::tls_certcheck));
}

TEST_CASE("tls_force_sslv3 is accepted and does nothing") {
  Account account;
  REQUIRE(set(account, "tls_force_sslv3", "whatever"));
  CHECK(account.given.empty());
}

TEST_CASE("dsn_return knows hdrs on the command line only, and off takes the value away") {
  Account account;
  REQUIRE(set(account, "dsn_return", "headers"));
  CHECK(account.dsn_return == "HDRS");
  CHECK_FALSE(set(account, "dsn_return", "hdrs"));
  REQUIRE(set(account, "dsn_return", "off"));
  CHECK_FALSE(account.dsn_return.has_value());
  REQUIRE(set(account, "dsn_return", "hdrs", on_line));
  CHECK(account.dsn_return == "HDRS");
  REQUIRE(set(account, "dsn_notify", "delay,failure"));
  CHECK(account.dsn_notify == "DELAY,FAILURE");
  REQUIRE(set(account, "dsn_notify", "off"));
  CHECK_FALSE(account.dsn_notify.has_value());
}

TEST_CASE("a valid value after which an invalid one comes stays") {
  Account account;
  REQUIRE(set(account, "syslog", "LOG_MAIL"));
  CHECK_FALSE(set(account, "syslog", "LOG_NOWHERE"));
  CHECK(account.syslog == SyslogFacility::mail);
  REQUIRE(set(account, "dsn_notify", "delay"));
  CHECK_FALSE(set(account, "dsn_notify", "daily"));
  CHECK(account.dsn_notify == "DELAY");
}

TEST_CASE("the old file names of the year 2006 are still commands") {
  for (const auto* command : {"host",
                              "port",
                              "timeout",
                              "connect_timeout",
                              "protocol",
                              "auto_from",
                              "from",
                              "maildomain",
                              "auth",
                              "user",
                              "password",
                              "ntlmdomain",
                              "tls",
                              "tls_starttls",
                              "tls_nostarttls",
                              "tls_trust_file",
                              "tls_key_file",
                              "tls_cert_file",
                              "tls_certcheck",
                              "tls_nocertcheck",
                              "tls_force_sslv3",
                              "dsn_notify",
                              "dsn_return",
                              "domain",
                              "keepbcc",
                              "logfile",
                              "syslog"}) {
    CHECK(find_command(command) != nullptr);
  }
  CHECK(find_command("Host") == nullptr);
  CHECK(find_command("") == nullptr);
}
