// What every direction of messages must keep: bytes that are a message are written again as the same bytes.
#pragma once

#include "common/messages.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

namespace msmtp {

inline void require(bool holds) {
  if (!holds) std::abort();
}

template <class Direction>
void check_round_trip(std::string_view packet) {
  const auto message = decode<Direction>(packet);
  if (!message) return;
  std::string again;
  std::visit([&](const auto& alternative) { encode<Direction>(alternative, again); }, *message);
  require(again == packet);
  const std::string description = describe(*message);
  require(std::none_of(description.begin(), description.end(), [](char c) { return c >= 0 && c < ' '; }));
}

// The bytes of a fuzzer's input.
inline std::string_view input(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace msmtp
