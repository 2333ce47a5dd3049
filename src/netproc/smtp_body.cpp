// The content from the parent.
#include "netproc/smtp_body.hpp"

#include <chrono>
#include <string>
#include <variant>

namespace msmtp {

namespace {

// A mail that comes slowly is passed on as it comes.
constexpr std::chrono::seconds longest_hold(5);

}  // namespace

Result<std::optional<std::string_view>> MailBody::next(bool held) {
  auto message = parent_.expect<Body, BodyEnd>(held ? Deadline::in(longest_hold) : Deadline::never());
  if (!message && held && message.error().cause == Cause::peer_silent) return std::optional(std::string_view());
  if (!message) return fail(std::move(message.error()));
  if (const auto* end = std::get_if<BodyEnd>(&*message)) {
    TRY(check_end(*end));
    return std::optional<std::string_view>();
  }
  const std::string_view bytes = std::get<Body>(*message).bytes.view();
  octets_ += bytes.size();
  if (size_limit_ != 0 && octets_ > size_limit_) {
    return fail(ExitCode::data_error,
                "the mail is larger than the server takes: at most " + std::to_string(size_limit_) + " bytes");
  }
  look_at_end_of(bytes);
  return std::optional(bytes);
}

Result<void> MailBody::check_end(const BodyEnd& end) const {
  if (end.octets != octets_) return fail(parent_.socket().lied("a BodyEnd with a wrong count"));
  if (!at_line_start_) return fail(parent_.socket().lied("a mail whose last line has no end"));
  return {};
}

void MailBody::look_at_end_of(std::string_view bytes) {
  if (bytes.empty()) return;
  const char before = bytes.size() > 1 ? bytes[bytes.size() - 2] : last_;
  last_ = bytes.back();
  at_line_start_ = before == '\r' && last_ == '\n';
}

}  // namespace msmtp
