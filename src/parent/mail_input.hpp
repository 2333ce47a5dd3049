// The mail from its descriptor, read up to the end of its header section.
#pragma once

#include "common/result.hpp"
#include "parent/header_section.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace msmtp {

struct MailInput {
  HeaderSection header;
  std::string body_start;  // what was read beyond the header section
  bool ended = false;      // there is nothing after body_start
};

// Where a mail comes from.
struct MailSource {
  int input;              // borrowed
  int confirmation = -1;  // borrowed; -1: the end of INPUT is the end of the mail
};

// What there is of the mail, at least one byte; it waits unless poll(2) says otherwise. 0 at the end of the mail: where
// there is a confirmation, only after a byte has come over it, for whoever writes the mail may have died in the middle.
// Nothing when INPUT does not wait and has nothing. EX_IOERR when it cannot be read, or the mail is not whole.
Result<std::optional<std::size_t>> read_mail(const MailSource& source, std::span<char> room);

// EX_IOERR as above, EX_DATAERR when the header section is too large.
Result<MailInput> read_mail_header(const MailSource& source);

}  // namespace msmtp
