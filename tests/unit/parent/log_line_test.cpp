// The log line: fields, order, and nothing that could forge another line.
#include "parent/log_line.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

LogFacts facts() {
  LogFacts facts;
  facts.host = "mail.test";
  facts.from = "a@b";
  facts.recipients = {"c@d", "e@f"};
  return facts;
}

}  // namespace

TEST_CASE("a sent mail is logged with its size and the server's reply") {
  auto sent = facts();
  sent.tls = sent.auth = true;
  sent.user = "joe";
  sent.mail_size = 1234;
  sent.server_reply = "250-2.0.0 Ok\n250 queued as 1";
  CHECK(log_line(sent) ==
        "host=mail.test tls=on auth=on user=joe from=a@b recipients=c@d,e@f mailsize=1234 smtpstatus=250 "
        "smtpmsg='250-2.0.0 Ok\\n250 queued as 1' exitcode=EX_OK");
}

TEST_CASE("a failure is logged with its reason and exit code") {
  auto failed = facts();
  failed.error = "recipient address c@d not accepted by the server";
  failed.server_reply = "550 5.1.1 no";
  failed.exit_code = ExitCode::data_error;
  CHECK(log_line(failed) ==
        "host=mail.test tls=off auth=off from=a@b recipients=c@d,e@f smtpstatus=550 smtpmsg='550 5.1.1 no' "
        "errormsg='recipient address c@d not accepted by the server' exitcode=EX_DATAERR");
}

TEST_CASE("the socket stands in for a host that is not set, and an empty host is a host") {
  auto local = facts();
  local.host.reset();
  local.socket = "/run/lmtp";
  CHECK(log_line(local).starts_with("socket=/run/lmtp tls=off "));
  local.host = "";
  CHECK(log_line(local).starts_with("host= tls=off "));
}

TEST_CASE("the user is logged only when there is authentication and a user") {
  auto user = facts();
  user.user = "joe";
  CHECK(log_line(user).find("user=") == std::string::npos);
  user.auth = true;
  CHECK(log_line(user).find(" auth=on user=joe from=") != std::string::npos);
  user.user.reset();
  CHECK(log_line(user).find(" auth=on from=") != std::string::npos);
}

TEST_CASE("no value can hold a control byte or end its quotes") {
  LogFacts evil;
  const std::string bytes = "x\r\ny'z\x1b";
  evil.host = evil.user = evil.error = evil.from = evil.server_reply = bytes;
  evil.auth = true;
  evil.recipients = {bytes, bytes};
  evil.server_reply = "550 x\r\n550 'y\x7f";
  CHECK(log_line(evil) ==
        "host=x??y?z? tls=off auth=on user=x??y?z? from=x??y?z? recipients=x??y?z?,x??y?z? smtpstatus=550 "
        "smtpmsg='550 x?\\n550 ?y?' errormsg='x??y?z?' exitcode=EX_OK");
  evil.host.reset();
  evil.socket = bytes;
  CHECK(log_line(evil).starts_with("socket=x??y?z? "));
}

TEST_CASE("what has no code is shown, but is no status") {
  LogFacts facts;
  for (const auto* reply : {"a=b c", "2.5 x", "25", "x y z"}) {
    facts.server_reply = reply;
    CHECK(log_line(facts).find("smtpstatus") == std::string::npos);
    CHECK(log_line(facts).find(std::string(" smtpmsg='") + reply + "' ") != std::string::npos);
  }
}

TEST_CASE("the time has the given format, and none is nothing at all") {
  std::tm tm{};
  tm.tm_year = 126;
  tm.tm_mon = 10;
  tm.tm_mday = 3;
  tm.tm_hour = 9;
  CHECK(log_time(default_log_time_format, tm).value() == "Nov 03 09:00:00 ");
  CHECK(log_time("%Y-%m-%dT%H", tm).value() == "2026-11-03T09 ");
  CHECK(log_time("none", tm).value() == "");
}

TEST_CASE("an empty or too long time is an error") {
  const std::tm tm{};
  CHECK(log_time(std::string(127, 'x'), tm).value().size() == 128);
  CHECK_FALSE(log_time(std::string(128, 'x'), tm));
  const auto empty = log_time("", tm);
  REQUIRE_FALSE(empty);
  CHECK(empty.error().code == ExitCode::io_error);
}
