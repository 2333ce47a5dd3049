// The log of msmtpd.
#include "parent/daemon_log.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace msmtp;

namespace {

// A folder of the test's own, gone afterwards.
class Folder {
 public:
  Folder() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~Folder() {
    for (const char* name : {"log", "log.1"}) unlink(file(name).c_str());
    rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_ = "/tmp/daemon_log_XXXXXX";
};

std::string content(const std::string& path) {
  const auto fd = open_for_reading(path);
  REQUIRE(fd);
  char buffer[4096];
  const ssize_t size = read(fd->number(), buffer, sizeof buffer);
  return std::string(buffer, static_cast<std::size_t>(size));
}

// LINE, whose time, "2026-01-31 23:59:59 ", is one.
std::string without_time(const std::string& line) {
  REQUIRE(line.size() > 20);
  for (std::size_t i = 0; i < 20; ++i) {
    const char wanted = "dddd-dd-dd dd:dd:dd "[i];
    CHECK((wanted == 'd' ? line[i] >= '0' && line[i] <= '9' : line[i] == wanted));
  }
  return line.substr(20);
}

std::string prefix() {
  return "msmtpd[" + std::to_string(getpid()) + "] ";
}

// What WRITE writes to standard error.
template <class Write>
std::string errors_of(const std::string& file, const Write& write) {
  const int before = dup(STDERR_FILENO);
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  REQUIRE(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
  write();
  dup2(before, STDERR_FILENO);
  close(before);
  close(fd);
  return content(file);
}

}  // namespace

TEST_CASE("a line of msmtpd's log has a time, the process, and what kind it is") {
  const Folder folder;
  const auto log = DaemonLog::open({LogTarget::file, folder.file("log")});
  REQUIRE(log);
  log->info("all is well");
  CHECK(without_time(content(folder.file("log"))) == prefix() + "info: all is well\n");
  struct stat facts {};
  CHECK(stat(folder.file("log").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("a line of msmtpd's log is one line") {
  const Folder folder;
  const auto log = DaemonLog::open({LogTarget::file, folder.file("log")});
  REQUIRE(log);
  log->error("a\nb\033c");
  CHECK(without_time(content(folder.file("log"))) == prefix() + "error: a?b?c\n");
}

TEST_CASE("after a rotation msmtpd's log goes on in a new file") {
  const Folder folder;
  auto log = DaemonLog::open({LogTarget::file, folder.file("log")});
  REQUIRE(log);
  log->info("old");
  REQUIRE(rename(folder.file("log").c_str(), folder.file("log.1").c_str()) == 0);
  log->reopen();
  log->info("new");
  CHECK(content(folder.file("log.1")).ends_with("old\n"));
  CHECK(content(folder.file("log")).ends_with("new\n"));
}

TEST_CASE("a log that cannot be opened is an error with its path; when it cannot be opened again the old one says so") {
  const Folder folder;
  const auto none = DaemonLog::open({LogTarget::file, folder.file("no/log")});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ExitCode::cannot_create);
  CHECK(none.error().text == "cannot open the log " + folder.file("no/log") + ": No such file or directory");

  auto log = DaemonLog::open({LogTarget::file, folder.file("log")});
  REQUIRE(log);
  REQUIRE(rename(folder.file("log").c_str(), folder.file("log.1").c_str()) == 0);
  REQUIRE(mkdir(folder.file("log").c_str(), 0700) == 0);
  log->reopen();
  REQUIRE(rmdir(folder.file("log").c_str()) == 0);
  CHECK(content(folder.file("log.1")).ends_with("again: Is a directory\n"));
}

TEST_CASE("the journal gets no time, other standard errors do") {
  const Folder folder;
  struct stat facts {};
  const std::string path = folder.file("log");
  const std::string with_time = errors_of(path, [] { DaemonLog::open({LogTarget::standard_error, {}})->info("x"); });
  CHECK(without_time(with_time) == prefix() + "info: x\n");
  REQUIRE(stat(path.c_str(), &facts) == 0);
  const std::string stream = std::to_string(facts.st_dev) + ':' + std::to_string(facts.st_ino);
  REQUIRE(setenv("JOURNAL_STREAM", stream.c_str(), 1) == 0);
  CHECK(errors_of(path, [] { DaemonLog::open({LogTarget::standard_error, {}})->info("x"); }) == prefix() + "info: x\n");
  REQUIRE(setenv("JOURNAL_STREAM", (stream + "1").c_str(), 1) == 0);
  without_time(errors_of(path, [] { DaemonLog::open({LogTarget::standard_error, {}})->info("x"); }));
  unsetenv("JOURNAL_STREAM");
}

TEST_CASE("no log writes nothing and keeps nothing") {
  const Folder folder;
  const auto log = DaemonLog::open({});
  REQUIRE(log);
  CHECK(errors_of(folder.file("log"), [&] { log->error("x"); }).empty());
  CHECK(log->descriptor() == -1);
}
