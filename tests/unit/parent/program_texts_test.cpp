// The texts of --version, --help, mailq and newaliases.
#include "parent/program_texts.hpp"

#include "parent/options.hpp"

#include <catch2/catch.hpp>
#include <config.hpp>

using namespace msmtp;

namespace {

VersionFacts facts() {
  return {"msmtp-privsep",      "0.1",
          "x86_64-linux-gnu",   "libtls",
          "GNU SASL",           true,
          "libsecret",          "/etc/msmtprc",
          "/home/joe/.msmtprc", {"Sandbox: seccomp, Landlock"}};
}

}  // namespace

TEST_CASE("the version has the labels that scripts read, in their order") {
  const auto text = version_text(facts());
  const std::string gssapi = config::with_gssapi ? "gssapi " : "";
  CHECK(
      text.starts_with("msmtp version 0.1\n"
                       "Platform: x86_64-linux-gnu\n"
                       "TLS/SSL library: libtls\n"
                       "Authentication library: GNU SASL\n"
                       "Supported authentication methods:\n"
                       "scram-sha-256-plus scram-sha-1-plus scram-sha-256 scram-sha-1 plain " +
                       gssapi +
                       "external oauthbearer cram-md5 digest-md5 login ntlm xoauth2 \n"
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

TEST_CASE("the key ring of macOS has its own word") {
  auto own = facts();
  own.keyring = "macos";
  CHECK(version_text(own).find("\nKeyring support: MacOS \n") != std::string::npos);
}

TEST_CASE("what is missing is said, and file names cannot forge lines") {
  auto own = facts();
  own.has_idn = false;
  own.keyring = "none";
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

TEST_CASE("the help names every option, with its argument") {
  const auto text = help_text("msmtp");
  for (const auto& option : option_specs()) {
    if (option.name.empty() && option.letter == '\0') continue;
    const auto name = option.name.empty() ? "-" + std::string(1, option.letter) : "--" + std::string(option.name);
    INFO(name);
    const auto found = text.find(" " + name);
    REQUIRE(found != std::string::npos);
    if (option.name.empty() || option.name == "debug") continue;
    const char after = text[found + 1 + name.size()] == '\n' ? ' ' : text[found + 1 + name.size()];
    CHECK(after == (option.argument == OptionArgument::required   ? '='
                    : option.argument == OptionArgument::optional ? '['
                                                                  : ' '));
  }
}

TEST_CASE("what mailq and newaliases say is one line") {
  CHECK(mail_queue_text().starts_with("Mail queue is empty"));
  for (const auto text_of_one : {mail_queue_text(), new_aliases_text()}) {
    CHECK(text_of_one.find('\n') == text_of_one.size() - 1);
  }
}
