// What the mail's header section says.
#include "parent/header_scan.hpp"

#include "common/text.hpp"
#include "parent/address_list.hpp"
#include "parent/header_section.hpp"

#include <cstddef>
#include <iterator>
#include <utility>

namespace msmtp {

namespace {

class HeaderScan {
 public:
  void note(const HeaderField& field) {
    note_presence(field);
    note_sender(field);
    note_recipients(field);
  }

  HeaderFacts facts() {
    facts_.recipients = std::move(run_ == Run::awaited ? recipients_ : resent_recipients_);
    return std::move(facts_);
  }

 private:
  enum class Run { awaited, open, over };

  void note_presence(const HeaderField& field) {
    if (has_name(field, "Date")) facts_.has_date = true;
    if (has_name(field, "Message-ID")) facts_.has_message_id = true;
  }

  // A Resent-From tells the sender but does not stand for From, which every mail needs (RFC 5322, 3.6):
  // so has_from is not set by it, and a generated From is not suppressed.
  void note_sender(const HeaderField& field) {
    const bool is_from = has_name(field, "From");
    if (!is_from && !has_name(field, "Resent-From")) return;
    if (facts_.sender && (!is_from || facts_.has_from)) return;
    auto addresses = parse_address_list(field.value);
    if (addresses.empty()) return;
    if (is_from) facts_.has_from = true;
    if (!facts_.sender) facts_.sender = std::move(addresses.front());
  }

  void note_recipients(const HeaderField& field) {
    if (starts_with_ignoring_case(field.lines, "Resent-")) return note_resent(field);
    if (run_ == Run::open) run_ = Run::over;
    if (run_ != Run::awaited) return;
    if (has_name(field, "To") || has_name(field, "Cc") || has_name(field, "Bcc")) add(recipients_, field);
  }

  // A run also ends with a folded field that holds no addresses, for example a long Resent-Message-ID:
  // callers know it so.
  void note_resent(const HeaderField& field) {
    if (run_ == Run::awaited) run_ = Run::open;
    if (run_ != Run::open) return;
    if (has_name(field, "Resent-To") || has_name(field, "Resent-Cc") || has_name(field, "Resent-Bcc")) {
      add(resent_recipients_, field);
    } else if (!has_name(field, "Resent-From") && field.lines.find('\n') + 1 < field.lines.size()) {
      run_ = Run::over;
    }
  }

  static void add(std::vector<std::string>& recipients, const HeaderField& field) {
    auto addresses = parse_address_list(field.value);
    recipients.insert(recipients.end(), std::make_move_iterator(addresses.begin()),
                      std::make_move_iterator(addresses.end()));
  }

  HeaderFacts facts_;
  std::vector<std::string> recipients_;
  std::vector<std::string> resent_recipients_;
  Run run_ = Run::awaited;
};

}  // namespace

HeaderFacts scan_headers(std::string_view lines) {
  HeaderScan scan;
  HeaderFieldReader fields(lines);
  while (const auto field = fields.next()) scan.note(*field);
  return scan.facts();
}

}  // namespace msmtp
