// The steps of the dialogue, and how long each of them may take.
#pragma once

#include "common/deadline.hpp"

#include <cstdint>
#include <string_view>

namespace msmtp {

enum class Step : std::uint8_t {
  connect,
  proxy,
  greeting,
  hello,
  starttls,
  handshake,
  auth,
  mail,
  recipient,
  data,
  content,   // one piece of the mail
  delivery,  // the reply after the final dot
  queue,     // of ETRN
  last = queue,
};

// What is awaited in that step, for messages: "greeting", "reply to RCPT".
std::string_view name(Step step);

class Timers {
 public:
  // TIMEOUT_SECONDS for each step, whatever it is; 0: the timers of RFC 5321, 4.5.3.2.
  explicit Timers(std::uint32_t timeout_seconds) : timeout_seconds_(timeout_seconds) {}

  // For the whole of a step that begins now: a server that drips single bytes does not extend it.
  Deadline start(Step step) const;

 private:
  std::uint32_t timeout_seconds_;
};

}  // namespace msmtp
