// What the mail's header section says about its envelope, and which fields it already has.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

struct HeaderFacts {
  // What --read-recipients takes: the addresses of To, Cc and Bcc in order of appearance. When there is
  // any Resent- field they are those of Resent-To, Resent-Cc and Resent-Bcc in the first unbroken run of
  // Resent- fields (the latest resending, RFC 5322, 3.6.6), and there may be none.
  std::vector<std::string> recipients;
  // The first address of the first From or Resent-From field that has one: the envelope sender of
  // --read-envelope-from, and %F.
  std::optional<std::string> sender;
  bool has_from = false;  // there is a From field with an address
  bool has_date = false;
  bool has_message_id = false;
};

// LINES as in HeaderSection. A name counts in letters of any case, when its colon follows at once.
HeaderFacts scan_headers(std::string_view lines);

}  // namespace msmtp
