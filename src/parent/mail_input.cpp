// Reading the header section from a descriptor.
#include "parent/mail_input.hpp"

#include "common/fd.hpp"

#include <cerrno>
#include <string_view>
#include <unistd.h>

namespace msmtp {

namespace {

// 1: it is whole; 0: whoever could say so has gone.
ssize_t wait_for_confirmation(int number) {
  char byte = 0;
  for (;;) {
    const ssize_t size = read(number, &byte, 1);
    if (size >= 0 || errno != EINTR) return size;
  }
}

}  // namespace

Result<std::optional<std::size_t>> read_mail(const MailSource& source, std::span<char> room) {
  const ssize_t size = read(source.input, room.data(), room.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return std::optional<std::size_t>();
  if (size < 0) return fail(ExitCode::io_error, "cannot read the mail: " + error_text(errno));
  if (size == 0 && source.confirmation >= 0 && wait_for_confirmation(source.confirmation) != 1) {
    return fail(ExitCode::io_error, "the mail breaks off before its end");
  }
  return std::optional(static_cast<std::size_t>(size));
}

Result<MailInput> read_mail_header(const MailSource& source) {
  MailInput mail;
  HeaderSectionReader reader;
  while (!reader.complete()) {
    char bytes[16 * 1024];
    const auto size = TRY(read_mail(source, bytes));
    if (!size) continue;
    if (*size == 0) {
      reader.finish();
      mail.ended = true;
    } else {
      const std::string_view piece(bytes, *size);
      mail.body_start = piece.substr(TRY(reader.feed(piece)));
    }
  }
  mail.header = reader.take();
  return mail;
}

}  // namespace msmtp
