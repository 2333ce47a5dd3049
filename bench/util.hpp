// What the tools of the benchmark share: the clock, their options, sockets, and the end with a reason.
#pragma once

#include "common/fd.hpp"

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

using Nanoseconds = std::int64_t;
inline constexpr Nanoseconds one_millisecond = 1'000'000;
inline constexpr Nanoseconds one_second = 1'000'000'000;

// The monotonic clock.
Nanoseconds now();

// Says WHAT on standard error, with the reason of errno where there is one, and ends with status 2.
[[noreturn]] void give_up(std::string_view what);
[[noreturn]] void give_up_errno(std::string_view what);

// NUMBER, which a system call returned, if it is not negative; else the end with WHAT and the reason.
int need(int number, std::string_view what);

// One option of a tool, of which one pointer is set: "--name VALUE" for a text or a number, "--name" for a flag.
struct ToolOption {
  std::string_view name;
  std::string* text = nullptr;
  std::int64_t* number = nullptr;
  bool* flag = nullptr;
};

// Takes the options that ARGUMENTS (argv) begin with; gives what follows the program's name and them. An unknown option
// is the end; "--" is left for the caller.
std::span<char*> take_options(std::span<char*> arguments, std::initializer_list<ToolOption> options);

// A number in decimal digits; anything else is the end, naming WHAT.
std::int64_t number_of(std::string_view text, std::string_view what);

// Numbers as JSON: [1.234,5.678], in milliseconds.
std::string as_milliseconds(const std::vector<Nanoseconds>& values);

// TEXT between quotation marks, for JSON.
std::string quoted(std::string_view text);

// A listening, non-blocking TCP socket at ADDRESS (IPv4 in dots) and PORT (0: any).
Fd listen_at(const std::string& address, int port);

// The port that SOCKET is bound to.
int port_of(const Fd& socket);

}  // namespace msmtp
