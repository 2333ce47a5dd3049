// The page is memory without a name. Before it is mapped for reading it is sealed, so that even a copy that was taken
// over cannot make its mapping writable, and the one that can be written does not come with a fork. Where the system
// has no such seals a copy gives up the right to write by itself.
#include "authproc/verifier_memory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

constexpr std::size_t page_size = sizeof(std::atomic<std::int64_t>);

std::int64_t now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

Unexpected no_memory() {
  return fail(ExitCode::os_error, "cannot share memory: " + error_text(errno));
}

struct Mappings {
  void* written = MAP_FAILED;
  void* seen = MAP_FAILED;
};

#if defined(__linux__)
Mappings map_twice() {
  Mappings pages;
  const Fd memory(memfd_create("msmtp", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.is_open() || ftruncate(memory.number(), page_size) != 0) return pages;
  pages.written = mmap(nullptr, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.number(), 0);
  if (pages.written == MAP_FAILED || madvise(pages.written, page_size, MADV_DONTFORK) != 0) return pages;
#if defined(F_SEAL_FUTURE_WRITE)
  (void)fcntl(memory.number(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
#endif
  pages.seen = mmap(nullptr, page_size, PROT_READ, MAP_SHARED, memory.number(), 0);
  return pages;
}
#else
Mappings map_twice() {
  Mappings pages;
  pages.written = mmap(nullptr, page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
  pages.seen = pages.written;
  return pages;
}
#endif

}  // namespace

void FailedLogins::Unmap::operator()(Time* page) const {
  munmap(page, page_size);
}

FailedLogins::FailedLogins(Pipe reports, Page written, Page seen)
    : reports_(std::move(reports)), written_(std::move(written)), seen_(std::move(seen)) {}

Result<FailedLogins> FailedLogins::prepare() {
  Pipe reports = TRY(make_pipe());
  TRY(set_nonblocking(reports.read_end));
  TRY(set_nonblocking(reports.write_end));
  const Mappings pages = map_twice();
  if (pages.written == MAP_FAILED || pages.seen == MAP_FAILED) return no_memory();
  Page written(new (pages.written) Time(0));
  Page seen(pages.seen == pages.written ? nullptr : static_cast<Time*>(pages.seen));
  return FailedLogins(std::move(reports), std::move(written), std::move(seen));
}

// What they write does not matter, nor how often.
void FailedLogins::note() {
  char reported[64];
  if (::read(reports_.read_end.number(), reported, sizeof reported) > 0) written_->store(now());
}

void FailedLogins::leave_to_copy() {
  reports_.read_end.close();
#if defined(__linux__)
  (void)written_.release();  // was not copied
#else
  seen_ = std::move(written_);
  (void)mprotect(seen_.get(), page_size, PROT_READ);
#endif
}

void FailedLogins::report() const {
  (void)!write(reports_.write_end.number(), "x", 1);
}

bool FailedLogins::is_recent() const {
  const std::int64_t last = seen_->load();
  return last != 0 && now() - last < std::chrono::milliseconds(memory).count();
}

}  // namespace msmtp
