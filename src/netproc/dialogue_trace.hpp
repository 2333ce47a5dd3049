// The dialogue as --debug shows it: every line in both directions, and never a credential, for those who write
// one hand over what is to be shown instead.
#pragma once

#include "common/child_log.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace msmtp {

class DialogueTrace {
 public:
  using Sink = std::function<void(LogKind, std::string_view)>;

  static DialogueTrace off() { return DialogueTrace(nullptr); }
  static DialogueTrace to_log() { return DialogueTrace(log_record); }
  explicit DialogueTrace(Sink sink) : sink_(std::move(sink)) {}

  // A reply: lines joined by '\n'.
  void received(std::string_view lines);
  // One line without its line end.
  void sent(std::string_view line);
  // A piece of the mail as it goes over the wire, whose lines need not end with the piece.
  void sent_piece(std::string_view bytes);

 private:
  Sink sink_;
  std::string unfinished_;
};

}  // namespace msmtp
