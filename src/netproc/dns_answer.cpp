// Answers of name servers.
#include "netproc/dns_answer.hpp"

#include "common/cursor.hpp"

#include <algorithm>
#include <utility>

namespace msmtp {

namespace {

constexpr std::uint16_t type_srv = 33;
constexpr std::uint16_t class_in = 1;
constexpr std::size_t max_name = 253;  // as text, without the final dot

std::uint8_t octet(char c) {
  return static_cast<std::uint8_t>(c);
}

std::optional<std::uint16_t> take_number(Cursor& cursor) {
  const auto bytes = cursor.take(2);
  if (!bytes) return std::nullopt;
  return static_cast<std::uint16_t>(octet((*bytes)[0]) << 8 | octet((*bytes)[1]));
}

bool skip(Cursor& cursor, std::size_t count) {
  return cursor.take(count).has_value();
}

bool is_of_host_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// A name, with the parts that stand earlier in the message (RFC 1035, 4.1.4).
class NameReader {
 public:
  NameReader(std::string_view message, Cursor& cursor) : message_(message), cursor_(cursor) {}

  // The name as text, "." for the root; nothing when it is none. The cursor stands behind it.
  std::optional<std::string> read();

 private:
  bool follow(Cursor& place, std::uint8_t high);

  std::string_view message_;
  Cursor& cursor_;
  std::size_t limit_ = 0;  // pointers lead before this, so that there is an end
  bool elsewhere_ = false;
};

std::optional<std::string> NameReader::read() {
  Cursor place = cursor_;
  limit_ = message_.size() - place.rest().size();
  std::string text;
  for (;;) {
    const auto first = place.take();
    if (!first) return std::nullopt;
    const std::uint8_t length = octet(*first);
    if (length == 0) break;
    if (length >= 0xc0) {
      if (!follow(place, length)) return std::nullopt;
      continue;
    }
    const auto label = place.take(length);
    if (length >= 0x40 || !label) return std::nullopt;
    if (!text.empty()) text += '.';
    // A dot or NUL within a label would make another name of it.
    for (const char c : *label) text += is_of_host_name(c) ? c : '?';
    if (text.size() > max_name) return std::nullopt;
  }
  if (!elsewhere_) cursor_ = place;
  return text.empty() ? "." : std::move(text);
}

bool NameReader::follow(Cursor& place, std::uint8_t high) {
  const auto low = place.take();
  if (!low) return false;
  if (!elsewhere_) cursor_ = place;
  elsewhere_ = true;
  const std::size_t target = (static_cast<std::size_t>(high & 0x3fU) << 8) | octet(*low);
  if (target >= limit_) return false;
  limit_ = target;
  place = Cursor(message_.substr(target));
  return true;
}

struct Header {
  std::uint16_t questions;
  std::uint16_t answers;
};

std::optional<Header> take_header(Cursor& cursor) {
  if (!skip(cursor, 4)) return std::nullopt;
  const auto questions = take_number(cursor);
  const auto answers = take_number(cursor);
  if (!answers || !skip(cursor, 4)) return std::nullopt;
  return Header{*questions, *answers};
}

bool skip_questions(std::string_view message, Cursor& cursor, std::uint16_t count) {
  for (; count > 0; --count) {
    if (!NameReader(message, cursor).read() || !skip(cursor, 4)) return false;
  }
  return true;
}

// The data of a service record, which is SIZE octets from where CURSOR stands.
std::optional<ServiceRecord> read_service(std::string_view message, Cursor cursor, std::size_t size) {
  const std::size_t before = cursor.rest().size();
  ServiceRecord record;
  for (auto* number : {&record.priority, &record.weight, &record.port}) {
    const auto taken = take_number(cursor);
    if (!taken) return std::nullopt;
    *number = *taken;
  }
  auto target = NameReader(message, cursor).read();
  if (!target || before - cursor.rest().size() != size) return std::nullopt;
  record.target = std::move(*target);
  return record;
}

// One resource record; what is a service is added to RECORDS.
bool take_record(std::string_view message, Cursor& cursor, std::vector<ServiceRecord>& records) {
  if (!NameReader(message, cursor).read()) return false;
  const auto type = take_number(cursor);
  const auto kind = take_number(cursor);
  if (!kind || !skip(cursor, 4)) return false;
  const auto size = take_number(cursor);
  if (!size) return false;
  const Cursor data = cursor;
  if (!skip(cursor, *size)) return false;
  if (*type != type_srv || *kind != class_in) return true;
  auto record = read_service(message, data, *size);
  if (!record) return false;
  const bool names_host = record->target.find('?') == std::string::npos;
  if (names_host && records.size() < max_service_records) records.push_back(std::move(*record));
  return true;
}

}  // namespace

std::optional<std::vector<ServiceRecord>> parse_service_records(std::string_view message) {
  Cursor cursor(message);
  const auto header = take_header(cursor);
  if (!header || !skip_questions(message, cursor, header->questions)) return std::nullopt;
  std::vector<ServiceRecord> records;
  for (std::uint16_t i = 0; i < header->answers; ++i) {
    if (!take_record(message, cursor, records)) return std::nullopt;
  }
  return records;
}

std::optional<ServiceRecord> preferred_service(std::span<const ServiceRecord> records) {
  const ServiceRecord* best = nullptr;
  for (const ServiceRecord& record : records) {
    if (record.target == "." || record.port == 0) continue;
    const bool better = best == nullptr || record.priority < best->priority ||
                        (record.priority == best->priority && record.weight > best->weight);
    if (better) best = &record;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

}  // namespace msmtp
