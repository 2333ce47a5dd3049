// The command line: getopt's conventions, each option, the conflicts.
#include "parent/options.hpp"

#include "parent/getopt.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <vector>

using namespace msmtp;

namespace {

using Words = std::vector<std::string_view>;

std::variant<Options, UsageError> parse(const Words& words, bool posixly_correct = false) {
  return parse_options(words, {posixly_correct, "/home/joe", "msmtp"});
}

Options good(const Words& words, bool posixly_correct = false) {
  auto parsed = parse(words, posixly_correct);
  if (const auto* error = std::get_if<UsageError>(&parsed)) FAIL(error->text);
  return std::get<Options>(std::move(parsed));
}

UsageError bad(const Words& words) {
  auto parsed = parse(words);
  REQUIRE(std::holds_alternative<UsageError>(parsed));
  return std::get<UsageError>(parsed);
}

// What getopt itself would say.
std::string getopt_says(const Words& words) {
  const auto error = bad(words);
  CHECK(error.prefix == UsageError::Prefix::invocation);
  return error.text;
}

std::string we_say(const Words& words) {
  const auto error = bad(words);
  CHECK(error.prefix == UsageError::Prefix::program);
  return error.text;
}

}  // namespace

TEST_CASE("options may stand after recipients, and two dashes end them") {
  const auto options = good({"a@b", "-t", "c@d", "--", "-P", "--help"});
  CHECK(options.read_recipients);
  CHECK_FALSE(options.pretend);
  CHECK(options.recipients == std::vector<std::string>{"a@b", "c@d", "-P", "--help"});
}

TEST_CASE("with POSIXLY_CORRECT the first recipient ends the options") {
  const auto options = good({"-t", "a@b", "-P"}, true);
  CHECK(options.read_recipients);
  CHECK_FALSE(options.pretend);
  CHECK(options.recipients == std::vector<std::string>{"a@b", "-P"});
  CHECK(good({"--", "-P", "--", "x"}, true).recipients == std::vector<std::string>{"-P", "--", "x"});
}

TEST_CASE("a single dash and an empty word are recipients") {
  CHECK(good({"-", ""}).recipients == std::vector<std::string>{"-", ""});
}

TEST_CASE("an unambiguous beginning of a long option is enough") {
  CHECK(good({"--vers"}).version);
  CHECK(good({"--read-r"}).read_recipients);
  CHECK(good({"--ho=x"}).overrides.host == "x");
}

TEST_CASE("a whole name is no beginning of another one") {
  CHECK(good({"--tls"}).overrides.tls);
  CHECK(good({"--from=a"}).overrides.from == "a");
}

TEST_CASE("getopt's complaints are those that callers know") {
  CHECK(getopt_says({"-x"}) == "invalid option -- 'x'");
  CHECK(getopt_says({"-tq"}) == "invalid option -- 'q'");
  CHECK(getopt_says({"-o"}) == "option requires an argument -- 'o'");
  CHECK(getopt_says({"--h"}) == "option '--h' is ambiguous; possibilities: '--help' '--host'");
  CHECK(getopt_says({"--h=1"}) == "option '--h=1' is ambiguous; possibilities: '--help' '--host'");
  CHECK(getopt_says({"--hx=1"}) == "unrecognized option '--hx=1'");
  CHECK(getopt_says({"--account"}) == "option '--account' requires an argument");
  CHECK(getopt_says({"--ver=1"}) == "option '--version' doesn't allow an argument");
}

TEST_CASE("there are no options for what only a file may say") {
  for (const std::string_view word :
       {"--ntlmdomain=x", "--allow-from-override=on", "--from-full-name=x", "--tls-nostarttls", "--tls-nocertcheck"}) {
    CHECK(getopt_says({word}) == "unrecognized option '" + std::string(word) + "'");
  }
}

TEST_CASE("letters that sendmail has and msmtp never had are refused") {
  for (const char letter : std::string_view("qrspUVxIEQDcTWz0")) {
    const auto word = std::string("-") + letter;
    CHECK(getopt_says({word}) == "invalid option -- '" + std::string(1, letter) + "'");
  }
}

TEST_CASE("an argument may be attached, follow, or stand behind the equals sign") {
  CHECK(good({"-fa@b"}).overrides.from == "a@b");
  CHECK(good({"-f", "a@b"}).overrides.from == "a@b");
  CHECK(good({"--from=a@b"}).overrides.from == "a@b");
  CHECK(good({"--from", "a@b"}).overrides.from == "a@b");
  CHECK(good({"--from="}).overrides.from == "");
  CHECK(good({"--domain=a=b"}).overrides.domain == "a=b");
}

TEST_CASE("an argument is taken even when it looks like an option") {
  const auto options = good({"-o", "-t", "-C", "--", "x"});
  CHECK_FALSE(options.read_recipients);
  CHECK(options.config_file == "--");
  CHECK(options.recipients == std::vector<std::string>{"x"});
}

TEST_CASE("an optional argument must be attached") {
  const auto options = good({"--tls", "off", "-d", "0.1"});
  CHECK(options.overrides.tls);
  CHECK(options.debug);
  CHECK_FALSE(options.version);
  CHECK(options.recipients == std::vector<std::string>{"off", "0.1"});
  CHECK_FALSE(good({"--tls=off"}).overrides.tls);
}

TEST_CASE("letters may be bundled, and one with an argument takes the rest") {
  const auto options = good({"-tvPi", "-GmnXlog"});
  CHECK(options.read_recipients);
  CHECK(options.debug);
  CHECK(options.pretend);
  CHECK(options.overrides.logfile == "log");
  CHECK_FALSE(good({"-dP"}).pretend);
}

TEST_CASE("-d0.1 asks for the version too, another argument for nothing") {
  const auto options = good({"-d0.1"});
  CHECK(options.debug);
  CHECK(options.version);
  CHECK(options.mode == Mode::only_print);
  CHECK_FALSE(good({"-d0.2"}).version);
  CHECK_FALSE(good({"--debug=0.10"}).version);
  CHECK(good({"--debug=0.1"}).version);
}

TEST_CASE("what sendmail's callers say besides is ignored") {
  const auto options = good({"-oi", "-oem", "-o7", "-B8BITMIME", "-B", "7BIT", "-O", "a=b", "-Am", "-h", "3", "-L",
                             "tag", "-G", "-i", "-m", "-n", "-bm", "x"});
  CHECK(options.overrides.given.empty());
  CHECK(options.mode == Mode::sendmail);
  CHECK(options.recipients == std::vector<std::string>{"x"});
}

TEST_CASE("-bp and -bi only print, unless something else is asked for") {
  const auto queue = good({"-bp", "x@y", "-v"});
  CHECK(queue.mode == Mode::only_print);
  CHECK((queue.list_queue && !queue.rebuild_aliases));
  const auto aliases = good({"-bp", "-bi"});
  CHECK(aliases.mode == Mode::only_print);
  CHECK((aliases.rebuild_aliases && !aliases.list_queue));
  CHECK(good({"-bp", "-bm"}).mode == Mode::sendmail);
  CHECK_FALSE(good({"-bp", "-bm"}).list_queue);
  CHECK(good({"-bp", "-S"}).mode == Mode::server_info);
  CHECK_FALSE(good({"-bp", "-S"}).list_queue);
  CHECK(good({"-bp", "--version"}).list_queue);
}

TEST_CASE("called by the names that sendmail has links for, one thing is asked and no word looked at") {
  const std::vector<std::string_view> words = {"-v", "-Ac", "-qI", "--host", "--account=x", "--nonsense"};
  const auto queue = parse_options(words, {false, "/home/joe", "mailq"});
  REQUIRE(std::holds_alternative<Options>(queue));
  CHECK(std::get<Options>(queue).list_queue);
  CHECK(std::get<Options>(queue).mode == Mode::only_print);
  const auto aliases = parse_options(words, {false, "/home/joe", "newaliases"});
  REQUIRE(std::holds_alternative<Options>(aliases));
  CHECK(std::get<Options>(aliases).rebuild_aliases);
  CHECK(std::holds_alternative<UsageError>(parse_options(words, {false, "/home/joe", "sendmail"})));
  CHECK(std::holds_alternative<UsageError>(parse_options(words, {false, "/home/joe", "mailq2"})));
}

TEST_CASE("-bm, -bs, -bp and -bi are the operation modes that there are") {
  CHECK(good({"-bs"}).mode == Mode::smtp_session);
  CHECK(good({"-bs", "-bm"}).mode == Mode::sendmail);
  CHECK(we_say({"-bs", "-P"}) == "cannot use both -bs and --pretend");
  CHECK(good({"-bs", "-P", "-bm"}).pretend);
  for (const std::string_view word : {"-bd", "-bt", "-bh", "-bmm", "-bps"}) {
    CHECK(we_say({word}).starts_with("unsupported operation mode b" + std::string(word.substr(2))));
  }
}

TEST_CASE("the last of a repeated option wins") {
  const auto options = good({"-a", "x", "-a", "y", "--port=1", "--port=2", "-C", "f", "-C", "g"});
  CHECK(options.account_name == "y");
  CHECK(options.overrides.port == 2);
  CHECK(options.config_file == "g");
}

TEST_CASE("a bad value is named with its option and what was expected") {
  CHECK(we_say({"--port=0"}) == "invalid argument 0 for --port (expected a number from 1 to 65535)");
  CHECK(we_say({"--tls=maybe"}) == "invalid argument maybe for --tls (expected on or off)");
  CHECK(we_say({"-N", "x"}).starts_with("invalid argument x for --dsn-notify (expected "));
  CHECK(we_say({"--set-date-header=on"}).starts_with("invalid argument on for --set-date-header"));
  CHECK(we_say({"--timeout=1s"}).starts_with("invalid argument 1s for --timeout"));
  CHECK(we_say({"--auth=PLAIN"}).starts_with("invalid argument PLAIN for --auth"));
}

TEST_CASE("a line break in what goes to the server is a usage error") {
  for (const std::string_view word : {"--from=a\nb", "--domain=a\r\nRSET", "--host=a\n", "--rmqs=x\r\nQUIT",
                                      "--source-ip=1\n", "--proxy-host=a\nb", "--maildomain=\n", "--configure=a\n@b"}) {
    CHECK(we_say({word}).starts_with("invalid argument "));
  }
}

TEST_CASE("host and account exclude each other in either order") {
  CHECK(we_say({"--host=x", "-a", "y"}) == "cannot use both --host and --account");
  CHECK(we_say({"-a", "y", "--host="}) == "cannot use both --host and --account");
}

TEST_CASE("a sender from the command line and one from the mail exclude each other") {
  CHECK(we_say({"-f", "a", "--read-envelope-from"}) == "cannot use both --from and --read-envelope-from");
  CHECK(we_say({"--read-envelope-from", "-f", "a"}) == "cannot use both --from and --read-envelope-from");
  CHECK(good({"--read-envelope-from", "--read-envelope-from"}).read_envelope_from);
}

TEST_CASE("server information and queue start exclude each other and take no recipients") {
  CHECK(we_say({"-S", "--rmqs=x"}) == "cannot use both --serverinfo and --rmqs");
  CHECK(we_say({"--rmqs=x", "-S"}) == "cannot use both --serverinfo and --rmqs");
  CHECK(good({"-S", "-S"}).mode == Mode::server_info);
  CHECK(we_say({"-S", "x"}).starts_with("too many arguments"));
  CHECK(we_say({"x", "--rmqs=#q"}).starts_with("too many arguments"));
}

TEST_CASE("the first error counts, whatever was asked for before it") {
  CHECK(getopt_says({"--help", "--version", "-x", "--port=0"}) == "invalid option -- 'x'");
}

TEST_CASE("configure comes before printing, printing before the other modes") {
  CHECK(good({}).mode == Mode::sendmail);
  CHECK(good({"--help"}).mode == Mode::only_print);
  CHECK(good({"--version", "-S"}).mode == Mode::only_print);
  const auto options = good({"--version", "--configure=a@b", "-S"});
  CHECK(options.mode == Mode::configure);
  CHECK(options.version);
  CHECK(options.configure_address == "a@b");
  CHECK(good({"--rmqs=@example.org"}).queue_argument == "@example.org");
  CHECK(good({"--rmqs=@example.org"}).mode == Mode::queue_start);
}

TEST_CASE("the full name is kept as it was given") {
  CHECK(good({"-FJoe Q. Public"}).overrides.from_full_name == "Joe Q. Public");
  CHECK(good({"-F", ""}).overrides.from_full_name == "");
}

TEST_CASE("tildes are replaced in log file names, not in the configuration file's") {
  const auto options = good({"-X", "~/log", "-C", "~/rc"});
  CHECK(options.overrides.logfile == "/home/joe/log");
  CHECK(options.config_file == "~/rc");
}

TEST_CASE("every setting that has an option can be given on the command line") {
  const auto options = good({"--host=h",
                             "--port=25",
                             "--connect-timeout=5",
                             "--protocol=lmtp",
                             "--source-ip=1.2.3.4",
                             "--proxy-host=p",
                             "--proxy-port=9050",
                             "--socket=s",
                             "--user=u",
                             "--passwordeval=c",
                             "--auth=cram-md5",
                             "--tls-starttls=off",
                             "--tls-trust-file=",
                             "--tls-certcheck=off",
                             "--tls-min-dh-prime-bits=512",
                             "--logfile-time-format=none",
                             "--syslog=LOG_MAIL",
                             "--set-to-header=undisclosed_recipients",
                             "--keepbcc",
                             "--tls-force-sslv3",
                             "-Rhdrs"});
  const auto& account = options.overrides;
  CHECK(account.timeout == 5);
  CHECK(account.protocol == Protocol::lmtp);
  CHECK(account.proxy_port == 9050);
  CHECK(account.auth.mechanism == Mechanism::cram_md5);
  CHECK(account.given.has(Setting::tls_trust_file));
  CHECK_FALSE(account.tls_trust_file.has_value());
  CHECK_FALSE(account.tls_certcheck);
  CHECK(account.dsn_return == "HDRS");
  CHECK_FALSE(account.remove_bcc_headers);
}

TEST_CASE("the program is called by the last component of its path") {
  CHECK(program_name("/usr/sbin/sendmail") == "sendmail");
  CHECK(program_name("msmtp") == "msmtp");
  CHECK(program_name("dir/") == "");
  CHECK(program_name("") == "");
}

TEST_CASE("an option without a letter is not found by NUL") {
  const std::string word("-\0", 2);
  CHECK(std::holds_alternative<UsageError>(parse({word})));
}
