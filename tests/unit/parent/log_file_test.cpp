// The log file: appended to, private, locked, and nobody else's.
#include "parent/log_file.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;

namespace {

// A directory that is gone at the end of the test, with the few names that the tests use.
class Scratch {
 public:
  Scratch() { REQUIRE(mkdtemp(name_.data()) != nullptr); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    for (const char* name : {"log", "link", "fifo"}) unlink(path(name).c_str());
    rmdir(name_.c_str());
  }
  std::string path(const char* name) const { return name_ + '/' + name; }

 private:
  std::string name_ = "/tmp/log_file_test.XXXXXX";
};

std::string content(const std::string& path) {
  const auto fd = open_for_reading(path).value();
  std::array<char, 1000> buffer{};
  const auto size = read(fd.number(), buffer.data(), buffer.size());
  return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
}

mode_t mode_of(const std::string& path) {
  struct stat facts {};
  REQUIRE(stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777;
}

bool append(const std::string& path, std::string_view line) {
  const auto log = open_log_file(path);
  return log && append_log_line(*log, line);
}

}  // namespace

TEST_CASE("a new log file is for its owner only, and lines are appended") {
  const Scratch scratch;
  const mode_t old_mask = umask(0);
  CHECK(append(scratch.path("log"), "one"));
  umask(old_mask);
  CHECK(append(scratch.path("log"), "two"));
  CHECK(content(scratch.path("log")) == "one\ntwo\n");
  CHECK(mode_of(scratch.path("log")) == 0600);
}

TEST_CASE("the mode of an existing log file stays") {
  const Scratch scratch;
  REQUIRE(append(scratch.path("log"), "one"));
  REQUIRE(chmod(scratch.path("log").c_str(), 0644) == 0);
  CHECK(append(scratch.path("log"), "two"));
  CHECK(mode_of(scratch.path("log")) == 0644);
}

TEST_CASE("one's own link is followed, another user's is not") {
  const Scratch scratch;
  REQUIRE(symlink("log", scratch.path("link").c_str()) == 0);
  CHECK(append(scratch.path("link"), "one"));
  CHECK(content(scratch.path("log")) == "one\n");
  if (geteuid() != 0) {
    WARN("skipped: only root can make a link that belongs to somebody else");
    return;
  }
  REQUIRE(lchown(scratch.path("link").c_str(), 65534, 65534) == 0);
  const auto log = open_log_file(scratch.path("link"));
  REQUIRE_FALSE(log);
  CHECK(log.error().text == "it is a link that belongs to another user");
}

TEST_CASE("what cannot be opened is an error with the reason, and a FIFO without reader does not hang") {
  const Scratch scratch;
  const auto missing = open_log_file(scratch.path("no/log"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ExitCode::io_error);
  CHECK(missing.error().text == error_text(ENOENT));
  REQUIRE(mkfifo(scratch.path("fifo").c_str(), 0600) == 0);
  CHECK_FALSE(open_log_file(scratch.path("fifo")));
}

TEST_CASE("a pipe takes lines without a lock") {
  const auto pipe = make_pipe().value();
  CHECK(append_log_line(pipe.write_end, "line"));
  std::array<char, 8> buffer{};
  CHECK(read(pipe.read_end.number(), buffer.data(), buffer.size()) == 5);
}

TEST_CASE("standard output is borrowed as a descriptor of its own") {
  const auto log = open_log_file("-").value();
  CHECK(log.number() > 2);
  CHECK((fcntl(log.number(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a line waits for another process's lock and leaves none behind") {
  const Scratch scratch;
  REQUIRE(append(scratch.path("log"), "one"));
  auto locked = make_pipe().value();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int fd = open(scratch.path("log").c_str(), O_WRONLY | O_APPEND);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    const bool ok = fcntl(fd, F_SETLK, &lock) == 0 && write(locked.write_end.number(), "x", 1) == 1;
    usleep(250'000);
    _exit(ok && write(fd, "child\n", 6) == 6 ? 0 : 1);
  }
  char byte = 0;
  REQUIRE(read(locked.read_end.number(), &byte, 1) == 1);
  const auto log = open_log_file(scratch.path("log")).value();
  CHECK(append_log_line(log, "two"));
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(content(scratch.path("log")) == "one\nchild\ntwo\n");

  const pid_t prober = fork();
  REQUIRE(prober >= 0);
  if (prober == 0) {
    const int fd = open(scratch.path("log").c_str(), O_WRONLY);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    _exit(fcntl(fd, F_SETLK, &lock) == 0 ? 0 : 1);
  }
  REQUIRE(waitpid(prober, &status, 0) == prober);
  CHECK(status == 0);
}
