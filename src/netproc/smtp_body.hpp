// The content of a mail as it comes from the parent: counted, within the server's limit, complete or refused.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/channels.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace msmtp {

// What is gathered before it is written.
inline constexpr std::size_t body_piece_size = 64 * 1024;

class MailBody {
 public:
  MailBody(const Capabilities& offer, ParentChannel& parent) : size_limit_(offer.size_limit), parent_(parent) {}

  // The next bytes, good until the next call, or nothing: the mail is complete. While bytes are HELD that have not been
  // written yet, it waits for some seconds only and then gives "": they are to be written, so that the server does not
  // take us for dead. EX_DATAERR when the mail grows over the server's limit; a BodyEnd with a wrong count, or a mail
  // whose last line has no end, is EX_SOFTWARE.
  Result<std::optional<std::string_view>> next(bool held);

 private:
  Result<void> check_end(const BodyEnd& end) const;
  void look_at_end_of(std::string_view bytes);

  std::uint64_t size_limit_;  // 0: none
  ParentChannel& parent_;
  std::uint64_t octets_ = 0;
  char last_ = '\0';
  bool at_line_start_ = true;
};

}  // namespace msmtp
