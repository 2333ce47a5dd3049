// msmtp: options, the mode that they ask for, and the exit code. The work is in the modes.
#include "common/fd.hpp"
#include "common/lesser_user.hpp"
#include "common/sandbox.hpp"
#include "parent/config_files.hpp"
#include "parent/configure_mode.hpp"
#include "parent/console.hpp"
#include "parent/helper_directory.hpp"
#include "parent/local_names.hpp"
#include "parent/options.hpp"
#include "parent/program_texts.hpp"
#include "parent/send_mail.hpp"
#include "parent/server_modes.hpp"
#include "parent/session_mode.hpp"
#include "parent/standard_descriptors.hpp"

#include <cerrno>
#include <config.hpp>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace msmtp {
namespace {

std::string text_of_version(const Options& options) {
  VersionFacts facts;
  facts.package = config::package;
  facts.version = config::version;
  facts.platform = config::platform;
  facts.tls_library = config::with_tls ? "libtls" : "none";
  facts.sasl_library = "GNU SASL";
  facts.has_idn = true;
  facts.keyring = config::keyring;
  facts.system_file = std::string(config::sysconfdir) + "/msmtprc";
  facts.user_file = user_config_file(home_facts(), options.config_file);
  facts.sandbox = {"Sandbox: " + sandbox_level().text};
  return version_text(facts);
}

// What was asked for, on standard output; a complaint when it cannot be written there.
bool show(const Console& console, std::string_view text) {
  if (console.print(text)) return true;
  console.complain("cannot write to standard output: " + error_text(errno));
  return false;
}

ExitCode complain(const Console& console, const std::string& text, ExitCode code) {
  console.complain(text);
  return code;
}

ExitCode run_mode(Options& options, const Console& console) {
  if (options.mode == Mode::only_print) return ExitCode::ok;
  const InstallLayout layout{config::bindir, config::libexec_helpers, config::helpers_from_bindir};
  const Places places{std::string(config::sysconfdir), helper_directory(layout, running_executable(), is_set_id())};
  switch (options.mode) {
    case Mode::configure: return write_configuration(options, places, console);
    case Mode::server_info:
    case Mode::queue_start: return run_server_mode(options, places, console);
    case Mode::smtp_session: return serve_smtp_session(options, places, console);
    case Mode::sendmail:
    case Mode::only_print: break;
  }
  return send_mail(options, places, console);
}

ExitCode run(const std::vector<std::string_view>& words) {
  const std::string_view invocation = words.empty() ? std::string_view() : words.front();
  const Console console(program_name(invocation));
  const std::string home = home_directory(home_facts());
  const std::span<const std::string_view> arguments = std::span(words).subspan(words.empty() ? 0 : 1);
  const OptionContext context{std::getenv("POSIXLY_CORRECT") != nullptr, home, program_name(invocation)};
  auto parsed = parse_options(arguments, context);
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    return complain(error->prefix == UsageError::Prefix::invocation ? Console(invocation) : console, error->text,
                    ExitCode::usage);
  }
  auto& options = std::get<Options>(parsed);
  if (options.version && !show(console, text_of_version(options))) return ExitCode::io_error;
  if (options.help && !show(console, help_text(program_name(invocation)))) return ExitCode::io_error;
  if (options.list_queue && !show(console, mail_queue_text())) return ExitCode::io_error;
  if (options.rebuild_aliases && !show(console, new_aliases_text())) return ExitCode::io_error;
  return run_mode(options, console);
}

}  // namespace
}  // namespace msmtp

int main(int argc, char** argv) {
  msmtp::begin_program();
  return static_cast<int>(msmtp::run({argv, argv + argc}));
}
