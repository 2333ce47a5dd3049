// From text of any length to the bounded fields of messages.
#pragma once

#include "common/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// Sets FIELD to VALUE. EX_CONFIG when it does not fit; WHAT says what it is, in the words of the configuration.
template <class Field>
Result<void> set_field(Field& field, std::string_view value, std::string_view what) {
  auto bounded = Field::from(value);
  if (!bounded) return fail(ExitCode::config, std::string(what) + " is too long or has bytes that cannot stand there");
  field = std::move(*bounded);
  return {};
}

// The same; what is not set is empty.
template <class Field>
Result<void> set_field(Field& field, const std::optional<std::string>& value, std::string_view what) {
  return set_field(field, std::string_view(value ? *value : std::string()), what);
}

}  // namespace msmtp
