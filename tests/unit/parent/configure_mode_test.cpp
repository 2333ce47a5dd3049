// The text of --configure.
#include "parent/configure_mode.hpp"
#include "parent/config.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

Service server(std::string_view host, bool implicit_tls = false, bool within = true) {
  return {*Line<max_host>::from(host), static_cast<std::uint16_t>(implicit_tls ? 465 : 587), implicit_tls, within};
}

// What the configuration parser makes of it.
Account account_in(const std::string& text) {
  const CommandRunner none = [](std::string_view) -> Result<Secret> { return fail(ExitCode::software, "no commands"); };
  auto config = parse_config(text, {"file", "/home/joe", none});
  REQUIRE(config);
  REQUIRE(config->accounts.size() == 1);
  return std::move(config->accounts.front());
}

}  // namespace

TEST_CASE("the configuration with a key ring, at a host of another domain") {
  CHECK(configuration_text("joe.smith@old.example", server("mail.provider.test", false, false), "/home/joe/.msmtprc",
                           "libsecret") ==
        "# - copy this to your configuration file /home/joe/.msmtprc\n"
        "# - warning: the host does not match the mail domain; please check\n"
        "# - add your password to the key ring:\n"
        "#   secret-tool store --label=msmtp host mail.provider.test service smtp user joe.smith\n"
        "account joe.smith@old.example\n"
        "host mail.provider.test\n"
        "port 587\n"
        "tls on\n"
        "tls_starttls on\n"
        "auth on\n"
        "user joe.smith\n"
        "from joe.smith@old.example\n");
}

TEST_CASE("the configuration without a key ring, for TLS at once") {
  CHECK(configuration_text("joe@a.example", server("mail.a.example", true), "f", "none") ==
        "# - copy this to your configuration file f\n"
        "# - encrypt your password:\n"
        "#   gpg -e -o ~/.msmtp-password.gpg\n"
        "account joe@a.example\n"
        "host mail.a.example\n"
        "port 465\n"
        "tls on\n"
        "tls_starttls off\n"
        "auth on\n"
        "user joe\n"
        "passwordeval gpg --no-tty -q -d ~/.msmtp-password.gpg\n"
        "from joe@a.example\n");
}

TEST_CASE("whatever the address, the configuration can be read and says the same") {
  for (const std::string address : {"joe@a.example", "\"joe smith\"@a.example", "\"a:b,c\"@a.example",
                                    "j\u00f6e@\u00e4.example", "o'neill$(x)@a.example", "#x@a.example"}) {
    const Account account = account_in(configuration_text(address, server("h.test"), "f", "libsecret"));
    CHECK(account.from == address);
    CHECK(account.host == "h.test");
    CHECK(account.port == 587);
    CHECK((account.tls && account.tls_starttls && account.auth.wanted));
  }
}

TEST_CASE("what is to be copied into a shell is quoted") {
  const std::string text = configuration_text("o'neill$(x)@a.example", server("h.test"), "f", "libsecret");
  CHECK(text.find(" user 'o'\\''neill$(x)'\n") != std::string::npos);
}

TEST_CASE("the key ring of macOS has a command of its own") {
  CHECK(configuration_text("joe@a.example", server("h.test"), "f", "macos")
            .find("#   security add-internet-password -s h.test -r smtp -a joe -w\n") != std::string::npos);
}
