// The table of settings: for each its configuration command, its option, and the grammar of its value,
// which stands once for both.
#pragma once

#include "parent/account.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace msmtp {

enum class ValueOrigin : std::uint8_t { command_line, file };

// What a value's meaning depends on besides its text.
struct ValueContext {
  ValueOrigin origin = ValueOrigin::file;
  std::string_view home;  // replaces a leading tilde in file names
};

// Puts TEXT (nothing: the setting was named without a value) into the account; false when it is no
// value of that setting, and then nothing is changed.
using ValueSetter = bool (*)(Account& account, std::optional<std::string_view> text, const ValueContext& context);

// What a command of a configuration file does with its argument.
enum class FileArgument : std::uint8_t {
  required,       // it must not be empty
  may_be_empty,   // empty is a value: it unsets, or means the empty text
  bare_is_value,  // empty is the same as no argument, which mostly means "on"
  forbidden,
};

enum class OptionArgument : std::uint8_t { none, required, optional };

struct SettingRow {
  std::string_view command;  // in a file; empty: there is none
  FileArgument file_argument = FileArgument::may_be_empty;
  std::string_view option;  // long, without its dashes; empty: there is none
  char letter = '\0';       // short; NUL: there is none
  OptionArgument option_argument = OptionArgument::required;
  std::optional<Setting> setting;  // nothing: accepted and without effect
  ValueSetter set = nullptr;
  std::string_view expected;  // completes "expected ..." in messages
};

std::span<const SettingRow> setting_rows();

// The row of a configuration command; null when there is none of that name.
const SettingRow* find_command(std::string_view command);

// Calls the row's setter and notes the setting as given.
bool apply_setting(const SettingRow& row, Account& account, std::optional<std::string_view> text,
                   const ValueContext& context);

// TEXT with a leading tilde replaced by HOME ("~joe/x" becomes HOME + "joe/x").
std::string expand_tilde(std::string_view text, std::string_view home);

}  // namespace msmtp
