// Bytes that are put in at one end and taken out at the other.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace msmtp {

// A std::string would fill with zeros what is about to be written.
class ByteQueue {
 public:
  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }

  // Room for at least SIZE bytes behind the last one; good until the next call. add() makes the first COUNT of it part
  // of the queue.
  std::span<char> room(std::size_t size) {
    if (capacity_ - end_ < size) make_room(size);
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void add(std::size_t count) { end_ += count; }
  void add(std::string_view bytes) {
    bytes.copy(room(bytes.size()).data(), bytes.size());
    add(bytes.size());
  }

  // The first COUNT bytes are not wanted any more.
  void drop(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

 private:
  // To the front where that is enough and less than half of it is moved, else into a larger place.
  void make_room(std::size_t size) {
    const std::size_t kept = end_ - begin_;
    if (kept <= capacity_ / 2 && capacity_ - kept >= size) {
      if (kept != 0) std::memmove(bytes_.get(), bytes_.get() + begin_, kept);
    } else {
      capacity_ = 2 * kept + size;
      auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
      if (kept != 0) std::memcpy(larger.get(), bytes_.get() + begin_, kept);
      bytes_ = std::move(larger);
    }
    begin_ = 0;
    end_ = kept;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace msmtp
