// Addresses of the envelope.
#include "parent/envelope_address.hpp"

#include "common/a_labels.hpp"
#include "common/text.hpp"

#include <algorithm>

namespace msmtp {

namespace {

struct Shape {
  std::size_t last_at = std::string_view::npos;  // outside of quotes
  bool has_bracket = false;                      // outside of quotes
  bool ends_in_quotes = false;
};

Shape shape_of(std::string_view address) {
  Shape shape;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char c = address[i];
    if (shape.ends_in_quotes && c == '\\') {
      ++i;
    } else if (c == '"') {
      shape.ends_in_quotes = !shape.ends_in_quotes;
    } else if (!shape.ends_in_quotes) {
      if (c == '@') shape.last_at = i;
      if (c == '<' || c == '>') shape.has_bracket = true;
    }
  }
  return shape;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

Result<void> check_address(std::string_view address, std::string_view what, ExitCode code) {
  const auto refuse = [&](std::string_view why) {
    return fail(code, std::string(what) + " '" + std::string(address.substr(0, 80)) + "' " + std::string(why));
  };
  const Shape shape = shape_of(address);
  if (address.size() > max_address_size) return refuse("is too long");
  if (address.find_first_of("\r\n") != std::string_view::npos) return refuse("holds a line end");
  if (std::ranges::any_of(address, is_control)) return refuse("holds a control character");
  if (shape.has_bracket) return refuse("holds an angle bracket");
  if (shape.ends_in_quotes) return refuse("has a quote that is not closed");
  if (has_non_ascii_domain(address) && !to_a_labels(domain_of(address))) {
    return refuse("has a domain that has no A-labels: it is not UTF-8, or not made of letters and digits");
  }
  return {};
}

bool is_null_sender(std::string_view from) {
  return from.empty() || equal_ignoring_case(from, "MAILER-DAEMON");
}

std::string_view local_part_of(std::string_view address) {
  return address.substr(0, shape_of(address).last_at);
}

std::string_view domain_of(std::string_view address) {
  const auto at = shape_of(address).last_at;
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

bool has_non_ascii_local_part(std::string_view address) {
  return has_non_ascii(local_part_of(address));
}

bool has_non_ascii_domain(std::string_view address) {
  return has_non_ascii(domain_of(address));
}

std::string path_of(std::string_view address) {
  if (!has_non_ascii_domain(address)) return std::string(address);
  const std::string_view domain = domain_of(address);
  const auto labels = to_a_labels(domain);
  if (!labels) return std::string(address);
  return std::string(address.substr(0, address.size() - domain.size())) + *labels;
}

bool has_local_name(std::span<const std::string> recipients) {
  return std::ranges::any_of(recipients, [](const std::string& name) { return name.find('@') == std::string::npos; });
}

}  // namespace msmtp
