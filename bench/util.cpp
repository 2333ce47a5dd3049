// The clock, options and sockets of the benchmark's tools.
#include "util.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace msmtp {

namespace {

const ToolOption* find(std::string_view name, std::initializer_list<ToolOption> options) {
  for (const ToolOption& option : options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

}  // namespace

Nanoseconds now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * one_second + time.tv_nsec;
}

void give_up(std::string_view what) {
  std::fprintf(stderr, "bench: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(2);
}

void give_up_errno(std::string_view what) {
  const int reason = errno;
  give_up(std::string(what) + ": " + std::strerror(reason));
}

int need(int number, std::string_view what) {
  if (number < 0) give_up_errno(what);
  return number;
}

std::int64_t number_of(std::string_view text, std::string_view what) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    give_up(std::string(what) + ": not a number: " + std::string(text));
  }
  return number;
}

std::span<char*> take_options(std::span<char*> arguments, std::initializer_list<ToolOption> options) {
  std::size_t at = 1;
  for (; at < arguments.size(); ++at) {
    const std::string_view word = arguments[at];
    if (!word.starts_with("--") || word == "--") break;
    const ToolOption* option = find(word, options);
    if (option == nullptr) give_up("unknown option " + std::string(word));
    if (option->flag != nullptr) {
      *option->flag = true;
      continue;
    }
    if (++at == arguments.size()) give_up(std::string(word) + " needs a value");
    if (option->text != nullptr) *option->text = arguments[at];
    if (option->number != nullptr) *option->number = number_of(arguments[at], word);
  }
  return arguments.subspan(at);
}

std::string as_milliseconds(const std::vector<Nanoseconds>& values) {
  std::string text = "[";
  for (const Nanoseconds value : values) {
    char number[32];
    std::snprintf(number, sizeof number, "%s%.4f", text.size() > 1 ? "," : "",
                  static_cast<double>(value) / one_millisecond);
    text += number;
  }
  return text + "]";
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result + "\"";
}

Fd listen_at(const std::string& address, int port) {
  Fd socket(need(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
  const int on = 1;
  setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1) give_up("not an IPv4 address: " + address);
  need(bind(socket.number(), reinterpret_cast<sockaddr*>(&place), sizeof place), "bind to " + address);
  need(listen(socket.number(), SOMAXCONN), "listen");
  return socket;
}

int port_of(const Fd& socket) {
  sockaddr_in place{};
  socklen_t size = sizeof place;
  need(getsockname(socket.number(), reinterpret_cast<sockaddr*>(&place), &size), "getsockname");
  return ntohs(place.sin_port);
}

}  // namespace msmtp
