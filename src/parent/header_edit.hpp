// The header section as it goes out.
#pragma once

#include "parent/generated_headers.hpp"
#include "parent/header_section.hpp"

#include <cstdint>
#include <string>

namespace msmtp {

struct OutgoingHeader {
  std::string bytes;               // every line ended by CRLF, the empty line included when the mail had one
  std::uint64_t counted_size = 0;  // its size with each line end counted as one byte
};

// The generated fields in the order From, To, Date, Message-ID, then the mail's own without those that
// were replaced (From; To, Cc and Bcc) and, when REMOVE_BCC, without Bcc and Resent-Bcc. A field is
// recognised whatever the case of its name, and through blanks, folds, control bytes and bytes above
// 127 in or around it: whoever reads the mail later may be as generous.
OutgoingHeader outgoing_header(const HeaderSection& section, const GeneratedHeaders& generated, bool remove_bcc);

}  // namespace msmtp
