// What --pretend shows: keys, order and words are an interface.
#include "parent/describe.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

const std::string session_of_defaults =
    "host = (not set)\n"
    "port = 0\n"
    "source ip = (not set)\n"
    "proxy host = (not set)\n"
    "proxy port = 0\n"
    "socket = (not set)\n"
    "timeout = off\n"
    "protocol = smtp\n"
    "domain = localhost\n"
    "auth = none\n"
    "user = (not set)\n"
    "password = (not set)\n"
    "passwordeval = (not set)\n"
    "ntlmdomain = (not set)\n"
    "tls = off\n"
    "tls_starttls = on\n"
    "tls_trust_file = (not set)\n"
    "tls_crl_file = (not set)\n"
    "tls_fingerprint = (not set)\n"
    "tls_key_file = (not set)\n"
    "tls_cert_file = (not set)\n"
    "tls_certcheck = on\n"
    "tls_min_dh_prime_bits = (not set)\n"
    "tls_priorities = (not set)\n"
    "tls_host_override = (not set)\n";

const std::string mail_of_defaults =
    "auto_from = off\n"
    "maildomain = (not set)\n"
    "from = (not set)\n"
    "from_full_name = (not set)\n"
    "allow_from_override = on\n"
    "set_from_header = auto\n"
    "set_date_header = auto\n"
    "set_msgid_header = auto\n"
    "set_to_header = off\n"
    "remove_bcc_headers = on\n"
    "dsn_notify = (not set)\n"
    "dsn_return = (not set)\n"
    "logfile = (not set)\n"
    "logfile_time_format = (not set)\n"
    "syslog = (not set)\n"
    "aliases = (not set)\n"
    "reading recipients from the command line\n";

// Whether LINE is one of the lines of the description.
bool shows(const Account& account, const std::string& line, const Options& options = {}) {
  return ("\n" + describe_account(account, options, false)).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("an account of defaults is shown key by key") {
  CHECK(describe_account({}, {}, false) == session_of_defaults + mail_of_defaults);
}

TEST_CASE("the first line says where the account came from, if that is a file or the command line") {
  Account account;
  account.name = "work";
  account.file = "/home/joe/.msmtprc";
  CHECK(describe_account(account, {}, false).starts_with("using account work from /home/joe/.msmtprc\nhost = "));
  Options options;
  options.overrides.given.add(Setting::host);
  CHECK(describe_account({}, options, false).starts_with("using account specified on command line\nhost = "));
}

TEST_CASE("the other modes show the session only, and the queue its argument") {
  Options options;
  options.mode = Mode::server_info;
  CHECK(describe_account({}, options, false) == session_of_defaults);
  options.mode = Mode::queue_start;
  options.queue_argument = "#q";
  CHECK(describe_account({}, options, false) == session_of_defaults + "RMQS argument = #q\n");
}

TEST_CASE("a password is a star, wherever it comes from") {
  Account account;
  account.password = Secret::copy_of("hidden");
  CHECK(shows(account, "password = *"));
  CHECK(describe_account(account, {}, false).find("hidden") == std::string::npos);
  CHECK(describe_account({}, {}, true).find("\npassword = *\n") != std::string::npos);
}

TEST_CASE("times, methods and fingerprints have the words that scripts read") {
  Account account;
  account.timeout = 1;
  CHECK(shows(account, "timeout = 1 second"));
  account.timeout = 30;
  CHECK(shows(account, "timeout = 30 seconds"));
  account.auth = {true, std::nullopt};
  CHECK(shows(account, "auth = choose"));
  account.auth = {true, Mechanism::scram_sha_256};
  CHECK(shows(account, "auth = SCRAM-SHA-256"));
  account.auth.wanted = false;
  CHECK(shows(account, "auth = none"));
  account.tls_fingerprint = "md5:00ff";
  CHECK(shows(account, "tls_fingerprint = 00:FF"));
  account.protocol = Protocol::lmtp;
  CHECK(shows(account, "protocol = lmtp"));
  account.syslog = SyslogFacility::local3;
  CHECK(shows(account, "syslog = LOG_LOCAL3"));
  account.set_to_header = ToHeader::undisclosed_recipients;
  CHECK(shows(account, "set_to_header = undisclosed_recipients"));
  account.tls_min_dh_prime_bits = 512;
  CHECK(shows(account, "tls_min_dh_prime_bits = 512"));
}

TEST_CASE("the null sender is empty, a sender still to be read is announced") {
  Account account;
  Options options;
  options.read_envelope_from = true;
  CHECK(shows(account, "from = (read from mail)", options));
  account.from = "";
  CHECK(shows(account, "from = ", options));
  account.from = "joe@example";
  CHECK(shows(account, "from = joe@example", options));
}

TEST_CASE("recipients from the mail are announced") {
  Options options;
  options.read_recipients = true;
  CHECK(shows({}, "reading recipients from the command line and the mail", options));
}

TEST_CASE("no value can begin a line of its own") {
  Account account;
  account.user = "joe\nfrom = other\x1b[2J";
  CHECK(shows(account, "user = joe?from = other?[2J"));
  Options options;
  options.mode = Mode::queue_start;
  options.queue_argument = "a\033";
  CHECK(shows({}, "RMQS argument = a?", options));
}
