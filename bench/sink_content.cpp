// Lines and chunks of a mail's content.
#include "sink_content.hpp"

#include "util.hpp"

#include <cstring>

namespace msmtp {

namespace {

constexpr std::size_t longest_line = 1000;      // RFC 5321, 4.5.3.1.6
constexpr std::size_t longest_partial = 65536;  // what is kept of a line that does not end

const char* line_feed(std::string_view text) {
  return static_cast<const char*>(std::memchr(text.data(), '\n', text.size()));
}

}  // namespace

SinkContent::SinkContent(SinkCounts& counts, bool with_hash) : counts_(counts) {
  if (!with_hash) return;
  digest_.reset(EVP_MD_CTX_new());
  if (digest_ == nullptr || EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) != 1) give_up("no SHA-256");
}

void SinkContent::keep(std::string_view bytes) {
  counts_.content_bytes += bytes.size();
  if (digest_ != nullptr) EVP_DigestUpdate(digest_.get(), bytes.data(), bytes.size());
}

void SinkContent::check_line(std::string_view line) {
  if (!line.ends_with("\r\n")) ++counts_.bare_line_feeds;
  if (line.size() > longest_line) ++counts_.long_lines;
}

void SinkContent::take_line(std::string_view line) {
  check_line(line);
  if (!within_line_ && line.starts_with('.')) line.remove_prefix(1);
  within_line_ = false;
  keep(line);
}

bool SinkContent::take_lines(std::string_view& input) {
  while (const char* end = line_feed(input)) {
    const std::size_t length = static_cast<std::size_t>(end - input.data()) + 1;
    std::string_view line = input.substr(0, length);
    std::string joined;
    if (!partial_.empty()) {
      joined = partial_ + std::string(line);
      partial_.clear();
      line = joined;
    }
    input.remove_prefix(length);
    if (!within_line_ && line == ".\r\n") return true;
    take_line(line);
  }
  partial_ += input;
  input = {};
  if (partial_.size() > longest_partial) {
    if (!within_line_ && partial_.front() == '.') partial_.erase(0, 1);
    keep(partial_);
    partial_.clear();
    within_line_ = true;
    ++counts_.long_lines;
  }
  return false;
}

void SinkContent::take_chunk(std::string_view chunk) {
  keep(chunk);
  while (const char* end = line_feed(chunk)) {
    const bool with_return = end == chunk.data() ? after_return_ : end[-1] == '\r';
    if (!with_return) ++counts_.bare_line_feeds;
    const std::size_t length = static_cast<std::size_t>(end - chunk.data()) + 1;
    if (line_length_ + length > longest_line) ++counts_.long_lines;
    line_length_ = 0;
    after_return_ = false;
    chunk.remove_prefix(length);
  }
  line_length_ += chunk.size();
  if (!chunk.empty()) after_return_ = chunk.back() == '\r';
}

std::string SinkContent::hash() {
  if (digest_ == nullptr) return "";
  unsigned char octets[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(digest_.get(), octets, &size);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[octets[i] >> 4];
    text += digits[octets[i] & 15];
  }
  return text;
}

}  // namespace msmtp
