// --configure.
#include "parent/configure_mode.hpp"

#include "common/lesser_user.hpp"
#include "common/sandbox.hpp"
#include "common/spawn.hpp"
#include "common/text.hpp"
#include "parent/config_files.hpp"
#include "parent/crew.hpp"
#include "parent/envelope_address.hpp"
#include "parent/local_names.hpp"
#include "parent/report.hpp"
#include "parent/server_session.hpp"

#include <algorithm>
#include <chrono>
#include <config.hpp>
#include <poll.h>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace msmtp {

namespace {

constexpr std::string_view plain_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-";

// TEXT as one word of a shell: the comments are for copying.
std::string shell_word(std::string_view text) {
  if (!text.empty() && text.find_first_not_of(plain_characters) == std::string_view::npos) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

// What an account may not be called is replaced.
std::string account_name(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return c == ',' || c == ':'; }, '_');
  return name;
}

// What is left to do about the password, as comments.
std::vector<std::string> password_steps(const std::string& host, const std::string& user, std::string_view keyring) {
  if (keyring == "none") return {"# - encrypt your password:", "#   gpg -e -o ~/.msmtp-password.gpg"};
  const std::string command =
      keyring == "macos"
          ? "security add-internet-password -s " + shell_word(host) + " -r smtp -a " + shell_word(user) + " -w"
          : "secret-tool store --label=msmtp host " + shell_word(host) + " service smtp user " + shell_word(user);
  return {"# - add your password to the key ring:", "#   " + command};
}

Result<void> check_mail_address(const std::string& address) {
  TRY(check_address(address, "mail address", ExitCode::usage));
  const bool complete = !local_part_of(address).empty() && !domain_of(address).empty();
  return complete ? Result<void>() : fail(ExitCode::data_error, "invalid mail address");
}

class Configuration {
 public:
  Configuration(const Options& options, const Places& places, const Console& console)
      : options_(options),
        places_(places),
        crew_([&console](const LogRecord& record) { report_record(console, record, false); }) {}

  // The text, or why there is none.
  Result<std::string> write();

 private:
  Result<Service> ask();

  const Options& options_;
  const Places& places_;
  Crew crew_;
};

Result<std::string> Configuration::write() {
  const std::string& address = options_.configure_address;
  TRY(check_mail_address(address));
  const std::string file = user_config_file(home_facts(), options_.config_file);
  Grants grants;
  grants.user = TRY(find_lesser_user());
  TRY(drop_set_id());
  TRY(CrewStarter(places_.helpers, crew_).start_resolver());
  TRY(enter_stage(Stage::parent_supervise, grants));
  auto server = ask();
  crew_.drain_logs();
  if (!server) return Unexpected{crew_.explain(std::move(server).error())};
  return configuration_text(address, *server, file, config::keyring);
}

Result<Service> Configuration::ask() {
  const auto domain = Line<max_host>::from(domain_of(options_.configure_address));
  if (!domain) return fail(ExitCode::data_error, "the domain is too long");
  TRY(crew_.resolver->send(AskService{*domain}));
  const std::uint32_t timeout = options_.overrides.timeout;
  const Deadline limit = Deadline::in(timeout != 0 ? std::chrono::seconds(timeout) : resolve_timer);
  std::vector<Crew::Polled> polled{{crew_.resolver->fd().number(), POLLIN}};
  if (!crew_.wait(polled, limit)) return fail(ExitCode::temporary_failure, "the operation timed out");
  auto answer = TRY((crew_.resolver->expect<Service, Failed>(limit)));
  if (const Failed* failure = std::get_if<Failed>(&answer)) return fail(error_of(*failure));
  Service server = std::get<Service>(std::move(answer));
  if (server.host.empty() || server.port == 0) {
    return Unexpected{crew_.resolver->socket().lied("a service without host or port")};
  }
  return server;
}

}  // namespace

std::string configuration_text(const std::string& address, const Service& server, const std::string& config_file,
                               std::string_view keyring) {
  const std::string user(local_part_of(address));
  const std::string host = server.host.str();
  std::string text;
  const auto line = [&](std::string_view what) { text += printable(what) + '\n'; };
  line("# - copy this to your configuration file " + config_file);
  if (!server.within_domain) line("# - warning: the host does not match the mail domain; please check");
  for (const std::string& step : password_steps(host, user, keyring)) line(step);
  line("account " + account_name(address));
  line("host " + host);
  line("port " + std::to_string(server.port));
  line("tls on");
  line(server.implicit_tls ? "tls_starttls off" : "tls_starttls on");
  line("auth on");
  line("user " + user);
  if (keyring == "none") line("passwordeval gpg --no-tty -q -d ~/.msmtp-password.gpg");
  line("from " + address);
  return text;
}

ExitCode write_configuration(const Options& options, const Places& places, const Console& console) {
  const auto text = Configuration(options, places, console).write();
  if (!text) {
    console.complain("automatic configuration based on SRV records failed: " + text.error().text);
    return text.error().code;
  }
  return console.print(*text) ? ExitCode::ok : ExitCode::io_error;
}

}  // namespace msmtp
