// msmtpd's command: whatever it is, addresses come through as words of their own, and what is executed without a shell
// has nothing in it that a shell would look at.
#include "parent/line_ends.hpp"
#include "parent/mail_command.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

const std::string sender = "\"$(s) `s` 's; \\\"\"@x";
const std::vector<std::string> recipients = {"a;b@c", "-d@e", "$F@g"};

void check(const MailCommand& command, std::string_view text) {
  std::vector<std::string> words = command.words(sender, recipients);
  require(words.size() > recipients.size());
  require(
      std::equal(recipients.begin(), recipients.end(), words.end() - static_cast<std::ptrdiff_t>(recipients.size())));
  words.resize(words.size() - recipients.size());
  if (command.is_direct()) {
    require(words.front() == command.program());
    require(words.front().find(sender) == std::string::npos);
    return;
  }
  // The sender is a parameter or nowhere; no text that a shell parses has any of it.
  require(words.size() == 4 || (words.size() == 5 && words[4] == sender));
  require(words[0] == "/bin/sh" && words[1] == "-c" && words[3] == "msmtpd");
  require(words[2].find("$(s)") == std::string::npos || text.find("$(s)") != std::string_view::npos);
  require(words[2].ends_with(" \"$@\""));
  require((words.size() == 5) == words[2].starts_with("msmtpd_sender=$1;shift;"));
}

// Of each LF one CR before it goes, in whatever pieces it comes.
void check_line_ends(std::string_view text, std::size_t piece) {
  LineEndConverter whole;
  LineEndConverter parts;
  std::string once;
  std::string often;
  whole.convert(text, once);
  whole.finish(once);
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size()))) {
    parts.convert(rest.substr(0, piece), often);
  }
  parts.finish(often);
  require(once == often && once.size() <= text.size());
  require(std::ranges::count(once, '\n') == std::ranges::count(text, '\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_line_ends(text, size % 7 + 1);
  const auto command = MailCommand::parse(text);
  if (command) {
    check(*command, text);
    (void)command->check_sender(sender);
    (void)command->check_recipient("-x");
  } else {
    require(command.error().code == ExitCode::usage && !command.error().text.empty());
  }
  return 0;
}
