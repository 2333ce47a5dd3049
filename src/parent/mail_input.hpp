// The mail on standard input, read up to the end of its header section.
#pragma once

#include "common/result.hpp"
#include "parent/header_section.hpp"

#include <string>

namespace msmtp {

struct MailInput {
  HeaderSection header;
  std::string body_start;  // what was read beyond the header section
  bool ended = false;      // there is nothing after body_start
};

// EX_IOERR when INPUT cannot be read, EX_DATAERR when the header section is too large.
Result<MailInput> read_mail_header(int input);

}  // namespace msmtp
