// What an SMTP client may say, as lines, commands and a dialogue: no input makes it take more than it may, ask the
// parent for what is not legal, or go on after the end; and it does not matter in which pieces the input comes.
#include "common/base64.hpp"
#include "netproc/server_command.hpp"
#include "netproc/server_dialogue.hpp"
#include "netproc/server_lines.hpp"
#include "netproc/server_path.hpp"
#include "netproc/server_reply.hpp"

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

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

struct KeptLine {
  std::string text;
  bool crlf;
  bool too_long;
  friend bool operator==(const KeptLine&, const KeptLine&) = default;
};

std::vector<KeptLine> lines_of(std::string_view bytes, std::size_t piece_size) {
  std::vector<KeptLine> lines;
  ClientLineReader reader;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, piece_size);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      const auto line = reader.feed(piece);
      if (line) lines.push_back({std::string(line->text), line->crlf, line->too_long});
    }
  }
  return lines;
}

void check(const ServerReply& reply) {
  require(reply.code >= 200 && reply.code <= 599);
  const std::string wire = wire_form(reply);
  require(wire.ends_with("\r\n"));
  require(std::ranges::all_of(wire, [](char c) { return c == '\r' || c == '\n' || (c >= ' ' && c <= '~'); }));
}

// What the parent would say: no to every third question.
class Parent {
 public:
  ClientAnswer answer() {
    const bool yes = ++asked_ % 3 != 0;
    return {static_cast<std::uint16_t>(yes ? 250 : 550), *Line<ClientAnswer::max_text>::from("x")};
  }
  LoginEnd login() { return static_cast<LoginEnd>(++asked_ % 6); }

 private:
  int asked_ = 0;
};

// Goes with the dialogue as whoever has the descriptors would; false when it is over.
class Driver {
 public:
  explicit Driver(const Serve& settings) : dialogue_(settings), settings_(settings) { check(dialogue_.greeting()); }

  bool line(std::string_view text) {
    return std::visit([this](const auto& action) { return perform(action); },
                      dialogue_.act(parse_server_command(text)));
  }

 private:
  bool perform(const Say& action) {
    check(action.reply);
    if (action.abandons) require(in_mail_), in_mail_ = in_content_ = false;
    require(dialogue_.has_mail() == in_mail_);
    return true;
  }
  bool perform(const AskForMail& action) {
    require(!in_mail_ && logged_in_ == settings_.login && is_one_line(action.mail.reverse_path.view()));
    in_mail_ = true;
    recipients_ = 0;
    const Say said = dialogue_.mail_answered(parent_.answer());
    if (said.reply.code >= 400) in_mail_ = false;
    return perform(said);
  }
  bool perform(const AskForRecipient& action) {
    require(in_mail_ && !in_content_ && !action.recipient.forward_path.empty());
    require(recipients_ < settings_.max_recipients);
    const Say said = dialogue_.recipient_answered(parent_.answer());
    if (said.reply.code < 400) ++recipients_;
    return perform(said);
  }
  bool perform(TakeData) {
    require(in_mail_ && !in_content_ && recipients_ > 0);
    return end_content();
  }
  bool perform(const TakeChunk& action) {
    require(in_mail_ && recipients_ > 0 && action.first == !in_content_);
    in_content_ = true;
    if (action.last) return end_content();
    check(ServerDialogue::chunk_taken(action.size));
    return true;
  }
  bool perform(const SkipChunk& action) {
    check(action.reply);
    require(action.reply.is_error() && !in_content_);
    return true;
  }
  bool perform(const TakeLogin& action) {
    require(settings_.login && !logged_in_ && !in_mail_);
    const std::string_view response = action.response.value_or("=");
    LoginEnd end = LoginEnd::malformed;
    if (const auto bytes = decode_initial_response(response)) {
      // What was understood is one thing only.
      require(response == "=" || base64_encode(bytes->reveal()) == response);
      require(challenge_line(bytes->reveal()).has_value());
      end = parent_.login();
    }
    logged_in_ = end == LoginEnd::accepted;
    return std::visit([this](const auto& told) { return perform(told); }, dialogue_.login_ended(end));
  }
  bool perform(const Close& action) {
    check(action.reply);
    return false;
  }
  bool end_content() {
    in_mail_ = in_content_ = false;
    const Verdicts said = dialogue_.content_answered(parent_.answer());
    check(said.reply);
    require(said.times == (settings_.lmtp ? recipients_ : 1));
    require(!dialogue_.has_mail());
    return true;
  }

  ServerDialogue dialogue_;
  Serve settings_;
  Parent parent_;
  bool in_mail_ = false;
  bool in_content_ = false;
  bool logged_in_ = false;
  std::uint32_t recipients_ = 0;
};

void check_path(std::string_view text) {
  Cursor cursor(text);
  const auto path = take_path(cursor);
  if (!path) return;
  require(path->size() <= max_path_size && is_one_line(*path));
  // What was understood is understood again as the same.
  const std::string again = "<" + *path + ">";
  Cursor second(again);
  require(take_path(second) == *path && second.at_end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto lines = lines_of(bytes, bytes.size() + 1);
  require(lines == lines_of(bytes, 1));
  require(lines == lines_of(bytes, 1 + data[0]));
  Serve settings;
  settings.name = *Line<max_host>::from("localhost");
  settings.max_recipients = 3;
  settings.program = *Line<64>::from("msmtpd");
  settings.size_limit = data[0] % 2 == 0 ? 0 : 1000;
  settings.login = data[0] % 3 == 0;
  settings.lmtp = data[0] % 5 == 0;
  Driver driver(settings);
  for (const KeptLine& line : lines) {
    require(line.text.size() <= max_login_line);
    check_path(line.text);
    if (!driver.line(line.text)) break;
  }
  return 0;
}
