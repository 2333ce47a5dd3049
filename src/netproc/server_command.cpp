// The commands of an SMTP client.
#include "netproc/server_command.hpp"

#include "common/cursor.hpp"
#include "common/text.hpp"
#include "netproc/server_path.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace msmtp {

namespace {

constexpr std::size_t max_client_name = 255;

constexpr Refusal unknown{500, "5.5.1 command not recognized"};
constexpr Refusal no_argument{501, "5.5.4 no argument allowed"};
constexpr Refusal bad_parameter{501, "5.5.4 invalid parameter"};
constexpr Refusal unknown_parameter{555, "5.5.4 parameter not recognized"};

enum class Hello : std::uint8_t { helo, ehlo, lhlo };

ServerCommand hello(std::string_view argument, Hello kind) {
  const std::string_view name = trim_blanks(argument);
  const bool is_name = !name.empty() && name.size() <= max_client_name &&
                       std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
  if (!is_name) return Refusal{501, "5.5.4 a host name is needed"};
  return HelloCommand{kind != Hello::helo, std::string(name), kind == Hello::lhlo};
}

std::optional<Refusal> apply_parameter(MailFromCommand& mail, std::string_view parameter) {
  const auto equals = parameter.find('=');
  const std::string keyword = ascii_upper(parameter.substr(0, equals));
  const bool has_value = equals != std::string_view::npos;
  const std::string_view value = has_value ? parameter.substr(equals + 1) : std::string_view();
  if (keyword == "SIZE") {
    const auto size = parse_decimal(value, UINT64_MAX);
    if (!size || value.size() > 20) return bad_parameter;
    mail.size_known = true;
    mail.size = *size;
    return std::nullopt;
  }
  if (keyword == "BODY") {
    mail.eight_bit = equal_ignoring_case(value, "8BITMIME");
    if (!mail.eight_bit && !equal_ignoring_case(value, "7BIT")) return bad_parameter;
    return std::nullopt;
  }
  if (keyword == "AUTH") {
    mail.names_author = !value.empty();
    return mail.names_author ? std::nullopt : std::optional(bad_parameter);
  }
  if (keyword != "SMTPUTF8") return unknown_parameter;
  if (has_value) return bad_parameter;
  mail.smtputf8 = true;
  return std::nullopt;
}

// A keyword that comes twice says nothing clear.
bool repeats(const std::vector<std::string_view>& words, std::size_t index) {
  const auto keyword = [](std::string_view word) { return word.substr(0, word.find('=')); };
  for (std::size_t i = 0; i < index; ++i) {
    if (equal_ignoring_case(keyword(words[i]), keyword(words[index]))) return true;
  }
  return false;
}

// "FROM:<...>" or "TO:<...>"; blanks before the bracket are what many clients write.
std::optional<std::string> take_named_path(Cursor& cursor, std::string_view name) {
  cursor.skip_blanks();
  if (!starts_with_ignoring_case(cursor.rest(), name)) return std::nullopt;
  cursor.take(name.size());
  cursor.skip_blanks();
  return take_path(cursor);
}

// The words after a path; nothing when they do not begin with a blank.
std::optional<std::vector<std::string_view>> take_parameters(Cursor& cursor) {
  std::vector<std::string_view> words;
  if (cursor.at_end()) return words;
  if (!cursor.next_is(' ') && !cursor.next_is('\t')) return std::nullopt;
  for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks()) {
    words.push_back(cursor.take_while([](char c) { return c != ' ' && c != '\t'; }));
  }
  return words;
}

ServerCommand mail(std::string_view argument) {
  Cursor cursor(argument);
  const auto path = take_named_path(cursor, "FROM:");
  if (!path) return Refusal{501, "5.1.7 expected MAIL FROM:<address>"};
  const auto words = take_parameters(cursor);
  if (!words) return Refusal{501, "5.1.7 expected MAIL FROM:<address>"};
  MailFromCommand command;
  command.path = *path;
  for (std::size_t i = 0; i < words->size(); ++i) {
    if (repeats(*words, i)) return bad_parameter;
    if (const auto refusal = apply_parameter(command, (*words)[i])) return *refusal;
  }
  return command;
}

ServerCommand rcpt(std::string_view argument) {
  Cursor cursor(argument);
  const auto path = take_named_path(cursor, "TO:");
  if (!path || path->empty()) return Refusal{501, "5.1.3 expected RCPT TO:<address>"};
  const auto words = take_parameters(cursor);
  if (!words) return Refusal{501, "5.1.3 expected RCPT TO:<address>"};
  if (!words->empty()) return unknown_parameter;
  return RcptCommand{*path};
}

ServerCommand bdat(std::string_view argument) {
  Cursor cursor(argument);
  cursor.skip_blanks();
  const auto size = parse_decimal(cursor.take_while([](char c) { return c >= '0' && c <= '9'; }), UINT64_MAX);
  const std::string_view rest = trim_blanks(cursor.rest());
  const bool last = equal_ignoring_case(rest, "LAST");
  if (!size || (!rest.empty() && !last) || (last && !cursor.next_is(' '))) return BrokenChunk{};
  return BdatCommand{*size, last};
}

ServerCommand auth(std::string_view argument) {
  Cursor cursor(argument);
  const auto words = take_parameters(cursor);
  if (!words || words->empty() || words->size() > 2) return Refusal{501, "5.5.4 expected AUTH mechanism [response]"};
  AuthCommand command{words->front(), std::nullopt};
  if (words->size() == 2) command.response = words->back();
  return command;
}

ServerCommand plain(PlainCommand command, std::string_view argument) {
  const bool takes_any =
      command == PlainCommand::noop || command == PlainCommand::vrfy || command == PlainCommand::help;
  if (!takes_any && !trim_blanks(argument).empty()) return no_argument;
  return command;
}

bool is_foreign(std::string_view verb) {
  constexpr std::string_view methods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                          "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::ranges::find(methods, verb) != std::end(methods) || verb.ends_with(':');
}

}  // namespace

ServerCommand parse_server_command(std::string_view line) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  const auto verb_end = std::ranges::find_if(line, is_blank) - line.begin();
  const std::string verb = ascii_upper(line.substr(0, static_cast<std::size_t>(verb_end)));
  const std::string_view argument = line.substr(verb.size());
  if (is_foreign(verb)) return ForeignProtocol{};
  if (verb == "BDAT") return bdat(argument);
  // A CR or NUL inside of a line is how somebody tries to be understood in two ways.
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    return Refusal{500, "5.5.2 a control character in the line"};
  }
  if (verb == "EHLO") return hello(argument, Hello::ehlo);
  if (verb == "HELO") return hello(argument, Hello::helo);
  if (verb == "LHLO") return hello(argument, Hello::lhlo);
  if (verb == "MAIL") return mail(argument);
  if (verb == "RCPT") return rcpt(argument);
  if (verb == "DATA") return plain(PlainCommand::data, argument);
  if (verb == "AUTH") return auth(argument);
  if (verb == "RSET") return plain(PlainCommand::rset, argument);
  if (verb == "NOOP") return plain(PlainCommand::noop, argument);
  if (verb == "VRFY") return plain(PlainCommand::vrfy, argument);
  if (verb == "HELP") return plain(PlainCommand::help, argument);
  if (verb == "QUIT") return plain(PlainCommand::quit, argument);
  if (verb == "EXPN" || verb == "ETRN" || verb == "TURN" || verb == "STARTTLS") {
    return Refusal{502, "5.5.1 command not implemented"};
  }
  return unknown;
}

}  // namespace msmtp
