// The command's words.
#include "authproc/keychain.hpp"

#include "common/cursor.hpp"

#include <algorithm>

namespace msmtp {

namespace {

constexpr std::string_view label = "password:";

// The rest of the first line with the label, without the blank behind that.
std::optional<std::string_view> labelled_line(std::string_view said) {
  Cursor cursor(said);
  while (!cursor.at_end()) {
    const std::string_view line = cursor.take_until('\n');
    (void)cursor.skip('\n');
    if (!line.starts_with(label)) continue;
    const std::string_view value = line.substr(label.size());
    if (value.empty()) return value;
    if (value.front() == ' ') return value.substr(1);
  }
  return std::nullopt;
}

bool is_plain(char c) {
  return c >= ' ' && c <= '~' && c != '\\';
}

// Quotes within are not escaped: only the last one ends it.
std::optional<Secret> quoted(std::string_view value) {
  if (value.size() < 2 || value.back() != '"') return std::nullopt;
  const std::string_view inner = value.substr(1, value.size() - 2);
  if (!std::all_of(inner.begin(), inner.end(), is_plain)) return std::nullopt;
  return Secret::copy_of(inner);
}

std::optional<int> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

// Behind two blanks the same stands once more, in quotes and with octal escapes.
std::optional<Secret> hexadecimal(std::string_view digits) {
  digits = digits.substr(0, digits.find(' '));
  if (digits.empty() || digits.size() % 2 != 0) return std::nullopt;
  Secret bytes = Secret::with_capacity(digits.size() / 2);
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    const auto high = digit(digits[at]);
    const auto low = digit(digits[at + 1]);
    if (!high || !low) return std::nullopt;
    const char byte = static_cast<char>(*high * 16 + *low);
    bytes.append({&byte, 1});
  }
  return bytes;
}

}  // namespace

std::vector<std::string> keychain_arguments(std::string_view host, std::string_view user) {
  return {"find-internet-password", "-g", "-s", std::string(host), "-a", std::string(user), "-r", "smtp"};
}

std::optional<Secret> keychain_password(std::string_view said) {
  const auto value = labelled_line(said);
  if (!value) return std::nullopt;
  if (value->empty()) return Secret();
  if (value->starts_with('"')) return quoted(*value);
  if (value->starts_with("0x")) return hexadecimal(value->substr(2));
  return std::nullopt;
}

KeyringAnswer keychain_answer(int exit_status) {
  switch (exit_status) {
    case 0: return KeyringAnswer::found;
    case 36:
    case 51:
    case 128: return KeyringAnswer::locked;
    default: return KeyringAnswer::nothing;
  }
}

}  // namespace msmtp
