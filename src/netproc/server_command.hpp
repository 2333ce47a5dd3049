// The commands of an SMTP client (RFC 5321, 4.1), as a server reads them: one line in, one command out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace msmtp {

// EHLO, HELO, or LHLO (RFC 2033).
struct HelloCommand {
  bool extended = false;  // not HELO
  std::string name;       // at most 255 printable bytes without blanks, not empty
  bool lmtp = false;
};

struct MailFromCommand {
  std::string path;  // empty: the null reverse-path
  bool size_known = false;
  std::uint64_t size = 0;
  bool eight_bit = false;
  bool smtputf8 = false;
  bool names_author = false;  // AUTH= (RFC 4954, 5)
};

struct RcptCommand {
  std::string path;  // not empty
};

struct BdatCommand {
  std::uint64_t size = 0;  // octets that follow the line
  bool last = false;
};

// In the memory of the line that was parsed.
struct AuthCommand {
  std::string_view mechanism;                // not empty
  std::optional<std::string_view> response;  // the initial one, as it stands there; it may hold a password
};

enum class PlainCommand : std::uint8_t { data, rset, noop, vrfy, help, quit };

// What is no command, or not one of ours, with what the client is told.
struct Refusal {
  int code = 500;
  std::string_view text;  // static, with its enhanced status code
};

// BDAT whose size cannot be read: what follows may be content, and must not be taken for commands.
struct BrokenChunk {};

// The first words of HTTP: a browser that was lured here. Whatever follows must not be taken for commands.
struct ForeignProtocol {};

using ServerCommand = std::variant<HelloCommand, MailFromCommand, RcptCommand, BdatCommand, AuthCommand, PlainCommand,
                                   Refusal, BrokenChunk, ForeignProtocol>;

// LINE is a command without its line end. Verbs and keywords may be in letters of any case. Parameters of MAIL: SIZE
// (RFC 1870), BODY=7BIT and 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), AUTH (RFC 4954), whose value says nothing to us;
// each once. RCPT has none.
ServerCommand parse_server_command(std::string_view line);

}  // namespace msmtp
