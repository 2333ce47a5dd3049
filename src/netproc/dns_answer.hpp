// Answers of name servers, as far as the C library does not read them for us: service records (RFC 2782).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

struct ServiceRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;  // a host name of letters, digits, hyphens, underscores and dots, without the final one; or "."
  friend bool operator==(const ServiceRecord&, const ServiceRecord&) = default;
};

inline constexpr std::size_t max_service_records = 64;

// The service records of the answer section of MESSAGE (RFC 1035, 4), at most max_service_records; those whose target
// is no host name are left out. Nothing when MESSAGE is no answer.
std::optional<std::vector<ServiceRecord>> parse_service_records(std::string_view message);

// The record to use: of those that name a host and a port the one of the lowest priority, and of several such the one
// of the highest weight, the first of equals. Nothing when there is none.
std::optional<ServiceRecord> preferred_service(std::span<const ServiceRecord> records);

}  // namespace msmtp
