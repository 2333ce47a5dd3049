// The dialogue of the load generator's clients.
#include "load_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace msmtp {

namespace {

// Not connected yet when it returns, for a server's queue may be full.
Fd connect_to(const sockaddr* place, socklen_t size) {
  Fd socket(need(::socket(place->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
  const int on = 1;
  if (place->sa_family == AF_INET) setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(socket.number(), place, size) != 0 && errno != EINPROGRESS) return Fd();
  return socket;
}

Fd connect_to(const LoadSettings& settings) {
  if (!settings.unix_path.empty()) {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    settings.unix_path.copy(place.sun_path, sizeof place.sun_path - 1);
    return connect_to(reinterpret_cast<sockaddr*>(&place), sizeof place);
  }
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(static_cast<std::uint16_t>(settings.port));
  if (inet_pton(AF_INET, settings.address.c_str(), &place.sin_addr) != 1) give_up("not an address");
  return connect_to(reinterpret_cast<sockaddr*>(&place), sizeof place);
}

// The length of the first whole answer, which may have several lines; 0 when it has not come.
std::size_t answer_length(std::string_view input) {
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = input.find('\n', begin);
    if (end == input.npos) return 0;
    const bool is_last = end - begin < 4 || input[begin + 3] != '-';
    begin = end + 1;
    if (is_last) return begin;
  }
}

}  // namespace

LoadClient::LoadClient(const LoadSettings& settings, LoadTimes& times) : settings_(settings), times_(times) {}

void LoadClient::begin() {
  input_.clear();
  step_ = Step::banner;
  mails_left_ = settings_.mails;
  began_ = heard_ = now();
  socket_ = connect_to(settings_);
  if (!socket_.is_open()) fail("cannot connect");
}

void LoadClient::fail(std::string_view why) {
  constexpr std::array<std::string_view, 8> names = {"banner", "EHLO",    "MAIL", "RCPT",
                                                     "DATA",   "content", "QUIT", "hold"};
  ++times_.failed;
  if (times_.why.empty()) times_.why = std::string(names[static_cast<std::size_t>(step_)]) + ": " + std::string(why);
  socket_.close();
}

void LoadClient::read() {
  std::array<char, 4096> buffer;
  const ssize_t count = recv(socket_.number(), buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return fail(count == 0 ? "closed" : std::strerror(errno));
  heard_ = now();
  input_.append(buffer.data(), static_cast<std::size_t>(count));
  while (!is_over()) {
    const std::size_t length = answer_length(input_);
    if (length == 0) return;
    const std::string answer = input_.substr(0, length);
    input_.erase(0, length);
    take_answer(answer);
  }
}

void LoadClient::next(Step step, std::string_view words) {
  step_ = step;
  while (!words.empty()) {
    const ssize_t count = send(socket_.number(), words.data(), words.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) {
      pollfd ready = {socket_.number(), POLLOUT, 0};
      poll(&ready, 1, -1);
      continue;
    }
    if (count < 0) return fail(std::strerror(errno));
    words.remove_prefix(static_cast<std::size_t>(count));
  }
}

void LoadClient::begin_mail() {
  if (settings_.hold != 0) {
    step_ = Step::holding;
    return;
  }
  if (mails_left_-- == 0) return next(Step::quit, "QUIT\r\n");
  mail_began_ = now();
  next(Step::sender, "MAIL FROM:<sender@example.com>\r\n");
}

void LoadClient::take_answer(std::string_view answer) {
  const char wanted = step_ == Step::data ? '3' : '2';
  if (answer.front() != wanted) return fail(answer.substr(0, answer.find('\r')));
  switch (step_) {
    case Step::banner:
      times_.banners.push_back(heard_ - began_);
      ++times_.greeted;
      return next(Step::hello, "EHLO client.example\r\n");
    case Step::hello: return begin_mail();
    case Step::sender: return next(Step::recipient, "RCPT TO:<recipient@example.com>\r\n");
    case Step::recipient: return next(Step::data, "DATA\r\n");
    case Step::data: return next(Step::content, settings_.content);
    case Step::content: times_.mails.push_back(heard_ - mail_began_); return begin_mail();
    case Step::quit:
      ++times_.sessions;
      socket_.close();
      return;
    case Step::holding: return fail("an answer to nothing");
  }
}

void LoadClient::look_at_the_clock(Nanoseconds patience) {
  const Nanoseconds time = now();
  if (step_ == Step::holding && time - began_ >= settings_.hold) return next(Step::quit, "QUIT\r\n");
  if (step_ != Step::holding && time - heard_ >= patience) fail("no answer");
}

}  // namespace msmtp
