// The texts of --version and --help.
#include "parent/program_texts.hpp"

#include "parent/settings.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

VersionFacts facts() {
  return {"msmtp-privsep",
          "0.1",
          "x86_64-linux-gnu",
          "libtls",
          "GNU SASL",
          true,
          true,
          "/etc/msmtprc",
          "/home/joe/.msmtprc",
          {"Sandbox: seccomp, Landlock"}};
}

}  // namespace

TEST_CASE("the version has the labels that scripts read, in their order") {
  const auto text = version_text(facts());
  CHECK(
      text.starts_with("msmtp version 0.1\n"
                       "Platform: x86_64-linux-gnu\n"
                       "TLS/SSL library: libtls\n"
                       "Authentication library: GNU SASL\n"
                       "Supported authentication methods:\n"
                       "scram-sha-256 scram-sha-1 plain external oauthbearer cram-md5 digest-md5 login ntlm xoauth2 \n"
                       "IDN support: enabled\n"
                       "NLS: disabled\n"
                       "Keyring support: Gnome \n"
                       "System configuration file name: /etc/msmtprc\n"
                       "User configuration file name: /home/joe/.msmtprc\n"
                       "Package: msmtp-privsep\n"
                       "Sandbox: seccomp, Landlock\n"
                       "\n"
                       "Copyright "));
  CHECK(text.ends_with("NO WARRANTY.\n"));
}

TEST_CASE("what is missing is said, and file names cannot forge lines") {
  auto own = facts();
  own.has_idn = own.has_keyring = false;
  own.user_file = "a\nNLS: enabled";
  const auto text = version_text(own);
  CHECK(text.find("\nIDN support: disabled\n") != std::string::npos);
  CHECK(text.find("\nKeyring support: none\n") != std::string::npos);
  CHECK(text.find("\nUser configuration file name: a?NLS: enabled\n") != std::string::npos);
}

TEST_CASE("the help calls the program by its name and fits a terminal") {
  const auto text = help_text("sendmail");
  CHECK(text.starts_with("Usage:\n"));
  CHECK(text.find("\n  sendmail [OPTION...] [--] RECIPIENT...\n") != std::string::npos);
  CHECK(text.find("msmtp [") == std::string::npos);
  CHECK(text.ends_with(".\n"));
}

TEST_CASE("the help names every option that is not kept for old callers only") {
  const auto text = help_text("msmtp");
  for (const auto& row : setting_rows()) {
    if (row.option.empty()) continue;
    const bool old = row.option == "connect-timeout" || row.option == "keepbcc" || row.option == "tls-force-sslv3" ||
                     row.option.starts_with("add-missing-") || row.option == "undisclosed-recipients";
    INFO(row.option);
    CHECK((text.find("--" + std::string(row.option) + "=") != std::string::npos ||
           text.find("--" + std::string(row.option) + "[") != std::string::npos) != old);
  }
}
