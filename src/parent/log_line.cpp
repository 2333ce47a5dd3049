// The line that tells of one attempt to send.
#include "parent/log_line.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace msmtp {

namespace {

std::string escaped(std::string_view value) {
  std::string safe = printable(value);
  std::ranges::replace(safe, '\'', '?');
  return safe;
}

void add(std::string& line, std::string_view name, const std::string& value) {
  if (!line.empty()) line += ' ';
  line.append(name).append("=").append(value);
}

std::string on_or_off(bool value) {
  return value ? "on" : "off";
}

// Each of PIECES escaped, with SEPARATOR between them.
template <class Pieces>
std::string joined(const Pieces& pieces, std::string_view separator) {
  std::string text;
  bool is_first = true;
  for (const auto& piece : pieces) {
    if (!is_first) text += separator;
    is_first = false;
    text += escaped(piece);
  }
  return text;
}

// A line without a code is what the server said, too, but no status.
bool has_code(std::string_view reply) {
  const auto is_digit = [](char byte) { return byte >= '0' && byte <= '9'; };
  return reply.size() >= 3 && std::ranges::all_of(reply.substr(0, 3), is_digit);
}

void add_reply(std::string& line, std::string_view reply) {
  if (has_code(reply)) add(line, "smtpstatus", std::string(reply.substr(0, 3)));
  add(line, "smtpmsg", '\'' + joined(split(reply, '\n'), "\\n") + '\'');
}

}  // namespace

std::string log_line(const LogFacts& facts) {
  std::string line;
  if (facts.host) {
    add(line, "host", escaped(*facts.host));
  } else {
    add(line, "socket", escaped(facts.socket));
  }
  add(line, "tls", on_or_off(facts.tls));
  add(line, "auth", on_or_off(facts.auth));
  if (facts.auth && facts.user) add(line, "user", escaped(*facts.user));
  add(line, "from", escaped(facts.from));
  add(line, "recipients", joined(facts.recipients, ","));
  if (facts.mail_size) add(line, "mailsize", std::to_string(*facts.mail_size));
  if (!facts.server_reply.empty()) add_reply(line, facts.server_reply);
  if (facts.error) add(line, "errormsg", '\'' + escaped(*facts.error) + '\'');
  add(line, "exitcode", std::string(name(facts.exit_code)));
  return line;
}

Result<std::string> log_time(std::string_view format, const std::tm& now) {
  if (format == "none") return std::string();
  std::array<char, 128> buffer{};
  const auto size = std::strftime(buffer.data(), buffer.size(), std::string(format).c_str(), &now);
  if (size == 0) return fail(ExitCode::io_error, "the time is empty or too long in the given format");
  return std::string(buffer.data(), size) + ' ';
}

}  // namespace msmtp
