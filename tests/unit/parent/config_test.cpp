// The configuration file's grammar.
#include "parent/config.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace msmtp;

namespace {

const CommandRunner no_commands = [](std::string_view) -> Result<Secret> {
  return fail(ExitCode::io_error, "no command may run here");
};

Result<Config> parse(std::string_view text, const CommandRunner& runner = no_commands) {
  return parse_config(text, {"rc", "/home/joe", runner});
}

Config good(std::string_view text, const CommandRunner& runner = no_commands) {
  auto parsed = parse(text, runner);
  if (!parsed) FAIL(parsed.error().text);
  return std::move(*parsed);
}

Account only(std::string_view text) {
  auto config = good(text);
  REQUIRE(config.accounts.size() == 1);
  return std::move(config.accounts.front());
}

// The complaint about a file's content.
std::string complaint(std::string_view text, const CommandRunner& runner = no_commands) {
  auto parsed = parse(text, runner);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().code == ExitCode::config);
  return parsed.error().text;
}

CommandRunner output(std::string_view text) {
  return [text = std::string(text)](std::string_view) -> Result<Secret> { return Secret::copy_of(text); };
}

}  // namespace

TEST_CASE("a line is a command and the rest, without blanks around it") {
  const auto split = split_config_line(" \t host \t mail.example  x\t ");
  CHECK(split.name == "host");
  CHECK(split.argument == "mail.example  x");
  CHECK(split_config_line("").name.empty());
  CHECK(split_config_line(" \t").name.empty());
  CHECK(split_config_line("  # host x").name.empty());
  CHECK(split_config_line("tls").argument.empty());
}

TEST_CASE("one pair of quotes around the argument is taken off, and nothing else is") {
  CHECK(split_config_line("user \" a b \"").argument == " a b ");
  CHECK(split_config_line("user \"a\"b\"").argument == "a\"b");
  CHECK(split_config_line("user \"").argument == "\"");
  CHECK(split_config_line("user \"\"").argument.empty());
  CHECK(split_config_line("user \"a").argument == "\"a");
  CHECK(split_config_line("user \"\"a\"\"").argument == "\"a\"");
  CHECK(split_config_line("user a\\\"").argument == "a\\\"");
}

TEST_CASE("a hash only begins a comment at the beginning of a line") {
  CHECK(only("host h # c\n").host == "h # c");
}

TEST_CASE("a byte order mark before the first line is passed over") {
  CHECK(only("\xef\xbb\xbfhost a\n").host == "a");
  CHECK(complaint("host a\n\xef\xbb\xbfuser b\n") == "rc: line 2: unknown command \xef\xbb\xbfuser");
}

TEST_CASE("lines may end in CRLF, the last one in anything") {
  CHECK(only("host a\r\nuser b\r\n").host == "a");
  CHECK(only("host a").host == "a");
  CHECK(only("host a\r").host == "a");
}

TEST_CASE("a carriage return inside a host is refused, not sent") {
  CHECK(complaint("host a\rb\n").starts_with("rc: line 1: invalid argument "));
  CHECK(complaint("from a\r\r\n").starts_with("rc: line 1: invalid argument "));
}

TEST_CASE("a NUL byte in a command is an error, in a comment it does not matter") {
  using namespace std::string_view_literals;
  CHECK(complaint("\nhost a\0b\n"sv) == "rc: line 2: the line holds a NUL byte");
  CHECK(complaint("ho\0st a\n"sv) == "rc: line 1: the line holds a NUL byte");
  CHECK(good("# \0\n"sv).accounts.empty());
}

TEST_CASE("a line may have 64 KiB and not one byte more, also in a comment") {
  CHECK(good("#" + std::string(max_config_line - 1, 'x') + "\nhost a\n").accounts.size() == 1);
  CHECK(complaint("\n#" + std::string(max_config_line, 'x') + "\n") == "rc: line 2: line longer than 65536 characters");
  const std::string name = "password ";
  const auto account = only(name + std::string(max_config_line - name.size(), 'p') + "\n");
  CHECK(account.password->size() == max_config_line - name.size());
}

TEST_CASE("an empty file, and one of comments, has no accounts") {
  CHECK(good("").accounts.empty());
  CHECK(good("\n\n# x\n \t\n").accounts.empty());
}

TEST_CASE("settings before the first account make an account called default") {
  const auto account = only("host a\n");
  CHECK(account.name == "default");
  CHECK(account.file == "rc");
  CHECK(complaint("host a\naccount default\n") == "rc: line 2: account default was already defined in this file");
}

TEST_CASE("each account has its name, its file and its own settings") {
  const auto config = good("account a\nhost x\naccount b c\nhost y\n");
  REQUIRE(config.accounts.size() == 2);
  CHECK(config.accounts[0].name == "a");
  CHECK(config.accounts[0].host == "x");
  CHECK(config.accounts[1].name == "b c");
  CHECK(config.accounts[1].host == "y");
  CHECK(config.accounts[1].file == "rc");
}

TEST_CASE("defaults hold for the accounts after them, and add up") {
  const auto config = good("defaults\ntls on\nport 587\naccount a\nport 26\ndefaults\nauth on\naccount b\n");
  REQUIRE(config.accounts.size() == 2);
  CHECK(config.accounts[0].tls);
  CHECK(config.accounts[0].port == 26);
  CHECK_FALSE(config.accounts[0].auth.wanted);
  CHECK(config.accounts[1].tls);
  CHECK(config.accounts[1].port == 587);
  CHECK(config.accounts[1].auth.wanted);
}

TEST_CASE("a default password is in every account") {
  const auto config = good("defaults\npassword pw\naccount a\naccount b\npassword\n");
  REQUIRE(config.accounts[0].password.has_value());
  CHECK(config.accounts[0].password->reveal() == "pw");
  CHECK_FALSE(config.accounts[1].password.has_value());
}

TEST_CASE("defaults takes no argument") {
  CHECK(complaint("defaults x\n") == "rc: line 1: command defaults does not take an argument");
}

TEST_CASE("an account inherits what the others were given, the last of the list winning") {
  const auto config = good(
      "account a\nhost ah\nport 1\nuser au\naccount b\nport 2\npassword bp\naccount c : a , b\nuser cu\n"
      "account d:c\n");
  REQUIRE(config.accounts.size() == 4);
  const auto& c = config.accounts[2];
  CHECK(c.name == "c");
  CHECK(c.host == "ah");
  CHECK(c.port == 2);
  CHECK(c.user == "cu");
  CHECK(c.password->reveal() == "bp");
  const auto& d = config.accounts[3];
  CHECK(d.host == "ah");
  CHECK(d.user == "cu");
  CHECK(d.password->reveal() == "bp");
}

TEST_CASE("what an account has from defaults is not inherited: the heir has the defaults of its place") {
  const auto config = good("defaults\nport 1\naccount a\ndefaults\nport 2\naccount b : a\n");
  CHECK(config.accounts[0].port == 1);
  CHECK(config.accounts[1].port == 2);
}

TEST_CASE("a setting of an account counts as given, one of defaults does not") {
  const auto config = good("defaults\ntls_trust_file\naccount a\naccount b\ntls_trust_file\n");
  CHECK_FALSE(config.accounts[0].given.has(Setting::tls_trust_file));
  CHECK(config.accounts[1].given.has(Setting::tls_trust_file));
}

TEST_CASE("quotes around the whole argument of account are taken off first") {
  const auto config = good("account a\nhost h\naccount \"default : a\"\n");
  CHECK(config.accounts[1].name == "default");
  CHECK(config.accounts[1].host == "h");
  CHECK(complaint("account a\naccount \"my acc\" : \"a\"\n") == "rc: line 2: account \"a not (yet) defined");
  CHECK(good("account a\naccount b : \"a\",a\n").accounts.size() == 2);
}

TEST_CASE("wrong names of accounts are told apart, the list before the name") {
  CHECK(complaint("account\n") == "rc: line 1: missing account name");
  CHECK(complaint("account a : \n") == "rc: line 1: missing account name");
  CHECK(complaint("account a\naccount b : a,\n") == "rc: line 2: missing account name");
  CHECK(complaint("account a\naccount : a\n") == "rc: line 2: missing account name");
  CHECK(complaint("account a : b, c\n") == "rc: line 1: account b not (yet) defined");
  CHECK(complaint("account a : a\n") == "rc: line 1: account a not (yet) defined");
  CHECK(complaint("account a,b\n") == "rc: line 1: an account name must not contain commas or colons");
  CHECK(complaint("account a\naccount a\n") == "rc: line 2: account a was already defined in this file");
  CHECK(complaint("account a,b : x\n") == "rc: line 1: account x not (yet) defined");
  CHECK(good("account a\naccount A\n").accounts.size() == 2);
}

TEST_CASE("there is an end to the number of accounts") {
  std::string text;
  for (std::size_t i = 0; i < max_accounts; ++i) text += "account " + std::to_string(i) + "\n";
  CHECK(good(text).accounts.size() == max_accounts);
  CHECK(complaint(text + "account x\n") == "rc: line 4097: more than 4096 accounts");
}

TEST_CASE("unknown commands are named, and case counts") {
  CHECK(complaint("\n\nfoo bar\n") == "rc: line 3: unknown command foo");
  CHECK(complaint("Host h\n") == "rc: line 1: unknown command Host");
  CHECK(complaint("host=h\n") == "rc: line 1: unknown command host=h");
}

TEST_CASE("missing, superfluous and wrong arguments are told apart") {
  CHECK(complaint("timeout\n") == "rc: line 1: command timeout needs an argument");
  CHECK(complaint("host \"\"\n") == "rc: line 1: command host needs an argument");
  CHECK(complaint("allow_from_override\n").starts_with("rc: line 1: invalid argument  for command allow_from"));
  CHECK(complaint("dsn_notify\n") == "rc: line 1: command dsn_notify needs an argument");
  CHECK(complaint("tls_nocertcheck x\n") == "rc: line 1: command tls_nocertcheck does not take an argument");
  CHECK(complaint("tls maybe\n") == "rc: line 1: invalid argument maybe for command tls (expected on or off)");
  CHECK(complaint("dsn_return hdrs\n").starts_with("rc: line 1: invalid argument hdrs for command dsn_return"));
}

TEST_CASE("an empty argument is on where there is an on, and auto where there is an auto") {
  const auto account =
      only("tls\ntls_starttls off\ntls_starttls\nauth\nsyslog\nset_to_header\nset_from_header off\nset_from_header\n");
  CHECK(account.tls);
  CHECK(account.tls_starttls);
  CHECK(account.auth.wanted);
  CHECK(account.syslog == SyslogFacility::user);
  CHECK(account.set_to_header == ToHeader::recipients);
  CHECK(account.set_from_header == HeaderPolicy::automatic);
}

TEST_CASE("an empty from is the null sender") {
  CHECK(only("from\n").from == "");
  CHECK_FALSE(only("host h\n").from.has_value());
}

TEST_CASE("a password in the file is noted, an empty one too") {
  CHECK(good("password x\n").has_password);
  CHECK(good("password\n").has_password);
  CHECK(good("defaults\npassword x\n").has_password);
  CHECK_FALSE(good("passwordeval x\n").has_password);
  CHECK_FALSE(good("# password x\n").has_password);
}

TEST_CASE("a password keeps every byte of its argument") {
  CHECK(only("password  \" p \xff\"\\# \" \n").password->reveal() == " p \xff\"\\# ");
}

TEST_CASE("no complaint repeats a password") {
  const auto text = "password " + std::string(max_password, 's') + "\n";
  CHECK(complaint(text).find("ss") == std::string::npos);
  const auto line = "password \"" + std::string(10, 's') + "\n" + "bogus\n";
  CHECK(complaint(line).find("sss") == std::string::npos);
}

TEST_CASE("eval is replaced by its command's output") {
  std::string seen;
  const CommandRunner runner = [&seen](std::string_view command) -> Result<Secret> {
    seen = std::string(command);
    return Secret::copy_of("  host from.command \r");
  };
  const auto config = good("eval  echo host x | cat  \n", runner);
  CHECK(seen == "echo host x | cat");
  REQUIRE(config.accounts.size() == 1);
  CHECK(config.accounts[0].host == "from.command");
}

TEST_CASE("a password from eval does not make the file a secret") {
  const auto config = good("eval x\n", output("password pw"));
  CHECK_FALSE(config.has_password);
  CHECK(config.accounts[0].password->reveal() == "pw");
  CHECK(good("eval x\npassword y\n", output("password pw")).has_password);
}

TEST_CASE("an empty or commented output is ignored, accounts may come from a command") {
  CHECK(good("eval x\n", output("")).accounts.empty());
  CHECK(good("eval x\n", output("# c")).accounts.empty());
  CHECK(good("eval x\nhost h\n", output("account made")).accounts[0].name == "made");
}

TEST_CASE("eval is not evaluated twice") {
  CHECK(complaint("eval x\n", output("eval y")) == "rc: line 1: unknown command eval");
  CHECK(good("eval x\neval x\n", output("host h")).accounts.size() == 1);
}

TEST_CASE("eval needs a command, and its failure keeps its own code") {
  CHECK(complaint("eval\n") == "rc: line 1: command eval needs an argument");
  const auto parsed = parse("\neval false\n", no_commands);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().code == ExitCode::io_error);
  CHECK(parsed.error().text == "rc: line 2: no command may run here");
}

TEST_CASE("file names get the home directory") {
  CHECK(only("logfile ~/log\n").logfile == "/home/joe/log");
}
