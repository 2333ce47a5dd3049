// Reading the header section from a descriptor.
#include "parent/mail_input.hpp"

#include "common/fd.hpp"

#include <cerrno>
#include <string_view>
#include <unistd.h>

namespace msmtp {

Result<MailInput> read_mail_header(int input) {
  MailInput mail;
  HeaderSectionReader reader;
  while (!reader.complete()) {
    char bytes[16 * 1024];
    const ssize_t size = read(input, bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(ExitCode::io_error, "cannot read the mail: " + error_text(errno));
    if (size == 0) {
      reader.finish();
      mail.ended = true;
    } else {
      const std::string_view piece(bytes, static_cast<std::size_t>(size));
      mail.body_start = piece.substr(TRY(reader.feed(piece)));
    }
  }
  mail.header = reader.take();
  return mail;
}

}  // namespace msmtp
