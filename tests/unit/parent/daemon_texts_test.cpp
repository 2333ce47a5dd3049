// --version and --help of msmtpd.
#include "parent/daemon_texts.hpp"

#include "common/text.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

TEST_CASE("msmtpd's version begins as scripts know it") {
  const std::string text = daemon_version_text("1.2.3", "here", "none");
  CHECK(text.starts_with("msmtpd version 1.2.3\nPlatform: here\nSandbox: none\n"));
  CHECK(text.ends_with("There is NO WARRANTY.\n"));
}

TEST_CASE("msmtpd's help names each option, and fits into 80 columns") {
  const std::string text = daemon_help_text("./msmtpd", "msmtp -f %F --");
  CHECK(text.starts_with("Usage:\n  ./msmtpd [OPTION...]\n"));
  for (const auto option : {"version", "help", "interface", "port", "inetd", "lmtp", "auth", "allow-user",
                            "allow-group", "from", "max-sessions", "max-size", "max-recipients", "timeout",
                            "session-timeout", "command", "user", "group", "log"}) {
    CHECK(text.find("\n  --" + std::string(option)) != std::string::npos);
  }
  for (const auto line : split(text, '\n')) CHECK(line.size() <= 80);
  CHECK(text.find("msmtp -f %F --") != std::string::npos);
}
