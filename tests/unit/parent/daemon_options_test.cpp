// The command line of msmtpd.
#include "parent/daemon_options.hpp"

#include "common/address.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

constexpr std::string_view default_command = "/usr/bin/msmtp -f %F --";

Result<DaemonOptions> parse(const std::vector<std::string>& arguments) {
  return parse_daemon_options(arguments, default_command);
}

DaemonOptions parsed(const std::vector<std::string>& arguments) {
  auto options = parse(arguments);
  if (!options) FAIL(options.error().text);
  return std::move(*options);
}

// The complaint about ARGUMENTS, whose code is EX_USAGE.
std::string complaint(const std::vector<std::string>& arguments) {
  const auto options = parse(arguments);
  REQUIRE_FALSE(options);
  CHECK(options.error().code == ExitCode::usage);
  return options.error().text;
}

}  // namespace

TEST_CASE("msmtpd without options listens on 127.0.0.1 port 25") {
  const DaemonOptions options = parsed({});
  CHECK(options.mode == DaemonMode::listen);
  REQUIRE(options.interfaces.size() == 1);
  CHECK(to_text(std::get<InetInterface>(options.interfaces[0]).endpoint) == "127.0.0.1");
  CHECK(options.ports == std::vector<std::uint16_t>{25});
  CHECK_FALSE(options.names_addresses);
  CHECK(options.log == LogChoice());
  CHECK(options.command == default_command);
  CHECK_FALSE(options.login);
  CHECK(options.max_sessions == 256);
  CHECK(options.max_size == 256U * 1024 * 1024);
  CHECK(options.max_recipients == 5000);
  CHECK(options.idle_seconds == 300);
  CHECK(options.total_seconds == 3600);
  CHECK_FALSE(options.lmtp);
}

TEST_CASE("msmtpd's options may be abbreviated, and their arguments stand behind '=' or alone") {
  const DaemonOptions options = parsed({"--int", "::1", "--po=2500", "--comm", "cat >x", "--lm"});
  CHECK(to_text(std::get<InetInterface>(options.interfaces[0]).endpoint) == "::1");
  CHECK(options.ports == std::vector<std::uint16_t>{2500});
  CHECK(options.names_addresses);
  CHECK(options.command == "cat >x");
  CHECK(options.lmtp);
  CHECK(complaint({"--in"}) == "option '--in' is ambiguous; possibilities: '--inetd' '--interface'");
}

TEST_CASE("interfaces and ports add up") {
  const DaemonOptions options =
      parsed({"--interface=127.0.0.1", "--interface=[::1]", "--interface=unix:/run/x", "--port=25", "--port=587"});
  CHECK(options.interfaces.size() == 3);
  CHECK(options.ports == std::vector<std::uint16_t>{25, 587});
}

TEST_CASE("a port without an address for it is an error") {
  CHECK(complaint({"--interface=unix:/run/x", "--port=25"}) == "--port is for addresses, and --interface names none");
}

TEST_CASE("--version and --help count after the whole command line was read") {
  CHECK(parsed({"--version", "--port=1"}).mode == DaemonMode::version);
  CHECK(parsed({"--inetd", "--help"}).mode == DaemonMode::help);
  CHECK(parsed({"--inetd"}).mode == DaemonMode::inetd);
  CHECK(complaint({"--version", "--port=x"}) == "invalid port 'x': a number from 1 to 65535 is expected");
}

TEST_CASE("what is no option of msmtpd is said so") {
  CHECK(complaint({"--nonsense"}) == "unrecognized option '--nonsense'");
  CHECK(complaint({"-x"}) == "invalid option -- 'x'");
  CHECK(complaint({"word"}) == "too many arguments");
  CHECK(complaint({"--", "--lmtp"}) == "too many arguments");
  CHECK(complaint({"-"}) == "too many arguments");
  CHECK(complaint({"--port"}) == "option '--port' requires an argument");
  CHECK(complaint({"--lmtp=1"}) == "option '--lmtp' doesn't allow an argument");
}

TEST_CASE("an empty argument of any of msmtpd's options is an error") {
  for (const std::string option :
       {"interface", "port", "log", "command", "auth", "user", "group", "max-sessions", "max-size", "max-recipients",
        "timeout", "session-timeout", "allow-user", "allow-group", "from"}) {
    CHECK(complaint({"--" + option + "="}) == "option '--" + option + "' has an empty argument");
    CHECK(complaint({"--" + option, ""}) == "option '--" + option + "' has an empty argument");
  }
}

TEST_CASE("of several errors in msmtpd's options the first is told") {
  CHECK(complaint({"--port=0", "--nonsense"}).starts_with("invalid port '0'"));
}

TEST_CASE("numbers of msmtpd are decimal and within bounds") {
  CHECK(parsed({"--max-sessions=1"}).max_sessions == 1);
  CHECK(parsed({"--max-recipients=10000"}).max_recipients == 10'000);
  CHECK(parsed({"--timeout=5"}).idle_seconds == 5);
  CHECK(parsed({"--session-timeout=off"}).total_seconds == 0);
  CHECK(parsed({"--session-timeout=0"}).total_seconds == 0);
  for (const std::string option : {"max-sessions", "max-recipients", "timeout"}) {
    for (const std::string value : {"0", "-1", "+1", "0x10", "1 ", " 1", "1s", "off", "99999999999999999999"}) {
      CHECK(complaint({"--" + option + "=" + value}).starts_with("invalid argument '" + value + "' for --" + option));
    }
  }
  CHECK(complaint({"--max-recipients=10001"}) ==
        "invalid argument '10001' for --max-recipients: a number from 1 to 10000 is expected");
}

TEST_CASE("a size may have a unit") {
  CHECK(parsed({"--max-size=0"}).max_size == 0);
  CHECK(parsed({"--max-size=1000"}).max_size == 1000);
  CHECK(parsed({"--max-size=10k"}).max_size == 10'240);
  CHECK(parsed({"--max-size=10K"}).max_size == 10'240);
  CHECK(parsed({"--max-size=3M"}).max_size == 3'145'728);
  CHECK(parsed({"--max-size=2G"}).max_size == 2'147'483'648);
  for (const std::string value : {"k", "-1", "1kk", "1T", "1.5M", "9999999999G", "9223372036854775808"}) {
    CHECK(complaint({"--max-size=" + value}).starts_with("invalid argument '" + value + "' for --max-size"));
  }
}

TEST_CASE("--auth has a user and perhaps a command with commas") {
  CHECK(parsed({"--auth=me"}).login->user == "me");
  CHECK(parsed({"--auth=me"}).login->password_command.empty());
  const DaemonOptions options = parsed({"--auth=other", "--auth=me,echo a,b"});
  CHECK(options.login->user == "me");
  CHECK(options.login->password_command == "echo a,b");
  CHECK(complaint({"--auth=,x"}).starts_with("invalid argument ',x' for --auth"));
  CHECK(complaint({"--auth=me,"}).starts_with("invalid argument 'me,' for --auth"));
}

TEST_CASE("where the log goes") {
  CHECK(parsed({"--log=none"}).log.target == LogTarget::none);
  CHECK(parsed({"--log=syslog"}).log.target == LogTarget::syslog);
  CHECK(parsed({"--log=-"}).log.target == LogTarget::standard_error);
  CHECK(parsed({"--log=stderr"}).log.target == LogTarget::standard_error);
  CHECK(parsed({"--log=./none"}).log == LogChoice{LogTarget::file, "./none"});
}

TEST_CASE("who msmtpd is, and whom it serves") {
  const DaemonOptions options = parsed({"--user=mail", "--group=other", "--allow-user=0", "--allow-user=1000",
                                        "--allow-group=0", "--from=*:%U@example.test", "--from=0:root@example.test"});
  CHECK(options.user == "mail");
  CHECK(options.group == "other");
  CHECK(options.allowed.users == std::vector<std::uint32_t>{0, 1000});
  CHECK(options.allowed.groups == std::vector<std::uint32_t>{0});
  REQUIRE(options.senders.size() == 2);
  CHECK_FALSE(options.senders[0].user);
  CHECK(options.senders[1].user == 0U);
}
