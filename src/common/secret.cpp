// Secrets in pages of their own.
#include "common/secret.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

constexpr std::size_t page_size = 4096;

char* allocate_pages(std::size_t size) {
  void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) _exit(71);
  // Both are best effort: a small RLIMIT_MEMLOCK or an old kernel must not keep anyone from mailing.
  (void)mlock(pages, size);
#ifdef MADV_DONTDUMP
  (void)madvise(pages, size, MADV_DONTDUMP);
#endif
  return static_cast<char*>(pages);
}

}  // namespace

void wipe_memory(void* memory, std::size_t size) {
  explicit_bzero(memory, size);
}

Secret Secret::with_capacity(std::size_t capacity) {
  Secret secret;
  secret.reserve(capacity);
  return secret;
}

Secret Secret::copy_of(std::string_view bytes) {
  Secret secret;
  secret.append(bytes);
  return secret;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::reserve(std::size_t capacity) {
  if (capacity <= capacity_) return;
  const std::size_t rounded = (std::max(capacity, capacity_ * 2) + page_size - 1) / page_size * page_size;
  char* larger = allocate_pages(rounded);
  const std::size_t size = size_;
  if (size != 0) std::memcpy(larger, data_, size);
  wipe();
  data_ = larger;
  size_ = size;
  capacity_ = rounded;
}

void Secret::append(std::string_view bytes) {
  if (bytes.empty()) return;
  reserve(size_ + bytes.size());
  // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): reserve() has just made room
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void Secret::truncate(std::size_t size) {
  if (size >= size_) return;
  wipe_memory(data_ + size, size_ - size);
  size_ = size;
}

void Secret::wipe() {
  if (data_ == nullptr) return;
  wipe_memory(data_, capacity_);
  munmap(data_, capacity_);
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

}  // namespace msmtp
