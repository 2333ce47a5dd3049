// A server in memory: answers each command line with the next of its replies, and keeps what it was sent.
#pragma once

#include "common/text.hpp"
#include "netproc/stream.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

namespace msmtp {

class FakeServer : public Stream {
 public:
  // At the end of a reply: there the server closes the connection.
  static inline const std::string hang_up = "(hang up)";
  // Between the parts of a reply that come in different packets.
  static constexpr char packet_break = '\f';

  // The first reply is the greeting when GREETS. "" is a server that stays silent. A reply may hold several.
  explicit FakeServer(std::deque<std::string> replies, bool greets = false) : replies_(std::move(replies)) {
    if (greets) reply();
  }

  std::vector<std::string> writes;    // each call of write()
  std::vector<std::string> commands;  // without CRLF
  std::string content;                // up to the final dot or the last chunk, or as far as it came
  bool content_ended = false;
  bool chunked = false;  // it came with BDAT
  bool closed_by_client = false;
  bool one_byte_at_a_time = false;
  std::size_t writes_before_failure = SIZE_MAX;

  // What arrives without having been asked for.
  void push(std::string bytes) { input_.push_back(std::move(bytes)); }
  void hang_up_now() { hung_up_ = true; }
  bool all_replies_used() const { return replies_.empty(); }

  Result<std::size_t> read(std::span<char> room, const Deadline&) override {
    if (input_.empty() && hung_up_) return std::size_t{0};
    if (input_.empty()) return fail(ExitCode::io_error, "network read error: the operation timed out");
    std::string& bytes = input_.front();
    const std::size_t size = std::min(one_byte_at_a_time ? 1 : room.size(), bytes.size());
    std::copy_n(bytes.begin(), size, room.begin());
    bytes.erase(0, size);
    if (bytes.empty()) input_.pop_front();
    return size;
  }

  Result<void> write(std::string_view bytes, const Deadline&) override {
    if (writes.size() >= writes_before_failure) return fail(ExitCode::io_error, "network write error: Broken pipe");
    writes.emplace_back(bytes);
    pending_ += bytes;
    while (take_content() || take_chunk() || take_command()) {}
    return {};
  }

  void close() override { closed_by_client = true; }
  bool has_input() override { return !input_.empty() || hung_up_; }

 private:
  bool take_content() {
    if (!in_content_ || pending_.empty()) return false;
    content += pending_;
    pending_.clear();
    std::size_t end = content.starts_with(".\r\n") ? 0 : content.find("\r\n.\r\n");
    if (end == std::string::npos) return false;
    if (end != 0) end += 2;
    pending_ = content.substr(end + 3);
    content.resize(end);
    in_content_ = false;
    content_ended = true;
    reply();
    return true;
  }

  bool take_chunk() {
    if (!in_chunk_ || pending_.size() < chunk_size_) return false;
    content += pending_.substr(0, chunk_size_);
    pending_.erase(0, chunk_size_);
    in_chunk_ = false;
    content_ended = content_ended || commands.back().ends_with(" LAST");
    reply();
    return true;
  }

  bool take_command() {
    const std::size_t end = pending_.find("\r\n");
    if (in_content_ || in_chunk_ || end == std::string::npos) return false;
    commands.push_back(pending_.substr(0, end));
    pending_.erase(0, end + 2);
    if (commands.back().starts_with("BDAT ")) {
      in_chunk_ = chunked = true;
      chunk_size_ = std::stoul(commands.back().substr(5));
    } else if (commands.back() != "QUIT") {
      reply();
    }
    return true;
  }

  void reply() {
    if (replies_.empty() || hung_up_) return;
    std::string text = replies_.front();
    replies_.pop_front();
    if (text.ends_with(hang_up)) {
      text.resize(text.size() - hang_up.size());
      hung_up_ = true;
    }
    if (!text.empty()) push_packets(text);
    // Whatever it was said to, and in how many parts: a client that has asked for it takes it for the reply to DATA.
    said_ += text;
    const bool said_go = said_.starts_with("354") || said_.find("\n354") != std::string::npos;
    in_content_ = said_go && !content_ended && !commands.empty() && commands.back() == "DATA";
  }

  void push_packets(const std::string& text) {
    for (const std::string_view packet : split(text, packet_break)) input_.emplace_back(packet);
  }

  std::deque<std::string> replies_;
  std::deque<std::string> input_;
  std::string pending_;
  std::string said_;
  bool in_content_ = false;
  bool in_chunk_ = false;
  std::size_t chunk_size_ = 0;
  bool hung_up_ = false;
};

}  // namespace msmtp
