// What ties a login to one TLS connection: a value that only the two ends of that connection can compute, so that
// whoever sits between two connections and passes a login from one to the other is noticed (RFC 5056).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace msmtp {

enum class BindingKind : std::uint8_t {
  none,
  unique,    // "tls-unique" (RFC 5929, 3): of TLS 1.2
  exporter,  // "tls-exporter" (RFC 9266): of TLS 1.3
  last = exporter,
};

// The name under which a client and a server agree on the kind; empty for none.
constexpr std::string_view name(BindingKind kind) {
  switch (kind) {
    case BindingKind::none: break;
    case BindingKind::unique: return "tls-unique";
    case BindingKind::exporter: return "tls-exporter";
  }
  return "";
}

// How many bytes a value of the kind has.
constexpr std::size_t size_of(BindingKind kind) {
  switch (kind) {
    case BindingKind::none: break;
    case BindingKind::unique: return 12;
    case BindingKind::exporter: return 32;
  }
  return 0;
}

struct ChannelBinding {
  BindingKind kind = BindingKind::none;
  std::array<std::uint8_t, 32> bytes{};  // the first size_of() of them

  bool is_known() const { return kind != BindingKind::none; }
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), size_of(kind)}; }

  static constexpr std::string_view message_name = "ChannelBinding";
  static void fields(auto& self, auto&& field) {
    field("kind", self.kind);
    field("bytes", self.bytes);
  }
  friend bool operator==(const ChannelBinding&, const ChannelBinding&) = default;
};

}  // namespace msmtp
