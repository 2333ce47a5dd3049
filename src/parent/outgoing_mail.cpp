// The mail on its way out.
#include "parent/outgoing_mail.hpp"

#include "common/text.hpp"

#include <utility>

namespace msmtp {

namespace {

constexpr std::size_t input_piece = 256 * 1024;  // a pipe gives less at once, a file all of it

}  // namespace

OutgoingMail::OutgoingMail(OutgoingHeader header, std::string_view first, const MailSource& source, bool input_ended)
    : buffer_(std::move(header.bytes)),
      source_(source),
      header_wire_size_(buffer_.size()),
      header_counted_size_(header.counted_size),
      header_eight_bit_(has_non_ascii(buffer_)) {
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
  sent_ += count;
  if (sent_ == buffer_.size()) {
    buffer_.clear();
    sent_ = 0;
  } else if (sent_ >= read_ahead) {
    buffer_.erase(0, sent_);
    sent_ = 0;
  }
}

void OutgoingMail::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t before = buffer_.size();
    buffer_.resize(before + bytes.size() + bytes.size() / 16 + 2);  // most lines are longer than 16 bytes
    const auto step = body_.convert(bytes, std::span(buffer_).subspan(before));
    buffer_.resize(before + step.written);
    bytes.remove_prefix(step.taken);
  }
}

void OutgoingMail::finish() {
  buffer_ += body_.finish();
  ended_ = true;
}

}  // namespace msmtp
