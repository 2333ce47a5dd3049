// A secret: memory of its own pages, kept out of swap and core dumps as far as the system lets us,
// wiped when it is let go. It cannot be copied, printed or compared by accident.
#pragma once

#include <cstddef>
#include <string_view>

namespace msmtp {

class Secret {
 public:
  Secret() = default;
  // Room for CAPACITY bytes; out of memory ends the process (EX_OSERR).
  static Secret with_capacity(std::size_t capacity);
  static Secret copy_of(std::string_view bytes);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // The one way to the bytes. They must not be copied into anything that is not wiped.
  std::string_view reveal() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Appends BYTES, moving to larger pages when needed (the old ones are wiped).
  void append(std::string_view bytes);
  // Cuts the value to its first SIZE bytes and wipes the rest.
  void truncate(std::size_t size);
  // Room to write into: the bytes from size() to the capacity; then grow_by() says how many came.
  char* spare() { return data_ + size_; }
  std::size_t spare_size() const { return capacity_ - size_; }
  void grow_by(std::size_t count) { size_ += count; }
  void reserve(std::size_t capacity);
  void wipe();

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Overwrites memory in a way that the compiler does not remove.
void wipe_memory(void* memory, std::size_t size);

}  // namespace msmtp
