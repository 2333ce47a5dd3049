// The mail on its way out.
#include "parent/outgoing_mail.hpp"

#include "common/text.hpp"

namespace msmtp {

namespace {

constexpr std::size_t input_piece = 256 * 1024;  // a pipe gives less at once, a file all of it

}  // namespace

OutgoingMail::OutgoingMail(const OutgoingHeader& header, std::string_view first, const MailSource& source,
                           bool input_ended)
    : source_(source),
      header_wire_size_(header.bytes.size()),
      header_counted_size_(header.counted_size),
      header_eight_bit_(has_non_ascii(header.bytes)) {
  waiting_.add(header.bytes);
  add(first);
  if (input_ended) finish();
}

Result<void> OutgoingMail::read_more() {
  if (!input_) input_ = std::make_unique_for_overwrite<char[]>(input_piece);
  const std::span<char> bytes(input_.get(), input_piece);
  const auto size = TRY(read_mail(source_, bytes));
  if (!size) return {};
  if (*size == 0) {
    finish();
  } else {
    add({bytes.data(), *size});
  }
  return {};
}

void OutgoingMail::drop(std::size_t count) {
  sending_ = true;
  waiting_.drop(count);
}

void OutgoingMail::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = waiting_.room(bytes.size() + bytes.size() / 16 + 2);  // most lines are longer than 16 bytes
    const auto step = body_.convert(bytes, room);
    waiting_.add(step.written);
    bytes.remove_prefix(step.taken);
  }
}

void OutgoingMail::finish() {
  waiting_.add(body_.finish());
  ended_ = true;
}

}  // namespace msmtp
