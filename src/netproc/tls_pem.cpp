// Files of certificates and keys as text.
#include "netproc/tls_pem.hpp"

#include "common/text.hpp"

namespace msmtp {

namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";

// The label of LINE when it is MARK, a label and dashes; else nothing.
std::string_view label_after(std::string_view line, std::string_view mark) {
  while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
  if (!line.starts_with(mark) || !line.ends_with(dashes) || line.size() < mark.size() + dashes.size()) return {};
  return line.substr(mark.size(), line.size() - mark.size() - dashes.size());
}

}  // namespace

std::string pem_blocks(std::string_view text, std::string_view label) {
  std::string blocks;
  std::string_view open_label;
  std::size_t start = 0;
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view begun = label_after(line, begin_mark);
    if (begun.ends_with(label) && !begun.empty()) {
      open_label = begun;
      start = static_cast<std::size_t>(line.data() - text.data());
    } else if (!open_label.empty() && label_after(line, end_mark) == open_label) {
      const std::size_t end = static_cast<std::size_t>(line.data() - text.data()) + line.size();
      blocks += text.substr(start, end - start);
      blocks += '\n';
      open_label = {};
    }
  }
  return blocks;
}

}  // namespace msmtp
