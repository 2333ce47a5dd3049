// What every stage has to be able to do.
#include "tests/process/sandbox_attacks.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>
#include <vector>

namespace msmtp::test {

namespace {

constexpr int wrong = 250;

int held(bool condition) {
  return condition ? 0 : wrong;
}

[[noreturn]] void throw_it() {
  throw std::runtime_error("on purpose");
}

int throw_and_catch(int value) {
  try {
    if (value > 0) throw_it();
    (void)std::stoi("no number");
  } catch (const std::exception&) {
    return 0;
  }
  return wrong;
}

int write_lock(const World& w) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return errno_of(fcntl(w.open_file.number(), F_SETLK, &lock));
}

int allocate(std::size_t size) {
  std::vector<char> block(size, 'x');
  block.resize(2 * size, 'y');
  const auto small = std::make_unique<std::array<char, 100>>();
  return held(block[size] == 'y' && small != nullptr);
}

// compose supervise resolve prepare connect handshake talk exchange server-fork serve token sign verifier-fork check
// keep
const Attack work[] = {
    {"read", "+++++++++++++++",
     [](const World& w) {
       char bytes[8];
       return held(lseek(w.open_file.number(), 0, SEEK_SET) == 0 &&
                   read(w.open_file.number(), bytes, sizeof bytes) == 8);
     }},
    {"read in pieces", "+++++++++++++++",
     [](const World& w) {
       char bytes[8];
       const iovec piece{bytes, sizeof bytes};
       return errno_of(readv(w.open_file.number(), &piece, 1));
     }},
    {"read at a place", "+u++++uuuu+uuuu",
     [](const World& w) {
       char bytes[8];
       return errno_of(pread(w.open_file.number(), bytes, sizeof bytes, 0));
     }},
    {"write to stderr", "+++++++++++++++", [](const World&) { return errno_of(write(STDERR_FILENO, "", 0)); }},
    {"poll", "+++++++++++++++",
     [](const World& w) {
       pollfd fd{w.open_file.number(), POLLIN, 0};
       return held(poll(&fd, 1, 100) == 1);
     }},
    {"wait until a time has passed", "+++++++++++++++", [](const World&) { return held(poll(nullptr, 0, 1) == 0); }},
    {"sleep", "+++++++++++++++",
     [](const World&) {
       const timespec pause{0, 1000};
       return errno_of(nanosleep(&pause, nullptr));
     }},
    {"sizes small and large of memory", "+++++++++++++++",
     [](const World&) { return allocate(100) + allocate(300'000) + allocate(64 * 1024 * 1024); }},
    {"randomness", "+++++++++++++++",
     [](const World&) {
       char bytes[32];
       return held(getentropy(bytes, sizeof bytes) == 0 && getrandom(bytes, sizeof bytes, 0) == 32);
     }},
    {"clocks", "+++++++++++++++",
     [](const World&) {
       timespec now;
       timeval day;
       return held(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
                   syscall(SYS_gettimeofday, &day, nullptr) == 0 && time(nullptr) > 0);
     }},
    {"what an open file is", "+++++++++++++++",
     [](const World& w) {
       struct stat status {};
       return errno_of(syscall(SYS_fstat, w.open_file.number(), &status));
     }},
    {"what an open file is, as the C library asks", "++++++....+....",
     [](const World& w) {
       struct stat status {};
       return errno_of(fstat(w.open_file.number(), &status));
     }},
    {"whether it is a terminal", "+++++++++++++++",
     [](const World& w) { return held(isatty(w.open_file.number()) == 0 && errno == ENOTTY); }},
    {"how much there is to read", "+++++++++++++++",
     [](const World& w) {
       int count = 0;
       return errno_of(ioctl(w.open_file.number(), FIONREAD, &count));
     }},
    {"duplicate and switch descriptors", "+++++++++++++++",
     [](const World& w) {
       const int copy = fcntl(w.open_file.number(), F_DUPFD_CLOEXEC, 3);
       return held(copy >= 0 && fcntl(copy, F_SETFL, O_NONBLOCK) == 0 && fcntl(copy, F_GETFD) >= 0 && close(copy) == 0);
     }},
    {"lock a file", "++uuuuuuuu+uuuu", [](const World& w) { return write_lock(w); }},
    {"have it on the disk", "uuuuuuuuuu+uuuu", [](const World& w) { return errno_of(fsync(w.open_file.number())); }},
    {"facts about sockets", "+++++++++++++++",
     [](const World& w) {
       int error = 0;
       socklen_t size = sizeof error;
       sockaddr_storage address;
       socklen_t length = sizeof address;
       const int peer = getpeername(w.tcp_socket.number(), reinterpret_cast<sockaddr*>(&address), &length);
       return held(getsockopt(w.tcp_socket.number(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && peer < 0 &&
                   errno == ENOTCONN);
     }},
    {"send on a connection", "+++++++++++++++",
     [](const World& w) {
       // There is none, and so the kernel, not the filter, has to say so.
       iovec piece{};
       msghdr header{};
       header.msg_iov = &piece;
       header.msg_iovlen = 1;
       const int fd = w.tcp_socket.number();
       return held(send(fd, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE && sendmsg(fd, &header, MSG_NOSIGNAL) <= 0 &&
                   recv(fd, &piece, 1, MSG_DONTWAIT) < 0 && errno == ENOTCONN && shutdown(fd, SHUT_WR) < 0);
     }},
    {"signals of its own", "+++++++++++++++",
     [](const World&) {
       sigset_t none;
       sigemptyset(&none);
       return held(std::signal(SIGPIPE, SIG_IGN) != SIG_ERR && sigprocmask(SIG_SETMASK, &none, nullptr) == 0 &&
                   std::raise(SIGPIPE) == 0);
     }},
    {"wait for a child", "+++++++++++++++",
     [](const World&) { return held(waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD); }},
    {"throw and catch", "+++++++++++++++", [](const World&) { return throw_and_catch(1) + throw_and_catch(0); }},
    {"text from numbers", "+++++++++++++++",
     [](const World&) {
       char text[64];
       std::snprintf(text, sizeof text, "%f %s", 1.5, strerror(EACCES));
       return held(std::strlen(text) > 5);
     }},
    {"output through stdio", "+++++++++++++++",
     [](const World&) { return std::fputs("", stdout) >= 0 ? errno_of(std::fflush(stdout)) : errno; }},
    {"local time", "+++++++++++++++",
     [](const World&) {
       const std::time_t now = std::time(nullptr);
       std::tm fields{};
       char text[64];
       tzset();
       return held(localtime_r(&now, &fields) != nullptr && std::strftime(text, sizeof text, "%c", &fields) > 0);
     }},
    {"the system's log", "+++++++++++++++",
     [](const World&) {
       syslog(LOG_DEBUG | LOG_USER, "a line from a test");
       return 0;
     }},
    {"leave it to others", "+++++++++++++++", [](const World&) { return errno_of(sched_yield()); }},
    {"abort", "aaaaaaaaaaaaaaa", [](const World&) -> int { std::abort(); }},
    {"an exception that nobody catches", "aaaaaaaaaaaaaaa",
     [](const World&) -> int {
       const auto out = []() noexcept { throw_it(); };
       out();
       return wrong;
     }},
};

}  // namespace

std::span<const Attack> daily_work() {
  return work;
}

}  // namespace msmtp::test
